#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tests/full/stress.sh [SUITE…]
#
# The stress workloads of the series on their debug kernels: every suite stress-*.yaml, booted again and again until each
# of its kernels has worked for STRESS_MINUTES (10) of its own time, or a boot was not ok. One line per suite, kernel and
# target; what was wrong stands below it. `seconds:` of a workload that are more than that are cut, so that a short form
# can be tried: STRESS_MINUTES=1 tests/full/stress.sh stress-qpw
#
# Databases and consoles stay in build/stress/SUITE until the next time. The minutes are those of the machines' clocks,
# which run as the host's do: stress suites name no target with icount.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
configs=${KDELTA_CONFIGS:-$root/configs}
suites=$configs/suites
seconds=$((${STRESS_MINUTES:-10} * 60))
# What a kernel prints when something is wrong: lib/dump_stack.c, kernel/panic.c, kernel/locking/lockdep.c,
# mm/kasan/report.c, kernel/hung_task.c. kdelta looks for more, with more care; this is a second opinion. A test of KUnit
# that fails prints no more than "not ok".
splat='WARNING: |BUG: |BUG |KASAN: |Oops|Internal error|Kernel panic|Call Trace:|blocked for more than|not ok '
unwell=0

# turn N FILE: the suite for the Nth time: other random numbers, and no workload longer than asked for.
turn()
{
	awk -v turn="$1" -v most="$seconds" '{
		while (match($0, /(seconds|seed): *[0-9]+/)) {
			key = substr($0, RSTART, index(substr($0, RSTART), ":"))
			n = substr($0, RSTART + length(key), RLENGTH - length(key)) + 0
			n = key == "seed:" ? n + turn - 1 : n < most ? n : most
			printf "%s%s %d", substr($0, 1, RSTART - 1), key, n
			$0 = substr($0, RSTART + RLENGTH)
		}
		print
	}' "$2"
}

# The least that any of the suite's kernels has worked, in whole seconds.
least()
{
	sql "SELECT CAST(ifnull(min(worked), 0) AS INTEGER) FROM
		(SELECT sum(run_seconds) AS worked FROM v_boot WHERE status = 'ok' GROUP BY variant, target)"
}

# kunit VARIANT: the suites of KUnit that its kernel runs when it boots, after the options that build them:
# CONFIG_LAZY_MMU_MODE_KUNIT_TEST=y is lazy_mmu_mode.
kunit()
{
	local file=$configs/variants/$1.yaml parent

	sed 's/#.*//' "$file" | grep -oE 'CONFIG_[A-Z0-9_]+_KUNIT_TEST=y' |
		sed 's/^CONFIG_//; s/_KUNIT_TEST=y$//' | tr '[:upper:]' '[:lower:]'
	parent=$(sed -nE 's/^extends: *([^ #]+).*/\1/p' "$file")
	[[ -z $parent ]] || kunit "$parent"
}

# Lines of the consoles of a variant on a target that look like trouble, and what KUnit should have said there and did
# not (lib/kunit/test.c, Documentation/dev-tools/ktap.rst): a suite that was skipped or left out is as bad.
splats()
{
	local console test tests n=0

	tests=$(kunit "$1")
	while read -r console; do
		n=$((n + $(grep -acE "$splat" "$console")))
		for test in $tests; do
			grep -aqE "(^|\] )ok [0-9]+ ${test}[[:space:]]*\$" "$console" || n=$((n + 1))
		done
	done < <(sql "SELECT console_path FROM boot JOIN v_boot ON v_boot.boot = boot.id
		WHERE variant = '$1' AND target = '$2' AND console_path IS NOT NULL")
	echo $n
}

# What each kernel of the suite in $db did; false when one of them is not well.
summary()
{
	local suite=$1 variant target boots worked operations state n well=0

	while IFS='|' read -r variant target boots worked operations state; do
		n=$(splats "$variant" "$target")
		[[ $n == 0 && $state == ok && $worked -ge $seconds ]] || well=1
		printf '%-20s %-20s %-22s %-6s %3d boots %6d s %10d operations %3d splats\n' \
			"$suite" "$variant" "$target" "$state" "$boots" "$worked" "$operations" "$n"
	done < <(sql "SELECT b.variant, b.target, count(*), CAST(sum(b.run_seconds) AS INTEGER),
		(SELECT CAST(ifnull(sum(r.value), 0) AS INTEGER) FROM v_record r WHERE r.metric = 'operations'
			AND r.variant = b.variant AND r.target = b.target),
		CASE WHEN sum(b.status != 'ok') THEN 'broken' WHEN EXISTS (SELECT 1 FROM workload_state w JOIN v_boot c
			ON c.boot = w.boot_id WHERE w.state != 'ok' AND c.variant = b.variant AND c.target = b.target)
			THEN 'failed' ELSE 'ok' END
		FROM v_boot b GROUP BY b.variant, b.target")
	sql "SELECT '    boot ' || boot || ' ' || variant || ': ' || ifnull(reason, status) FROM v_boot WHERE status != 'ok'
		UNION ALL SELECT '    boot ' || boot || ' ' || variant || ': ' || state || ': ' || w.reason
		FROM workload_state w JOIN v_boot ON boot = boot_id WHERE state != 'ok'"
	return $well
}

# stress SUITE: boot it until its time is over, something is wrong, or it does nothing.
stress()
{
	local suite=$1 before=0 now=0 n=0 status

	rm -rf "$root/build/stress/$suite"
	export XDG_DATA_HOME=$root/build/stress/$suite
	db=$XDG_DATA_HOME/results.db
	while :; do
		n=$((n + 1))
		turn $n "$suites/$suite.yaml" >"$TEST_TMP/$suite.yaml"
		"$kdelta" run "$TEST_TMP/$suite.yaml" --boots 1 --seed $n --db "$db" >"$out" 2>"$errors"
		status=$?
		[[ $status != 2 && -e $db ]] || fail "cannot run $suite"
		now=$(least)
		[[ $status -le 1 && $now -lt $seconds && $now -gt $before ]] || break
		before=$now
	done
	summary "$suite" || unwell=$((unwell + 1))
}

# A shell reads a script while it runs it: all of it is read before anything starts, whoever edits it meanwhile.
main()
{
	local file suite

	[[ $# -gt 0 ]] || for file in "$suites"/stress-*.yaml; do
		# the suite of the program of that name
		[[ ${file##*/} == stress-ng.yaml || ! -e $file ]] || set -- "$@" "$(basename "$file" .yaml)"
	done
	[[ $# -gt 0 ]] || skip "there is no suite stress-*.yaml"
	for suite in "$@"; do
		stress "$suite"
	done
	# the last run need not be the one that matters
	rm -f "$out" "$errors"
	[[ $unwell == 0 ]] || fail "$unwell of $# stress suites did not end well; see build/stress"
}

main "$@"
exit
