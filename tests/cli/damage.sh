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
finish
