/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stand-ins: code between two markers (KDELTA_MARK_STANDIN) that does what an instruction would do which the
 * emulated machine lacks. It counts as one event. What runs between the markers is not counted at all: it is taken
 * back when the stand-in ends, and not seen by who looks at the counters meanwhile. Not thread-safe, the caller
 * locks.
 */
#ifndef KDELTA_COLLECTORS_PLUGIN_STANDIN_H
#define KDELTA_COLLECTORS_PLUGIN_STANDIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct standins_config {
	size_t counters;
	unsigned int vcpus;
	void (*snapshot)(unsigned int vcpu, uint64_t *out); /* all counters of one vCPU */
	void (*bump)(unsigned int vcpu, size_t counter, uint64_t n);
};

struct standins *standins_new(const struct standins_config *c);
void standins_free(struct standins *st);

/* @counter: of the event that it counts as. One that begins or ends twice is ignored the second time. */
void standins_begin(struct standins *st, unsigned int vcpu, size_t counter);
void standins_end(struct standins *st, unsigned int vcpu);
bool standins_open(const struct standins *st, unsigned int vcpu);
/* All counters of one vCPU, as they were before a stand-in that is open. */
void standins_snapshot(const struct standins *st, unsigned int vcpu, uint64_t *out);

#endif
