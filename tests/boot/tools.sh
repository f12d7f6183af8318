#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Programs of the root image as workloads, and perf around them, in one boot per architecture. What is asked for is what
# they do; a program that cannot, says why, and the others of the boot stand.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cat >"$TEST_TMP/suite.yaml" <<'EOF'
description: programs of the root image
variants: [base]
targets: [qemu-x86_64, qemu-aarch64, qemu-s390x]
boots: 1
collectors:
  - perf_stat: {events: "task-clock,context-switches,page-faults,cpu-cycles"}
  - perf_record: {frequency: 99}
workloads:
  - stress-ng: {stressor: vm, instances: 160, ops: 16000, options: bytes=640M, for_cpus: 160, scale: 1/2, rounds: 1, warmup: 0, timeout: 60}
  - stress-ng: {stressor: fork, ops: 21, version: 0.15.06, rounds: 1, warmup: 0, timeout: 60}
  - stress-ng: {stressor: mmapfork, instances: 1, ops: 1, rounds: 1, warmup: 0, timeout: 60}
  - stress-ng: {stressor: apparmor, rounds: 1, warmup: 0, timeout: 60}
  - stress-ng: {stressor: nosuch, rounds: 1, warmup: 0, timeout: 60}
  - stress-ng: {stressor: vm, version: "9", rounds: 1, warmup: 0, timeout: 60}
  - hackbench: {fds: 3, loops: 10, rounds: 1, warmup: 0, timeout: 60}
  - cyclictest: {loops: 30, limit: 20, rounds: 1, warmup: 0, timeout: 60}
  - rtla: {tool: osnoise, rounds: 1, warmup: 0, timeout: 60}
  - rtla: {tool: timerlat, limit: 100, rounds: 1, warmup: 0, timeout: 60}
  - pte: {op: cow, pages: 256, times: 2, rounds: 2, warmup: 0, timeout: 60}
EOF

# three WHAT VALUE CONDITION WANTED: the same on each of the three targets
three()
{
	equal "$1" "$(sql "SELECT group_concat(x, ' ') FROM (SELECT $2 AS x FROM v_record WHERE $3 ORDER BY 1)")" "$4 $4 $4"
}

want 3 "$kdelta" run "$TEST_TMP/suite.yaml" --db "$db"
db_whole

# 2 CPUs have 1/80 of 16000 operations, and the half of that
three "operations of vm" 'CAST(value AS INTEGER)' "metric = 'ops' AND workload LIKE '%stressor=vm%'" 100
# one instance per CPU, and 21 operations cannot be shared
three "operations of fork" 'CAST(value AS INTEGER)' "metric = 'ops' AND workload LIKE '%stressor=fork%'" 22
three "operations of mmapfork" 'CAST(value AS INTEGER)' "metric = 'ops' AND workload LIKE '%stressor=mmapfork%'" 1
# 3 senders, 3 receivers, 10 messages from each to each
three "messages of hackbench" 'CAST(value AS INTEGER)' "metric = 'messages'" 90
three "wakeups of cyclictest" 'CAST(value AS INTEGER)' "metric = 'wakeups' AND workload LIKE 'cyclictest%'" 30
equal "most samples of a CPU" "$(sql "SELECT group_concat(n, ' ') FROM (SELECT max(n) AS n FROM
	(SELECT target, cpu, sum(count) AS n FROM v_histogram WHERE workload LIKE 'cyclictest%' GROUP BY target, cpu)
	GROUP BY target)")" "30 30 30"
equal "CPUs with noise" "$(sql "SELECT count(DISTINCT target || cpu) FROM v_record WHERE metric = 'noise'
	AND value BETWEEN 0 AND 1e9")" 4
equal "CPUs with a timer's latency" "$(sql "SELECT count(DISTINCT target || cpu) FROM v_histogram
	WHERE metric = 'thread_latency'")" 4

states=$(sql "SELECT DISTINCT state || ' ' || reason FROM workload_state WHERE state != 'ok' ORDER BY 1")
equal "states with reasons" "$states" "broken stress-ng is version '0.15.06', and the suite asks for '9' (parameter 'version')
broken stress-ng: exited with status 1: stress-ng: unrecognized option '--nosuch=2'
skipped does not run on s390x
skipped stress-ng skips apparmor: AppArmor is not enabled"

# whoever writes to 512 pages that are shared copy-on-write takes as many page faults, and a few of his own
equal "page faults by perf outside of 512 to 552" "$(sql "SELECT target, round, value FROM v_record
	WHERE metric = 'perf_stat.page-faults' AND workload LIKE 'pte%' AND value NOT BETWEEN 512 AND 552")" ""
equal "rounds with page faults by perf" "$(sql "SELECT count(*) FROM v_record WHERE metric = 'perf_stat.page-faults'
	AND workload LIKE 'pte%' AND evidence = 'simulated'")" 6
equal "cycles of an emulator" "$(sql "SELECT count(*) FROM v_record WHERE metric LIKE 'perf_stat.cpu-cycles%'")" 0
equal "what x86_64 cannot count" "$(sql "SELECT DISTINCT note.value FROM note JOIN v_boot ON v_boot.boot = note.boot_id
	WHERE note.key = 'perf_stat.not_supported' AND v_boot.target = 'qemu-x86_64'")" cpu-cycles
