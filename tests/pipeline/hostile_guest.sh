#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Whatever a guest says is data: it steers no terminal, leaves no quotes and no statement.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_fake

# the guest of base ends well, and says nothing of the second workload
want 3 "$kdelta" run hostile --db "$db"
cat "$out" "$errors" >"$TEST_TMP/seen"
equal "what is missing" "$(reasons base broken | uniq -c | xargs)" "2 the guest said nothing of it"
for format in text markdown csv json; do
	want 0 "$kdelta" compare base hostile --db "$db" --all --format $format
	# lines of CSV end as RFC 4180 says
	sed 's/\r$//' "$out" >>"$TEST_TMP/seen"
	[[ $format != json ]] || jq -e . "$out" >/dev/null || fail "not JSON"
done
want 0 "$kdelta" show --db "$db"
cat "$out" >>"$TEST_TMP/seen"
if LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f\x7f]' "$TEST_TMP/seen" >"$out"; then
	fail "control characters reached the output"
fi
db_whole
# stored as it was said
equal "the unit" "$(sql "SELECT unit FROM metric WHERE name LIKE '%owned%'")" "x';DROP TABLE boot;--"
equal "boots" "$(boots 1 ok)" 4
