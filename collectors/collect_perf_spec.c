// SPDX-License-Identifier: GPL-2.0
#include "collectors/collect_perf_spec.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What stands before @stop, of at least one and less than @size bytes; -1 when that is not so. */
static int take_word(const char **text, char stop, char *out, size_t size)
{
	const char *end = strchr(*text, stop);
	size_t len = end ? (size_t)(end - *text) : 0;

	if (!len || len >= size)
		return -1;
	memcpy(out, *text, len);
	out[len] = '\0';
	*text = end + 1;
	return 0;
}

/* Hexadecimal digits alone, up to and with the colon. */
static int take_hex(const char **text, uint64_t *out)
{
	char word[17];
	int used = 0;

	if (take_word(text, ':', word, sizeof(word)) ||
	    strspn(word, "0123456789abcdef") != strlen(word))
		return -1;
	return sscanf(word, "%" SCNx64 "%n", out, &used) == 1 && !word[used] ? 0 : -1;
}

static int take_mode(const char **text, struct perf_spec *s)
{
	char word[3];

	if (take_word(text, ':', word, sizeof(word)) || strspn(word, "ku") != strlen(word))
		return -1;
	s->kernel = strchr(word, 'k') != NULL;
	s->user = strchr(word, 'u') != NULL;
	return 0;
}

/* The last field: what is left of an event. */
static int take_unit(const char *text, struct perf_spec *s)
{
	size_t len = strlen(text);

	if (!len || len >= sizeof(s->unit))
		return -1;
	memcpy(s->unit, text, len + 1);
	return 0;
}

static int parse_one(const char *text, struct perf_spec *s)
{
	uint64_t type;

	if (take_word(&text, '@', s->name, sizeof(s->name)) || take_hex(&text, &type) ||
	    type > UINT32_MAX || take_hex(&text, &s->config) || take_hex(&text, &s->config1) ||
	    take_hex(&text, &s->config2) || take_mode(&text, s) || take_unit(text, s))
		return -1;
	s->type = (uint32_t)type;
	return 0;
}

int perf_specs_parse(const char *text, struct perf_specs *out, struct err *e)
{
	int group = 0;

	out->n = 0;
	for (const char *p = text; *p;) {
		struct perf_spec *s = &out->v[out->n];
		size_t len = strcspn(p, ",;");
		cleanup_free char *one = xasprintf("%.*s", (int)len, p);

		if (out->n == PERF_SPECS_MAX)
			return err_set(e, ERR_INFRA, "more than %d events", PERF_SPECS_MAX);
		*s = (struct perf_spec){ .group = group };
		if (parse_one(one, s))
			return err_set(
				e, ERR_INFRA,
				"event %zu: expected NAME@TYPE:CONFIG:CONFIG1:CONFIG2:MODE:UNIT, got '%.40s'",
				out->n + 1, one);
		out->n++;
		group += p[len] == ';';
		p += len + (p[len] != '\0');
	}
	return 0;
}

void perf_spec_write(const struct perf_spec *s, struct str *out)
{
	str_addf(out, "%s@%" PRIx32 ":%" PRIx64 ":%" PRIx64 ":%" PRIx64 ":%s%s:%s", s->name,
		 s->type, s->config, s->config1, s->config2, s->kernel ? "k" : "",
		 s->user ? "u" : "", s->unit);
}
