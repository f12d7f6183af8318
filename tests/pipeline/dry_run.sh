#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# --dry-run prints the plan and starts nothing.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_fake

want 0 "$kdelta" run quick --dry-run --seed 3 --db "$db"
says "$out" 'seed 3'
says "$out" 'block 2:'
says "$out" 'estimate'
[[ ! -e $db && ! -e $XDG_DATA_HOME ]] || fail "a dry run left something behind"

# the shipped demonstration, with the exact commands
export KDELTA_CONFIGS=$root/configs
want 0 "$kdelta" run "$root/configs/suites/demo.yaml" --dry-run --db "$db"
says "$out" 'qemu-system-x86_64.* -icount '
says "$out" 'init_on_alloc=1'
[[ ! -e $db ]] || fail "a dry run made a database"
