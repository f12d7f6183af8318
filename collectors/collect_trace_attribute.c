// SPDX-License-Identifier: GPL-2.0
/* From lines of a trace to interruptions: one small machine per watched CPU, and a memory of who sent what. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/collect_trace.h"
#include "collectors/collect_trace_senders.h"

const char *trace_kind_name(enum trace_kind k)
{
	static const char *const names[TRACE_KINDS] = {
		[TRACE_WORK] = "work",       [TRACE_THREAD] = "thread", [TRACE_NMI] = "nmi",
		[TRACE_IPI] = "ipi",         [TRACE_IRQ] = "irq",       [TRACE_TICK] = "tick",
		[TRACE_SOFTIRQ] = "softirq", [TRACE_FAULT] = "fault",   [TRACE_SYSCALL] = "syscall",
		[TRACE_OTHER] = "other",
	};

	return names[k];
}

struct blame {
	enum trace_kind kind;
	char what[TRACE_WHAT_MAX], sender[TRACE_WHAT_MAX];
};

/* Interrupts nest: an NMI in an interrupt in a softirq. More than this is a torn trace. */
#define DEPTH_MAX 8

struct machine {
	bool open; /* an interruption has begun */
	bool from_user; /* with user_exit: it ends with user_enter */
	bool away; /* another task runs */
	bool resched; /* a switch will follow the last exit */
	uint32_t raised; /* by vector: softirqs that will follow it */
	bool bare; /* a timer expired outside of a handler: that of its interrupt follows */
	uint64_t start, last_exit;
	int depth;
	struct blame inner[DEPTH_MAX]; /* of the interrupts that are being handled */
	struct blame best;
};

#define PIDS (1 << 22) /* PID_MAX_LIMIT, include/linux/threads.h */

struct attribution {
	const struct cpus *watched;
	struct machine *m; /* by CPU */
	bool *mine; /* by pid */
	struct sendings sent;
	struct trace_stays *out;
};

static bool is_mine(const struct attribution *a, long pid)
{
	return pid > 0 && pid < PIDS && a->mine[pid];
}

static void set_sender(struct blame *b, const struct sending *s)
{
	snprintf(b->sender, sizeof(b->sender), "%s", s ? s->sender : "unknown");
}

/* ---- One interruption -------------------------------------------------------------------------- */

static void blame_on(struct machine *m, const struct blame *b)
{
	if (m->open && b->kind < m->best.kind)
		m->best = *b;
}

static void begin(struct machine *m, uint64_t ns)
{
	*m = (struct machine){
		.open = true,
		.start = ns,
		.last_exit = ns,
		.best = { .kind = TRACE_OTHER, .what = "kernel" },
	};
}

static void end(struct attribution *a, int cpu, uint64_t ns)
{
	struct machine *m = &a->m[cpu];
	struct trace_stay *s = ARRAY_PUSH(a->out->v, a->out->n, a->out->cap);

	*s = (struct trace_stay){ .cpu = cpu,
				  .kind = m->best.kind,
				  .start = m->start,
				  .length = ns > m->start ? ns - m->start : 0 };
	memcpy(s->what, m->best.what, sizeof(s->what));
	memcpy(s->sender, m->best.sender, sizeof(s->sender));
	m->open = false;
}

/* Has the watched task run since the last exit, as far as this CPU's events can say? */
static bool is_over(const struct machine *m)
{
	return m->open && !m->from_user && !m->away && !m->depth;
}

/* Something begins that does not follow from what was there: what was there is over. */
static void enter(struct attribution *a, const struct trace_line *l, bool follows)
{
	struct machine *m = &a->m[l->cpu];

	if (is_over(m) && !follows)
		end(a, l->cpu, m->last_exit);
	if (!m->open && is_mine(a, l->pid))
		begin(m, l->ns);
}

/* arch/arm64/kernel/smp.c, ipi_types: the first word of each. */
static const struct {
	const char *word, *what;
} ipi_types[] = {
	{ "Rescheduling", "reschedule" },
	{ "Function", "call_function" },
	{ "IRQ", "irq_work" },
	{ "Timer", "timer_broadcast" },
	{ NULL, NULL },
};

/* Interrupts of this name may be IPIs: what was sent says whether. arch/s390/kernel/irq.c: all external ones. */
static const char *const shared_irqs[] = { "EXT", NULL };

static bool is_shared_irq(const char *name)
{
	for (const char *const *n = shared_irqs; *n; n++)
		if (!strcmp(*n, name))
			return true;
	return false;
}

