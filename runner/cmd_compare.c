// SPDX-License-Identifier: GPL-2.0
/* kdelta compare: two variants of one run, judged; or two kernels as they were built. */
#include <stdio.h>
#include <string.h>

#include "runner/commands.h"
#include "runner/compare_run.h"
#include "runner/compare_static.h"
#include "runner/paths.h"

struct compare_opts {
	const char *db;
	int run;
	const char *format;
	bool all;
	bool is_static;
	const char *target;
	struct strv calls;
	int top;
};

static int judge(struct store *s, const struct store_run_row *run, const char *a, const char *b,
		 const struct compare_options *o, struct str *out, bool *regressed, struct err *e)
{
	struct comparison c;
	int ret = compare_run_load(s, run, a, b, &c, e);

	if (!ret) {
		compare_run(&c);
		*regressed = comparison_regressed(&c);
		ret = compare_run_report(s, run, &c, o, out, e);
	}
	comparison_free(&c);
	return ret;
}

static int compare(const struct compare_opts *o, const char *a, const char *b, struct str *out,
		   bool *regressed, struct err *e)
{
	struct compare_options co = { .db = o->db ? o->db : paths_db(), .all = o->all };
	struct store *s = store_open(co.db, true, e);
	struct store_run_row run;
	int ret;

	if (!s)
		return -1;
	co.format = (enum report_format)report_format_parse(o->format ? o->format : "text");
	ret = store_run_get(s, o->run, &run, e);
	if (!ret) {
		ret = judge(s, &run, a, b, &co, out, regressed, e);
		store_run_row_release(&run);
	}
	store_close(s);
	return ret;
}

#define TOP_FUNCTIONS 20

static int compare_files(const struct compare_opts *o, const char *a, const char *b,
			 struct str *out, struct err *e)
{
	struct compare_static_options co = { .target = o->target, .calls = &o->calls };
	const char *format = o->format ? o->format : "text";

	co.top = o->top ? o->top : o->all ? 0 : TOP_FUNCTIONS;
	co.json = !strcmp(format, "json");
	if (!co.json && strcmp(format, "text"))
		return err_set(e, ERR_USAGE, "--static has the formats text and json, not %s",
			       format);
	return compare_static(a, b, &co, out, e);
}

static int cmd_compare(void *opts, const struct strv *args, const struct strv *rest, struct err *e)
{
	cleanup_str struct str out = STR_INIT;
	struct compare_opts *o = opts;
	bool regressed = false;
	int ret;

	(void)rest;
	if (o->is_static)
		ret = compare_files(o, args->v[0], args->v[1], &out, e);
	else
		ret = compare(o, args->v[0], args->v[1], &out, &regressed, e);
	strv_release(&o->calls);
	if (ret)
		return (int)e->kind;
	fputs(out.buf, stdout);
	return regressed ? 1 : 0;
}

static const char *const formats[] = { "text", "json", "csv", "markdown", NULL };

static const struct option_desc compare_options_table[] = {
	{ .name = "run",
	  .type = OPT_INT,
	  .arg = "RUN",
	  .min = 1,
	  .max = 2147483647,
	  .offset = offsetof(struct compare_opts, run),
	  .help = "which run (default: the newest)" },
	{ .name = "format",
	  .type = OPT_ENUM,
	  .arg = "F",
	  .choices = formats,
	  .offset = offsetof(struct compare_opts, format),
	  .help = "text, json, csv, markdown" },
	{ .name = "all",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct compare_opts, all),
	  .help = "every row: extremes, unchanged metrics without a direction, all figures of the kernels; "
		  "with --static every function" },
	{ .name = "db",
	  .type = OPT_STRING,
	  .arg = "FILE",
	  .offset = offsetof(struct compare_opts, db),
	  .help = "the database (default: kdelta.db in the user's data folder)" },
	{ .name = "static",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct compare_opts, is_static),
	  .help = "compare the built kernels themselves: A and B are variants or ELF files (vmlinux, .ko)" },
	{ .name = "target",
	  .type = OPT_STRING,
	  .arg = "T",
	  .offset = offsetof(struct compare_opts, target),
	  .help = "with --static: the target whose architecture is meant (default: this machine's)" },
	{ .name = "calls",
	  .type = OPT_LIST,
	  .arg = "FUNCTION",
	  .offset = offsetof(struct compare_opts, calls),
	  .help = "with --static: count the calls of this function too" },
	{ .name = "top",
	  .type = OPT_INT,
	  .arg = "N",
	  .min = 1,
	  .max = 1000000,
	  .offset = offsetof(struct compare_opts, top),
	  .help = "with --static: how many of the changed functions to list (default: 20)" },
	{ .name = NULL },
};

const struct command command_compare = {
	.name = "compare",
	.usage = "A B [options]",
	.summary = "judge variant B against variant A",
	.help = "Compares two variants of one run: effect with its 95 % interval, and a verdict (same, better, "
		"worse, changed, undecided). Counts that agree in all boots are compared exactly. Exit status 1 "
		"when a workload got worse. The correction for the number of comparisons is over these two variants "
		"alone, where that of 'kdelta run' is over all variants of the suite: a verdict can differ between "
		"the two. Sizes and call sites of the kernels stand below the workloads; they "
		"are judged, but more of them is no regression. Where the functions that a workload measures "
		"are the same code in both kernels, the report says so, and takes a statistical difference "
		"under equal command lines for noise. With --static nothing is run: sizes, call sites and atomic "
		"instructions are counted in the files, and the functions that changed most are listed.",
	.examples =
		"kdelta compare base init-on-alloc\n"
		"kdelta compare base rt --run 3 --format markdown   # for a cover letter\n"
		"kdelta compare base rt --format json --all | jq .\n"
		"kdelta compare base rt --static --target qemu-s390x   # text size, call sites, functions\n"
		"kdelta compare --static old/vmlinux new/vmlinux --calls kfree",
	.options = compare_options_table,
	.min_args = 2,
	.max_args = 2,
	.size = sizeof(struct compare_opts),
	.run = cmd_compare,
};
