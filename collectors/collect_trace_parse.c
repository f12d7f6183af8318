// SPDX-License-Identifier: GPL-2.0
/* The table of events, and a trace's text to lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/collect_trace.h"

/* The formatter would give every row five lines. */
// clang-format off
#define EVENT(SYSTEM, NAME, SCOPE, ROLE, ...) \
	{ .system = SYSTEM, .name = NAME, .scope = SCOPE, .role = ROLE, ##__VA_ARGS__ }
#define WATCHED(SYSTEM, NAME, ROLE, ...) EVENT(SYSTEM, NAME, SCOPE_WATCHED, ROLE, ##__VA_ARGS__)
#define SENDER(SYSTEM, NAME, ROLE, ...) EVENT(SYSTEM, NAME, SCOPE_SENDER, ROLE, ##__VA_ARGS__)
#define VECTOR(NAME, KIND, WHAT) \
	WATCHED("irq_vectors", NAME "_entry", ROLE_ENTRY, .kind = (KIND), .what = (WHAT)), \
	WATCHED("irq_vectors", NAME "_exit", ROLE_EXIT)

/* include/trace/events/<system>.h, for irq_vectors arch/x86/include/asm/trace/, for exceptions likewise. */
const struct trace_event trace_events[] = {
	/* every architecture */
	WATCHED("sched", "sched_switch", ROLE_SWITCH),
	WATCHED("workqueue", "workqueue_execute_start", ROLE_WORK, .key = "function ", .split = "function "),
	WATCHED("workqueue", "workqueue_execute_end", ROLE_COUNT),
	WATCHED("csd", "csd_function_entry", ROLE_CALL, .key = "func=", .split = "func="),
	WATCHED("csd", "csd_function_exit", ROLE_COUNT),
	WATCHED("irq", "irq_handler_entry", ROLE_ENTRY, .kind = TRACE_IRQ, .key = "name="),
	WATCHED("irq", "irq_handler_exit", ROLE_EXIT),
	WATCHED("irq", "softirq_entry", ROLE_ENTRY, .kind = TRACE_SOFTIRQ, .key = "action="),
	WATCHED("irq", "softirq_exit", ROLE_EXIT),
	WATCHED("irq", "softirq_raise", ROLE_RAISE),
	WATCHED("timer", "hrtimer_expire_entry", ROLE_EXPIRE, .key = "function=", .split = "function="),
	WATCHED("timer", "hrtimer_expire_exit", ROLE_EXPIRED),
	WATCHED("raw_syscalls", "sys_enter", ROLE_SYSCALL, .key = "NR ", .on_request = true),
	/* where CPUs can be nohz_full */
	WATCHED("context_tracking", "user_exit", ROLE_USER_EXIT),
	WATCHED("context_tracking", "user_enter", ROLE_USER_ENTER),
	/* x86 */
	VECTOR("local_timer", TRACE_TICK, "local_timer"),
	VECTOR("reschedule", TRACE_IPI, "reschedule"),
	VECTOR("call_function", TRACE_IPI, "call_function"),
	VECTOR("call_function_single", TRACE_IPI, "call_function"),
	VECTOR("irq_work", TRACE_IPI, "irq_work"),
	VECTOR("x86_platform_ipi", TRACE_IRQ, "x86_platform_ipi"),
	VECTOR("error_apic", TRACE_IRQ, "error_apic"),
	VECTOR("spurious_apic", TRACE_IRQ, "spurious_apic"),
	VECTOR("thermal_apic", TRACE_IRQ, "thermal_apic"),
	WATCHED("exceptions", "page_fault_user", ROLE_FAULT),
	WATCHED("nmi", "nmi_handler", ROLE_NMI),
	WATCHED("tlb", "tlb_flush", ROLE_COUNT),
	/* arm64 */
	WATCHED("ipi", "ipi_entry", ROLE_ENTRY, .kind = TRACE_IPI, .key = "("),
	WATCHED("ipi", "ipi_exit", ROLE_EXIT),
	/* who sends */
	SENDER("ipi", "ipi_send_cpu", ROLE_SEND, .key = "callback=", .split = "callsite=",
	       .cpus = "cpu", .cpus_key = "cpu="),
	SENDER("ipi", "ipi_send_cpumask", ROLE_SEND, .key = "callback=", .split = "callsite=",
	       .cpus = "cpumask", .cpus_key = "cpumask=", .mask = true),
	SENDER("csd", "csd_queue_cpu", ROLE_SEND_CALL, .key = "func=", .split = "func=",
	       .cpus = "cpu", .cpus_key = "cpu="),
	SENDER("workqueue", "workqueue_queue_work", ROLE_SEND_WORK, .key = "function=", .split = "function=",
	       .cpus = "cpu", .cpus_key = " cpu="),
	SENDER("sched", "sched_waking", ROLE_WAKE, .cpus = "target_cpu", .cpus_key = "target_cpu="),
	SENDER("sched", "sched_migrate_task", ROLE_WAKE, .cpus = "dest_cpu", .cpus_key = "dest_cpu="),
	EVENT("sched", "sched_process_fork", SCOPE_ALL, ROLE_FORK),
	{ .name = NULL },
};
// clang-format on

static const struct trace_event *event_find(const char *name, size_t len)
{
	for (const struct trace_event *ev = trace_events; ev->name; ev++)
		if (!strncmp(ev->name, name, len) && !ev->name[len])
			return ev;
	return NULL;
}

/* ---- One line ---------------------------------------------------------------------------------- */

/* What is left of a line. */
struct rest {
	const char *at, *end;
};

static bool take(struct rest *r, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(r->end - r->at) < len || memcmp(r->at, text, len))
		return false;
	r->at += len;
	return true;
}

