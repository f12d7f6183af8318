/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to collect_trace_attribute.c: what was sent to watched CPUs and has not arrived. It begins as zeroes; the
 * oldest sendings are forgotten: what has not arrived by then was lost in a full buffer.
 */
#ifndef KDELTA_COLLECTORS_COLLECT_TRACE_SENDERS_H
#define KDELTA_COLLECTORS_COLLECT_TRACE_SENDERS_H

#include <stdbool.h>
#include <stddef.h>

#include "collectors/collect_trace.h"

#define SENDINGS 1024

struct sending {
	enum trace_role role; /* ROLE_SEND… or ROLE_WAKE */
	int cpu;
	bool used; /* it has arrived */
	char key[20]; /* address of the work or call, pid of the task; of an IPI its sort */
	char what[TRACE_WHAT_MAX]; /* of an IPI: its callback */
	char sender[TRACE_WHAT_MAX]; /* as in struct trace_stay */
};

struct sendings {
	struct sending v[SENDINGS];
	size_t n; /* ever sent; the last SENDINGS are there */
};

/* An event of SCOPE_SENDER. */
void sendings_remember(struct sendings *sent, const struct trace_line *l,
		       const struct cpus *watched);
/* The last one under this key, or NULL. */
const struct sending *sendings_arrive(struct sendings *sent, enum trace_role role, int cpu,
				      const char *key);
/* The first IPI of a sort ("reschedule", "call_function", "irq_work"; NULL: of any) that is on its way; those of
 * its sort that were sent after it arrive together with it. */
const struct sending *sendings_arrive_ipi(struct sendings *sent, int cpu, const char *sort);

#endif
