#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Collectors: listed with what they need; what they record stands below, apart from what decides.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_fake

want 0 "$kdelta" list collectors
says "$out" '^  trace .*; needs CONFIG_.*; disturbs: .*; from the .collectors:. of a suite$'
says "$out" '^  windows .*; from .plugin: windows. of a target under TCG$'
says "$out" '^  static .*; from every run, from vmlinux$'

want 0 "$kdelta" run observed --dry-run
says "$out" '^collectors:$'
says "$out" '^  interrupts .*, in every boot$'
says "$out" '^  trace .*, in boots of VARIANT-observed$'
says "$out" 'fake block 2:( (base|same)(-observed)?){4}$'

# the observed boots of `same` are worse in everything, but the plain ones decide about the run
want 0 "$kdelta" run observed --db "$db"
says "$out" '^run 1 of suite .observed.: same against base$'
says "$out" '^run 1 of suite .observed.: same-observed against base-observed$'
says_not "$out" 'same-observed against base$'
says "$out" '^fake  none  collector trace$'
says "$out" 'trace\.interruption\.tick:timer .*worse$'
says_not "$out" 'trace\.event\.irq'
says "$out" 'skipped: collector interrupts: no /proc/interrupts'
want 1 "$kdelta" compare base-observed same-observed --db "$db" --all
says "$out" 'trace\.event\.irq .*same$'
equal "what collectors recorded" "$(sql 'SELECT DISTINCT collector, name FROM collected JOIN metric ON id = metric_id ORDER BY 2')" \
	'trace|trace.event.irq
trace|trace.interruption.tick:timer'
db_whole
