// SPDX-License-Identifier: GPL-2.0
#include "collectors/collect_trace_senders.h"

#include <stdio.h>
#include <string.h>

/* IPIs come in few sorts, and an interrupt does not say which sending it answers. */
static const char *ipi_sort(const char *callback)
{
	if (!*callback || str_starts(callback, "0x0") || !strcmp(callback, "(nil)"))
		return "reschedule"; /* kernel/smp.c: has no callback */
	if (str_starts(callback, "generic_smp_call_function"))
		return "call_function";
	return "irq_work"; /* kernel/irq_work.c: the work's own function */
}

static struct sending *sending_new(struct sendings *sent, enum trace_role role, int cpu)
{
	struct sending *s = &sent->v[sent->n++ % SENDINGS];

	*s = (struct sending){ .role = role, .cpu = cpu };
	return s;
}

/* The task that ran there did it, unless it was interrupted itself. */
static void sender_task(const struct trace_line *l, char *out)
{
	const char *in = strchr("hHzZ", l->flags[2]) ? "irq" :
			 l->flags[2] == 's'          ? "softirq" :
						       l->comm;
	size_t len = strcspn(in, "/");

	snprintf(out, TRACE_WHAT_MAX, "%.*s:%.*s", (int)len, in, (int)l->name_len, l->name);
}

static void sender_place(const struct trace_line *l, char *out)
{
	if (!trace_value(l, "callsite=", out, TRACE_WHAT_MAX))
		snprintf(out, TRACE_WHAT_MAX, "unknown");
	out[strcspn(out, "/")] = '\0';
}

static void remember_for(struct sendings *sent, const struct trace_line *l, int cpu)
{
	struct sending *s = sending_new(sent, l->event->role, cpu);

	switch (s->role) {
	case ROLE_SEND:
		trace_value(l, "callback=", s->what, sizeof(s->what));
		trace_strip_offset(s->what);
		snprintf(s->key, sizeof(s->key), "%s", ipi_sort(s->what));
		sender_place(l, s->sender);
		break;
	case ROLE_SEND_CALL:
		trace_value(l, "csd=", s->key, sizeof(s->key));
		sender_place(l, s->sender);
		break;
	case ROLE_SEND_WORK:
		trace_value(l, "struct=", s->key, sizeof(s->key));
		sender_task(l, s->sender);
		break;
	default:
		trace_value(l, " pid=", s->key, sizeof(s->key));
		sender_task(l, s->sender);
	}
}

void sendings_remember(struct sendings *sent, const struct trace_line *l,
		       const struct cpus *watched)
{
	struct cpus to;

	trace_targets(l, &to);
	for (int cpu = 0; cpu < CPUS_MAX; cpu++)
		if (to.has[cpu] && watched->has[cpu])
			remember_for(sent, l, cpu);
}

const struct sending *sendings_arrive(struct sendings *sent, enum trace_role role, int cpu,
				      const char *key)
{
	size_t first = sent->n > SENDINGS ? sent->n - SENDINGS : 0;

	for (size_t i = sent->n; i-- > first;) {
		struct sending *s = &sent->v[i % SENDINGS];

		if (s->used || s->role != role || s->cpu != cpu || strcmp(s->key, key))
			continue;
		s->used = true;
		return s;
	}
	return NULL;
}

const struct sending *sendings_arrive_ipi(struct sendings *sent, int cpu, const char *sort)
{
	size_t first = sent->n > SENDINGS ? sent->n - SENDINGS : 0;
	const struct sending *found = NULL;

	for (size_t i = first; i < sent->n; i++) {
		struct sending *s = &sent->v[i % SENDINGS];

		if (s->used || s->role != ROLE_SEND || s->cpu != cpu ||
		    (sort && strcmp(s->key, sort)))
			continue;
		s->used = true;
		if (!found)
			found = s;
		sort = found->key;
	}
	return found;
}
