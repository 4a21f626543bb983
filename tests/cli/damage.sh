#!/usr/bin/env bash
# Saved runs that are damaged: status 3, with the file and what is wrong with it.
source "$(dirname "$0")/lib.sh"
write_text text
run 0 train "${small[@]}" --data text --steps 2 --eval-every 0 --out good
generate=(generate --prompt the --tokens 3 --from bad)
run 0 generate --prompt the --tokens 3 --from good

damaged() {  # FILE: a fresh copy in bad, of which the caller damages FILE
  rm -rf bad
  cp -r good bad
  broken=bad/$1
}
refused() {
  run 3 "${generate[@]}"
  says "$broken"
  [[ ! -s out ]] || fail "a damaged run writes: $(<out)"
}

run 3 generate --prompt the --tokens 3 --from nosuch
says "nosuch"

damaged config.json; rm "$broken"; refused
damaged config.json; : >"$broken"; refused
damaged config.json; head -c 40 good/config.json >"$broken"; refused
damaged config.json; echo '[1, 2]' >"$broken"; refused
damaged config.json; echo '{"model": "gpt"}' >"$broken"; refused
damaged config.json; { cat good/config.json; echo '{}'; } >"$broken"; refused
repeated() { printf "%$2s" '' | sed "s/ /$1/g"; }
for nested in '[' '{"a":'; do
  damaged config.json; repeated "$nested" 10000000 >"$broken"; refused
done
damaged config.json
sed "s/\"vocabulary\": \[/\"vocabulary\": $(repeated '[' 20)/" good/config.json >"$broken"
refused
for change in 's/"heads": 2/"heads": 0/' 's/"heads": 2/"heads": 3/' 's/"embd": 16/"embd": -16/' \
              's/"embd": 16/"embd": "wide"/' 's/"layers": 1/"layers": 0/' 's/"layers": 1/"layers": 100000000/' \
              's/"block": 8/"block": 1e300/' 's/"model": "gpt"/"model": "nosuch"/' \
              's/"model": "gpt"/"model": "mlp"/' 's/"vocabulary": \[/"vocabulary": [[300],/' \
              's/"vocabulary": \[/"vocabulary": ["zz",/' 's/"dtype": "f32"/"dtype": "f99"/' \
              's/"batch": 4/"batch": 0/' 's/"dropout": 0[.0]*/"dropout": 7/'; do
  damaged config.json
  sed "$change" good/config.json >"$broken"
  ! cmp -s good/config.json "$broken" || fail "$change does nothing"
  refused
done
# As exact as on the command line, and the key is named.
for change in 'layers 1 1.5' 'layers 1 1.0' 'layers 1 true' 'layers 1 18446744073709551617' 'heads 2 -2' \
              'heads 2 4294967298e0' 'embd 16 4611686018427387902' 'batch 4 1099511627777' 'vocab [0-9]* -1' \
              'dropout 0[.0]* true' 'dropout 0[.0]* null' 'tie false 0' 'tie false "false"' 'no_bias false null'; do
  read -r key was now <<<"$change"
  damaged config.json
  sed "s/\"$key\": $was/\"$key\": $now/" good/config.json >"$broken"
  ! cmp -s good/config.json "$broken" || fail "$change does nothing"
  refused
  says "'$key' is"
done
# Sizes that are those of another model show when the weights come.
damaged config.json
sed 's/"embd": 16/"embd": 32/' good/config.json >"$broken"
broken=bad/model.safetensors
refused
says "tok.weight"

size=$(wc -c <good/model.safetensors)
damaged model.safetensors; rm "$broken"; refused
for bytes in 0 4 8 100 $((size - 1)); do
  damaged model.safetensors
  head -c "$bytes" good/model.safetensors >"$broken"
  refused
done
damaged model.safetensors; echo "no tensors at all, but long enough to have a header" >"$broken"; refused
damaged model.safetensors; { cat good/model.safetensors; echo; } >"$broken"; refused
damaged model.safetensors; rm "$broken"; mkdir "$broken"; refused
# A shape nested 100,000 deep, in a header of 200,040 bytes (0x030d68).
damaged model.safetensors
{
  printf 'h\r\3\0\0\0\0\0{"w":{"dtype":"F32","shape":'
  repeated '[' 100000
  repeated ']' 100000
  printf ',"a":2}}    '
} >"$broken"
size=$(wc -c <"$broken")
((size == 8 + 0x030d68)) || fail "the header is $((size - 8)) bytes long"
refused
says "nested"

