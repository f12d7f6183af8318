#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A mistake in the configuration: one line with its place, status 2, and nothing is started.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cp -r "$fixtures/pipeline" "$TEST_TMP/p"
export KDELTA_CONFIGS=$TEST_TMP/p/configs

# mistake KIND/NAME SUITE LINE:COLUMN REGEX <YAML
mistake()
{
	local file=$KDELTA_CONFIGS/$1.yaml

	cat >"$file"
	want 2 "$kdelta" run "$2" --db "$db"
	says "$errors" "^[^ ]*$1\.yaml:$3: .*$4"
	equal "lines for $1 ($4)" "$(wc -l <"$errors")" 1
	[[ ! -e $db ]] || fail "a run was started in spite of: $(cat "$errors")"
	cp "$fixtures/pipeline/configs/$1.yaml" "$file" 2>/dev/null || rm "$file"
}

mistake variants/same equal 2:1 "unknown key 'cmdlnie'.*cmdline" <<'YAML'
extends: base
cmdlnie: quiet
YAML
mistake suites/equal equal 5:8 "'many' for 'boots': expected a whole number" <<'YAML'
variants: [base, same]
baseline: base
targets: [fake]
workloads: [none]
boots: many
YAML
mistake suites/equal equal 5:8 "'0' for 'boots': expected a whole number" <<'YAML'
variants: [base, same]
baseline: base
targets: [fake]
workloads: [none]
boots: 0
YAML
mistake suites/equal equal '[0-9]+:[0-9]+' "bsae" <<'YAML'
variants: [bsae, same]
baseline: bsae
targets: [fake]
workloads: [none]
boots: 1
YAML
mistake suites/equal equal '[0-9]+:[0-9]+' "boots" <<'YAML'
variants: [base, same]
baseline: base
targets: [fake]
workloads: [none]
boots: 1
boots: 2
YAML
mistake suites/equal equal '[0-9]+:[0-9]+' "kmaloc_bench" <<'YAML'
variants: [base, same]
baseline: base
targets: [fake]
workloads: [kmaloc_bench]
boots: 1
YAML
mistake suites/equal equal '[0-9]+:[0-9]+' "size" <<'YAML'
variants: [base, same]
baseline: base
targets: [fake]
workloads:
  - kmalloc_bench: {size: -5}
boots: 1
YAML
mistake variants/same equal '[0-9]+:[0-9]+' "same.*same|cycle" <<'YAML'
extends: same
YAML
mistake variants/same equal '[0-9]+:[0-9]+' "" <<'YAML'
extends: [base
YAML

want 2 "$kdelta" run nosuchsuite --db "$db"
says "$errors" "nosuchsuite.*equal"
KDELTA_CONFIGS=$TEST_TMP/nowhere want 2 "$kdelta" run equal --db "$db"
says "$errors" 'nowhere'
[[ ! -e $db ]] || fail "a database was made"
