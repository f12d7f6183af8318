// SPDX-License-Identifier: GPL-2.0
/*
 * Reading kernel consoles. What stands there comes from a kernel that is not trusted: every line is cut,
 * and only printable ASCII gets into messages.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "runner/target.h"

#define LINE_SHOWN 200 /* bytes of a line in a message */
#define PREFIX_MAX 32 /* bytes of one "[    1.234567]" */

struct line {
	const char *p;
	size_t len;
};

/* What a line of the kernel's log gives away. The first row that matches counts. */
static const struct sign {
	const char *text;
	bool anywhere; /* not only at the start of the message */
	bool fatal;
	const char *what;
} signs[] = {
	{ "Kernel panic - not syncing", false, true, "panic" },
	{ "PANIC: ", true, true, "panic" }, /* x86: early exception, double fault */
	{ "Fixing recursive fault", false, true, "oops" },
	{ "BUG: soft lockup", true, false, "soft lockup" },
	{ "hard LOCKUP on cpu", true, false, "hard lockup" },
	{ "BUG: workqueue lockup", false, false, "workqueue lockup" },
	{ "BUG: unable to handle", false, false, "oops" },
	{ "BUG: kernel NULL pointer dereference", false, false, "oops" },
	{ "Unable to handle kernel", false, false, "oops" },
	{ "Internal error: ", false, false, "oops" },
	{ "Oops: ", false, false, "oops" },
	{ "general protection fault", false, false, "oops" },
	{ " [#1]", true, false, "oops" }, /* every architecture's die() numbers its reports */
	{ "kernel BUG at ", false, false, "bug" },
	{ "BUG: ", false, false, "bug" },
	{ "BUG ", false, false, "bug" }, /* slab checks: "BUG kmalloc-64 (Not tainted): …" */
	{ "UBSAN: ", false, false, "bug" },
	/* kernel/locking/lockdep.c */
	{ "[ BUG: Invalid wait context ]", false, false, "lockdep" },
	{ "-unsafe lock order detected", true, false, "lockdep" },
	{ "WARNING: possible ", false, false, "lockdep" },
	{ "WARNING: inconsistent lock state", false, false, "lockdep" },
	{ "WARNING: suspicious RCU usage", false, false, "lockdep" },
	{ "WARNING: bad unlock balance", false, false, "lockdep" },
	{ "WARNING: held lock freed", false, false, "lockdep" },
	{ "WARNING: lock held when returning", false, false, "lockdep" },
	{ "WARNING: Nested lock was not taken", false, false, "lockdep" },
	{ "INFO: trying to register non-static key", false, false, "lockdep" },
	{ "WARNING: ", false, false, "warning" },
	{ "rcu: INFO: ", false, false, "rcu stall" },
	{ "INFO: rcu", false, false, "rcu stall" },
	{ " blocked for more than ", true, false, "hung task" },
	{ "Out of memory: Killed process", false, false, "out of memory" },
};

static bool next_line(const char **pos, const char *end, struct line *l)
{
	const char *nl;

	if (*pos >= end)
		return false;
	nl = memchr(*pos, '\n', (size_t)(end - *pos));
	l->p = *pos;
	l->len = (size_t)((nl ? nl : end) - *pos);
	*pos = nl ? nl + 1 : end;
	while (l->len && l->p[l->len - 1] == '\r')
		l->len--;
	return true;
}

static bool is_prefix_char(char c)
{
	return isdigit((unsigned char)c) || strchr(" .TC", c);
}

/* "[    1.234567]" and "[   T1]" (or "[   C0]"): a bracket of digits. Returns its length or 0. */
static size_t bracket(const char *p, size_t len)
{
	size_t i = 1;

	if (!len || p[0] != '[')
		return 0;
	while (i < len && i < PREFIX_MAX && p[i] && is_prefix_char(p[i]))
		i++;
	return i > 1 && i < len && p[i] == ']' ? i + 1 : 0;
}

/* The message without log level, time stamp and caller. */
static struct line message(struct line l)
{
	size_t n;

	if (l.len > 3 && l.p[0] == '<' && isdigit((unsigned char)l.p[1]) && l.p[2] == '>') {
		l.p += 3;
		l.len -= 3;
	}
	while ((n = bracket(l.p, l.len))) {
		l.p += n;
		l.len -= n;
		while (l.len && *l.p == ' ') {
			l.p++;
			l.len--;
		}
	}
	return l;
}

static const struct sign *find_sign(struct line m)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t n = strlen(signs[i].text);

		if (signs[i].anywhere ? memmem(m.p, m.len, signs[i].text, n) != NULL :
					m.len >= n && !memcmp(m.p, signs[i].text, n))
			return &signs[i];
	}
	return NULL;
}

/* The length of a terminal's escape sequence at @p, or 0. */
static size_t escape_len(const char *p, size_t len)
{
	size_t i = 2;

	if (len < 2 || p[0] != '\033')
		return 0;
	if (p[1] != '[')
		return 2;
	while (i < len && !isalpha((unsigned char)p[i]))
		i++;
	return i < len ? i + 1 : len;
}

static void add_clean(struct line l, struct str *out)
{
	size_t shown = 0, i = 0;

	while (i < l.len && shown < LINE_SHOWN) {
		size_t esc = escape_len(l.p + i, l.len - i);
		char c = l.p[i];

		i += esc ? esc : 1;
		if (esc)
			continue;
		str_addch(out, c >= 0x20 && c < 0x7f ? c : '?');
		shown++;
	}
	if (i < l.len)
		str_add(out, "...");
}

static bool blank(struct line l)
{
	cleanup_str struct str s = STR_INIT;

	add_clean(l, &s);
	return strspn(s.buf, " ?") == s.len;
}

void console_tail(const struct str *console, int lines, struct str *out)
{
	const char *pos = console->buf, *end = pos + console->len;
	struct line *last = xcalloc((size_t)lines + 1, sizeof(*last));
	struct line l;
	size_t n = 0;

	while (next_line(&pos, end, &l))
		if (!blank(l))
			last[n++ % (size_t)lines] = l;
	for (size_t i = n > (size_t)lines ? n - (size_t)lines : 0, first = i; i < n; i++) {
		if (i > first)
			str_add(out, " | ");
		add_clean(last[i % (size_t)lines], out);
	}
	free(last);
}

char *console_trouble(const char *text, size_t len, bool *fatal)
{
	const char *pos = text, *end = text + len;
	const struct sign *first = NULL;
	struct str s = STR_INIT;
	struct line l;

	*fatal = false;
	while (next_line(&pos, end, &l) && !*fatal) {
		struct line m = message(l);
		const struct sign *sign = find_sign(m);

		if (!sign || (first && !sign->fatal))
			continue;
		if (first)
			str_add(&s, "; then ");
		str_addf(&s, "%s: ", sign->what);
		add_clean(m, &s);
		first = sign;
		*fatal = sign->fatal;
	}
	return first ? str_detach(&s) : NULL;
}
