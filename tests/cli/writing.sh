#!/usr/bin/env bash
# Where nothing can be written: the status is 1 before anything is trained, or afterwards with the
# older run as it was and no other file.
source "$(dirname "$0")/lib.sh"
write_text text
train=(train "${small[@]}" --data text --steps 3 --eval-every 0)

: >file
for out in file file/inner; do
  run 1 "${train[@]}" --out $out
  says "file"
  ! grep -q "step 1" err || fail "--out $out is found out after training"
done
run 1 "${train[@]}" --log nosuch/log.jsonl
says "nosuch/log.jsonl"
! grep -q "step 1" err || fail "--log is found out after training"
run 1 "${train[@]}" --log /dev/full
says "/dev/full"

run 0 "${train[@]}" --out run
contents run >before
unchanged() {  # WHAT
  contents run >after
  same before after "$1"
  (($(find run | wc -l) == 10)) || fail "$1 leaves $(find run | tr '\n' ' ')"
}

# Files that may not grow beyond 8 KiB: the weights do not fit.
(ulimit -f 8; exec "$asg" "${train[@]}" --seed 9 --out run --overwrite >out 2>err)
expect_status 1 $? "a limit on the size of files"
says "safetensors"
unchanged "a limit on the size of files"
(ulimit -f 8; exec "$asg" "${train[@]}" --out fresh >out 2>err)
expect_status 1 $? "a limit on the size of files"
[[ ! -e fresh ]] || fail "a run that could not be saved leaves $(find fresh)"

# One of the files cannot be replaced.
mkdir -p taken/training.safetensors/inner
run 1 "${train[@]}" --out taken
says "training.safetensors"
! grep -q "step 1" err || fail "a folder in the way is found out after training"

# A full disk and one that is read-only, where the system lets us mount them.
namespace=(unshare --mount)
(($(id -u) == 0)) || namespace=(unshare --user --map-root-user --mount)
if "${namespace[@]}" mount -t tmpfs none "$scratch" 2>/dev/null; then
  mkdir disk readonly
  cat >full.sh <<'SCRIPT'
mount -t tmpfs -o size=192k none disk || exit 99
"$@" --out disk/run >out 2>err || exit 98
(cd disk/run && cksum *.*) >first
for i in 1 2 3; do head -c 500000 /dev/zero >disk/filler 2>/dev/null; done
"$@" --seed 9 --out disk/run --overwrite >out 2>err
status=$?
(cd disk/run && cksum *.*) >second
(cd disk/run && find . | sort) >files
mount -t tmpfs -o ro none readonly || exit 97
"$@" --out readonly >out.ro 2>err.ro
echo $? >status.ro
exit $status
SCRIPT
  "${namespace[@]}" bash full.sh "$asg" "${train[@]}"
  expect_status 1 $? "a full disk"
  says "No space left"
  same first second "a full disk"
  (($(wc -l <files) == 10)) || fail "a full disk leaves $(tr '\n' ' ' <files)"
  [[ $(<status.ro) == 1 ]] || fail "a read-only disk gives $(<status.ro)"
  holds err.ro "Read-only"
  ! grep -q "step 1" err.ro || fail "a read-only disk is found out after training"
else
  echo "no mounts here: a full and a read-only disk are not tried"
fi
if (($(id -u) != 0)); then
  mkdir locked
  chmod 555 locked
  run 1 "${train[@]}" --out locked
  says "locked"
  run 1 "${train[@]}" --out locked/inner
  chmod 755 locked
fi
finish
