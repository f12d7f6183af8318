// SPDX-License-Identifier: GPL-2.0
/* The window of a workload that says itself where it is; around the others the framework opens one. */
#include "collectors/collector.h"
#include "workloads/workload.h"

void wctx_window_open(struct workload_ctx *c)
{
	if (c->w->own_window)
		collectors_start(c->collectors, c->r.round);
}

void wctx_window_close(struct workload_ctx *c)
{
	if (c->w->own_window)
		collectors_stop(c->collectors);
}

int wctx_module_run(struct workload_ctx *c, const char *path, struct err *e)
{
	int ret;

	wctx_window_open(c);
	ret = wctx_write(path, "1", e);
	wctx_window_close(c);
	return ret;
}
