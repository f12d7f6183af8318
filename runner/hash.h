/* SPDX-License-Identifier: GPL-2.0 */
/* SHA-256 (libcrypto) of strings, files and sequences of them; hex, 64 digits + NUL. */
#ifndef KDELTA_RUNNER_HASH_H
#define KDELTA_RUNNER_HASH_H

#include <stddef.h>

#include "runner/base/err.h"

#define HASH_HEX 65

struct hash;

/* Every hash_add* adds the length first, so that ("ab","c") and ("a","bc") differ. */
struct hash *hash_new(void);
void hash_add(struct hash *h, const void *data, size_t len);
void hash_add_str(struct hash *h, const char *s); /* NULL hashes differently from "" */
int hash_add_file(struct hash *h, const char *path, struct err *e); /* content only */
void hash_end(struct hash *h, char hex[HASH_HEX]); /* frees @h */

int hash_file(const char *path, char hex[HASH_HEX], struct err *e); /* plain sha256sum of a file */

#endif
