// SPDX-License-Identifier: GPL-2.0
/* What happened around a time, for people to read. */
#include "collectors/collect_trace.h"

/* Times are rounded to microseconds, and a gap begins a little before what made it. */
#define SLACK 1000

static bool is_shown(const struct trace_line *l, int cpu, uint64_t from, uint64_t to)
{
	struct cpus targets;

	if (l->ns > to + SLACK)
		return false;
	if (l->event && l->event->scope == SCOPE_ALL)
		return false;
	if (l->cpu == cpu)
		return l->ns + SLACK >= from;
	if (!l->event || l->event->scope != SCOPE_SENDER || l->ns + TRACE_BEFORE < from)
		return false;
	trace_targets(l, &targets);
	return targets.has[cpu];
}

static void add_line(const struct trace_line *l, int cpu, uint64_t start, struct str *out)
{
	str_addf(out, "%+lld ", (long long)(l->ns - start));
	if (l->cpu != cpu)
		str_addf(out, "cpu%d %s ", l->cpu, l->comm);
	str_addf(out, "%.*s %.*s\n", (int)l->name_len, l->name, (int)l->args_len, l->args);
}

void trace_timeline(const struct trace *t, int cpu, uint64_t start, uint64_t length, size_t max,
		    struct str *out)
{
	/* room for the line that says what is left out */
	const size_t limit = max - (max < 40 ? max : 40);
	size_t left_out = 0, head;

	str_addf(out, "gap_ns=%llu at_ns=%llu\n", (unsigned long long)length,
		 (unsigned long long)start);
	head = out->len;
	for (size_t i = 0; i < t->n; i++) {
		size_t before = out->len;

		if (!is_shown(&t->v[i], cpu, start, start + length))
			continue;
		if (!left_out)
			add_line(&t->v[i], cpu, start, out);
		if (left_out || out->len > limit) {
			left_out++;
			out->len = before;
			out->buf[before] = '\0';
		}
	}
	if (out->len == head && !left_out)
		str_add(out, "nothing of this kernel: the machine itself stood still\n");
	if (left_out)
		str_addf(out, "and %zu more events\n", left_out);
}
