#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A suite that is made of suites: each is a run of its own, with one line at the end and the worst status of all.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_fake

# runs WANTED: "id suite status" of each
runs()
{
	equal "runs" "$(sql "SELECT group_concat(id || ' ' || suite || ' ' || status, ', ') FROM run")" "$1"
}

want 0 "$kdelta" list suites
says "$out" '^  several .*\[3 suites\]$'

# those that are shipped are whole
KDELTA_CONFIGS=$root/configs want 0 "$kdelta" list suites
says "$out" '^  mission .*\[[0-9]+ suites\]$'

want 0 "$kdelta" run several --dry-run --seed 3 --db "$db"
equal "plans of a dry run" "$(sed -n 's/^suite \([a-z]*\):.*/\1/p' "$out" | tr '\n' ' ')" "equal long quick "
equal "seeds of a dry run" "$(grep -c '^seed 3,' "$out")" 3
[[ ! -e $db ]] || fail "a dry run made a database"

# whatever is wrong in one of them is found before the first is started
want 2 "$kdelta" run several --only variant=nosuch --db "$db"
says "$errors" "^kdelta: suite 'equal': .*nosuch"
cp -r "$fixtures/pipeline" "$TEST_TMP/p"
echo 'margin: many' >>"$TEST_TMP/p/configs/suites/quick.yaml"
KDELTA_CONFIGS=$TEST_TMP/p/configs want 2 "$kdelta" run several --db "$db"
says "$errors" '^[^ ]*/quick\.yaml:[0-9]+:'
[[ ! -e $db ]] || fail "a run was started in spite of: $(cat "$errors")"

# a regression in the last one
want 1 "$kdelta" run several --boots 2 --seed 9 --db "$db"
db_whole
runs "1 equal ok, 2 long ok, 3 quick ok"
equal "boots of each" "$(boots 1 ok) $(boots 2 ok) $(boots 3 ok)" "6 6 10"
equal "seeds" "$(sql 'SELECT group_concat(seed) FROM run')" 9,9,9
equal "last lines" "$(tail -n 3 "$out")" "suite 'equal': run 1: 6 boots, nothing regressed
suite 'long': run 2: 6 boots, nothing regressed
suite 'quick': run 3: 10 boots, something regressed"
want 0 "$kdelta" compare base same --run 1 --db "$db"

# what breaks is worse than what regresses, and does not keep the rest from being done
rm -f "$db"*
want 3 "$kdelta" run unwell --db "$db" --format json
runs "1 quick ok, 2 broken broken, 3 equal ok"
says "$errors" "^suite 'quick': run 1: 15 boots, something regressed$"
says "$errors" "^suite 'broken': run 2: 2 of 4 boots broken"
says "$errors" "^suite 'equal': run 3: 9 boots, nothing regressed$"
says "$errors" "^kdelta: 1 of the 3 suites of 'unwell' did not end well$"
equal "documents of JSON" "$(jq -c 'has("comparisons")' "$out" | sort -u)" true

# interrupted in the second: it goes on there, with what it was told, and the third follows
rm -f "$db"*
"$kdelta" run several --boots 15 --seed 5 --db "$db" >"$out" 2>"$errors" &
pid=$!
while_running 60 boots_at_least 2 ok 3
kill -TERM $pid
wait $pid
equal "status of an interrupted run" $? 3
says "$errors" 'go on with: kdelta run several --resume 2 --db .*/t\.db$'
says "$out" "^suite 'equal': run 1: 45 boots, nothing regressed$"
says "$out" "^suite 'quick': not started$"
runs "1 equal ok, 2 long running"
want 2 "$kdelta" run several --resume 2 --boots 3 --db "$db"
want 2 "$kdelta" run unwell --resume 2 --db "$db"
says "$errors" "run 2 is of the suite 'long', which is no part of 'unwell'"
want 2 "$kdelta" run long --resume 2 --db "$db"
want 1 "$kdelta" run several --resume 2 --db "$db"
runs "1 equal ok, 2 long ok, 3 quick ok"
equal "boots of each" "$(boots 1 ok) $(boots 2 ok) $(boots 3 ok)" "45 45 75"
equal "seeds" "$(sql 'SELECT group_concat(seed) FROM run')" 5,5,5
equal "last lines" "$(tail -n 2 "$out" | cut -d : -f 1,2)" "suite 'long': run 2
suite 'quick': run 3"
