/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The QEMU plugin: which parts there are, and what they share. Arguments (name=value, see plugin_args.c):
 *
 *	out=FILE		where the record lines go; needed
 *	kernel=LOW-HIGH		addresses of kernel code, hexadecimal, HIGH excluded; several. None: addresses
 *				with the highest bit set, as on x86_64 and aarch64
 *	symbols=FILE		functions of the kernel (plugin_symbols.h)
 *	where=N			the N functions with the most instructions, per window and vCPU; each with its whole,
 *				too, of all vCPUs
 *	call=FUNCTION		count calls of it (executions of its first instruction); several
 *	excursions=on		follow the isolated windows
 *	threads=single|multi	how QEMU runs its vCPUs, where it does not say
 *
 * Output: `kdelta version=1`, info lines, value and hist lines without begin and done around them, done lines
 * for workloads whose windows are broken, and `end records=N`.
 *
 * What a count is: an instruction counts when it starts. One that faults and is restarted counts again; an x86
 * REP instruction counts once however many elements it moves, unless something ran in between; s390 EXECUTE
 * and its target are two. Markers do not count.
 */
#ifndef KDELTA_COLLECTORS_PLUGIN_H
#define KDELTA_COLLECTORS_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collectors/events.h"
#include "collectors/plugin_excursion.h"
#include "collectors/plugin_symbols.h"
#include "runner/base/err.h"
#include "runner/base/str.h"

struct plugin_args {
	char *out;
	char *symbols;
	struct range {
		uint64_t low, high;
	} * kernel;
	size_t nkernel, kernel_cap;
	struct strv calls;
	long where;
	bool excursions;
	enum { THREADS_UNKNOWN, THREADS_SINGLE, THREADS_MULTI } threads;
};

int plugin_args_parse(struct plugin_args *a, int argc, char *const *argv, struct err *e);
bool plugin_args_is_kernel(const struct plugin_args *a, uint64_t addr);
void plugin_args_release(struct plugin_args *a);

/* Counters of a vCPU: these three, then events, calls, and functions (with where=). */
enum { COUNTER_KERNEL, COUNTER_USER, COUNTER_STATE, COUNTER_EVENTS };

struct plugin_layout {
	const struct event_arch *arch;
	size_t nevents;
	size_t calls; /* first counter */
	size_t ncalls;
	struct plugin_call {
		const char *name;
		uint64_t addr;
	} * call;
	size_t functions; /* first counter; its first is "unknown" */
	size_t nfunctions; /* 0: not counted */
	size_t counters; /* all */
	const struct symbols *symbols;
	long where;
};

/* Lines for one finished window; returns how many value and hist lines were added. */
size_t plugin_emit_window(const struct plugin_layout *l, const struct window_sums *s,
			  struct str *out);
/* @told: info lines on the longest excursions that were written already; not one more than PLUGIN_TOLD_MAX. */
#define PLUGIN_TOLD_MAX 512 /* the host takes no boot with more than 1024 info lines */
size_t plugin_emit_excursions(const struct plugin_layout *l, const struct window_sums *s,
			      const struct excursion_sums *x, size_t *told, struct str *out);
/* "events", "pte", … of kmods/kdelta_marker.h, or the number; the string is static. */
const char *plugin_window_name(unsigned int id);

#endif
