/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sets of CPUs, as the kernel writes them and as a suite names them. Pure, but for cpus_choose().
 */
#ifndef KDELTA_COLLECTORS_COLLECT_CPUS_H
#define KDELTA_COLLECTORS_COLLECT_CPUS_H

#include <stdbool.h>
#include <stddef.h>

#include "results/param.h"
#include "runner/base/err.h"
#include "runner/base/str.h"

#define CPUS_MAX 4096 /* of a record's cpu field (results/record.h) */

struct cpus {
	bool has[CPUS_MAX];
};

/* "0-2,5" (Documentation/admin-guide/cputopology.rst); a newline may end it, and an empty list is fine. */
int cpus_parse_list(struct cpus *c, const char *text, struct err *e);
/* "00000000,00000008": hexadecimal words of 32 CPUs, the highest first (lib/vsprintf.c, %*pb). Stops at what
 * is no digit. */
int cpus_parse_mask(struct cpus *c, const char *text, struct err *e);
void cpus_print(const struct cpus *c, struct str *out); /* as a list */
int cpus_count(const struct cpus *c);

/* A parameter that names CPUs: "isolated" (all of them where none is), "all", or a list. */
#define CPUS_HELP                                                                                  \
	"cpulist, \"all\", or \"isolated\": those the kernel keeps free, all where there are none"
int cpus_check(const struct param *p, const char *value, struct err *e);
/* What such a parameter means on the running machine: online CPUs alone. */
int cpus_choose(struct cpus *c, const char *value, struct err *e);

#endif
