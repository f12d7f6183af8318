#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Exit status: 0 nothing regressed, 1 a regression, 2 usage, 3 the infrastructure broke.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_fake

want 0 "$kdelta" run equal --db "$db"
want 1 "$kdelta" run quick --db "$db"
want 0 "$kdelta" run quick --only variant=faster --db "$db"
says_not "$out" 'worse'

# a boot without its end marker is broken, and never a pass
want 3 "$kdelta" run broken --db "$db"
run=$(sql 'SELECT max(id) FROM run')
equal "broken boots" "$(boots "$run" broken)" 2
equal "ok boots" "$(boots "$run" ok)" 2
says "$out" 'broken'
says "$errors" "see: kdelta show $run --db $db$"
want 0 "$kdelta" show "$run" --db "$db"
says "$out" 'broken: .*end'
db_whole
# the usual database needs no name
want 3 "$kdelta" run broken
says "$errors" 'see: kdelta show 1$'

want 3 "$kdelta" run failing --db "$db"
says "$out" 'failed: .*lost an update'

for words in "" "nosuchcommand" "run" "run equal --boots 0" "run equal --boots x" "run equal --nosuch" \
	"run equal noisy" "compare base" "compare base same --format xml" "run equal --only variant=nosuch" \
	"run equal --only colour=red" "show twelve"; do
	# shellcheck disable=SC2086 # words are meant to be split
	want 2 "$kdelta" $words
	[[ -s $errors ]] || fail "'kdelta $words' says nothing"
done
want 2 "$kdelta" compare base nosuch --db "$db"
says "$errors" "no variant 'nosuch'; it has: .*base"
want 0 "$kdelta" --version
says "$out" '^kdelta [0-9]'
want 0 "$kdelta" help
for command in doctor list build boot run compare show; do
	want 0 "$kdelta" $command --help
	says "$out" "kdelta $command"
	want 0 "$kdelta" help $command
done

# what could not be written was not shown
if [[ -w /dev/full ]]; then
	"$kdelta" show --list --db "$db" >/dev/full 2>"$errors"
	equal "status of show into a full device" $? 3
fi
