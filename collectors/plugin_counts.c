// SPDX-License-Identifier: GPL-2.0
#include "collectors/plugin_counts.h"

#include <string.h>

#include "runner/base/str.h"

static struct {
	const struct qemu_api *api;
	size_t n;
	unsigned int vcpus;
	enum { SCOREBOARD, SHARED, CALLS } backend;
	struct qemu_plugin_scoreboard *score;
	uint64_t *own; /* vcpus × n: calls; shared: what was settled */
	uint64_t *shared; /* n: not settled yet, belongs to @running */
	unsigned int running;
} counts;

void counts_init(const struct counts_config *c)
{
	counts.api = c->api;
	counts.n = c->counters;
	counts.vcpus = c->vcpus;
	if (c->api->version >= 2) {
		counts.backend = SCOREBOARD;
		counts.score = c->api->scoreboard_new(c->counters * sizeof(uint64_t));
		return;
	}
	counts.backend = c->threaded ? CALLS : SHARED;
	counts.own = xcalloc((size_t)c->vcpus * c->counters, sizeof(uint64_t));
	counts.shared = xcalloc(c->counters, sizeof(uint64_t));
}

const char *counts_backend(void)
{
	static const char *const names[] = { "scoreboard", "shared", "calls" };

	return names[counts.backend];
}

static uint64_t *own_of(unsigned int vcpu)
{
	return counts.own + (size_t)vcpu * counts.n;
}

/* Hand what was counted so far to the vCPU that ran. */
static void settle(unsigned int vcpu)
{
	uint64_t *to = own_of(counts.running);

	for (size_t i = 0; i < counts.n; i++) {
		to[i] += counts.shared[i];
		counts.shared[i] = 0;
	}
	counts.running = vcpu;
}

static void on_block(unsigned int vcpu, void *udata)
{
	(void)udata;
	if (vcpu != counts.running && vcpu < counts.vcpus)
		settle(vcpu);
}

void counts_block(struct qemu_plugin_tb *tb)
{
	if (counts.backend == SHARED && counts.vcpus > 1)
		counts.api->tb_exec_cb(tb, on_block, QEMU_CB_NO_REGS, NULL);
}

/* A counter and what to add to it, in the one pointer that a callback gets. */
#define PACK_SHIFT 16

static void on_add(unsigned int vcpu, void *udata)
{
	uintptr_t packed = (uintptr_t)udata;

	if (vcpu < counts.vcpus)
		own_of(vcpu)[packed >> PACK_SHIFT] += packed & ((1U << PACK_SHIFT) - 1);
}

void counts_add(struct qemu_plugin_insn *insn, size_t counter, uint32_t n)
{
	uintptr_t packed = counter << PACK_SHIFT | n;

	switch (counts.backend) {
	case SCOREBOARD:
		counts.api->insn_inline_per_vcpu(insn, QEMU_INLINE_ADD_U64, counts_operand(counter),
						 n);
		break;
	case SHARED:
		counts.api->insn_inline(insn, QEMU_INLINE_ADD_U64, &counts.shared[counter], n);
		break;
	case CALLS:
		counts.api->insn_exec_cb(insn, on_add, QEMU_CB_NO_REGS, (void *)packed);
		break;
	}
}

struct qemu_u64 counts_operand(size_t counter)
{
	return (struct qemu_u64){ .score = counts.score, .offset = counter * sizeof(uint64_t) };
}

static uint64_t *scores_of(unsigned int vcpu)
{
	return counts.api->scoreboard_find(counts.score, vcpu);
}

void counts_bump(unsigned int vcpu, size_t counter, uint64_t n)
{
	if (vcpu >= counts.vcpus)
		return;
	if (counts.backend == SCOREBOARD)
		scores_of(vcpu)[counter] += n;
	else
		own_of(vcpu)[counter] += n;
}

uint64_t counts_read(unsigned int vcpu, size_t counter)
{
	uint64_t n;

	if (vcpu >= counts.vcpus)
		return 0;
	if (counts.backend == SCOREBOARD)
		return scores_of(vcpu)[counter];
	n = own_of(vcpu)[counter];
	return counts.backend == SHARED && vcpu == counts.running ? n + counts.shared[counter] : n;
}

void counts_snapshot(unsigned int vcpu, uint64_t *out)
{
	if (counts.backend == SCOREBOARD) {
		memcpy(out, scores_of(vcpu), counts.n * sizeof(*out));
		return;
	}
	for (size_t i = 0; i < counts.n; i++)
		out[i] = counts_read(vcpu, i);
}
