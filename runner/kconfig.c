// SPDX-License-Identifier: GPL-2.0
#include "runner/kconfig.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"

#define NOT_SET " is not set"

void kconfig_release(struct kconfig *k)
{
	for (size_t i = 0; i < k->n; i++) {
		free(k->v[i].name);
		free(k->v[i].value);
	}
	free(k->v);
	*k = (struct kconfig)KCONFIG_INIT;
}

/* Index of the first symbol that is not below @name. */
static size_t kconfig_lower(const struct kconfig *k, const char *name, size_t len)
{
	size_t lo = 0, hi = k->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const char *have = k->v[mid].name;
		int cmp = strncmp(have, name, len);

		if (cmp < 0 || (cmp == 0 && strlen(have) < len))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void kconfig_set(struct kconfig *k, const char *name, size_t len, const char *value)
{
	size_t at = kconfig_lower(k, name, len);

	if (at < k->n && strlen(k->v[at].name) == len && !memcmp(k->v[at].name, name, len)) {
		free(k->v[at].value);
	} else {
		ARRAY_PUSH(k->v, k->n, k->cap);
		memmove(&k->v[at + 1], &k->v[at], (k->n - 1 - at) * sizeof(k->v[0]));
		k->v[at].name = xstrndup(name, len);
	}
	k->v[at].value = xstrdup(value);
}

/* Length of "CONFIG_…" at the start of @s, or 0. */
static size_t symbol_len(const char *s)
{
	size_t n = strlen("CONFIG_");

	if (!str_starts(s, "CONFIG_"))
		return 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n > strlen("CONFIG_") ? n : 0;
}

static int bad_line(const char *line, const char *file, int number, struct err *e)
{
	const char *want = "expected CONFIG_NAME=value or # CONFIG_NAME is not set";

	if (number)
		return err_set(e, ERR_USAGE, "%s:%d: %s, not '%s'", file, number, want, line);
	return err_set(e, ERR_USAGE, "%s: %s, not '%s'", file, want, line);
}

static int kconfig_add_trimmed(struct kconfig *k, const char *line, const char *file, int number,
			       struct err *e)
{
	size_t n;

	if (line[0] == '#') {
		const char *s = line + 1 + strspn(line + 1, " ");

		n = symbol_len(s);
		if (n && !strcmp(s + n, NOT_SET))
			kconfig_set(k, s, n, "n");
		return 0;
	}
	n = symbol_len(line);
	if (!n || line[n] != '=' || !line[n + 1])
		return bad_line(line, file, number, e);
	kconfig_set(k, line, n, line + n + 1);
	return 0;
}

int kconfig_add_line(struct kconfig *k, const char *line, const char *file, int number,
		     struct err *e)
{
	size_t len;

	line += strspn(line, " \t");
	len = strlen(line);
	while (len && strchr(" \t\r\n", line[len - 1]))
		len--;
	if (!len)
		return 0;

	cleanup_free char *copy = xstrndup(line, len);
	return kconfig_add_trimmed(k, copy, file, number, e);
}

int kconfig_add_file(struct kconfig *k, const char *path, struct err *e)
{
	cleanup_str struct str text = STR_INIT;
	char *line, *next;
	int number = 1;

	if (file_read(path, 4 << 20, &text, e))
		return -1;
	for (line = text.buf; line && *line; line = next, number++) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (kconfig_add_line(k, line, path, number, e))
			return -1;
	}
	return 0;
}

/* The value as it was given, or NULL. */
static const char *kconfig_find(const struct kconfig *k, const char *name)
{
	size_t at = kconfig_lower(k, name, strlen(name));

	return at < k->n && !strcmp(k->v[at].name, name) ? k->v[at].value : NULL;
}

const char *kconfig_get(const struct kconfig *k, const char *name)
{
	const char *value = kconfig_find(k, name);

	return value ? value : "n";
}

void kconfig_write(const struct kconfig *k, struct str *out)
{
	for (size_t i = 0; i < k->n; i++)
		if (!strcmp(k->v[i].value, "n"))
			str_addf(out, "# %s%s\n", k->v[i].name, NOT_SET);
		else
			str_addf(out, "%s=%s\n", k->v[i].name, k->v[i].value);
}

size_t kconfig_check(const struct kconfig *wanted, const struct kconfig *got, struct str *lost)
{
	size_t n = 0;

	for (size_t i = 0; i < wanted->n; i++) {
		const char *have = kconfig_get(got, wanted->v[i].name);

		if (!strcmp(wanted->v[i].value, have))
			continue;
		str_addf(lost, "%s%s (wanted %s, got %s)", n++ ? ", " : "", wanted->v[i].name,
			 wanted->v[i].value, have);
	}
	return n;
}

size_t kconfig_distance(const struct kconfig *a, const struct kconfig *b)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		n += strcmp(a->v[i].value, kconfig_get(b, a->v[i].name)) != 0;
	for (size_t i = 0; i < b->n; i++)
		n += !kconfig_find(a, b->v[i].name) && strcmp(b->v[i].value, "n") != 0;
	return n;
}
