/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The null backend: boots nothing and replays canned bytes, so that everything around a boot is tested in
 * seconds. For the variant V in block B it looks into the target's fake_records folder for
 *
 *	V-B.records, then V.records     what the guest said (results/record.h); a twin "base-twin" without files
 *	                                of its own says what base says
 *	V-B.console, then V.console     its console, optional
 *	V-B.artifacts, then V.artifacts what it sent through its port kdelta.artifacts, optional
 *	V-B.fail, then V.fail           the boot is broken for the reason in the first line, optional
 *
 * A stream without its end line is a broken boot, as it would be from a machine. Every boot takes the
 * target's fake_delay.
 */
#ifndef KDELTA_RUNNER_TARGET_FAKE_H
#define KDELTA_RUNNER_TARGET_FAKE_H

#include "runner/target.h"

extern const struct target_ops target_fake;

#endif
