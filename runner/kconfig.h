/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel options that were asked for, and whether they came true.
 *
 *	struct kconfig wanted = KCONFIG_INIT, got = KCONFIG_INIT;
 *	kconfig_add_file(&wanted, "…/common.config", e);	fragments, in order
 *	kconfig_add_line(&wanted, "CONFIG_X=y", "base.yaml", 0, e);	then inline options
 *	kconfig_write(&wanted, &text);			goes behind the .config of tinyconfig
 *	…  make olddefconfig …
 *	kconfig_add_file(&got, "…/.config", e);
 *	kconfig_check(&wanted, &got, &lost);		how many were lost
 *
 * A later line replaces an earlier one of the same symbol.
 */
#ifndef KDELTA_RUNNER_KCONFIG_H
#define KDELTA_RUNNER_KCONFIG_H

#include <stddef.h>

#include "runner/base/err.h"
#include "runner/base/str.h"

struct kconfig {
	struct {
		char *name; /* with CONFIG_ */
		char *value; /* as it stands behind '='; "n" for "is not set" */
	} * v; /* sorted by name */
	size_t n, cap;
};

#define KCONFIG_INIT                                                                               \
	{                                                                                          \
		.v = NULL, .n = 0, .cap = 0                                                        \
	}

void kconfig_release(struct kconfig *k);
/* One line: "CONFIG_X=value", "# CONFIG_X is not set", a comment or nothing. Anything else is an ERR_USAGE
 * error "file:line: …" (line 0: "file: …"). */
int kconfig_add_line(struct kconfig *k, const char *line, const char *file, int number,
		     struct err *e);
int kconfig_add_file(struct kconfig *k, const char *path, struct err *e);
/* The value of a symbol; "n" when it is not there. */
const char *kconfig_get(const struct kconfig *k, const char *name);
/* Lines as in a .config file, one per symbol. */
void kconfig_write(const struct kconfig *k, struct str *out);
/* Count the symbols of @wanted that @got has differently, and name each: "CONFIG_X (wanted y, got n), …". */
size_t kconfig_check(const struct kconfig *wanted, const struct kconfig *got, struct str *lost);
/* In how many symbols do the two differ? */
size_t kconfig_distance(const struct kconfig *a, const struct kconfig *b);

#endif
