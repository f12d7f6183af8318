// SPDX-License-Identifier: GPL-2.0
#include "results/record.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const evidence_names[EV_COUNT] = {
	[EV_STATIC] = "static",     [EV_SIMULATED] = "simulated",         [EV_VIRTUAL] = "virtual",
	[EV_HARDWARE] = "hardware", [EV_EMULATED_TIME] = "emulated-time",
};

static const char *const direction_names[DIR_COUNT] = {
	[DIR_NONE] = "none",
	[DIR_LOWER] = "lower",
	[DIR_HIGHER] = "higher",
};

static const char *const wl_state_names[WL_COUNT] = {
	[WL_OK] = "ok",
	[WL_FAILED] = "failed",
	[WL_BROKEN] = "broken",
	[WL_SKIPPED] = "skipped",
};

static int name_find(const char *const *names, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

static const char *name_of(const char *const *names, int n, int i)
{
	return i >= 0 && i < n ? names[i] : "unknown";
}

const char *evidence_name(enum evidence ev)
{
	return name_of(evidence_names, EV_COUNT, (int)ev);
}

int evidence_parse(const char *name)
{
	return name_find(evidence_names, EV_COUNT, name);
}

const char *direction_name(enum direction dir)
{
	return name_of(direction_names, DIR_COUNT, (int)dir);
}

int direction_parse(const char *name)
{
	return name_find(direction_names, DIR_COUNT, name);
}

const char *wl_state_name(enum wl_state st)
{
	return name_of(wl_state_names, WL_COUNT, (int)st);
}

int wl_state_parse(const char *name)
{
	return name_find(wl_state_names, WL_COUNT, name);
}

#define SHOWN_MAX 40

/* What a line says may be shown on a terminal: keep it short and printable. */
static const char *shown(const char *text, char buf[SHOWN_MAX + 4])
{
	size_t n = strnlen(text, SHOWN_MAX);

	for (size_t i = 0; i < n; i++)
		buf[i] = (char)(text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?');
	memcpy(buf + n, text[n] ? "..." : "", text[n] ? 4 : 1);
	return buf;
}

static bool name_first(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool name_next(char c)
{
	return name_first(c) || (c >= '0' && c <= '9') || c == '_';
}

/* Length of the [a-z][a-z0-9_]* at @p, 0 when there is none. */
static size_t name_length(const char *p, const char *end)
{
	size_t n = 0;

	if (p == end || !name_first(*p))
		return 0;
	while (p + n < end && name_next(p[n]))
		n++;
	return n;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Where the parser stands: line bytes are read at @p, decoded text is written at @out. */
struct cursor {
	const char *line, *p, *end;
	char *out;
	struct err *e;
};

static int bad(const struct cursor *c, const char *what)
{
	return err_set(c->e, ERR_INFRA, "column %zu: %s", (size_t)(c->p - c->line) + 1, what);
}

static int take_name(struct cursor *c, const char *what, const char **name)
{
	size_t n = name_length(c->p, c->end);

	if (!n || n >= RECORD_NAME_MAX)
		return bad(c, what);
	memcpy(c->out, c->p, n);
	c->out[n] = '\0';
	*name = c->out;
	c->out += n + 1;
	c->p += n;
	return 0;
}

static int take_escape(struct cursor *c)
{
	int high, low;

	if (c->end - c->p < 3)
		return bad(c, "expected two hex digits after '%'");
	high = hex_digit(c->p[1]);
	low = hex_digit(c->p[2]);
	if (high < 0 || low < 0)
		return bad(c, "expected two hex digits after '%'");
	if (!high && !low)
		return bad(c, "a value cannot hold a NUL byte");
	*c->out++ = (char)(high << 4 | low);
	c->p += 3;
	return 0;
}

static int take_value(struct cursor *c, const char **value)
{
	*value = c->out;
	while (c->p < c->end && *c->p != ' ') {
		if (*c->p == '%') {
			if (take_escape(c))
				return -1;
			continue;
		}
		if (*c->p < 0x21 || *c->p > 0x7e)
			return bad(c, "unprintable byte, expected it percent-encoded");
		*c->out++ = *c->p++;
	}
	*c->out++ = '\0';
	return 0;
}

static int take_field(struct fields *f, struct cursor *c)
{
	const char *key = NULL, *value = NULL;

	if (*c->p != ' ')
		return bad(c, "expected a space");
	c->p++;
	if (f->n == RECORD_FIELDS_MAX)
		return bad(c, "too many fields");
	if (take_name(c, "expected a key", &key))
		return -1;
	if (fields_get(f, key))
		return bad(c, "key given twice");
	if (c->p == c->end || *c->p != '=')
		return bad(c, "expected '='");
	c->p++;
	if (take_value(c, &value))
		return -1;
	f->f[f->n].key = key;
	f->f[f->n++].value = value;
	return 0;
}

static int take_line(struct fields *f, struct cursor *c)
{
	if (take_name(c, "expected a word", &f->word))
		return -1;
	while (c->p < c->end)
		if (take_field(f, c))
			return -1;
	return 0;
}

int fields_parse(struct fields *f, const char *line, size_t len, struct err *e)
{
	struct cursor c = { .line = line, .p = line, .end = line + len, .e = e };

	memset(f, 0, sizeof(*f));
	if (len > RECORD_LINE_MAX)
		return err_set(e, ERR_INFRA, "line of %zu bytes, at most %d are allowed", len,
			       RECORD_LINE_MAX);
	/* Decoding never grows: every NUL takes the place of a separator or of the line's end. */
	f->buf = xmalloc(len + 1);
	c.out = f->buf;
	if (!take_line(f, &c))
		return 0;
	fields_release(f);
	return -1;
}

void fields_release(struct fields *f)
{
	free(f->buf);
	memset(f, 0, sizeof(*f));
}

const char *fields_get(const struct fields *f, const char *key)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->f[i].key, key))
			return f->f[i].value;
	return NULL;
}

/* Decimal digits with an optional minus, nothing else: strtoll() alone takes spaces and '+' too. */
static int integer_parse(const char *text, long long *out)
{
	const char *digits = text + (*text == '-');
	char *end;

	if (*digits < '0' || *digits > '9')
		return -1;
	errno = 0;
	*out = strtoll(text, &end, 10);
	return errno || *end ? -1 : 0;
}

int fields_int(const struct fields *f, const char *key, long long min, long long max,
	       long long *out, struct err *e)
{
	const char *text = fields_get(f, key);
	char buf[SHOWN_MAX + 4];

	if (!text)
		return err_set(e, ERR_INFRA, "'%s' is missing", key);
	if (integer_parse(text, out) || *out < min || *out > max)
		return err_set(e, ERR_INFRA,
			       "'%s': expected an integer from %lld to %lld, got '%s'", key, min,
			       max, shown(text, buf));
	return 0;
}

void line_begin(struct str *s, const char *word)
{
	str_add(s, word);
}

void line_field(struct str *s, const char *key, const char *value)
{
	str_addch(s, ' ');
	str_add(s, key);
	str_addch(s, '=');
	for (; *value; value++) {
		if (*value < 0x21 || *value > 0x7e || *value == '%')
			str_addf(s, "%%%02X", (unsigned char)*value);
		else
			str_addch(s, *value);
	}
}

void line_fieldf(struct str *s, const char *key, const char *fmt, ...)
{
	cleanup_str struct str value = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&value, fmt, ap);
	va_end(ap);
	line_field(s, key, value.buf);
}

void line_end(struct str *s)
{
	str_addch(s, '\n');
}

static int fraction_parse(const char *text, double *out)
{
	bool minus = *text == '-';
	unsigned long long num, den;
	char *end;

	text += minus;
	errno = 0;
	if (*text < '0' || *text > '9')
		return -1;
	num = strtoull(text, &end, 10);
	if (errno || *end != '/' || end[1] < '0' || end[1] > '9')
		return -1;
	den = strtoull(end + 1, &end, 10);
	if (errno || *end || !den)
		return -1;
	/* long double holds both exactly, so that the quotient is rounded once more at most */
	*out = (double)((long double)num / (long double)den);
	if (minus)
		*out = -*out;
	return 0;
}

int number_parse(const char *text, double *out)
{
	char *end;
	double v;

	/* strtod() would also take spaces, hexadecimal, "inf" and "nan" */
	if (!*text || text[strspn(text, "0123456789+-.eE/")] || *text == '+')
		return -1;
	if (strchr(text, '/'))
		return fraction_parse(text, out);
	v = strtod(text, &end);
	if (end == text || *end || !isfinite(v))
		return -1;
	*out = v;
	return 0;
}
