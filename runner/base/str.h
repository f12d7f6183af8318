/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Growable strings and string vectors.
 *
 * Memory that cannot be had ends the program (xmalloc() and friends print one line and abort):
 * kdelta's own state is small, and a half-handled allocation failure would lose more than it saves.
 *
 *	struct str s = STR_INIT;
 *	str_addf(&s, "%s/%s", dir, name);
 *	...
 *	str_release(&s);
 *
 * A struct str is always NUL-terminated once anything was added; s.buf is never NULL (STR_INIT points
 * to an empty constant), so it can be printed at any time.
 */
#ifndef KDELTA_BASE_STR_H
#define KDELTA_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct str {
	char *buf;
	size_t len;
	size_t cap; /* 0: buf is the shared empty constant */
};

extern char str_empty[];
#define STR_INIT                                                                                   \
	{                                                                                          \
		.buf = str_empty, .len = 0, .cap = 0                                               \
	}

void str_init(struct str *s);
void str_release(struct str *s);
void str_reset(struct str *s); /* length 0, memory kept */
void str_add(struct str *s, const char *text);
void str_addmem(struct str *s, const void *mem, size_t len);
void str_addch(struct str *s, char c);
void str_addf(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void str_addv(struct str *s, const char *fmt, va_list ap)
	__attribute__((nonnull(1, 2), format(printf, 2, 0)));
/* Drop bytes from the front so that at most @max remain. */
void str_keep_tail(struct str *s, size_t max);
/* Hand the heap string over; @s is empty again. The caller frees. */
char *str_detach(struct str *s);

/* A vector of owned strings; v is NULL-terminated when n > 0, so v.v is an argument vector. */
struct strv {
	char **v;
	size_t n;
	size_t cap;
};

#define STRV_INIT                                                                                  \
	{                                                                                          \
		.v = NULL, .n = 0, .cap = 0                                                        \
	}

void strv_push(struct strv *v, const char *text);
void strv_pushf(struct strv *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strv_push_all(struct strv *v, const struct strv *other);
/* Split @text at any of @seps, skipping empty pieces, and push every piece. */
void strv_split(struct strv *v, const char *text, const char *seps);
bool strv_has(const struct strv *v, const char *text);
void strv_sort(struct strv *v);
void strv_release(struct strv *v);
/* Append the vector as one line that a person could paste into a shell (display only). */
void strv_quote(const struct strv *v, struct str *out);

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/* Grow an array by one element: ARRAY_PUSH(ptr, n, cap) returns a pointer to the zeroed new one. */
void *array_push(void **ptr, size_t *n, size_t *cap, size_t elem);
#define ARRAY_PUSH(ptr, n, cap)                                                                    \
	((__typeof__(ptr))array_push((void **)&(ptr), &(n), &(cap), sizeof(*(ptr))))

/* Free at scope end: `cleanup_free char *p = ...;`, `cleanup_str struct str s = STR_INIT;` */
void cleanup_free_p(void *p);
#define cleanup_free __attribute__((cleanup(cleanup_free_p)))
#define cleanup_str __attribute__((cleanup(str_release)))
#define cleanup_strv __attribute__((cleanup(strv_release)))

#endif
