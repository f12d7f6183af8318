#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a kdelta that was killed leaves in temporary folders is removed by the next one; what a living one uses stays.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_fake
export TMPDIR=$TEST_TMP/tmp XDG_CACHE_HOME=$TEST_TMP/cache
cache=$XDG_CACHE_HOME/kdelta
mkdir -p "$TMPDIR"
holders=()

folders() { find "$TMPDIR" -mindepth 1 | sort; }

held() { ! flock -n "$1" true; }

# begin DATABASE: a run of many boots in the background, as $pid; $left is then what it has made
begin()
{
	db=$TEST_TMP/$1.db
	"$kdelta" run long --db "$db" --jobs 1 >"$out" 2>"$errors" &
	pid=$!
	while_running 60 boots_at_least 1 ok 2
	left=$(folders)
}

begin killed
equal "a folder, and the lock file beside it" "$(wc -l <<<"$left")" 2
kill -KILL $pid
wait $pid 2>/dev/null
equal "what the kill left" "$(folders)" "$left"
want 0 "$kdelta" run equal --db "$db"
equal "what the next run left" "$(folders)" ""

# a living run, and beside it one that ends and one that is killed
begin killed
killed=$pid
begin living
kill -KILL "$killed"
wait "$killed" 2>/dev/null
equal "folders of two runs" "$(wc -l <<<"$left")" 4
own=$(readlink "/proc/$pid"/fd/* | grep "^$TMPDIR/.*\.lock$")
want 0 "$kdelta" run equal --db "$TEST_TMP/other.db"
equal "what is there while one lives" "$(folders)" "${own%.lock}
$own"
kill -TERM $pid
wait $pid
equal "status of an interrupted run" $? 3
equal "what an interrupted run leaves" "$(folders)" ""

# in the cache and beside the database: what a kill leaves, and one of each that somebody holds
for dir in "$cache"/{src,downloads,qemu,busybox/s390x} "$TEST_TMP/artifacts"; do
	mkdir -p "$dir"/kdelta.{dead00,live00}/linux "$dir/kdelta.noLock"
	touch "$dir"/kdelta.{dead00,live00}.lock "$dir"/kdelta.{dead00,live00}/linux/Makefile
	(exec 9<"$dir/kdelta.live00.lock" && flock 9 && exec sleep 600) &
	holders+=($!)
	until_true 10 held "$dir/kdelta.live00.lock"
done
want 0 "$kdelta" run equal --db "$db"
for dir in "$cache"/{src,downloads,qemu,busybox/s390x} "$TEST_TMP/artifacts"; do
	equal "what is left in $dir" "$(cd "$dir" && find . -mindepth 1 -maxdepth 1 | sort | tr '\n' ' ')" \
		"./kdelta.live00 ./kdelta.live00.lock ./kdelta.noLock "
	[[ -e $dir/kdelta.live00/linux/Makefile ]] || fail "the folder of somebody who lives was emptied"
done
kill "${holders[@]}"
wait
