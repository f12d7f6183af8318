#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Counts under -icount repeat to the last instruction: twins are exactly the same, a real cost is found.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
repeatable x86_64
