# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What test scripts share. Sourced; a script is run by tests/run, or by hand from anywhere.

set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fixtures=$root/tests/fixtures
kdelta=$root/build/kdelta

if [[ -z ${TEST_TMP:-} ]]; then
	TEST_TMP=$(mktemp -d "${TMPDIR:-/tmp}/kdelta-test.XXXXXX")
	export XDG_DATA_HOME=$TEST_TMP/data NO_COLOR=1 LC_ALL=C.UTF-8
	trap 'rm -rf "$TEST_TMP"' EXIT
fi
out=$TEST_TMP/out # what the last `run` wrote to standard output
errors=$TEST_TMP/errors # and to standard error
db=$TEST_TMP/t.db

fail()
{
	echo "FAILED: $*"
	echo "  at ${BASH_SOURCE[1]##*/}:${BASH_LINENO[0]}"
	for file in "$out" "$errors"; do
		[[ ! -s $file ]] || { echo "  last ${file##*/}:" && tail -n 30 "$file" | sed 's/^/    /'; }
	done
	exit 1
}

skip()
{
	echo "$*"
	exit 77
}

# want STATUS COMMAND…: run it and insist on its exit status.
want()
{
	local wanted=$1 got

	shift
	"$@" >"$out" 2>"$errors"
	got=$?
	[[ $got == "$wanted" ]] || fail "'$*' exited with $got, wanted $wanted"
}

# says FILE REGEX: one line must match.
says()
{
	grep -Eq -e "$2" "$1" || fail "${1##*/} has no line with '$2'"
}

says_not()
{
	! grep -Eq -e "$2" "$1" || fail "${1##*/} has a line with '$2': $(grep -E -m1 -e "$2" "$1")"
}

# sql QUERY: on $db. Waits for writers.
sql()
{
	sqlite3 -batch -cmd '.timeout 10000' "$db" "$1"
}

# equal WHAT GOT WANTED
equal()
{
	[[ $2 == "$3" ]] || fail "$1: got '$2', wanted '$3'"
}

db_whole()
{
	equal "integrity of $db" "$(sql 'PRAGMA integrity_check')" ok
	equal "foreign keys of $db" "$(sql 'PRAGMA foreign_key_check')" ""
}

# until_true SECONDS COMMAND…: poll a condition.
until_true()
{
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		[[ $SECONDS -lt $end ]] || fail "never became true: $*"
		sleep 0.02
	done
}

# Boots of a run, by status: boots RUN ok
boots()
{
	sql "SELECT count(*) FROM v_boot WHERE run = $1 AND status = '$2'"
}

boots_at_least()
{
	[[ -e $db && $(boots "$1" "$2" 2>/dev/null || echo 0) -ge $3 ]]
}

use_fake()
{
	export KDELTA_CONFIGS=$fixtures/pipeline/configs
}

need_root_mount()
{
	[[ $(id -u) == 0 ]] || skip "needs root, to mount a small file system"
	mkdir -p "$TEST_TMP/mnt"
	mount -t tmpfs -o "$1" tmpfs "$TEST_TMP/mnt" 2>/dev/null || skip "needs permission to mount a tmpfs"
	trap 'umount -l "$TEST_TMP/mnt"' EXIT
}
