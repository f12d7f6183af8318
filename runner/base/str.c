// SPDX-License-Identifier: GPL-2.0
#include "runner/base/str.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char str_empty[1];

static void die_no_memory(void)
{
	static const char msg[] = "kdelta: out of memory\n";

	fputs(msg, stderr);
	abort();
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		die_no_memory();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		die_no_memory();
	return p;
}

void *xrealloc(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (!p)
		die_no_memory();
	return p;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = xmalloc(len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *xasprintf(const char *fmt, ...)
{
	struct str s = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	return str_detach(&s);
}

void str_init(struct str *s)
{
	s->buf = str_empty;
	s->len = 0;
	s->cap = 0;
}

void str_release(struct str *s)
{
	if (s->cap)
		free(s->buf);
	str_init(s);
}

void str_reset(struct str *s)
{
	s->len = 0;
	if (s->cap)
		s->buf[0] = '\0';
}

static void str_reserve(struct str *s, size_t extra)
{
	size_t need = s->len + extra + 1;
	size_t cap = s->cap ? s->cap : 64;

	if (need <= s->cap)
		return;
	if (need < extra || need > SIZE_MAX / 2)
		die_no_memory();
	while (cap < need)
		cap *= 2;
	s->buf = xrealloc(s->cap ? s->buf : NULL, cap);
	s->cap = cap;
	s->buf[s->len] = '\0';
}

void str_addmem(struct str *s, const void *mem, size_t len)
{
	if (!len)
		return;
	str_reserve(s, len);
	memcpy(s->buf + s->len, mem, len);
	s->len += len;
	s->buf[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_addmem(s, text, strlen(text));
}

void str_addch(struct str *s, char c)
{
	str_addmem(s, &c, 1);
}

void str_addv(struct str *s, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n > 0) {
		str_reserve(s, (size_t)n);
		vsnprintf(s->buf + s->len, (size_t)n + 1, fmt, again);
		s->len += (size_t)n;
	}
	va_end(again);
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_addv(s, fmt, ap);
	va_end(ap);
}

void str_keep_tail(struct str *s, size_t max)
{
	if (s->len <= max)
		return;
	memmove(s->buf, s->buf + s->len - max, max);
	s->len = max;
	s->buf[max] = '\0';
}

char *str_detach(struct str *s)
{
	char *p = s->cap ? s->buf : xstrdup("");

	str_init(s);
	return p;
}

void strv_push(struct strv *v, const char *text)
{
	if (v->n + 2 > v->cap) {
		v->cap = v->cap ? v->cap * 2 : 8;
		v->v = xrealloc(v->v, v->cap * sizeof(*v->v));
	}
	v->v[v->n++] = xstrdup(text);
	v->v[v->n] = NULL;
}

void strv_pushf(struct strv *v, const char *fmt, ...)
{
	cleanup_str struct str s = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	strv_push(v, s.buf);
}

void strv_push_all(struct strv *v, const struct strv *other)
{
	for (size_t i = 0; i < other->n; i++)
		strv_push(v, other->v[i]);
}

void strv_split(struct strv *v, const char *text, const char *seps)
{
	while (*text) {
		size_t n;

		text += strspn(text, seps);
		n = strcspn(text, seps);
		if (n) {
			cleanup_free char *piece = xstrndup(text, n);

			strv_push(v, piece);
		}
		text += n;
	}
}

bool strv_has(const struct strv *v, const char *text)
{
	for (size_t i = 0; i < v->n; i++)
		if (!strcmp(v->v[i], text))
			return true;
	return false;
}

static int strp_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *v)
{
	if (v->n > 1)
		qsort(v->v, v->n, sizeof(*v->v), strp_cmp);
}

void strv_release(struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->v[i]);
	free(v->v);
	*v = (struct strv)STRV_INIT;
}

static bool shell_plain(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("_-./=,:+@%^", *s))
			return false;
	return true;
}

void strv_quote(const struct strv *v, struct str *out)
{
	for (size_t i = 0; i < v->n; i++) {
		if (i)
			str_addch(out, ' ');
		if (shell_plain(v->v[i])) {
			str_add(out, v->v[i]);
			continue;
		}
		str_addch(out, '\'');
		for (const char *p = v->v[i]; *p; p++) {
			if (*p == '\'')
				str_add(out, "'\\''");
			else
				str_addch(out, *p);
		}
		str_addch(out, '\'');
	}
}

bool str_starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && !strcmp(s + n - m, suffix);
}

void *array_push(void **ptr, size_t *n, size_t *cap, size_t elem)
{
	if (*n == *cap) {
		*cap = *cap ? *cap * 2 : 8;
		if (*cap > SIZE_MAX / elem)
			die_no_memory();
		*ptr = xrealloc(*ptr, *cap * elem);
	}
	memset((char *)*ptr + *n * elem, 0, elem);
	return (char *)*ptr + (*n)++ * elem;
}

void cleanup_free_p(void *p)
{
	free(*(void **)p);
}
