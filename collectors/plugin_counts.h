/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters per vCPU that translated code adds to, in the cheapest way that is exact in this QEMU:
 *
 *	scoreboard	version 2 and later: inline adds on memory of each vCPU
 *	shared		version 1, all vCPUs in one thread: inline adds on one set of counters; a callback
 *			at the start of every block notices that another vCPU runs and settles
 *	calls		version 1, a thread per vCPU: a callback per add
 *
 * Reading another vCPU's counters while its thread runs gives a value it had a moment ago.
 */
#ifndef KDELTA_COLLECTORS_PLUGIN_COUNTS_H
#define KDELTA_COLLECTORS_PLUGIN_COUNTS_H

#include "collectors/qemu_api.h"

#define COUNTS_VCPUS_MAX 4096

struct counts_config {
	const struct qemu_api *api;
	size_t counters;
	unsigned int vcpus; /* that there can ever be */
	bool threaded; /* matters for version 1 alone */
};

/* Once, before anything is translated; the memory lives as long as QEMU. */
void counts_init(const struct counts_config *c);
/* "scoreboard", "shared", "calls" */
const char *counts_backend(void);

/* While translating. counts_block() comes first in every block. */
void counts_block(struct qemu_plugin_tb *tb);
void counts_add(struct qemu_plugin_insn *insn, size_t counter, uint32_t n);

/* While executing, in a callback of @vcpu. */
void counts_bump(unsigned int vcpu, size_t counter, uint64_t n);
uint64_t counts_read(unsigned int vcpu, size_t counter);
void counts_snapshot(unsigned int vcpu, uint64_t *out);

/* Version 3: a counter as an operand of a condition. */
struct qemu_u64 counts_operand(size_t counter);

#endif