static void skip_blanks(struct rest *r)
{
	while (r->at < r->end && *r->at == ' ')
		r->at++;
}

static bool take_number(struct rest *r, uint64_t max, uint64_t *out)
{
	const char *start = r->at;

	for (*out = 0; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
		*out = *out * 10 + (uint64_t)(*r->at - '0');
		if (*out > max)
			return false;
	}
	return r->at > start;
}

/* "%16s-%-7d ": the name stands right-aligned in its 16 columns, so that whatever it holds cannot deceive. */
#define COMM_COLUMNS 16

static bool take_task(struct rest *r, struct trace_line *l)
{
	uint64_t pid;

	if (r->end - r->at < COMM_COLUMNS)
		return false;
	memcpy(l->comm, r->at + 1, COMM_COLUMNS - 1);
	l->comm[COMM_COLUMNS - 1] = '\0';
	memmove(l->comm, l->comm + strspn(l->comm, " "),
		strlen(l->comm + strspn(l->comm, " ")) + 1);
	r->at += COMM_COLUMNS;
	if (!take(r, "-") || !take_number(r, INT32_MAX, &pid))
		return false;
	l->pid = (pid_t)pid;
	skip_blanks(r);
	return true;
}

/* "[003] d.h1.     1.781263: " */
static bool take_place(struct rest *r, struct trace_line *l)
{
	uint64_t cpu, s, us;

	if (!take(r, "[") || !take_number(r, CPUS_MAX - 1, &cpu) || !take(r, "] "))
		return false;
	l->cpu = (int)cpu;
	if (r->end - r->at < 5)
		return false;
	memcpy(l->flags, r->at, 5);
	l->flags[5] = '\0';
	r->at += 5;
	skip_blanks(r);
	if (!take_number(r, UINT32_MAX, &s) || !take(r, ".") || !take_number(r, 999999, &us))
		return false;
	l->ns = s * 1000000000 + us * 1000;
	return take(r, ": ");
}

static bool take_event(struct rest *r, struct trace_line *l)
{
	const char *colon = memchr(r->at, ':', (size_t)(r->end - r->at));

	if (!colon || colon == r->at || colon - r->at > UINT16_MAX || r->end - colon > UINT16_MAX)
		return false;
	l->name = r->at;
	l->name_len = (uint16_t)(colon - r->at);
	r->at = colon + 1;
	skip_blanks(r);
	l->args = r->at;
	l->args_len = (uint16_t)(r->end - r->at);
	l->event = event_find(l->name, l->name_len);
	return true;
}

static bool line_parse(struct trace_line *l, const char *text, const char *end)
{
	struct rest r = { text, end };

	return take_task(&r, l) && take_place(&r, l) && take_event(&r, l);
}

void trace_parse(struct trace *t, const char *text, size_t len)
{
	const char *end = text + len, *nl;

	*t = (struct trace){ 0 };
	/* a last line without its end was cut off */
	for (; text < end && (nl = memchr(text, '\n', (size_t)(end - text))); text = nl + 1) {
		struct trace_line l = { 0 };

		if (*text == '#' || nl == text)
			continue;
		if (line_parse(&l, text, nl))
			*ARRAY_PUSH(t->v, t->n, t->cap) = l;
		else
			t->strange++;
	}
}

void trace_release(struct trace *t)
{
	free(t->v);
	*t = (struct trace){ 0 };
}

/* ---- What a line says -------------------------------------------------------------------------- */

const char *trace_after(const struct trace_line *l, const char *key)
{
	const char *end = l->args + l->args_len;
	size_t len = strlen(key);

	for (const char *p = end; p-- > l->args;)
		if ((size_t)(end - p) > len && !memcmp(p, key, len))
			return p + len;
	return NULL;
}

bool trace_value(const struct trace_line *l, const char *key, char *out, size_t size)
{
	const char *end = l->args + l->args_len, *at = trace_after(l, key);
	size_t n = 0;

	if (!at)
		return false;
	for (; at < end && n + 1 < size && !memchr(" ,)]", *at, 4); at++)
		out[n++] = *at;
	out[n] = '\0';
	return n > 0;
}

void trace_targets(const struct trace_line *l, struct cpus *out)
{
	const struct trace_event *ev = l->event;
	/* a mask has commas of its own, and nine bytes for 32 CPUs */
	char text[CPUS_MAX / 32 * 9 + 1];
	const char *at;
	long cpu;

	memset(out, 0, sizeof(*out));
	if (!ev || ev->scope != SCOPE_SENDER) {
		out->has[l->cpu] = true;
		return;
	}
	at = trace_after(l, ev->cpus_key);
	if (!at)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)(l->args + l->args_len - at), at);
	if (ev->mask) {
		cpus_parse_mask(out, text, NULL);
		return;
	}
	cpu = strtol(text, NULL, 10);
	if (cpu >= 0 && cpu < CPUS_MAX)
		out->has[cpu] = true;
}

void trace_strip_offset(char *symbol)
{
	symbol[strcspn(symbol, "+/ ")] = '\0';
}
