#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# docs/reference.md is what the tables print; the manual page has every command.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

want 0 "$kdelta" list --reference
diff -u "$root/docs/reference.md" "$out" >"$TEST_TMP/diff" ||
	fail "docs/reference.md is not up to date; write it with: build/kdelta list --reference > docs/reference.md"
# as long as their names may be, descriptions stand in one column
for kind in suites variants targets; do
	KDELTA_CONFIGS=$root/configs want 0 "$kdelta" list "$kind"
	equal "columns of $kind" "$(awk '{ match($0, /^  [^ ]+ +/); print RLENGTH }' "$out" | sort -u | wc -l)" 1
done

want 0 "$kdelta" help --man
for command in doctor list build boot run compare latency show; do
	says "$out" "$command"
done
if command -v man >/dev/null; then
	cp "$out" "$TEST_TMP/kdelta.1"
	want 0 man --warnings -E UTF-8 -l -Tutf8 -Z "$TEST_TMP/kdelta.1"
	equal "warnings about the manual page" "$(cat "$errors")" ""
fi
