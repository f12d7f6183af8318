// SPDX-License-Identifier: GPL-2.0
#include "runner/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* U+0080 to U+009F are control characters as well; in UTF-8 they are 0xc2 and their number. */
static bool is_control_pair(const char *p)
{
	unsigned char next = (unsigned char)p[1];

	return (unsigned char)*p == 0xc2 && next >= 0x80 && next < 0xa0;
}

/* A message is one line whatever went into it, and steers no terminal; what does not fit ends in "...". */
static void finish(struct err *e, int n)
{
	if (n >= (int)sizeof(e->msg))
		strcpy(e->msg + sizeof(e->msg) - 4, "...");
	for (char *p = e->msg; *p; p++) {
		if (strchr("\n\r\t", *p))
			*p = ' ';
		else if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
		else if (is_control_pair(p))
			p[0] = p[1] = '?';
	}
}

int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (!e || e->kind != ERR_NONE)
		return -1;
	e->kind = kind;
	va_start(ap, fmt);
	finish(e, vsnprintf(e->msg, sizeof(e->msg), fmt, ap));
	va_end(ap);
	return -1;
}

int err_errno(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	int saved = errno;
	size_t len;
	va_list ap;

	if (!e || e->kind != ERR_NONE)
		return -1;
	e->kind = kind;
	va_start(ap, fmt);
	finish(e, vsnprintf(e->msg, sizeof(e->msg), fmt, ap));
	va_end(ap);
	len = strlen(e->msg);
	finish(e, (int)len + snprintf(e->msg + len, sizeof(e->msg) - len, ": %s", strerror(saved)));
	return -1;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	char old[ERR_MAX];
	size_t len;
	va_list ap;

	if (!e)
		return -1;
	memcpy(old, e->msg, sizeof(old));
	va_start(ap, fmt);
	finish(e, vsnprintf(e->msg, sizeof(e->msg), fmt, ap));
	va_end(ap);
	len = strlen(e->msg);
	finish(e, (int)len + snprintf(e->msg + len, sizeof(e->msg) - len, ": %s", old));
	return -1;
}

void err_clear(struct err *e)
{
	e->kind = ERR_NONE;
	e->msg[0] = '\0';
}
