// SPDX-License-Identifier: GPL-2.0
/* kdelta show: one run as it was (boots, kernels, what went wrong), one boot, or the list of runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "results/report.h"
#include "results/store.h"
#include "runner/commands.h"
#include "runner/paths.h"

#define LIST_MAX 50

struct show_opts {
	const char *db;
	bool list;
	int boot;
};

static void add_time(struct str *out, long long ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	char buf[32];

	localtime_r(&t, &tm);
	strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M:%S", &tm);
	str_add(out, buf);
}

static void run_line(const struct store_run_row *r, struct str *out)
{
	str_addf(out, "run %lld  ", r->id);
	add_time(out, r->started);
	str_addf(out, "  %s  %s  %lld ok, %lld broken, %lld planned, %lld records\n", r->suite,
		 r->status, r->nok, r->nbroken, r->nplanned, r->nrecords);
}

static int list_runs(struct store *s, struct str *out, struct err *e)
{
	struct store_run_row *rows;
	size_t n;

	if (store_runs(s, LIST_MAX, &rows, &n, e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		run_line(&rows[i], out);
		store_run_row_release(&rows[i]);
	}
	free(rows);
	if (!n)
		str_add(out, "no runs yet\n");
	return 0;
}

static int show_variants(struct store *s, long long id, struct str *out, struct err *e)
{
	struct store_variant_row *rows;
	size_t n;

	if (store_variants(s, id, &rows, &n, e))
		return -1;
	str_add(out, "\nvariants:\n");
	for (size_t i = 0; i < n; i++) {
		const struct store_variant_row *v = &rows[i];

		str_addf(out,
			 "  %s on %s: %s, %s, build %.8s, code and read-only data %lld bytes\n",
			 v->variant, v->target, v->release, v->compiler, v->kernel_key, v->text);
		str_addf(out, "    command line: %s\n", v->cmdline);
	}
	store_variants_free(rows, n);
	return 0;
}

/* One boot, or all with @boot 0; @known: there is such a boot. */
static int show_boots(struct store *s, long long id, long long boot, struct str *out, bool *known,
		      struct err *e)
{
	struct store_boot_row *rows;
	size_t n;

	*known = false;
	if (store_boots(s, id, NULL, &rows, &n, e))
		return -1;
	str_add(out, boot ? "boot:\n" : "\nboots:\n");
	for (size_t i = 0; i < n; i++) {
		if (boot && rows[i].id != boot)
			continue;
		*known = true;
		str_addf(out, "  %lld  %s block %d.%d  %s  %s%s%s\n", rows[i].id, rows[i].target,
			 rows[i].block, rows[i].position, rows[i].variant, rows[i].status,
			 rows[i].reason ? ": " : "", rows[i].reason ? rows[i].reason : "");
	}
	store_boots_free(rows, n);
	return 0;
}

static int show_states(struct store *s, long long id, struct str *out, struct err *e)
{
	struct store_state_row *rows;
	size_t n;

	if (store_states(s, id, &rows, &n, e))
		return -1;
	if (n)
		str_add(out, "\nworkloads that did not end well:\n");
	for (size_t i = 0; i < n; i++)
		str_addf(out, "  %s: %s in '%s' on %s, block %d: %s\n", rows[i].state,
			 rows[i].label, rows[i].variant, rows[i].target, rows[i].block,
			 rows[i].reason ? rows[i].reason : "");
	store_states_free(rows, n);
	return 0;
}

/* "    w0 round 2 cpu 3 trace.timeline: …"; further lines of the text are indented below it. */
static void note_line(const struct store_note_row *r, struct str *out)
{
	cleanup_strv struct strv lines = STRV_INIT;

	str_add(out, "   ");
	if (r->workload >= 0)
		str_addf(out, " w%d", r->workload);
	if (r->round >= 0)
		str_addf(out, " round %d", r->round);
	if (r->cpu >= 0)
		str_addf(out, " cpu %d", r->cpu);
	strv_split(&lines, r->value, "\n");
	str_addf(out, " %s: %s\n", r->key, lines.n ? lines.v[0] : "");
	for (size_t i = 1; i < lines.n; i++)
		str_addf(out, "        %s\n", lines.v[i]);
}

/* Of one boot, or, with @boot 0, how many there are. */
static int show_notes(struct store *s, long long id, long long boot, struct str *out, struct err *e)
{
	struct store_note_row *rows;
	bool first = true;
	size_t n;

	if (store_notes(s, id, NULL, &rows, &n, e))
		return -1;
	if (!boot && n)
		str_addf(out, "\nnotes: %zu; 'kdelta show %lld --boot N' prints those of a boot\n",
			 n, id);
	for (size_t i = 0; boot && i < n; i++) {
		if (rows[i].boot != boot)
			continue;
		str_add(out, first ? "\nnotes:\n" : "");
		first = false;
		note_line(&rows[i], out);
	}
	store_notes_free(rows, n);
	return 0;
}

