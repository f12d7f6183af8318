#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every format of a comparison says the same, and machines can read it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_fake
want 1 "$kdelta" run quick --db "$db"

want 1 "$kdelta" compare base slower --db "$db" --format json
jq -e . "$out" >/dev/null || fail "not JSON"
cp "$out" "$TEST_TMP/json"
equal "verdict in JSON" "$(jq -r '[.. | objects | select(.metric? == "kmalloc.instructions" and .stat? == "mean") | .verdict] | join(",")' "$TEST_TMP/json")" worse

want 1 "$kdelta" compare base slower --db "$db" --format csv
columns=$(head -n 1 "$out" | awk -F, '{ print NF }')
[[ $columns -ge 8 ]] || fail "a CSV with $columns columns"
equal "columns of every line" "$(awk -F, '{ print NF }' "$out" | sort -u)" "$columns"
says "$out" 'kmalloc\.instructions.*worse'

want 1 "$kdelta" compare base slower --db "$db" --format markdown
says "$out" '^\|.*kmalloc\.instructions.*worse.*\|'
equal "pipes per line" "$(grep '^|' "$out" | tr -cd '|\n' | awk '{ print length }' | sort -u | wc -l)" 1

want 1 "$kdelta" compare base slower --db "$db"
says "$out" 'kmalloc\.instructions.*worse'
says "$out" "$db"
# not a terminal: no colours
says_not "$out" $'\033'

want 1 "$kdelta" compare base slower --db "$db" --all
says "$out" 'max'

# of two targets each side is what it was on each of them
cp -r "$fixtures/pipeline" "$TEST_TMP/p"
export KDELTA_CONFIGS=$TEST_TMP/p/configs
printf 'description: another\nextends: fake\ncmdline: nosmt\n' >"$KDELTA_CONFIGS/targets/other.yaml"
sed -i 's/targets: .*/targets: [fake, other]/' "$KDELTA_CONFIGS/suites/equal.yaml"
want 0 "$kdelta" run equal --db "$db"
want 0 "$kdelta" compare base same --db "$db" --format json
equal "command lines" "$(jq -r '.a.cmdline, .b.cmdline' "$out" | uniq -c | xargs)" \
	"2 fake: panic=-1 loglevel=5; other: panic=-1 loglevel=5 nosmt"
equal "kernels, which are the same" "$(jq -r '.a.kernel' "$out")" "fake, , build fake"
want 0 "$kdelta" compare base same --db "$db"
says "$out" '^ +fake: panic=-1 loglevel=5; other: .* nosmt$'
