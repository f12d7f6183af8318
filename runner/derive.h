/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parameters of collectors that the host fills in (struct param's derived): what the guest needs to know and cannot
 * find out, as the numbers of PMU events.
 */
#ifndef KDELTA_RUNNER_DERIVE_H
#define KDELTA_RUNNER_DERIVE_H

#include "runner/base/err.h"
#include "runner/base/str.h"
#include "runner/config.h"

/* The value of the derived parameter @name of @c on @a, into @out. ERR_USAGE when another parameter is wrong. */
int derive_param(const struct suite_collector *c, const char *name, const struct arch *a,
		 struct str *out, struct err *e);
/* Check all of a suite's derived parameters for @a, before anything is built. */
int derive_check(const struct suite *s, const struct arch *a, struct err *e);

#endif
