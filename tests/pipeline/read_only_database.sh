#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A database that cannot be written, and files that are none.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_fake

want 0 "$kdelta" run equal --db "$db"
sum=$(sha256sum <"$db")

# root writes where others may not, so root looks through a read-only mount
if [[ $(id -u) == 0 ]]; then
	need_root_mount size=8m
	cp "$db" "$TEST_TMP/mnt/t.db"
	mount -o remount,ro "$TEST_TMP/mnt" || skip "needs permission to remount a tmpfs"
	locked=$TEST_TMP/mnt/t.db
else
	mkdir "$TEST_TMP/locked"
	cp "$db" "$TEST_TMP/locked/t.db"
	chmod -R a-w "$TEST_TMP/locked"
	locked=$TEST_TMP/locked/t.db
fi
want 3 "$kdelta" run equal --db "$locked"
says "$errors" "'$locked'.*([Rr]ead-only|Permission denied)"
equal "lines that complain" "$(grep -c '^kdelta: ' "$errors")" 1
# reading needs no write permission
want 0 "$kdelta" compare base same --db "$locked"
says "$out" 'same'
want 0 "$kdelta" show --db "$locked"
equal "the database" "$(sha256sum <"$locked")" "$sum"
[[ -w $TEST_TMP/locked || ! -d $TEST_TMP/locked ]] || chmod -R u+w "$TEST_TMP/locked"

printf 'this is no database, but it is long enough to be looked at as one\n' >"$TEST_TMP/text.db"
want 3 "$kdelta" run equal --db "$TEST_TMP/text.db"
says "$errors" "text\.db'.*not a database"
want 3 "$kdelta" compare base same --db "$TEST_TMP/nowhere.db"
says "$errors" "nowhere\.db"
[[ ! -e $TEST_TMP/nowhere.db ]] || fail "compare made a database"
