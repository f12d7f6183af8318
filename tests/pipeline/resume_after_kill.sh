#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kill -9 in the middle of a run, then --resume: nothing lost, nothing twice.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_fake

total=60
for jobs in 1 3; do
	rm -f "$db"*
	"$kdelta" run long --db "$db" --seed 5 --jobs $jobs >"$out" 2>"$errors" &
	pid=$!
	while_running 60 boots_at_least 1 ok 5
	kill -KILL $pid
	wait $pid 2>/dev/null
	db_whole
	before=$(boots 1 ok)
	[[ $before -lt $total ]] || fail "the run ended before it was killed"
	equal "planned and done ($jobs jobs)" "$(($(boots 1 planned) + before))" $total
	equal "records of boots that are not done" "$(sql "SELECT count(*) FROM record JOIN boot ON boot.id = boot_id
		WHERE status = 'planned'")" 0
	kept=$(sql "SELECT group_concat(id || ':' || started) FROM (SELECT * FROM boot WHERE status = 'ok' ORDER BY id)")

	# and once more, this time politely
	"$kdelta" run --resume 1 --db "$db" --jobs $jobs >"$out" 2>"$errors" &
	pid=$!
	while_running 60 boots_at_least 1 ok $((before + 3))
	kill -TERM $pid
	wait $pid
	equal "status of an interrupted run" $? 3
	says "$errors" 'run --resume 1'
	db_whole

	want 0 "$kdelta" run --resume 1 --db "$db" --jobs $jobs
	db_whole
	equal "runs" "$(sql 'SELECT count(*) FROM run')" 1
	equal "boots" "$(boots 1 ok)" $total
	equal "boots that differ from the plan" "$(sql 'SELECT count(*) FROM (SELECT 1 FROM v_boot
		GROUP BY block, variant HAVING count(*) <> 1)')" 0
	equal "records" "$(sql 'SELECT count(*) FROM record')" $((total * 6))
	equal "boots with a wrong number of records" "$(sql 'SELECT count(*) FROM
		(SELECT 1 FROM record GROUP BY boot_id HAVING count(*) <> 6)')" 0
	equal "boots of before the kill" "$(sql "SELECT group_concat(id || ':' || started) FROM
		(SELECT * FROM boot WHERE status = 'ok' ORDER BY id)" | grep -cF "${kept%%,*}")" 1
	for boot in ${kept//,/ }; do
		equal "boot ${boot%%:*} was not done again" \
			"$(sql "SELECT started FROM boot WHERE id = ${boot%%:*}")" "${boot##*:}"
	done
done

# a finished run has nothing left to do
want 0 "$kdelta" run --resume 1 --db "$db"
equal "boots after resuming a finished run" "$(boots 1 ok)" $total
want 2 "$kdelta" run --resume 99 --db "$db"
says "$errors" 'no run 99'

# what went wrong before stays wrong
want 3 "$kdelta" run broken --db "$db"
want 3 "$kdelta" run --resume 2 --db "$db"
says "$errors" 'run 2: 2 of 4 boots broken, 0 with'
equal "status of a resumed run with broken boots" "$(sql 'SELECT status FROM run WHERE id = 2')" broken
want 3 "$kdelta" run failing --db "$db"
want 3 "$kdelta" run --resume 3 --db "$db"
says "$errors" 'run 3: 0 of [0-9]+ boots broken, [1-9][0-9]* with a failed'
