// SPDX-License-Identifier: GPL-2.0
/*
 * hackbench (rt-tests): groups of senders and receivers that pass messages through pipes, which is scheduling, waking
 * and the pipe's pages. Always pipes: the measured kernels have no sockets.
 */
#include "workloads/hackbench.h"

#include <string.h>

#include "results/record.h"
#include "workloads/tool.h"
#include "workloads/workload.h"

static int not_read(const char *what, struct err *e)
{
	return err_set(e, ERR_INFRA, "cannot read the output of hackbench: no %s", what);
}

/* The number in front of @after: " with 1 groups" */
static int number_before(const char *line, const char *after, uint64_t *out)
{
	cleanup_strv struct strv words = STRV_INIT;
	const char *at = strstr(line, after);
	cleanup_free char *head = at ? xstrndup(line, (size_t)(at - line)) : NULL;

	if (!head)
		return -1;
	strv_split(&words, head, " (");
	return words.n ? tool_count(words.v[words.n - 1], out) : -1;
}

/*
 * Running in process mode with 1 groups using 4 file descriptors each (== 4 tasks)
 * Each sender will pass 10 messages of 100 bytes
 * Time: 0.002
 */
int hackbench_parse(const char *text, struct hackbench_result *r, struct err *e)
{
	cleanup_free char *running = tool_line(text, "Running in "),
			  *each = tool_line(text, "Each sender will pass "),
			  *time = tool_line(text, "Time: ");

	if (!running || number_before(running, " groups", &r->groups))
		return not_read("number of groups", e);
	if (number_before(running, " tasks", &r->tasks))
		return not_read("number of tasks", e);
	if (!each || number_before(each, " messages", &r->loops))
		return not_read("number of messages", e);
	if (!time || number_parse(time, &r->seconds) || r->seconds < 0)
		return not_read("time", e);
	return 0;
}

double hackbench_messages(const struct hackbench_result *r)
{
	double half = (double)r->tasks / 2;

	return (double)r->groups * half * half * (double)r->loops;
}

static int hackbench_setup(struct workload_ctx *c, struct err *e)
{
	return tool_need(c, "hackbench", e);
}

/* Short options alone: hackbench 2.4 reads some of its long ones wrongly. */
static void push_number(struct strv *argv, const char *option, long long n)
{
	strv_push(argv, option);
	strv_pushf(argv, "%lld", n);
}

static void push_args(const struct workload_ctx *c, struct strv *argv)
{
	strv_push(argv, "hackbench");
	strv_push(argv, "-p");
	strv_push(argv, wctx_int(c, "threads") ? "-T" : "-P");
	push_number(argv, "-g", wctx_int(c, "groups"));
	push_number(argv, "-f", wctx_int(c, "fds"));
	push_number(argv, "-l", wctx_int(c, "loops"));
	push_number(argv, "-s", wctx_int(c, "datasize"));
}

/* A hackbench that reads its options in another way measures something else. */
static int check(struct workload_ctx *c, const struct hackbench_result *r, struct err *e)
{
	uint64_t groups = (uint64_t)wctx_int(c, "groups"), tasks = 2 * (uint64_t)wctx_int(c, "fds"),
		 loops = (uint64_t)wctx_int(c, "loops");

	if (r->groups == groups && r->tasks == tasks && r->loops == loops)
		return 0;
	return wctx_fail(c, e,
			 "hackbench ran %llu groups of %llu tasks and %llu messages, not %llu of "
			 "%llu and %llu",
			 (unsigned long long)r->groups, (unsigned long long)r->tasks,
			 (unsigned long long)r->loops, (unsigned long long)groups,
			 (unsigned long long)tasks, (unsigned long long)loops);
}

static void record(struct workload_ctx *c, const struct hackbench_result *r, const struct exec *x)
{
	double messages = hackbench_messages(r);

	wctx_value(c, "messages", "count", -1, messages);
	wctx_value(c, "time", "total", -1, r->seconds * 1e9);
	wctx_value(c, "message_time", "mean", -1, x->wall * 1e9 / messages);
	wctx_value(c, "user_time", "total", -1, x->user * 1e9);
	wctx_value(c, "sys_time", "total", -1, x->sys * 1e9);
}

static int hackbench_round(struct workload_ctx *c, struct err *e)
{
	cleanup_strv struct strv argv = STRV_INIT;
	struct hackbench_result r = { 0 };
	struct exec x;
	int ret;

	push_args(c, &argv);
	ret = tool_run(&argv, &x, e) || hackbench_parse(x.out.buf, &r, e) || check(c, &r, e);
	if (!ret)
		record(c, &r, &x);
	exec_release(&x);
	return ret ? -1 : 0;
}

static const struct param hackbench_params[] = {
	{ .name = "groups",
	  .type = PARAM_INT,
	  .unit = "groups",
	  .min = 1,
	  .max = 1000,
	  .def = "1",
	  .help = "groups of senders and receivers" },
	{ .name = "fds",
	  .type = PARAM_INT,
	  .unit = "senders",
	  .min = 1,
	  .max = 1000,
	  .def = "20",
	  .help = "senders of a group, and as many receivers" },
	{ .name = "loops",
	  .type = PARAM_INT,
	  .unit = "messages",
	  .min = 1,
	  .max = 10000000,
	  .def = "100",
	  .help = "messages of each sender to each receiver" },
	{ .name = "datasize",
	  .type = PARAM_INT,
	  .unit = "bytes",
	  .min = 1,
	  .max = 65536,
	  .def = "100",
	  .help = "length of a message" },
	{ .name = "threads",
	  .type = PARAM_BOOL,
	  .unit = "",
	  .def = "false",
	  .help = "threads of one process instead of processes" },
	{ .name = NULL },
};

static const struct metric hackbench_metrics[] = {
	{ "messages", "messages", DIR_NONE, "messages that were passed" },
	{ "time", "ns", DIR_LOWER, "what hackbench says, in whole milliseconds" },
	{ "message_time", "ns/message", DIR_LOWER,
	  "wall-clock time per message, with starting and ending the tasks" },
	{ "user_time", "ns", DIR_LOWER, "user time of all tasks" },
	{ "sys_time", "ns", DIR_LOWER, "system time of all tasks" },
	{ .name = NULL },
};

static const char *const hackbench_packages[] = { "rt-tests", NULL };

const struct workload workload_hackbench = {
	.name = "hackbench",
	.summary = "groups of tasks that pass messages through pipes (rt-tests)",
	.packages = hackbench_packages,
	.params = hackbench_params,
	.metrics = hackbench_metrics,
	.setup = hackbench_setup,
	.round = hackbench_round,
};