static void ipi_what(struct attribution *a, int cpu, struct blame *b)
{
	const struct sending *s;

	for (size_t i = 0; ipi_types[i].word; i++)
		if (!strcmp(b->what, ipi_types[i].word))
			snprintf(b->what, sizeof(b->what), "%s", ipi_types[i].what);
	s = sendings_arrive_ipi(&a->sent, cpu, b->what);
	if (s && !strcmp(s->key, "irq_work"))
		memcpy(b->what, s->what, sizeof(b->what));
	set_sender(b, s);
}

/* What an interrupt on a shared line was, if somebody sent it. */
static void shared_what(struct attribution *a, int cpu, struct blame *b)
{
	const struct sending *s = sendings_arrive_ipi(&a->sent, cpu, NULL);

	if (!s)
		return;
	b->kind = TRACE_IPI;
	snprintf(b->what, sizeof(b->what), "%s", strcmp(s->key, "irq_work") ? s->key : s->what);
	set_sender(b, s);
}

/* The bit of an event's softirq vector (include/linux/interrupt.h has ten); 0: the event names none. */
static uint32_t softirq_bit(const struct trace_line *l)
{
	const char *text = trace_after(l, "vec=");
	unsigned long vector = text ? strtoul(text, NULL, 10) : ULONG_MAX;

	return vector < 32 ? UINT32_C(1) << vector : 0;
}

static void on_entry(struct attribution *a, const struct trace_line *l)
{
	struct machine *m = &a->m[l->cpu];
	struct blame b = { .kind = l->event->kind };
	uint32_t softirq = b.kind == TRACE_SOFTIRQ ? softirq_bit(l) : 0;

	enter(a, l, m->bare || (m->raised & softirq));
	m->raised &= ~softirq;
	if (!m->open)
		return;
	snprintf(b.what, sizeof(b.what), "%s", l->event->what ? l->event->what : "unknown");
	if (l->event->key)
		trace_value(l, l->event->key, b.what, sizeof(b.what));
	if (b.kind == TRACE_IPI)
		ipi_what(a, l->cpu, &b);
	else if (b.kind == TRACE_IRQ && is_shared_irq(b.what) && !m->bare)
		shared_what(a, l->cpu, &b);
	if (m->bare) /* this interrupt is the timer's, which has been blamed */
		b.kind = TRACE_OTHER;
	m->bare = false;
	if (m->depth < DEPTH_MAX)
		m->inner[m->depth] = b;
	m->depth++;
}

/* Of the interrupt that is being handled; NULL: none, or too deep to be true. */
static struct blame *innermost(struct machine *m)
{
	return m->depth > 0 && m->depth <= DEPTH_MAX ? &m->inner[m->depth - 1] : NULL;
}

static bool asks_resched(const struct trace_line *l)
{
	/* trace_print_lat_fmt(): '.' is none, and 'p' is the preemption count's own flag, which alone switches nothing */
	return strchr("NnBbLl", l->flags[1]);
}

static void on_exit_of(struct attribution *a, const struct trace_line *l)
{
	struct machine *m = &a->m[l->cpu];

	if (!m->open || !m->depth)
		return;
	m->depth--;
	if (m->depth < DEPTH_MAX)
		blame_on(m, &m->inner[m->depth]);
	m->last_exit = l->ns;
	m->resched = asks_resched(l);
}

/* A timer's function: in the handler of the timer's interrupt, or (s390) before it. Timers of softirqs are no ticks. */
static void on_expire(struct attribution *a, const struct trace_line *l)
{
	struct machine *m = &a->m[l->cpu];
	struct blame b = { .kind = TRACE_TICK };

	if (!strchr("hH", l->flags[2]) || !trace_value(l, l->event->key, b.what, sizeof(b.what)))
		return;
	if (m->open && m->depth > 0) {
		struct blame *inner = innermost(m);

		/* the first that expires in this interrupt says what it is for */
		if (inner && (inner->kind == TRACE_IRQ || !strcmp(inner->what, "local_timer")))
			*inner = b;
		return;
	}
	enter(a, l, m->bare);
	if (!m->open)
		return;
	m->bare = true;
	blame_on(m, &b);
}

static void on_expired(struct attribution *a, const struct trace_line *l)
{
	struct machine *m = &a->m[l->cpu];

	if (m->open && m->bare)
		m->last_exit = l->ns;
}

