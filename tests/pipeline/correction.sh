#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Verdicts of a run are corrected over all of its variants together, those of two variants alone over their own; what
# gates nothing (twins, boots that collectors disturb) stays out of the run's.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cp -r "$fixtures/pipeline" "$TEST_TMP/p"
export KDELTA_CONFIGS=$TEST_TMP/p/configs

# boots_of ARM VALUE…: records of one boot each
boots_of()
{
	local arm=$1 i=0 value

	shift
	for value; do
		sed "s/ev=simulated/ev=virtual/; s,value=25[02]00/100,value=$value,; /stat=max\|^hist/d; s/records=7/records=4/" \
			"$fixtures/pipeline/records/base.records" >"$TEST_TMP/p/records/$arm-$i.records"
		i=$((i + 1))
	done
}

# tally LINES TEXT: so many comparisons say so
tally()
{
	equal "comparisons with '$2'" "$(grep -c "(0 exact, $2, margin 1 %)" "$out")" "$1"
}

cat >"$KDELTA_CONFIGS/suites/three.yaml" <<'EOF'
description: two variants, a twin, and all but the twin once more with collectors that disturb
variants: [base, same, slower]
baseline: base
twins: true
targets: [fake]
boots: 4
workloads:
  - none: {rounds: 2, timeout: 10}
collectors:
  - trace
observe: apart
EOF
boots_of base 100 100 100 100
boots_of base-observed 100 100 100 100
# a paired t test of these logarithms: p = 0.048
for arm in base-twin same same-observed slower slower-observed; do
	boots_of "$arm" 103 110 115 122
done

# either would be a regression alone, but of two comparisons one may well look so by chance
want 0 "$kdelta" run three --db "$db"
equal "undecided verdicts" "$(grep -c 'kmalloc\.instructions .* undecided: about' "$out")" 4
says_not "$out" 'worse'
tally 4 "2 in the Holm correction over 2 variants"
says "$out" "^A/A twin 'base-twin': 1 false alarm in 1 comparisons$"
for variant in same slower; do
	want 1 "$kdelta" compare base "$variant" --db "$db"
	says "$out" 'kmalloc\.instructions .* worse$'
	tally 1 "1 in the Holm correction"
done

# so say the other formats
want 0 "$kdelta" run --resume 1 --db "$db" --format json
equal "sizes of families in JSON" "$(jq -c '[.b.variant, .judged_variants, .judged, .judged_collected]' "$out" | xargs)" \
	"[same,2,2,0] [same-observed,2,2,0] [slower,2,2,0] [slower-observed,2,2,0]"
equal "corrections in JSON" "$(jq '.comparisons[] | select(.p) | .p_holm / .p' "$out" | xargs)" "2 2 2 2"
equal "regressions in JSON" "$(jq .regressed "$out" | sort -u)" false
want 0 "$kdelta" run --resume 1 --db "$db" --format markdown
tally 4 "2 in the Holm correction over 2 variants"
want 1 "$kdelta" compare base same --db "$db" --format json
equal "the family of two variants alone" "$(jq -c '[.judged_variants, .judged, .regressed]' "$out")" "[1,1,true]"

# a variant that was left out is not corrected for
want 1 "$kdelta" run three --only variant=same --db "$db"
tally 2 "1 in the Holm correction"
