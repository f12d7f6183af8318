#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A module that refuses its parameters: its reason reaches the user, and nothing counts as a pass.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs

want 3 "$kdelta" run bad-parameter --db "$db"
says "$errors" 'cpu 63 is not online'
want 0 "$kdelta" show --db "$db"
says "$out" 'broken: .*cpu 63 is not online'
equal "state" "$(sql 'SELECT state FROM workload_state')" broken
equal "records" "$(sql 'SELECT count(*) FROM record')" 0
db_whole
