/* SPDX-License-Identifier: GPL-2.0 */
/* The events of the osnoise tracer, added up. Pure: the text of a trace in, sums out. */
#ifndef KDELTA_COLLECTORS_COLLECT_OSNOISE_H
#define KDELTA_COLLECTORS_COLLECT_OSNOISE_H

#include <stddef.h>

struct noise_source {
	char name[64]; /* "gap", "irq.local_timer", "softirq.RCU", "thread.kworker", "nmi" */
	int cpu;
	double count, total, max; /* events, ns, ns */
};

struct noise {
	struct noise_source *v;
	size_t n, cap;
};

/* Sources that @n has from an earlier text stay, and begin at 0 again. Other lines are passed over. */
void noise_parse(struct noise *n, const char *text, size_t len);
void noise_release(struct noise *n);

#endif
