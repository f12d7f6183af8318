#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The latency report of canned records, whose every figure was derived by hand: two rounds in each of three boots.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_fake
want 0 "$kdelta" run latency --db "$db" --seed 1

want 0 "$kdelta" latency --db "$db" --format json
jq -e . "$out" >/dev/null || fail "not JSON"
cp "$out" "$TEST_TMP/json"

# figure VARIANT CPU NAME: "low..high" of the median of the boots, and its evidence
figure()
{
	jq -r --arg v "$1" --arg c "$2" --arg f "$3" '.rows[] | select(.variant == $v and (.cpu | tostring) == $c)
		| .figures[] | select(.figure == $f) | "\(.median.low + 0)..\(.median.high + 0) \(.evidence)"' "$TEST_TMP/json"
}

# verdict CPU NAME
verdict()
{
	jq -r --arg c "$1" --arg f "$2" '.comparisons[] | select((.cpu | tostring) == $c) | .figures[]
		| select(.figure == $f) | "\(.verdict) \(.exact)"' "$TEST_TMP/json"
}

# 20,000 gaps of 80 or 81 ns, 196 in the bucket of 992…1007 ns, 4 in that of 1048576 ns
equal "window" "$(figure base 3 window)" "2000000000..2000000000 emulated-time"
equal "p50" "$(figure base 3 gap.p50)" "80..81 emulated-time"
equal "p99" "$(figure base 3 gap.p99)" "80..81 emulated-time"
equal "p99.9" "$(figure base 3 gap.p99.9)" "992..1007 emulated-time"
equal "max" "$(figure base 3 gap.max)" "1061000..1061000 emulated-time"
equal "gaps over 1 us" "$(figure base 3 gap.over.1us)" "4..200 emulated-time"
equal "gaps over 1 ms" "$(figure base 3 gap.over.1ms)" "4..4 emulated-time"
# 50 work items and 2 ticks per round of 50 triggers and 1 s
equal "interruptions" "$(figure base 3 interruptions)" "104..104 simulated"
equal "per trigger" "$(figure base 3 interruptions.per_trigger)" "1.04..1.04 simulated"
equal "rate" "$(figure base 3 interruptions.rate)" "52..52 emulated-time"
equal "stolen" "$(figure base 3 interruptions.stolen)" "504000..504000 emulated-time"
equal "work" "$(figure base 3 interruption.work:lru_add_drain_per_cpu)" "100..100 simulated"
# 49 of 50 callers in the bucket of 4096…4223 ns, one in 65536…67583
equal "caller p50" "$(figure base null caller.p50)" "4096..4223 emulated-time"
equal "caller p99" "$(figure base null caller.p99)" "65536..67583 emulated-time"
# 10 excursions, 40,000 instructions, in 5e8 of the task's own
equal "excursions" "$(figure base 2 excursions.rate)" "20..20 simulated"
equal "stolen instructions" "$(figure base 2 excursions.stolen)" "80000..80000 simulated"
equal "interruptions of a CPU that nobody traced" "$(figure base 2 interruptions)" ""

equal "verdict on counts" "$(verdict 3 interruptions)" "better true"
equal "verdict on a cause" "$(verdict 3 interruption.work:lru_add_drain_per_cpu)" "better true"
equal "verdict on the same cause" "$(verdict 3 interruption.tick:sched)" "same true"
equal "verdict on times of an emulator" "$(verdict 3 gap.max)" "shown false"
equal "verdict on excursions" "$(verdict 2 excursions)" "better true"
equal "senders" "$(jq -r '.rows[] | select(.variant == "base" and .cpu == 3) | .senders[]
	| "\(.count + 0) \(.sender)"' "$TEST_TMP/json" | tr '\n' ' ')" \
	"288 drop_caches:__lru_add_drain_all 12 kswapd0:lru_add_drain_all "
equal "worst cases" "$(jq -r '.rows[] | select(.variant == "base" and .cpu == 3) | .worst[].gap_ns + 0' "$TEST_TMP/json" |
	tr '\n' ' ')" "1062000 1061000 1060000 "
equal "no interval of a tail of three boots" "$(jq -r '.rows[] | select(.variant == "base" and .cpu == 3) | .figures[]
	| select(.figure == "gap.max") | "\(.interval) \(.no_interval)"' "$TEST_TMP/json")" \
	"null too few boots for an interval of a tail"

want 0 "$kdelta" latency 1 --db "$db" --threshold 10us --threshold 992ns
says "$out" "gap\.over\.992ns .* 200 "
says_not "$out" "gap\.over\.1us"
says "$out" "no performance result"
says "$out" "nohz_full=3: this kernel has none"
says "$out" "workqueue_execute_start lru_add_drain_per_cpu"
says "$out" "^skipped: collector osnoise: the kernel has no CONFIG_OSNOISE_TRACER=y$"
equal "a footnote per text" "$(grep -c '^skipped: collector' "$out")" 1

want 2 "$kdelta" latency 1 --db "$db" --threshold 10
says "$errors" "'10' is no threshold"
want 2 "$kdelta" latency 1 --db "$db" --threshold 99999999999s
want 2 "$kdelta" latency one --db "$db"
want 2 "$kdelta" latency 7 --db "$db"
says "$errors" "no run 7"

# the same notes stand under a comparison, once, and in the boot that said them
want 0 "$kdelta" compare base quiet --db "$db"
equal "a footnote per text" "$(grep -c '^skipped: collector osnoise' "$out")" 1
boot=$(sql "SELECT min(boot) FROM v_boot WHERE variant = 'base' AND block = 1")
want 0 "$kdelta" show --db "$db" --boot "$boot"
says "$out" "w0 isolation: nohz_full=3"
says "$out" "w0 round 1 cpu 3 trace\.timeline: gap_ns=1061000 at_ns=7$"
says "$out" "^ +\+900 workqueue_execute_start lru_add_drain_per_cpu$"
want 2 "$kdelta" show --db "$db" --boot 99
says "$errors" "run 1 has no boot 99"

# a run that isolates nothing says so
want 1 "$kdelta" run quick --db "$db"
want 0 "$kdelta" latency --db "$db"
says "$out" "no isolated CPU was watched"
