/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of static analysis share: known code, built for every architecture that has a compiler. */
#ifndef KDELTA_TESTS_STATIC_BUILD_H
#define KDELTA_TESTS_STATIC_BUILD_H

#include <stdbool.h>

#include "collectors/static.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

struct static_toolchain {
	const char *arch; /* kdelta's name */
	const char *machine; /* compiler options; "" for none */
	const char *
		atomics[STATIC_CLASSES]; /* per class: how objdump writes its instructions, regex */
};

extern const struct static_toolchain static_toolchains[]; /* ends with arch == NULL */

/* Is there a compiler for it? Says so when there is none. */
bool static_have(const struct static_toolchain *t);
/* Build tests/fixtures/static/code.c with the space-separated -D options. @linked: a static program,
 * else an object file. The path belongs to the caller; static_clean() removes the files. */
char *static_build(const struct static_toolchain *t, const char *defines, bool linked);
struct static_image *static_build_load(const struct static_toolchain *t, const char *defines,
				       bool linked);
/* Standard output of a tool of the toolchain ("objdump") on a file. */
void static_tool(const struct static_toolchain *t, const char *tool, const char *options,
		 const char *path, struct str *out);
void static_clean(void);

#endif
