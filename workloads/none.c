// SPDX-License-Identifier: GPL-2.0
/* none: nothing at all, for the cost of a boot and for tests of the way from guest to store. */
#include "workloads/workload.h"

static int none_round(struct workload_ctx *c, struct err *e)
{
	(void)e;
	wctx_value(c, "rounds", "count", -1, 1);
	return 0;
}

static const struct metric none_metrics[] = {
	{ "rounds", "rounds", DIR_NONE, "1 for every round that ran" },
	{ .name = NULL },
};

const struct workload workload_none = {
	.name = "none",
	.summary = "nothing: what a boot itself costs",
	.metrics = none_metrics,
	.round = none_round,
};
