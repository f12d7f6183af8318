// SPDX-License-Identifier: GPL-2.0
#include "runner/hash.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/str.h"

struct hash {
	EVP_MD_CTX *md;
};

static void hash_raw(struct hash *h, const void *data, size_t len)
{
	if (EVP_DigestUpdate(h->md, data, len) != 1)
		abort();
}

static void hash_length(struct hash *h, uint64_t len)
{
	unsigned char le[8];

	for (int i = 0; i < 8; i++)
		le[i] = (unsigned char)(len >> (8 * i));
	hash_raw(h, le, sizeof(le));
}

struct hash *hash_new(void)
{
	struct hash *h = xmalloc(sizeof(*h));

	h->md = EVP_MD_CTX_new();
	if (!h->md || EVP_DigestInit_ex(h->md, EVP_sha256(), NULL) != 1)
		abort();
	return h;
}

void hash_add(struct hash *h, const void *data, size_t len)
{
	hash_length(h, len);
	hash_raw(h, data, len);
}

void hash_add_str(struct hash *h, const char *s)
{
	if (s)
		hash_add(h, s, strlen(s));
	else
		hash_length(h, UINT64_MAX);
}

/* The file's own digest goes in, because a length that was asked for before reading may be wrong after it. */
int hash_add_file(struct hash *h, const char *path, struct err *e)
{
	char hex[HASH_HEX];

	if (hash_file(path, hex, e))
		return -1;
	hash_add_str(h, hex);
	return 0;
}

void hash_end(struct hash *h, char hex[HASH_HEX])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (EVP_DigestFinal_ex(h->md, md, &len) != 1 || len * 2 != HASH_HEX - 1)
		abort();
	for (size_t i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", md[i]);
	EVP_MD_CTX_free(h->md);
	free(h);
}

int hash_file(const char *path, char hex[HASH_HEX], struct err *e)
{
	enum { CHUNK = 1 << 18 };
	cleanup_free char *buf = xmalloc(CHUNK);
	FILE *f = fopen(path, "re");
	struct hash *h;
	size_t n;
	int bad;

	if (!f)
		return err_errno(e, ERR_INFRA, "cannot read '%s'", path);
	h = hash_new();
	while ((n = fread(buf, 1, CHUNK, f)) > 0)
		hash_raw(h, buf, n);
	bad = ferror(f);
	if (bad)
		err_errno(e, ERR_INFRA, "cannot read '%s'", path);
	fclose(f);
	hash_end(h, hex);
	return bad ? -1 : 0;
}
