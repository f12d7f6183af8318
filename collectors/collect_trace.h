/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel's trace of a window says about the watched CPUs: parsed, and each interruption attributed. Pure
 * functions over the text of tracefs ("trace" of an instance, with the clock "mono"); whatever is not a line of it
 * is passed over and counted, because the text comes from a kernel that is not trusted.
 *
 *	struct trace t;
 *	trace_parse(&t, text.buf, text.len);
 *	struct trace_stays s = { 0 };
 *	trace_attribute(&t, &watched, pids, npids, &s);
 *	…
 *	trace_stays_release(&s);
 *	trace_release(&t);
 *
 * The kernel prints microseconds, rounded (kernel/trace/trace_output.c, trace_print_time()): a single time is
 * right to 1 us, and sums over many are right on the average.
 *
 * An interruption is the time in which a watched CPU, which was running a watched task, did something else. It
 * begins with the first of: leaving user space (context_tracking:user_exit, where the CPU is nohz_full), the entry
 * of an interrupt, a switch to a task that is not watched while the watched one could go on. It ends when the
 * watched task runs again: with user_enter where it began with user_exit, else with the last exit of an interrupt
 * that nothing follows, or with the switch back. What follows is known from the trace: a softirq that was raised,
 * a rescheduling that was asked for (the need-resched flag of the exit). A task that goes to sleep by itself is
 * not interrupted. An interruption that the window's end cuts off is left out.
 *
 * Its cause is the most telling thing in it, in the order of enum trace_kind; of several of one kind it is the
 * first, for that one made it begin. So a work item that an IPI announced, for which the scheduler switched to a
 * kworker, and whose end a second work item reported, is one interruption by the first work item. Ticks rank
 * before the softirqs that they raise.
 */
#ifndef KDELTA_COLLECTORS_COLLECT_TRACE_H
#define KDELTA_COLLECTORS_COLLECT_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collectors/collect_cpus.h"
#include "runner/base/str.h"

/* The most telling one first. */
enum trace_kind {
	TRACE_WORK, /* a work item; what: its function */
	TRACE_THREAD, /* another task; what: its name, without the numbers of per-CPU threads */
	TRACE_NMI, /* what: the handler */
	TRACE_IPI, /* what: the function that was called, or "reschedule", "irq_work", "call_function" */
	TRACE_IRQ, /* what: the handler's name */
	TRACE_TICK, /* the CPU's timer; what: the function that expired */
	TRACE_SOFTIRQ, /* alone, or after an interrupt that is not traced; what: TIMER, RCU, … */
	TRACE_FAULT, /* of the watched task itself */
	TRACE_SYSCALL, /* likewise; what: its number */
	TRACE_OTHER, /* in the kernel with nothing traced: a system call or a fault where those are not traced */
	TRACE_KINDS,
};

const char *trace_kind_name(enum trace_kind k);

/* What an event means to the attribution. */
enum trace_role {
	ROLE_COUNT, /* is counted, and stands in timelines */
	ROLE_USER_EXIT,
	ROLE_USER_ENTER,
	ROLE_ENTRY, /* of an interrupt or a softirq: of @kind, @what or the value of @key says which */
	ROLE_EXIT,
	ROLE_EXPIRE, /* a timer's function is called */
	ROLE_EXPIRED,
	ROLE_SWITCH,
	ROLE_WORK,
	ROLE_CALL, /* a function that another CPU wants to be called */
	ROLE_RAISE, /* of a softirq */
	ROLE_FAULT,
	ROLE_SYSCALL,
	ROLE_NMI,
	ROLE_SEND, /* an IPI goes out to the CPUs of @cpus */
	ROLE_SEND_CALL, /* a ROLE_CALL to come */
	ROLE_SEND_WORK,
	ROLE_WAKE, /* a task is to run on a CPU */
	ROLE_FORK,
};

/* Whose event it is, and thus the filter that it gets. */
enum trace_scope {
	SCOPE_WATCHED, /* happens on a watched CPU */
	SCOPE_SENDER, /* happens anywhere and names a watched CPU in the field @cpus */
	SCOPE_ALL,
};

struct trace_event {
	const char *system, *name;
	enum trace_scope scope;
	enum trace_role role;
	enum trace_kind kind; /* ROLE_ENTRY */
	const char *what; /* ROLE_ENTRY: a fixed name */
	const char *key; /* what precedes the value that says what: "function=" */
	const char *split; /* likewise: the event is counted by this function, too; NULL: not */
	const char *cpus; /* SCOPE_SENDER: the field that names CPUs */
	const char *cpus_key; /* and what precedes it in the text */
	bool mask; /* it is a mask, not a number */
	bool on_request; /* costs where nothing else would be traced */
};

/* Events of all architectures; one that a kernel does not have is left out. Ended by a NULL name. */
extern const struct trace_event trace_events[];

struct trace_line {
	uint64_t ns; /* CLOCK_MONOTONIC */
	const struct trace_event *event; /* NULL: one that is not in the table */
	const char *name, *args; /* into the text, which has to stay */
	uint16_t name_len, args_len;
	int cpu;
	pid_t pid; /* of the task that was current */
	char comm[16];
	char flags[6]; /* irqs-off, need-resched, hardirq/softirq, … as printed */
};

struct trace {
	struct trace_line *v; /* in the order of time */
	size_t n, cap;
	size_t strange; /* lines that are neither events nor comments */
};

void trace_parse(struct trace *t, const char *text, size_t len);
void trace_release(struct trace *t);
/* What stands behind the last @key, at least one byte; NULL: nothing. The last, for a task's name may hold others. */
const char *trace_after(const struct trace_line *l, const char *key);
/* The value there, up to a blank, comma or bracket; false: not there. Cut to @size. */
bool trace_value(const struct trace_line *l, const char *key, char *out, size_t size);
/* The CPUs that this event names (SCOPE_SENDER), or the one that it happened on. */
void trace_targets(const struct trace_line *l, struct cpus *out);
/* "function+0x10/0x20 [module]" to "function", in place. */
void trace_strip_offset(char *symbol);

#define TRACE_WHAT_MAX 48

/* One interruption. */
struct trace_stay {
	int cpu;
	enum trace_kind kind;
	uint64_t start, length; /* ns */
	char what[TRACE_WHAT_MAX];
	/* Who sent it, as "function+0x10" (the place an IPI was sent from) or "task:event"; "" where nobody sends
	 * such a thing, "unknown" where the sender was not seen. */
	char sender[TRACE_WHAT_MAX];
};

struct trace_stays {
	struct trace_stay *v;
	size_t n, cap;
};

/* @pids: the processes and threads that are watched when the window opens; what they fork is watched, too. */
void trace_attribute(const struct trace *t, const struct cpus *watched, const pid_t *pids,
		     size_t npids, struct trace_stays *out);
void trace_stays_release(struct trace_stays *s);

/*
 * What happened on @cpu, or was sent to it, from @start on for @length ns: "gap_ns=N at_ns=T", and a line
 * "+OFFSET_NS EVENT" for each event, with the task and the CPU of a sender in front. Events up to
 * TRACE_BEFORE ns earlier are shown when somebody else sent them. At most @max bytes; what is left out is said.
 */
#define TRACE_BEFORE 1000000
void trace_timeline(const struct trace *t, int cpu, uint64_t start, uint64_t length, size_t max,
		    struct str *out);

#endif
