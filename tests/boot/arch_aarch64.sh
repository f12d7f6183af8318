#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Real kernels on aarch64: a command, a module, records, verdicts.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
use_boot_configs
real_arch aarch64
