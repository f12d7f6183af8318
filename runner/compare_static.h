/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way from two names to a printed static comparison. A name is a variant, whose kernel must have been
 * built, or the path of an ELF file (vmlinux, module, object).
 */
#ifndef KDELTA_RUNNER_COMPARE_STATIC_H
#define KDELTA_RUNNER_COMPARE_STATIC_H

#include <stdbool.h>

#include "collectors/static.h"
#include "runner/base/err.h"
#include "runner/base/str.h"

struct compare_static_options {
	const char *target; /* whose architecture; NULL: this machine's */
	const struct strv *calls; /* functions to count calls of, in addition to the default ones */
	int top; /* how many functions to list; 0: all */
	bool json;
};

int compare_static(const char *a, const char *b, const struct compare_static_options *o,
		   struct str *out, struct err *e);

/* One side of the comparison, for printing. */
struct static_side {
	const char *name; /* as it was given */
	char *path; /* of the ELF file */
	char *about; /* "7.3.4, gcc …, build 1a2b3c4d"; "" for a file */
	struct static_image *image;
	struct static_values values;
	struct err err; /* of the thread that loads it */
};

/* compare_static_print.c; pure. */
void static_print_text(const struct static_side side[2], const struct static_diff *d, int top,
		       struct str *out);
void static_print_json(const struct static_side side[2], const struct static_diff *d, int top,
		       struct str *out);

#endif
