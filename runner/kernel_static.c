// SPDX-License-Identifier: GPL-2.0
#include "runner/kernel_static.h"

#include <stdlib.h>
#include <string.h>

#include "collectors/static.h"
#include "runner/base/file.h"

#define FORMAT "kdelta-static 1"
#define KEPT_MAX (1 << 20) /* bytes */

/* Of every workload, so that a kernel is analysed once and not once per suite. */
static void add_functions(struct strv *names)
{
	for (size_t i = 0; workloads[i]; i++) {
		const char *const *f = workloads[i]->functions;

		for (; f && *f; f++)
			if (!strv_has(names, *f))
				strv_push(names, *f);
	}
}

/* The first line of what is kept: it fits this vmlinux and these names alone. */
static char *head_line(const struct kernel *k, const struct strv *names)
{
	struct hash *h = hash_new();
	char hex[HASH_HEX];

	for (size_t i = 0; i < names->n; i++)
		hash_add_str(h, names->v[i]);
	hash_end(h, hex);
	return xasprintf(FORMAT " %s %s", k->vmlinux_hash, hex);
}

static void add_values(const struct static_image *m, struct str *out)
{
	struct static_values v = STATIC_VALUES_INIT;

	static_records(m, NULL, &v);
	for (size_t i = 0; i < v.n; i++)
		str_addf(out, "value %s %s %s %.17g\n", v.v[i].metric, v.v[i].unit,
			 direction_name(v.v[i].dir), v.v[i].value);
	static_values_release(&v);
}

static int analyse(const struct kernel *k, const char *head, const struct strv *names,
		   struct str *out, struct err *e)
{
	struct static_image *m = static_load(k->vmlinux, e);

	if (!m)
		return -1;
	str_addf(out, "%s\n", head);
	add_values(m, out);
	for (size_t i = 0; i < names->n; i++) {
		const char *const one[] = { names->v[i], NULL };

		/* the name of the list first: the lines of its parts have names of their own */
		cleanup_str struct str code = STR_INIT;
		cleanup_strv struct strv lines = STRV_INIT;

		static_code_text(m, one, &code);
		strv_split(&lines, code.buf, "\n");
		for (size_t j = 0; j < lines.n; j++)
			str_addf(out, "code %s %s\n", names->v[i], lines.v[j]);
	}
	static_free(m);
	return 0;
}

/* Cuts the line "value METRIC UNIT DIRECTION NUMBER" at its spaces; false when it is something else. */
static bool read_value(char *line, struct store_value *v)
{
	char *save, *end, *dir, *number;
	int d;

	strtok_r(line, " ", &save);
	v->metric = strtok_r(NULL, " ", &save);
	v->unit = strtok_r(NULL, " ", &save);
	dir = strtok_r(NULL, " ", &save);
	number = strtok_r(NULL, " ", &save);
	if (!number || strtok_r(NULL, " ", &save))
		return false;
	d = direction_parse(dir);
	v->dir = (enum direction)d;
	v->value = strtod(number, &end);
	return d >= 0 && end != number && !*end;
}

static bool read_kept(const struct str *text, const char *head, struct kernel_static *out)
{
	strv_split(&out->lines, text->buf, "\n");
	if (!out->lines.n || strcmp(out->lines.v[0], head) != 0)
		return false;
	for (size_t i = 1; i < out->lines.n; i++)
		if (str_starts(out->lines.v[i], "value ") &&
		    !read_value(out->lines.v[i], ARRAY_PUSH(out->value, out->n, out->cap)))
			return false;
	return out->n > 0;
}

int kernel_static_load(const struct kernel *k, struct kernel_static *out, struct err *e)
{
	cleanup_free char *path = path_join(k->dir, "static");
	cleanup_strv struct strv names = STRV_INIT;
	cleanup_str struct str text = STR_INIT;
	cleanup_free char *head = NULL;

	memset(out, 0, sizeof(*out));
	add_functions(&names);
	head = head_line(k, &names);
	if (file_exists(path) && !file_read(path, KEPT_MAX, &text, NULL) &&
	    read_kept(&text, head, out))
		return 0;
	kernel_static_release(out);
	str_reset(&text);
	if (analyse(k, head, &names, &text, e))
		return -1;
	/* a cache that cannot be written to costs the analysis each time, and nothing else */
	file_write(path, text.buf, text.len, NULL);
	if (!read_kept(&text, head, out)) {
		kernel_static_release(out);
		return err_set(e, ERR_INFRA, "cannot analyse '%s': it has figures without a name",
			       k->vmlinux);
	}
	return 0;
}

void kernel_static_release(struct kernel_static *s)
{
	free(s->value);
	strv_release(&s->lines);
	memset(s, 0, sizeof(*s));
}

/* The kept lines of one function; false when the kernel does not have it. */
static bool add_code(const struct kernel_static *s, const char *function, struct hash *h)
{
	cleanup_free char *start = xasprintf("code %s ", function);
	cleanup_free char *missing = xasprintf("code %s %s -", function, function);
	bool has = false;

	for (size_t i = 0; i < s->lines.n; i++) {
		if (!str_starts(s->lines.v[i], start))
			continue;
		hash_add_str(h, s->lines.v[i]);
		has = has || strcmp(s->lines.v[i], missing) != 0;
	}
	return has;
}

static int add_module(const char *ko, struct hash *h, struct err *e)
{
	cleanup_str struct str code = STR_INIT;
	struct static_image *m = static_load(ko, e);

	if (!m)
		return -1;
	static_code_text(m, NULL, &code);
	hash_add_str(h, code.buf);
	static_free(m);
	return 0;
}

int kernel_static_code(const struct kernel_static *s, const struct workload *w, const char *ko,
		       char hex[HASH_HEX], bool *known, struct err *e)
{
	struct hash *h;
	int ret = 0;

	*known = false;
	if (!w->functions)
		return 0;
	h = hash_new();
	for (size_t i = 0; w->functions[i]; i++)
		*known = add_code(s, w->functions[i], h) || *known;
	if (ko)
		ret = add_module(ko, h, e);
	hash_end(h, hex);
	return ret;
}