damaged training.safetensors
head -c 100 good/training.safetensors >"$broken"
run 3 train "${small[@]}" --data text --steps 4 --eval-every 0 --out bad --resume
says "$broken"
damaged training.safetensors
cp good/model.safetensors "$broken"
run 3 train "${small[@]}" --data text --steps 4 --eval-every 0 --out bad --resume
says "$broken"

# Not one byte of what was saved may change. Every part of the files is tried.
flip() {  # FILE POSITION
  local byte
  byte=$(od -An -tu1 -j "$2" -N1 "$1")
  printf "\\x$(printf %02x $((byte ^ 255)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
for file in model training; do
  size=$(wc -c <good/$file.safetensors)
  for i in $(seq 0 40); do
    damaged $file.safetensors
    at=$((i < 12 ? i * 7 : size * i / 41))
    flip "$broken" $at
    if [[ $file == model ]]; then
      refused
    else
      run 3 train --out bad --resume --steps 4
      says "$broken"
    fi
  done
done
damaged config.json
sed 's/"dropout": 0[.0]*/"dropout": 0.5/' good/config.json >"$broken"
refused
run 3 train --out bad --resume --steps 4
says "$broken"

# Exactly the tensors of the model and of its optimizer, by their names.
export LC_ALL=C
renamed() {  # FILE FROM TO
  damaged "$1"
  sed "s/\"$2\"/\"$3\"/" "good/$1" >"$broken"
  ! cmp -s "good/$1" "$broken" || fail "$1 has no $2"
}
renamed model.safetensors ln_f.bias ln_f.xias; refused; says "'ln_f.bias' is missing"
for name in adamw.m.ln_f.bias adamw.v.tok.weight adamw.step random.seed ln_f.bias; do
  renamed training.safetensors $name "${name/[mst]/x}"
  run 3 train --out bad --resume --steps 4
  says "$broken: the tensor '$name' is missing"
done
# One more: 4 bytes at the end, and an entry that describes them in a header of the same length.
widened() {  # FILE: the file's header loses its padding and its marks for a tensor "more"
  local length text rest
  length=$(od -An -tu8 -N8 "good/$1" | tr -d ' ')
  text=$(tail -c +9 "good/$1" | head -c "$length" | sed 's/ *$//; s/"__metadata__":{[^}]*},//')
  rest=$(($(wc -c <"good/$1") - 8 - length))
  text="${text%\}},\"more\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[$rest,$((rest + 4))]}}"
  while ((${#text} % 8)); do text+=" "; done
  {
    printf "\\x$(printf %02x $((${#text} & 255)))\\x$(printf %02x $((${#text} >> 8)))\\0\\0\\0\\0\\0\\0%s" "$text"
    tail -c +$((9 + length)) "good/$1"
    printf '\0\0\0\0'
  } >"$broken"
}
damaged model.safetensors; widened model.safetensors; refused; says "no tensor 'more'"
damaged training.safetensors
widened training.safetensors
run 3 train --out bad --resume --steps 4
says "no tensor 'more'"

# Weights that something else wrote have no checksum of asg's, but must be numbers.
foreign() { sed -i 's/"checksum":/"checksuM":/; s/"config":/"confiG":/; s/"step":/"steP":/' "$broken"; }
damaged model.safetensors
foreign
run 0 "${generate[@]}"
for bits in '\0\0\xc0\x7f' '\0\0\x80\x7f' '\0\0\x80\xff'; do
  damaged model.safetensors
  foreign
  head -c -4 "$broken" >head
  { cat head; printf "$bits"; } >"$broken"
  refused
  says "NaN or infinity"
done
# Neither are such weights saved: the loss of the only step is one of the weights before it.
run 1 train "${small[@]}" --data text --steps 1 --eval-every 0 --optimizer sgd --lr 1e300 --out diverged
says "NaN or infinity after 1 steps"
[[ ! -e diverged ]] || fail "weights that are no numbers are saved: $(find diverged)"
finish
