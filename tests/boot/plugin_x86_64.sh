#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every counter of the plugin against a module that executes a known number of the instruction, on x86_64.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
counts_are_exact x86_64 invlpg
