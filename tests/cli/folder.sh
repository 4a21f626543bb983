#!/usr/bin/env bash
# A run's folder: one process at a time, no run lost under another one, nothing removed but asg's own
# checkpoints, and everything that the run needs to go on.
source "$(dirname "$0")/lib.sh"
write_text text
train=(train "${small[@]}" --data text --eval-every 0)
names() { (cd "$1" && ls -A | sort -V | tr '\n' ' '); }

# Two writers: the second one is refused before it trains, and the first one does not notice.
: >lines
"$asg" "${train[@]}" --steps 100000000 --checkpoint-every 1 --json --out shared >lines 2>err.first &
pid=$!
first_line lines
ln -s shared other-name
for out in shared ./shared other-name; do
  for more in "" --resume --overwrite; do
    # shellcheck disable=SC2086
    run 1 "${train[@]}" --steps 3 --out $out $more
    says "another asg train"
    [[ ! -s out ]] || fail "the second writer begins: $(<out)"
  done
done
run 0 generate --from shared --prompt the --tokens 3
# The lock goes with the process, however it goes.
kill -9 $pid
wait $pid 2>/dev/null
step=$(one_step shared)
run 0 train --out shared --resume --steps $((step + 1))

# A folder that holds a run is not written over.
run 0 "${train[@]}" --steps 3 --out mine
contents mine >before
run 2 "${train[@]}" --steps 3 --seed 9 --out mine
says "--resume"
says "--overwrite"
contents mine >after
same before after "a refused run"
mkdir half
cp mine/config.json half/
run 2 "${train[@]}" --steps 3 --out half
run 0 "${train[@]}" --steps 3 --seed 9 --out mine --overwrite
[[ $(names mine/checkpoints) == "3 " ]] || fail "--overwrite leaves $(names mine/checkpoints)"
contents mine >after
! cmp -s before after || fail "--overwrite changes nothing"
run 2 "${train[@]}" --steps 4 --out mine --overwrite --resume
run 2 "${train[@]}" --steps 4 --overwrite
# What else is in a folder is nobody's business.
mkdir notes
echo text >notes/readme
run 0 "${train[@]}" --steps 1 --out notes
[[ $(<notes/readme) == text ]] || fail "a file of the user's is gone"

# Without --out: a folder of its own for every run.
run 0 "${train[@]}" --steps 2
prints "saved to runs/gpt-1"
run 0 "${train[@]}" --steps 2 --json
prints '"out":"runs/gpt-2"'
one_step runs/gpt-2 >/dev/null
run 3 "${train[@]}" --data /nonexistent --steps 2
[[ $(names runs) == "gpt-1 gpt-2 " ]] || fail "runs that never began leave $(names runs)"
run 0 "${train[@]}" --steps 2 --no-save
[[ $(names runs) == "gpt-1 gpt-2 " ]] || fail "--no-save saves: $(names runs)"
run 2 "${train[@]}" --steps 2 --no-save --out mine

# A run goes on with the options it had: nothing is said again, from any folder.
options=("${train[@]}" --dropout 0.1 --tie --clip 0.5 --warmup 3 --beta2 0.9 --weight-decay 0.1 --keep 2
  --checkpoint-every 2 --json)
run 0 "${options[@]}" --steps 9 --out whole
losses out >whole.losses
run 0 "${options[@]}" --steps 5 --out parts
losses out >parts.losses
mkdir elsewhere
(cd elsewhere && "$asg" train --out ../parts --resume --steps 9 --json >../out 2>../err </dev/null)
expect_status 0 $? "--resume without the options"
[[ ! -s err ]] || fail "--resume with the same options says $(<err)"
losses out >>parts.losses
same whole.losses parts.losses "a run in two parts, the second without its options"
same whole/model.safetensors parts/model.safetensors "a run in two parts"
[[ $(names parts/checkpoints) == "8 9 " ]] || fail "--keep 2 is forgotten: $(names parts/checkpoints)"
# Other ones are told; those that change nothing are not.
run 0 train --out parts --resume --steps 10 --seed 9 --lr 2e-2 --keep 3 --model gpt --beta2 0.90
says "--seed is 9 from here on; until here it was 3"
says "--lr is 2e-2"
(($(wc -l <err) == 3)) || fail "two changes and a line of progress are $(wc -l <err) lines: $(<err)"
run 0 train --out parts --resume --steps 11
! grep -q seed err || fail "the seed is not kept"
run 2 train --out parts --resume --steps 12 --optimizer sgd
says "--optimizer sgd"
run 2 train --out parts --resume --steps 12 --embd 32
says "embd"
run 0 "${train[@]}" --steps 2 --optimizer sgd --momentum 0 --out sgd
run 2 train --out sgd --resume --steps 3 --momentum 0.9
says "--momentum 0.9"
run 0 train --out sgd --resume --steps 3
damaged=parts/config.json
sed -i 's/"beta2": \[/"beta2": ["-1",/' $damaged
run 3 train --out parts --resume --steps 12
says "parts/config.json"

# --keep removes checkpoints of asg's and nothing else, and nothing through a link.
run 0 "${train[@]}" --steps 6 --checkpoint-every 1 --keep 9 --out kept
[[ $(names kept/checkpoints) == "1 2 3 4 5 6 " ]] || fail "kept: $(names kept/checkpoints)"
cd kept/checkpoints || exit 1
mkdir 100 && echo mine >100/diary         # no checkpoint
echo mine >2/diary                        # one with more in it
mkdir 007 && cp 1/* 007                   # no step's name
mv 1 ../../far && ln -s ../../far 1       # a link to one
ln -s 3 200
mkdir .removing-50 && cp 4/config.json 4/model.safetensors .removing-50  # of a process that was killed
mkdir .saving && echo torn >.saving/model.safetensors
cd ../..
contents far >far.before
run 0 train --out kept --resume --steps 7 --keep 1
[[ $(names kept/checkpoints) == "1 2 007 7 100 200 " ]] || fail "--keep 1 leaves $(names kept/checkpoints)"
[[ $(<kept/checkpoints/100/diary)$(<kept/checkpoints/2/diary) == minemine ]] || fail "files of the user's are gone"
contents far >far.after
same far.before far.after "a checkpoint behind a link"
# Something else stands where the next checkpoint belongs.
mkdir kept/checkpoints/8 && echo mine >kept/checkpoints/8/diary
run 1 train --out kept --resume --steps 8
says "kept/checkpoints/8"
says "kept holds step 7"
[[ $(one_step kept) == 7 && $(<kept/checkpoints/8/diary) == mine ]] || fail "what was there is gone"
rm -r kept/checkpoints/8
mv kept/checkpoints checkpoints && ln -s ../checkpoints kept/checkpoints
run 1 train --out kept --resume --steps 8
says "it is a link"
rm kept/checkpoints && mv checkpoints kept/
# Who goes back to an older checkpoint goes on from there; the newer ones are the older ones now.
run 0 "${train[@]}" --steps 6 --checkpoint-every 1 --keep 9 --out back
ln -sfn checkpoints/3 back/latest
run 0 train --out back --resume --steps 5 --keep 2
[[ $(names back/checkpoints) == "4 5 " && $(one_step back) == 5 ]] || fail "back: $(names back/checkpoints)"
finish
