/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Function symbols for the plugin: a text file, one "address name" per line, address in hexadecimal. A
 * function reaches up to the next address; the name "-" marks the end of one that nothing follows.
 */
#ifndef KDELTA_COLLECTORS_PLUGIN_SYMBOLS_H
#define KDELTA_COLLECTORS_PLUGIN_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#include "runner/base/err.h"

struct symbols {
	struct symbol {
		uint64_t addr;
		char *name; /* NULL: nothing is known from here on */
	} * v; /* by rising address */
	size_t n, cap;
};

#define SYMBOLS_INIT                                                                               \
	{                                                                                          \
		.v = NULL, .n = 0, .cap = 0                                                        \
	}

int symbols_read(struct symbols *s, const char *path, struct err *e);
/* The format itself; fails with the line number. */
int symbols_parse(struct symbols *s, const char *text, struct err *e);
void symbols_release(struct symbols *s);
/* Index of the function that holds @addr, or -1. */
long symbols_find(const struct symbols *s, uint64_t addr);
/* Index of the first function with this name, or -1. */
long symbols_named(const struct symbols *s, const char *name);

#endif