static int show_artifacts(struct store *s, long long id, long long boot, struct str *out,
			  struct err *e)
{
	struct store_artifact_row *rows;
	bool first = true;
	size_t n;

	if (store_artifacts(s, id, &rows, &n, e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct store_artifact_row *r = &rows[i];

		if (boot && r->boot != boot)
			continue;
		str_add(out, first ? "\nartifacts:\n" : "");
		first = false;
		str_addf(out, "  boot %lld '%s' on %s, %s: %s (%lld bytes, sha256 %.12s)\n",
			 r->boot, r->variant, r->target, r->label, r->a.path, r->a.size,
			 r->a.sha256);
	}
	store_artifacts_free(rows, n);
	return 0;
}

static int show_boot(struct store *s, long long run, long long boot, struct str *out, struct err *e)
{
	struct store_run_row r;
	bool known;

	if (store_run_get(s, run, &r, e))
		return -1;
	run = r.id;
	store_run_row_release(&r);
	if (show_boots(s, run, boot, out, &known, e))
		return -1;
	if (!known)
		return err_set(e, ERR_USAGE,
			       "run %lld has no boot %lld; 'kdelta show %lld' lists them", run,
			       boot, run);
	if (show_notes(s, run, boot, out, e) || show_artifacts(s, run, boot, out, e))
		return -1;
	return 0;
}

static int show_run(struct store *s, long long id, struct str *out, struct err *e)
{
	struct store_run_row r;
	bool known;

	if (store_run_get(s, id, &r, e))
		return -1;
	run_line(&r, out);
	str_addf(out,
		 "  %s\n  baseline %s, seed %llu, %d blocks per target, kdelta %s\n  on %s (%s)\n",
		 r.description, r.baseline, (unsigned long long)r.seed, r.boots, r.kdelta_version,
		 r.hostname, r.cpu_model);
	id = r.id;
	store_run_row_release(&r);
	if (show_variants(s, id, out, e) || show_boots(s, id, 0, out, &known, e) ||
	    show_states(s, id, out, e) || show_notes(s, id, 0, out, e))
		return -1;
	return show_artifacts(s, id, 0, out, e);
}

/* Text from the guest is in the reasons: nothing of it may steer a terminal. */
static void print_safe(struct str *s)
{
	char *line, *rest = s->buf;

	while ((line = strsep(&rest, "\n"))) {
		cleanup_str struct str clean = STR_INIT;

		report_clean(line, &clean);
		printf("%s%s", clean.buf, rest ? "\n" : "");
	}
}

static int cmd_show(void *opts, const struct strv *args, const struct strv *rest, struct err *e)
{
	const struct show_opts *o = opts;
	cleanup_str struct str out = STR_INIT;
	struct store *s;
	long long id;
	int ret;

	(void)rest;
	if (run_argument(args, &id, e))
		return (int)e->kind;
	s = store_open(o->db ? o->db : paths_db(), true, e);
	if (!s)
		return (int)e->kind;
	if (o->list)
		ret = list_runs(s, &out, e);
	else
		ret = o->boot ? show_boot(s, id, o->boot, &out, e) : show_run(s, id, &out, e);
	store_close(s);
	print_safe(&out);
	return ret ? (int)e->kind : 0;
}

static const struct option_desc show_options[] = {
	{ .name = "list",
	  .letter = 'l',
	  .type = OPT_FLAG,
	  .offset = offsetof(struct show_opts, list),
	  .help = "list the newest runs instead" },
	{ .name = "boot",
	  .type = OPT_INT,
	  .arg = "N",
	  .min = 1,
	  .max = 2147483647,
	  .offset = offsetof(struct show_opts, boot),
	  .help = "one boot of the run, with its notes (timelines, versions, what is not honoured)" },
	{ .name = "db",
	  .type = OPT_STRING,
	  .arg = "FILE",
	  .offset = offsetof(struct show_opts, db),
	  .help = "the database (default: kdelta.db in the user's data folder)" },
	{ .name = NULL },
};

const struct command command_show = {
	.name = "show",
	.usage = "[RUN] [options]",
	.summary = "one run: its boots, kernels, and what went wrong",
	.help = "Shows a run (default: the newest) as it was stored.",
	.examples = "kdelta show\n"
		    "kdelta show 3\n"
		    "kdelta show 3 --boot 17   # what that boot had to say\n"
		    "kdelta show --list",
	.options = show_options,
	.max_args = 1,
	.size = sizeof(struct show_opts),
	.run = cmd_show,
};
