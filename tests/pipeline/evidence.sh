#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Emulated time is shown and never judged; counts that disagree between boots are judged statistically.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_fake

want 1 "$kdelta" run quick --db "$db"
want 1 "$kdelta" compare base slower --db "$db" --format json
equal "verdicts of emulated time" "$(jq -r '[.. | objects | select(.metric? == "kmalloc.time") | .verdict] | unique | join(",")' "$out")" shown
equal "evidence" "$(jq -r '[.. | objects | select(.metric? == "kmalloc.time") | .evidence] | unique | join(",")' "$out")" emulated-time

want 0 "$kdelta" run noisy --db "$db"
verdict() { jq -r '[.. | objects | select(.metric? == "kmalloc.instructions" and .stat? == "mean") | .verdict] | join(",")' "$out"; }
want 0 "$kdelta" compare base jitter --db "$db" --format json
equal "verdict of jitter" "$(verdict)" same
want 0 "$kdelta" compare base wide --db "$db" --format json
equal "verdict of wide" "$(verdict)" undecided
