// SPDX-License-Identifier: GPL-2.0
#include "collectors/collect_cpus.h"

#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"

#define SYS_CPU "/sys/devices/system/cpu/"

/* Digits alone: strtol() would also take spaces and signs. */
static int number(const char **text, int *out)
{
	char *end;
	long v;

	if (**text < '0' || **text > '9')
		return -1;
	v = strtol(*text, &end, 10);
	*text = end;
	*out = (int)v;
	return v < CPUS_MAX ? 0 : -1;
}

static int range(struct cpus *c, const char **text)
{
	int first, last;

	if (number(text, &first))
		return -1;
	last = first;
	if (**text == '-' && (++*text, number(text, &last)))
		return -1;
	if (last < first)
		return -1;
	for (int i = first; i <= last; i++)
		c->has[i] = true;
	return 0;
}

static bool at_end(const char *text)
{
	return !*text || !strcmp(text, "\n");
}

int cpus_parse_list(struct cpus *c, const char *text, struct err *e)
{
	const char *at = text;

	memset(c, 0, sizeof(*c));
	while (!at_end(at)) {
		if (range(c, &at) || (*at == ',' ? at_end(++at) : !at_end(at)))
			return err_set(e, ERR_USAGE,
				       "'%.40s' is no list of CPUs below %d: expected one like 0-2,5",
				       text, CPUS_MAX);
	}
	return 0;
}

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int cpus_parse_mask(struct cpus *c, const char *text, struct err *e)
{
	size_t len = strspn(text, "0123456789abcdef,");
	int cpu = 0;

	memset(c, 0, sizeof(*c));
	while (len-- > 0) {
		int digit = hex(text[len]);

		if (text[len] == ',')
			continue;
		for (int bit = 0; bit < 4; bit++, cpu++) {
			if (!(digit & 1 << bit))
				continue;
			if (cpu >= CPUS_MAX)
				return err_set(e, ERR_INFRA, "a mask of more than %d CPUs",
					       CPUS_MAX);
			c->has[cpu] = true;
		}
	}
	return 0;
}

void cpus_print(const struct cpus *c, struct str *out)
{
	for (int i = 0, last; i < CPUS_MAX; i++) {
		if (!c->has[i])
			continue;
		for (last = i; last + 1 < CPUS_MAX && c->has[last + 1]; last++)
			;
		str_addf(out, "%s%d", out->len ? "," : "", i);
		if (last > i)
			str_addf(out, "-%d", last);
		i = last;
	}
}

int cpus_count(const struct cpus *c)
{
	int n = 0;

	for (int i = 0; i < CPUS_MAX; i++)
		n += c->has[i];
	return n;
}

static bool is_word(const char *value)
{
	return !strcmp(value, "isolated") || !strcmp(value, "all");
}

int cpus_check(const struct param *p, const char *value, struct err *e)
{
	struct cpus c;

	if (is_word(value))
		return 0;
	if (cpus_parse_list(&c, value, e))
		return err_prefix(e, "'%s'", p->name);
	return cpus_count(&c) ? 0 : err_set(e, ERR_USAGE, "'%s' names no CPU", p->name);
}

static int read_list(struct cpus *c, const char *path, struct err *e)
{
	cleanup_str struct str text = STR_INIT;

	return file_read(path, 0, &text, e) || cpus_parse_list(c, text.buf, e) ? -1 : 0;
}

int cpus_choose(struct cpus *c, const char *value, struct err *e)
{
	struct cpus online;

	if (read_list(&online, SYS_CPU "online", e))
		return -1;
	/* a kernel without CONFIG_CPU_ISOLATION has no such file, and isolates none */
	if (!strcmp(value, "isolated") &&
	    (read_list(c, SYS_CPU "isolated", NULL) || !cpus_count(c)))
		value = "all";
	if (!is_word(value) && cpus_parse_list(c, value, e))
		return -1;
	for (int i = 0; i < CPUS_MAX; i++)
		c->has[i] = online.has[i] && (!strcmp(value, "all") || c->has[i]);
	return cpus_count(c) ? 0 : err_set(e, ERR_INFRA, "none of the CPUs '%s' is online", value);
}
