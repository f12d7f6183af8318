/* SPDX-License-Identifier: GPL-2.0 */
/*
 * perf beside a workload: a process of the root image whose events exist from its start on and count only between
 * enable and disable. perf confirms both (perf-stat(1), --control), so that a window holds the watched code, the end
 * of one read(2) and the beginning of one write(2).
 *
 *	perf_tool_start → (perf_tool_enable → perf_tool_disable) × n → perf_tool_finish
 *
 * perf_tool_release() ends what still runs, at any time.
 */
#ifndef KDELTA_COLLECTORS_COLLECT_PERF_TOOL_H
#define KDELTA_COLLECTORS_COLLECT_PERF_TOOL_H

#include "collectors/collector.h"
#include "runner/base/err.h"
#include "runner/base/str.h"
#include "workloads/exec.h"

struct perf_tool {
	struct strv argv;
	struct exec x;
	int ctl[2], ack[2]; /* [0] is read from, [1] written to */
};

void perf_tool_init(struct perf_tool *t);
void perf_tool_release(struct perf_tool *t);
/* Start "perf WORD…" with its events off, and wait until it says that they are there. */
int perf_tool_start(struct perf_tool *t, const struct strv *words, struct err *e);
int perf_tool_enable(struct perf_tool *t, struct err *e);
int perf_tool_disable(struct perf_tool *t, struct err *e);
/* Let it write its results and wait for its end. */
int perf_tool_finish(struct perf_tool *t, struct err *e);

/* Skips the collector where the root image has no perf. */
int perf_tool_need(struct collector_ctx *c, struct err *e);
/* What to watch, as words for perf: scope task, system or cpu (which is system, shown per CPU). */
void perf_tool_scope(const struct collector_ctx *c, struct strv *words);
extern const char *const perf_tool_scopes[];
extern const char *const perf_tool_packages[];
/* A param's check: are these names of events, separated by commas? Which exist only perf knows. */
int perf_tool_check_events(const struct param *p, const char *value, struct err *e);

#endif
