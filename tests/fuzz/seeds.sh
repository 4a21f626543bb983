#!/usr/bin/env bash
# seeds.sh DIR: makes DIR/<reader>/<seed>, small files from which libFuzzer begins.
set -euo pipefail
out=$1
mkdir -p "$out"/{safetensors,idx,text,config,elf}

# safetensors NAME HEADER DATA: the length of the header in 8 bytes, little endian, before both.
safetensors() {
  local file=$out/safetensors/$1 length=${#2} i
  for i in 0 8 16 24 32 40 48 56; do
    # shellcheck disable=SC2059
    printf "\\x$(printf %02x $((length >> i & 255)))"
  done >"$file"
  printf '%s%b' "$2" "$3" >>"$file"
}
safetensors empty '{}' ''
safetensors scalar '{"w":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}' '\0\0\200\077'
safetensors matrix '{"w":{"dtype":"F64","shape":[1,2],"data_offsets":[0,16]}}' 'abcdefghijklmnop'
safetensors mixed '{"__metadata__":{"step":"12","a":""},"b":{"dtype":"BOOL","shape":[3],"data_offsets":[16,19]},"i":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"j":{"dtype":"I32","shape":[1],"data_offsets":[8,12]},"u":{"dtype":"U32","shape":[1,1],"data_offsets":[12,16]},"none":{"dtype":"F32","shape":[0,7],"data_offsets":[19,19]}}  ' 'abcdefghijklmnop\0\1\2'
safetensors names '{"\u0000\ud83d\ude00\"":{"dtype":"U32","shape":[1],"data_offsets":[0,4]}}' 'abcd'
safetensors nested '{"w":{"dtype":"F32","shape":[[[[1]]]],"data_offsets":[0,4],"more":{"a":{"b":[{}]}}}}' 'abcd'
safetensors twice '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}' 'abcd'
safetensors numbers '{"w":{"dtype":"F32","shape":[18446744073709551615,-1,1e3],"data_offsets":[0,4]}}' 'abcd'

# Images and labels in one file; the first two bytes say how long the images are.
pixels() { head -c "$1" /dev/zero; }
{ printf '\003\040\0\0\010\003\0\0\0\001\0\0\0\034\0\0\0\034'; pixels 784; printf '\0\0\010\001\0\0\0\001\007'; } >"$out/idx/one"
{ printf '\006\060\0\0\010\003\0\0\0\002\0\0\0\034\0\0\0\034'; pixels 1568; printf '\0\0\010\001\0\0\0\002\001\011'; } >"$out/idx/two"
printf '\0\020\0\0\010\003\0\0\0\0\0\0\0\034\0\0\0\034\0\0\010\001\0\0\0\0' >"$out/idx/none"
printf '\0\024\0\0\010\003\0\0\0\001\0\0\0\002\0\0\0\002abcd\0\0\010\001\0\0\0\001\012' >"$out/idx/small"

printf 'to be or not to be, that is the question\n' >"$out/text/english"
printf 'äöü€😀\n' >"$out/text/utf8"
printf '\300\257\355\240\200\365\200\200\200\342\202\377\0' >"$out/text/bytes"

config() {  # NAME VOCABULARY CHANGE
  sed "s/VOCABULARY/$2/; $3" >"$out/config/$1" <<'JSON'
{"model":"gpt","vocab":3,"layers":1,"heads":2,"embd":16,"block":8,"batch":4,"dropout":0.0,"tie":false,"no_bias":true,"dtype":"f32","vocabulary":VOCABULARY}
JSON
}
config plain '["a","b","\\n"]' ''
config bytes '["a",[255],[195,169]]' ''
config twice '["a","a","b"]' ''
config nested '[[[[["a"]]]]]' ''
config fraction '[]' 's/"layers":1/"layers":1.5/'
config huge '[]' 's/"embd":16/"embd":1e300/'
config missing '[]' 's/"tie":false,//'
config repeated '[]' 's/"heads":2/"heads":2,"heads":3/'

# A plugin so small that a change of one byte matters.
echo 'int asg_backend_v1(void) { return 0; } int other = 1;' >"$out/library.c"
"${CC:-cc}" -shared -fPIC -Os -nostdlib -Wl,-z,noseparate-code -Wl,--build-id=none -Wl,--hash-style=sysv \
  -Wl,-z,max-page-size=16 -o "$out/elf/library" "$out/library.c"
strip "$out/elf/library"
head -c 64 "$out/elf/library" >"$out/elf/header"
printf '\177ELF' >"$out/elf/magic"
rm "$out/library.c"