static void on_call(struct attribution *a, const struct trace_line *l)
{
	struct machine *m = &a->m[l->cpu];
	struct blame b = { .kind = TRACE_IPI }, *inner = innermost(m);
	const struct sending *s;
	char key[20] = "";

	trace_value(l, "csd=", key, sizeof(key));
	s = sendings_arrive(&a->sent, ROLE_SEND_CALL, l->cpu, key);
	/* outside of an interrupt it is the current task that calls: on_each_cpu() has the own CPU do its part */
	if (!m->open || !inner || !trace_value(l, l->event->key, b.what, sizeof(b.what)))
		return;
	set_sender(&b, s);
	blame_on(m, &b);
	/* the interrupt that brought it says less */
	inner->kind = TRACE_OTHER;
}

static void on_work(struct attribution *a, const struct trace_line *l)
{
	struct blame b = { .kind = TRACE_WORK };
	char key[20] = "";

	trace_value(l, "struct ", key, sizeof(key));
	key[strcspn(key, ":")] = '\0';
	set_sender(&b, sendings_arrive(&a->sent, ROLE_SEND_WORK, l->cpu, key));
	if (trace_value(l, l->event->key, b.what, sizeof(b.what)))
		blame_on(&a->m[l->cpu], &b);
}

static void on_nmi(struct attribution *a, const struct trace_line *l)
{
	struct blame b = { .kind = TRACE_NMI };
	struct machine *m = &a->m[l->cpu];
	char delta[24] = "";
	uint64_t ns;

	snprintf(b.what, sizeof(b.what), "%.*s", (int)l->args_len, l->args);
	b.what[strcspn(b.what, "( ")] = '\0';
	enter(a, l, false);
	blame_on(m, &b);
	/* it is over when it is traced, and says how long it took */
	trace_value(l, "delta_ns: ", delta, sizeof(delta));
	ns = strtoull(delta, NULL, 10);
	if (m->open && m->start == l->ns && ns < l->ns)
		m->start = l->ns - ns;
	m->last_exit = l->ns;
}

static void on_own(struct attribution *a, const struct trace_line *l)
{
	struct blame b = { .kind = l->event->role == ROLE_FAULT ? TRACE_FAULT : TRACE_SYSCALL };
	struct machine *m = &a->m[l->cpu];

	/* its length is known only where leaving user space is traced */
	if (!m->from_user)
		return;
	snprintf(b.what, sizeof(b.what), "page_fault");
	if (b.kind == TRACE_SYSCALL)
		trace_value(l, "NR ", b.what, sizeof(b.what));
	blame_on(m, &b);
}

/* ---- Switches ---------------------------------------------------------------------------------- */

static void thread_name(const struct trace_line *l, char *out)
{
	const char *name = trace_after(l, "==> next_comm="), *end = trace_after(l, " next_pid=");

	snprintf(out, TRACE_WHAT_MAX, "unknown");
	if (name && end && end - strlen(" next_pid=") > name)
		snprintf(out, TRACE_WHAT_MAX, "%.*s", (int)(end - strlen(" next_pid=") - name),
			 name);
	/* "kworker/3:1-events", "migration/3": one name on every CPU */
	if (strchr(out, '/') != out)
		out[strcspn(out, "/")] = '\0';
	for (char *p = out; *p; p++)
		if (*p == ' ')
			*p = '_';
}

static bool could_go_on(const struct trace_line *l)
{
	const char *state = trace_after(l, " prev_state=");

	return state && *state == 'R';
}

static void other_task(struct attribution *a, const struct trace_line *l, long next)
{
	struct blame b = { .kind = TRACE_THREAD };
	char key[20];

	if (!next) /* idle */
		return;
	snprintf(key, sizeof(key), "%ld", next);
	thread_name(l, b.what);
	set_sender(&b, sendings_arrive(&a->sent, ROLE_WAKE, l->cpu, key));
	blame_on(&a->m[l->cpu], &b);
}

/* The CPU goes to nobody who takes it away: only what came before the switch is an interruption. */
static void given_up(struct attribution *a, const struct trace_line *l)
{
	struct machine *m = &a->m[l->cpu];

	if (m->open && m->best.kind < TRACE_FAULT)
		end(a, l->cpu, l->ns);
	m->open = false;
}

