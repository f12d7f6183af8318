/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Errors as values. Deep code fills a struct err and returns -1; commands print it, once.
 *
 * Grammar of a message: lower case, what failed, the subject in quotes, the reason, and in brackets the
 * next file to open: cannot boot 'qpw-on': no console output for 30 s (log: /…/console.log)
 * Configuration errors start with file:line:column.
 */
#ifndef KDELTA_BASE_ERR_H
#define KDELTA_BASE_ERR_H

/* The kind decides the exit status of the command (design.md). */
enum err_kind {
	ERR_NONE = 0,
	ERR_USAGE = 2, /* command line or configuration: exit status 2 */
	ERR_INFRA = 3, /* a build, a boot, a tool, the disk: exit status 3 */
};

#define ERR_MAX 4096

struct err {
	enum err_kind kind;
	char msg[ERR_MAX]; /* one line without control characters, cut with "..." when longer */
};

#define ERR_INIT                                                                                   \
	{                                                                                          \
		.kind = ERR_NONE, .msg = ""                                                        \
	}

/* Set the message (the first error wins: a set @e is left as it is). @e may be NULL. Returns -1. */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* As err_set() with ": strerror(errno)" appended. */
int err_errno(struct err *e, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Put "text: " in front of what is there. Returns -1. */
int err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void err_clear(struct err *e);

#endif
