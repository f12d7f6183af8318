#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every counter of the plugin against a module that executes a known number of the instruction, on s390x.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
counts_are_exact s390x ipte.global
equal "what a stand-in is made of" "$(window events.ipte.global -1 'event=ipte.range count=1001')" 0
