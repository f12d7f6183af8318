/* SPDX-License-Identifier: GPL-2.0 */
/*
 * YAML files as a small tree with places, through libfyaml. Aliases, tags and merge keys are refused: a
 * configuration has no use for them, and they are how small files become large trees. A key that stands
 * twice is an error.
 */
#ifndef KDELTA_RUNNER_YAML_H
#define KDELTA_RUNNER_YAML_H

#include <stddef.h>

#include "runner/base/err.h"

enum yaml_type { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml {
	enum yaml_type type;
	int line, column; /* from 1 */
	char *text; /* YAML_SCALAR; "" for an empty value */
	char *key; /* of this child in its map */
	int key_line, key_column;
	struct yaml *child; /* YAML_LIST, YAML_MAP */
	size_t n, cap;
};

/* @path is read (at most 1 MiB, 16 levels deep). NULL with "path:line:column: …" in @e. The top is a map. */
struct yaml *yaml_load(const char *path, struct err *e);
void yaml_free(struct yaml *y);
const struct yaml *yaml_get(const struct yaml *map, const char *key);

/* "path:line:column: " and the message, ERR_USAGE. Returns -1. */
int yaml_err(const char *path, const struct yaml *y, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The same at the key of @y. */
int yaml_key_err(const char *path, const struct yaml *y, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