# hackbench and its six tasks end, and each has to be waited for
equal "targets where hackbench switched less than 7 times" "$(sql "SELECT target, value FROM v_record
	WHERE metric = 'perf_stat.context-switches' AND workload LIKE 'hackbench%' AND value < 7")" ""

# one file per workload that ran; its magic number is in the byte order of its architecture
equal "workloads that ran without a file of samples" "$(sql "SELECT w.boot_id, w.workload_id FROM workload_state w
	WHERE w.state = 'ok' AND NOT EXISTS (SELECT 1 FROM artifact a
	WHERE a.boot_id = w.boot_id AND a.workload_id = w.workload_id AND a.name = 'perf.data' AND a.size > 1000)")" ""
while read -r path; do
	magic=$(head -c 8 "$TEST_TMP/$path")
	[[ $magic == PERFILE2 || $magic == 2ELIFREP ]] || fail "$path begins with '$magic'"
done < <(sql "SELECT path FROM artifact")

# The image of x86_64 with other programs in it: one is missing, one crashes in its second round, one takes the workload
# along, one prints nonsense; and perf refuses an event. The cache says that it is the true image.
key=$(sql "SELECT value FROM info JOIN v_boot ON v_boot.boot = info.boot_id
	WHERE key = 'image' AND target = 'qemu-x86_64'")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kdelta
image=$TEST_TMP/cache/kdelta/images/$key/root.squashfs
programs=$TEST_TMP/root/usr/bin
mkdir -p "$TEST_TMP/cache/kdelta" "$programs"
ln -s "$cache"/* "$TEST_TMP/cache/kdelta"
rm "$TEST_TMP/cache/kdelta/images"
mkdir "$TEST_TMP/cache/kdelta/images"
cp -r "$cache/images/requests" "$cache/images/$key" "$TEST_TMP/cache/kdelta/images"
cat >"$programs/stress-ng" <<'EOF'
#!/bin/sh
[ "$1" != --version ] || exec echo 'stress-ng, version 0.0.0'
[ ! -e /tmp/once ] || kill -SEGV $$
printf 'metrics:\n    - stressor: vm\n      bogo-ops: 2\n      wall-clock-time: 1\n' >/tmp/stress-ng.yaml
printf '      user-time: 1\n      system-time: 1\n      max-rss: 1\n' >>/tmp/stress-ng.yaml
touch /tmp/once
EOF
cat >"$programs/cyclictest" <<'EOF'
#!/bin/sh
kill -SEGV $PPID
sleep 60
EOF
cat >"$programs/rtla" <<'EOF'
#!/bin/sh
printf '\377\001 %s\n' "$*"
EOF
chmod -R go+rX "$TEST_TMP"
chmod +x "$programs"/*
{
	sqfs2tar "$image" >"$TEST_TMP/root.tar" && rm -f "$image" &&
		tar --delete -f "$TEST_TMP/root.tar" usr/bin/{hackbench,stress-ng,cyclictest,rtla} &&
		tar --append -f "$TEST_TMP/root.tar" -C "$TEST_TMP/root" --owner=0 --group=0 usr/bin/{stress-ng,cyclictest,rtla} &&
		tar2sqfs --quiet --compressor zstd "$image" <"$TEST_TMP/root.tar"
} >"$out" 2>"$errors" || fail "cannot change the image"
cat >"$TEST_TMP/trouble.yaml" <<'EOF'
description: programs that cannot be relied upon
variants: [base]
targets: [qemu-x86_64]
boots: 1
collectors:
  - perf_stat: {events: no-such-event}
workloads:
  - stress-ng: {ops: 2, rounds: 3, warmup: 0, timeout: 60}
  - hackbench: {rounds: 1, warmup: 0, timeout: 60}
  - cyclictest: {rounds: 1, warmup: 0, timeout: 60}
  - rtla: {tool: osnoise, rounds: 1, warmup: 0, timeout: 60}
  - pte: {op: cow, pages: 256, times: 2, rounds: 2, warmup: 0, timeout: 60}
EOF
XDG_CACHE_HOME=$TEST_TMP/cache want 3 "$kdelta" run "$TEST_TMP/trouble.yaml" --db "$db"
says_not "$errors" 'making a root image'
db_whole
equal "boots" "$(boots 2 ok)" 1
equal "states of bad programs" "$(sql "SELECT w.number || ' ' || s.state || ' ' || s.reason FROM workload_state s
	JOIN workload w ON w.id = s.workload_id WHERE w.run_id = 2 ORDER BY w.number")" \
	"0 broken stress-ng: ended by SIGSEGV: it gave no reason
1 skipped there is no 'hackbench' in the root image: its package is 'rt-tests'
2 broken crashed with SIGSEGV
3 broken rtla says nothing of any CPU
4 ok "
# what the first round measured is kept, and what came after all that
equal "rounds of stress-ng" "$(sql "SELECT group_concat(round) FROM v_record WHERE run = 2 AND metric = 'ops'")" 0
equal "pages" "$(sql "SELECT group_concat(value) FROM v_record WHERE run = 2 AND metric = 'pages'")" 512.0,512.0
equal "notes of a broken collector" "$(sql "SELECT DISTINCT value FROM note JOIN v_boot ON v_boot.boot = note.boot_id
	WHERE key = 'collector.broken' AND run = 2")" \
	"perf_stat: perf: exited with status 129: event syntax error: 'no-such-event'"