/* A watched task leaves its CPU. One that goes to sleep has run since the interrupt that asked for a switch. */
static void switched_away(struct attribution *a, const struct trace_line *l, long next)
{
	struct machine *m = &a->m[l->cpu];

	enter(a, l, m->resched && could_go_on(l));
	if (is_mine(a, next) || !could_go_on(l)) {
		given_up(a, l);
		return;
	}
	m->depth = 0;
	m->away = true;
	other_task(a, l, next);
}

static void on_switch(struct attribution *a, const struct trace_line *l)
{
	const char *pid = trace_after(l, " next_pid=");
	struct machine *m = &a->m[l->cpu];
	long next = pid ? strtol(pid, NULL, 10) : 0;
	bool from = is_mine(a, l->pid), to = is_mine(a, next);

	if (from) {
		switched_away(a, l, next);
	} else if (to && m->open) {
		m->away = false;
		m->depth = 0;
		m->resched = false;
		/* where it left user space, it is back when it enters it */
		if (!m->from_user)
			end(a, l->cpu, l->ns);
	} else if (m->open) {
		m->depth = 0;
		other_task(a, l, next);
	}
}

static void on_fork(struct attribution *a, const struct trace_line *l)
{
	const char *child = trace_after(l, " child_pid=");
	long pid = child ? strtol(child, NULL, 10) : 0;

	if (pid > 0 && pid < PIDS)
		a->mine[pid] = is_mine(a, l->pid);
}

static void on_user_exit(struct attribution *a, const struct trace_line *l)
{
	struct machine *m = &a->m[l->cpu];

	enter(a, l, false);
	if (m->open && m->start == l->ns)
		m->from_user = true;
}

static void on_user_enter(struct attribution *a, const struct trace_line *l)
{
	struct machine *m = &a->m[l->cpu];

	if (m->open && is_mine(a, l->pid))
		end(a, l->cpu, l->ns);
	m->open = false;
}

static void on_raise(struct attribution *a, const struct trace_line *l)
{
	struct machine *m = &a->m[l->cpu];

	if (m->open && (m->depth || m->bare))
		m->raised |= softirq_bit(l);
}

static void on_watched(struct attribution *a, const struct trace_line *l)
{
	switch (l->event->role) {
	case ROLE_USER_EXIT:
		return on_user_exit(a, l);
	case ROLE_USER_ENTER:
		return on_user_enter(a, l);
	case ROLE_ENTRY:
		return on_entry(a, l);
	case ROLE_EXIT:
		return on_exit_of(a, l);
	case ROLE_EXPIRE:
		return on_expire(a, l);
	case ROLE_EXPIRED:
		return on_expired(a, l);
	case ROLE_SWITCH:
		return on_switch(a, l);
	case ROLE_WORK:
		return on_work(a, l);
	case ROLE_CALL:
		return on_call(a, l);
	case ROLE_RAISE:
		return on_raise(a, l);
	case ROLE_FAULT:
	case ROLE_SYSCALL:
		return on_own(a, l);
	case ROLE_NMI:
		return on_nmi(a, l);
	default:
		return;
	}
}

static void on_line(struct attribution *a, const struct trace_line *l)
{
	if (!l->event)
		return;
	if (l->event->scope == SCOPE_SENDER)
		sendings_remember(&a->sent, l, a->watched);
	else if (l->event->role == ROLE_FORK)
		on_fork(a, l);
	else if (a->watched->has[l->cpu])
		on_watched(a, l);
}

/* What had come to its end when the window closed. */
static void close_window(struct attribution *a)
{
	for (int cpu = 0; cpu < CPUS_MAX; cpu++)
		if (a->watched->has[cpu] && is_over(&a->m[cpu]))
			end(a, cpu, a->m[cpu].last_exit);
}

void trace_attribute(const struct trace *t, const struct cpus *watched, const pid_t *pids,
		     size_t npids, struct trace_stays *out)
{
	struct attribution *a = xcalloc(1, sizeof(*a));

	a->watched = watched;
	a->out = out;
	a->m = xcalloc(CPUS_MAX, sizeof(*a->m));
	a->mine = xcalloc(PIDS, sizeof(*a->mine));
	for (size_t i = 0; i < npids; i++)
		if (pids[i] > 0 && pids[i] < PIDS)
			a->mine[pids[i]] = true;
	for (size_t i = 0; i < t->n; i++)
		on_line(a, &t->v[i]);
	close_window(a);
	free(a->m);
	free(a->mine);
	free(a);
}

void trace_stays_release(struct trace_stays *s)
{
	free(s->v);
	*s = (struct trace_stays){ 0 };
}
