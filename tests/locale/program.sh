#!/usr/bin/env bash
# Numbers on the command line of asg and in its configuration, in a session that writes 0,5.
# COMMAS is the library that makes such a session, LOCPATH the folder with its locale.
source "$(dirname "$0")/../cli/lib.sh"
commas=${COMMAS:?is the library that sets the locale} locales=${LOCPATH:?has the locale}
unset LOCPATH
plain=$asg
asg=$scratch/asg_with_commas
cat >"$asg" <<END
#!/bin/sh
LOCPATH='$locales' LD_PRELOAD='$commas' exec '$plain' "\$@"
END
chmod +x "$asg"

write_text text
train=(train "${small[@]}" --data text --eval-every 0 --json)
fractions=(--lr 0.25 --min-lr 0.125 --dropout 0.125 --clip 0.5 --beta1 0.5 --beta2 0.75 --weight-decay 0.01)
run 0 "${train[@]}" "${fractions[@]}" --steps 2 --out run
prints '"lr":0.25'
holds run/config.json '"dropout": 0.125'
losses out >commas_losses
asg=$plain
run 0 "${train[@]}" "${fractions[@]}" --steps 2 --no-save
losses out >points_losses
same commas_losses points_losses "what is computed of fractions"
asg=$scratch/asg_with_commas

# What was recorded is read again, and compared as numbers.
run 0 train --out run --resume --steps 3 --lr 0.250
[[ ! -s err ]] || ! grep -q 'from here on' err || fail "0.250 is not 0.25: $(<err)"
run 0 train --out run --resume --steps 4 --lr 0.5
says "--lr is 0.5 from here on; until here it was 0.25"
run 0 generate --from run --tokens 3 --temperature 0.5
run 2 "${train[@]}" --no-save --steps 1 --lr 0,25
says "'0,25' is not a number above 0"
run 0 train --help
prints "0.001"
finish
