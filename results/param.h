/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parameters of workloads and collectors: one table from which come checking, ranges, units, defaults and the
 * printed reference. libc alone: guest and host both have it.
 */
#ifndef KDELTA_RESULTS_PARAM_H
#define KDELTA_RESULTS_PARAM_H

#include <stdbool.h>

#include "runner/base/err.h"

enum param_type {
	PARAM_INT,
	PARAM_BOOL,
	PARAM_ENUM,
	PARAM_TEXT, /* printable ASCII, at most PARAM_TEXT_MAX bytes; what it means is the owner's to check */
};

#define PARAM_TEXT_MAX 4096

struct param {
	const char *name; /* NULL ends the table */
	enum param_type type;
	const char *unit; /* "bytes", "operations", "" */
	long long min, max; /* PARAM_INT */
	const char *def; /* default, as text */
	const char *const *choices; /* PARAM_ENUM, NULL-terminated */
	const char *help;
	bool derived; /* filled in by the host before a boot: no suite may give it, no reference shows it */
	/* A further check of a value that is right in type and range; NULL: none. Runs on the host, when the
	 * configuration is read; fails with ERR_USAGE, naming the value and what was expected. */
	int (*check)(const struct param *p, const char *value, struct err *e);
};

/* By name in a table, which may be NULL. */
const struct param *param_find(const struct param *table, const char *name);
/* Is @value allowed for @p? -1 with what was expected in @e. */
int param_check(const struct param *p, const char *value, struct err *e);

#endif
