#!/usr/bin/env bash
# Links, pipes and devices as files to write: they get what is written and stay what they are.
# As files to read: refused by name, at once.
source "$(dirname "$0")/lib.sh"
write_text text
train=(train "${small[@]}" --steps 3 --eval-every 0)
run 0 graph --model mlp -o plain
[[ -f plain ]] || fail "-o makes no file"

within() {  # SECONDS STATUS ARGUMENT...: as run, and fails where that would wait
  local seconds=$1 wanted=$2
  shift 2
  timeout "$seconds" "$asg" "$@" >out 2>err </dev/null
  expect_status "$wanted" $? "asg $*"
}
# piped FILE ARGUMENT...: what asg writes to a pipe while somebody reads there, which becomes FILE.
piped() {
  local file=$1 reader
  shift
  rm -f pipe
  mkfifo pipe
  timeout 60 cat pipe >"$file" &
  reader=$!
  within 60 0 "$@"
  [[ -p pipe ]] || { fail "asg $* replaces a pipe"; kill "$reader"; }
  wait "$reader"
}
piped got graph --model mlp -o pipe
same got plain "a graph from a pipe"
piped got "${train[@]}" --data text --log pipe
json_lines got step loss
piped got "${train[@]}" --data text --trace pipe
json got traceEvents

mkdir folder
for option in "graph --model mlp -o" "${train[*]} --data text --log" "${train[*]} --data text --trace"; do
  : >folder/target
  ln -sf folder/target link
  ln -sfn "$PWD/link" chain
  # shellcheck disable=SC2086
  run 0 $option chain
  [[ -L chain && -L link && -f folder/target && -s folder/target ]] || fail "$option does not follow links"
  rm folder/target
  # shellcheck disable=SC2086
  run 0 $option chain
  [[ -L chain && -L link && -s folder/target ]] || fail "$option does not make what a link leads to"
done
"$asg" graph --model mlp -o /dev/stdout >got 2>err || fail "-o /dev/stdout: $(<err)"
same got plain "a graph by way of /dev/stdout"

# Copies of the devices, so that nothing of the system is lost where this fails.
if mknod null c 1 3 2>/dev/null && mknod full c 1 7 && mknod zero c 1 5 && : 2>/dev/null >null; then
  run 0 graph --model mlp -o null
  run 0 "${train[@]}" --data text --log null --trace null
  run 1 graph --model mlp -o full
  says "full"
  run 1 "${train[@]}" --data text --log full
  says "full"
  run 1 "${train[@]}" --data text --trace full
  says "full"
  run 1 "${train[@]}" --data text --out null
  says "null"
  for device in null full zero; do [[ -c $device ]] || fail "$device is no device any more"; done
  within 60 3 "${train[@]}" --data zero
  says "zero"
  says "device"
else
  echo "no devices can be made here: they are not tried"
fi

run 1 graph --model mlp -o folder
says "folder"
rm -f pipe
mkfifo pipe
within 60 1 "${train[@]}" --data text --out pipe
says "pipe"
[[ -p pipe ]] || fail "--out replaces a pipe"
ln -s folder run
run 0 "${train[@]}" --data text --out run
[[ -L run && -s run/config.json ]] || fail "--out does not follow a link to a folder"

# Names need not be UTF-8, and JSON is JSON all the same.
odd=$'\xff\x1b'
run 0 "${train[@]}" --data text --out "$odd" --json
json_lines out step
run 0 backends --plugin-dir "$PWD/$odd" --json
json out

# What never ends, or is larger than memory, is refused before it is read.
within 60 3 "${train[@]}" --data pipe
says "pipe"
truncate -s 1T huge || echo "no sparse files here"
within 60 3 "${train[@]}" --data huge
says "huge"
for name in config.json model.safetensors; do
  for what in pipe huge; do
    rm -rf bad
    cp -rL run bad
    ln -sf "$PWD/$what" "bad/$name"
    within 60 3 generate --from bad --tokens 3
    says "$name"
  done
done
rm huge
finish
