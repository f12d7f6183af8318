/* SPDX-License-Identifier: GPL-2.0 */
/* A user's tree that builds in a moment, a cache of its own, and a variant to build: for test_kernel_*.c. */
#ifndef KDELTA_TESTS_KERNEL_WORLD_H
#define KDELTA_TESTS_KERNEL_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/base/str.h"
#include "runner/kernel.h"

#define FIXTURES "tests/fixtures/patches"

struct world {
	struct str dir;
	char *linux_dir;
	struct source source;
	struct variant variant;
	struct str steps; /* what the progress of the last build said */
	int steps_fd; /* steps go there too, for a parent to wait for; or -1 */
};

/* Fixtures of one test: an empty cache, and a world in *state. */
int world_setup(void **state);
int world_teardown(void **state);
#define WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

/* Before and after all tests of a program: a cache folder of its own. 0 or an exit status. */
int world_begin(void);
void world_end(void);

struct kernel *try_build(struct world *w, bool force, struct err *e);
/* Build, or fail the test. */
struct kernel *build(struct world *w);
/* Fail the test unless the build fails with @want in its message. */
void build_fails(struct world *w, const char *want);
/* Add a patch entry, relative to the working directory. */
void add_patches(struct world *w, const char *name);

bool log_has(const struct kernel *k, const char *text);
void write_file(const char *dir, const char *name, const char *text);
bool stepped(const struct world *w, const char *text);
/* Names below <cache>/<folder>. */
size_t count_entries(const char *folder, const char *suffix);

#endif
