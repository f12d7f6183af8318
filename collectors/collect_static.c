// SPDX-License-Identifier: GPL-2.0
/* What is read from vmlinux (static.h), without any boot. */
#include "collectors/collector.h"

static const struct metric metrics[] = {
	{ "<kind>", "bytes", DIR_LOWER, "sizes of sections: `text`, `rodata`, `data`, …" },
	{ "functions", "functions", DIR_NONE, "number of functions" },
	{ "function_bytes", "bytes", DIR_LOWER, "their code, without padding" },
	{ "instructions", "instructions", DIR_LOWER, "in the image" },
	{ "atomic.<class>", "instructions", DIR_LOWER, "atomic instructions of one class" },
	{ "calls.<function>", "sites", DIR_LOWER, "calls of the function in the code" },
	{ "jumps.<function>", "sites", DIR_LOWER, "jumps to it: calls at the end of another" },
	{ .name = NULL },
};

const struct collector collector_static = {
	.name = "static",
	.summary = "sizes, call sites and atomic instructions of the kernel image",
	.where = "every run, from vmlinux",
	.metrics = metrics,
};
