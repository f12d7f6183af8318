// SPDX-License-Identifier: GPL-2.0
#include "tests/unit/probe_collectors.h"

static const char *const kconfig[] = { "CONFIG_PROBE=y", NULL };
static const char *const archs[] = { "x86_64", NULL };

static const struct param params[] = {
	{ .name = "depth",
	  .type = PARAM_INT,
	  .unit = "levels",
	  .min = 1,
	  .max = 9,
	  .def = "3",
	  .help = "how deep to look" },
	{ .name = "events", .type = PARAM_TEXT, .def = "a b", .help = "what to look for" },
	{ .name = "deep", .type = PARAM_BOOL, .def = "false", .help = "very deep" },
	{ .name = NULL },
};

static const struct metric metrics[] = {
	{ "probe.<event>", "events", DIR_LOWER, "what was found" },
	{ .name = NULL },
};

const struct collector collector_probe = {
	.name = "probe",
	.summary = "probes",
	.disturbs = "everything",
	.kconfig = kconfig,
	.archs = archs,
	.params = params,
	.metrics = metrics,
};

const struct collector collector_quiet = { .name = "quiet", .summary = "listens" };

const struct collector collector_outside = {
	.name = "outside",
	.summary = "is had elsewhere",
	.where = "key `plugin` of a target",
};
