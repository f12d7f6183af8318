// SPDX-License-Identifier: GPL-2.0
/*
 * What QEMU's plugin counts (plugin.h, plugin_emit.c): no code in the guest, so these descriptors are for reading.
 * The key `plugin` of a target asks for them. ID is the window's name: pte, alloc, isolated, …
 */
#include "collectors/collector.h"

static const struct metric windows_metrics[] = {
	{ "window.<id>.count", "windows", DIR_NONE, "how often the window was opened" },
	{ "window.<id>.instructions", "instructions", DIR_LOWER, "executed in open windows" },
	{ "window.<id>.instructions.kernel", "instructions", DIR_LOWER, "of them in the kernel" },
	{ "window.<id>.instructions.user", "instructions", DIR_LOWER, "of them in user space" },
	{ "window.<id>.<event>", "events", DIR_LOWER,
	  "instructions that one class of costly ones holds: `ipte.global`, `tlbi.broadcast`, "
	  "`cr3_write`, …" },
	{ "window.<id>.quiesce", "events", DIR_LOWER,
	  "all instructions that stall every CPU of the machine, where the architecture has such" },
	{ .name = NULL },
};

const struct collector collector_windows = {
	.name = "windows",
	.summary =
		"instructions and costly events in windows of workloads, counted by the emulator",
	.where = "`plugin: windows` of a target under TCG",
	.metrics = windows_metrics,
};

static const struct metric where_metrics[] = {
	{ "window.<id>.in.<function>", "instructions", DIR_LOWER,
	  "executed in this function of the kernel, of the N that executed most" },
	{ .name = NULL },
};

const struct collector collector_where = {
	.name = "where",
	.summary = "functions of the kernel in which a window's instructions were executed",
	.where = "`plugin: where=N` of a target under TCG",
	.metrics = where_metrics,
};

static const struct metric call_metrics[] = {
	{ "window.<id>.call.<function>", "calls", DIR_LOWER, "of the function that was named" },
	{ .name = NULL },
};

const struct collector collector_call = {
	.name = "call",
	.summary = "calls of functions of the kernel in windows",
	.where = "`plugin: call=FUNCTION` of a target under TCG",
	.metrics = call_metrics,
};

static const struct metric excursions_metrics[] = {
	{ "window.<id>.excursions", "excursions", DIR_LOWER,
	  "stays of an isolated task in the kernel" },
	{ "window.<id>.excursion_length", "instructions", DIR_LOWER,
	  "executed in these stays; distribution, total and longest" },
	{ .name = NULL },
};

const struct collector collector_excursions = {
	.name = "excursions",
	.summary =
		"stays of an isolated task in the kernel: number, length, and what the longest were",
	.where = "`plugin: excursions=on` of a target under TCG",
	.metrics = excursions_metrics,
};
