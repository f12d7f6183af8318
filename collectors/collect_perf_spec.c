// SPDX-License-Identifier: GPL-2.0
#include "collectors/collect_perf_spec.h"

#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>

/* Numbers are enum perf_hw_id and enum perf_sw_ids of linux/perf_event.h. */
static const struct perf_generic generic[] = {
	{ "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, "cycles" },
	{ "cpu-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, "cycles" },
	{ "ref-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES, "cycles" },
	{ "bus-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BUS_CYCLES, "cycles" },
	{ "stalled-cycles-frontend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND,
	  "cycles" },
	{ "stalled-cycles-backend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_BACKEND,
	  "cycles" },
	{ "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, "instructions" },
	{ "cache-references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES, "events" },
	{ "cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, "events" },
	{ "branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, "events" },
	{ "branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, "events" },
	{ "cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, "ns" },
	{ "task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, "ns" },
	{ "page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, "events" },
	{ "minor-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN, "events" },
	{ "major-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ, "events" },
	{ "faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, "events" },
	{ "context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, "events" },
	{ "cs", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, "events" },
	{ "cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, "events" },
	{ "migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, "events" },
	{ "alignment-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_ALIGNMENT_FAULTS, "events" },
	{ "emulation-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_EMULATION_FAULTS, "events" },
	{ .name = NULL },
};

const struct perf_generic *perf_generic_find(const char *event)
{
	size_t len = strcspn(event, ":");

	for (const struct perf_generic *g = generic; g->name; g++)
		if (strlen(g->name) == len && !strncmp(g->name, event, len))
			return g;
	return NULL;
}

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
