/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A configuration folder of a test's own, with one good object of every kind: sources/s, variants/base,
 * targets/t (qemu, x86_64) and targets/f (fake, s390x), suites/good, fragments common and x86_64, patches
 * one. Rows are checked one and all: a wrong one is printed, and its test fails at the teardown.
 */
#ifndef KDELTA_TESTS_CONFIG_FOLDER_H
#define KDELTA_TESTS_CONFIG_FOLDER_H

#include "runner/base/str.h"
#include "runner/config.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

struct config_folder {
	struct str dir;
	struct config *config;
	int failed; /* rows that were wrong */
};

/* cmocka's setup and teardown; *state is the folder. */
int config_folder_setup(void **state);
int config_folder_teardown(void **state);
#define config_folder_test(f)                                                                      \
	cmocka_unit_test_setup_teardown(f, config_folder_setup, config_folder_teardown)

/* Write @text to @name below the folder, making folders on the way. */
void config_folder_write(const struct config_folder *w, const char *name, const char *text);
/* Forget what was loaded. */
void config_folder_reload(struct config_folder *w);
/* @text with the folder's path taken out wherever it stands. The caller frees. */
char *config_folder_short(const struct config_folder *w, const char *text);

/* Load an object of @kind ("variants", …); NULL with @e set. */
const void *config_folder_load(struct config_folder *w, const char *kind, const char *name,
			       struct err *e);
/* Everything an object holds, a line "key=value" each, lists with "," between their items. */
void config_folder_dump(const char *kind, const void *object, struct str *out);

/* The row is wrong unless @got is @want, or contains it. */
void config_folder_equal(struct config_folder *w, const char *row, const char *input,
			 const char *got, const char *want);
void config_folder_contains(struct config_folder *w, const char *row, const char *input,
			    const char *got, const char *want);

#endif
