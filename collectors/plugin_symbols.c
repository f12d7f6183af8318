// SPDX-License-Identifier: GPL-2.0
#include "collectors/plugin_symbols.h"

#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"

#define SYMBOLS_FILE_MAX (256U << 20)

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int parse_line(struct symbols *s, const char *line, size_t len, struct err *e)
{
	struct symbol *sym;
	uint64_t addr;
	char *end;

	addr = strtoull(line, &end, 16);
	if (end == line || *end != ' ' || end + 1 >= line + len)
		return err_set(e, ERR_INFRA, "expected 'address name', got '%.*s'", (int)len, line);
	sym = ARRAY_PUSH(s->v, s->n, s->cap);
	sym->addr = addr;
	end++;
	if (strncmp(end, "-\n", 2) && strcmp(end, "-"))
		sym->name = xstrndup(end, len - (size_t)(end - line));
	return 0;
}

int symbols_parse(struct symbols *s, const char *text, struct err *e)
{
	int number = 1;

	for (const char *p = text; *p; number++) {
		size_t len = strcspn(p, "\n");

		if (parse_line(s, p, len, e))
			return err_prefix(e, "line %d", number);
		p += len;
		if (*p)
			p++;
	}
	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_address);
	return 0;
}

int symbols_read(struct symbols *s, const char *path, struct err *e)
{
	cleanup_str struct str text = STR_INIT;

	if (file_read(path, SYMBOLS_FILE_MAX, &text, e))
		return -1;
	if (symbols_parse(s, text.buf, e))
		return err_prefix(e, "symbols '%s'", path);
	return 0;
}

void symbols_release(struct symbols *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].name);
	free(s->v);
	*s = (struct symbols)SYMBOLS_INIT;
}

long symbols_find(const struct symbols *s, uint64_t addr)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->v[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low && s->v[low - 1].name ? (long)low - 1 : -1;
}

long symbols_named(const struct symbols *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].name && !strcmp(s->v[i].name, name))
			return (long)i;
	return -1;
}
