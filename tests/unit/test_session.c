// SPDX-License-Identifier: GPL-2.0
/* Sessions on the fake target: what makes a boot ok or broken, and what is left of a session when it has ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/session.h"
#include "tests/unit/config_folder.h"
#include "tests/unit/probe_collectors.h"

PROBE_COLLECTORS

static const struct workload plain = { .name = "plain" };
static const struct workload wide = { .name = "wide", .cpus = 2 };
static const struct workload other = { .name = "other" };
const struct workload *const workloads[] = { &plain, &wide, &other, NULL };

#define HEAD "kdelta version=1\nstart release=7.3.4 machine=s390x cmdline=a cpus=1\n"
#define VALUE(w)                                                                                   \
	"value w=" w " metric=m unit=ns dir=lower ev=simulated stat=mean round=0 cpu=-1 value=1\n"
#define PLAIN "begin w=0\n" VALUE("0") "done w=0 state=ok\n"
#define OTHER "begin w=2\n" VALUE("2") "done w=2 state=ok\n"
#define WHOLE HEAD PLAIN OTHER "end records=2\n"

/* A session of one arm, and where its files are. */
struct world {
	struct config_folder *w;
	struct session session;
	struct plan plan;
};

static void open_session(struct world *o, const char *target, const char *log_dir)
{
	const struct plan_options options = { .seed = 1 };
	struct err e = ERR_INIT;
	const struct suite *s;

	config_folder_write(o->w, "targets/x.yaml", target);
	config_folder_write(o->w, "suites/x.yaml",
			    "variants: base\ntargets: x\nboots: 2\nworkloads: [plain, wide, other]\n");
	config_folder_reload(o->w);
	s = config_suite(o->w->config, "x", &e);
	if (!s || plan_make(o->w->config, s, &options, &o->plan, &e) ||
	    session_init(&o->session, &o->plan, log_dir, &e) ||
	    session_prepare(&o->session, &(struct build_options){ 0 }, NULL, &e))
		fail_msg("no session: %s", e.msg);
}

static void close_session(struct world *o)
{
	session_release(&o->session);
	plan_release(&o->plan);
}

#define TARGET "backend: fake\narch: s390x\ncpus: 1\nfake_records: ../records\n"

/* NULL: no such file or folder. */
static void put(const struct world *o, const char *name, const char *text)
{
	cleanup_free char *path = path_join(o->w->dir.buf, name);

	assert_int_equal(tree_remove(path, NULL), 0);
	if (text)
		config_folder_write(o->w, name, text);
}

/* "ok: 2 records; wide skipped" or "broken: why: 0 records; wide skipped" */
static char *boot(const struct world *o, const volatile int *cancel)
{
	struct session_boot b;
	struct str out = STR_INIT;
	struct err e = ERR_INIT;

	if (session_boot(&o->session, &o->plan.order[0], "log", cancel, &b, &e)) {
		str_addf(&out, "error: %s", e.msg);
	} else {
		str_addf(&out, "%s: %s%s%zu records", b.status, b.reason ? b.reason : "",
			 b.reason ? ": " : "", b.records.nrec);
		for (size_t i = 0; i < b.records.ndone; i++) {
			const char *name = workloads[b.records.done[i].workload]->name;

			if (b.records.done[i].state != WL_OK)
				str_addf(&out, "; %s %s", name,
					 wl_state_name(b.records.done[i].state));
		}
	}
	session_boot_release(&b);
	return str_detach(&out);
}

static void boots(void **state)
{
	static const struct {
		const char *name, *records, *fail, *want;
	} rows[] = {
		{ "a whole one", WHOLE, NULL, "ok: 2 records; wide skipped" },
		{ "one that says of no workload how it ended", HEAD "end records=0\n", NULL,
		  "ok: 0 records; plain broken; wide skipped; other broken" },
		{ "said nothing", "", NULL,
		  "broken: the machine went off before the start line: 0 records; wide skipped" },
		{ "cut in a value", HEAD PLAIN "begin w=2\nvalue w=2 met", NULL,
		  "broken: the machine went off before the end line: 1 records; wide skipped" },
		{ "cut in the end line", HEAD PLAIN "end rec", NULL,
		  "broken: the machine went off before the end line: 1 records; wide skipped" },
		{ "a record lost", HEAD PLAIN "end records=2\n", NULL,
		  "broken: records line 6: 2 records were sent, 1 arrived: 1 records; wide skipped" },
		{ "a line of nothing known", HEAD PLAIN "what\nend records=1\n", NULL,
		  "broken: records line 6: unknown word 'what': 1 records; wide skipped" },
		{ "the machine ended badly, the stream well", WHOLE, "panic: canned\n",
		  "broken: panic: canned: 2 records; wide skipped" },
		{ "what the guest calls fatal comes first",
		  HEAD "info key=fatal value=no%20such%20release\n", "panic: canned\n",
		  "broken: no such release: 0 records; wide skipped" },
		{ "fatal, though the stream is whole",
		  HEAD PLAIN "info key=fatal value=hung\nend records=1\n", NULL,
		  "broken: hung: 1 records; wide skipped; other broken" },
		{ "a workload that failed",
		  HEAD "begin w=0\ndone w=0 state=failed reason=x\n" OTHER "end records=1\n", NULL,
		  "ok: 1 records; plain failed; wide skipped" },
		{ "one that hangs", HEAD "begin w=0\nend records=0\n", NULL,
		  "broken: records line 4: end while workload 0 runs: 0 records; wide skipped" },
		{ "the host knows what it left out",
		  HEAD PLAIN "begin w=1\n" VALUE("1") "done w=1 state=ok\n" OTHER "end records=3\n",
		  NULL, "ok: 3 records; wide skipped" },
		{ "a workload that is not in the plan", HEAD "begin w=3\n", NULL,
		  "broken: the machine went off before the end line: 0 records; wide skipped" },
	};
	struct world o = { .w = *state };

	put(&o, "records/base.records", WHOLE);
	open_session(&o, TARGET, NULL);
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *got = NULL;

		put(&o, "records/base.records", rows[i].records);
		put(&o, "records/base.fail", rows[i].fail);
		got = boot(&o, NULL);
		config_folder_equal(o.w, rows[i].name, rows[i].records, got, rows[i].want);
	}
	close_session(&o);
}

static void interrupted(void **state)
{
	const volatile int cancel = 1;
	struct world o = { .w = *state };
	cleanup_free char *got = NULL;

	put(&o, "records/base.records", WHOLE);
	open_session(&o, TARGET "fake_delay: 3600000\n", NULL);
	got = boot(&o, &cancel);
	assert_string_equal(got, "broken: interrupted: 2 records; wide skipped");
	close_session(&o);
}

/* The log is named and there when it can be written; else the boot is an error, and no result. */
static void logs(void **state)
{
	struct world o = { .w = *state };
	cleanup_free char *dir = path_join(o.w->dir.buf, "console");
	cleanup_free char *log = path_join(dir, "log.log");
	cleanup_free char *got = NULL, *want = NULL;
	cleanup_str struct str text = STR_INIT;
	struct session_boot b;

	put(&o, "records/base.records", WHOLE);
	put(&o, "records/base.console", "Linux\n");
	open_session(&o, TARGET, dir);
	got = boot(&o, NULL);
	want = xasprintf("error: cannot write '%s': No such file or directory", log);
	assert_string_equal(got, want);
	assert_int_equal(dir_make(dir, NULL), 0);
	assert_int_equal(session_boot(&o.session, &o.plan.order[1], "log", NULL, &b, NULL), 0);
	assert_string_equal(b.console_log, log);
	assert_true(b.started > 1600000000000LL);
	session_boot_release(&b);
	assert_int_equal(file_read(log, 0, &text, NULL), 0);
	assert_string_equal(text.buf, "Linux\n");
	close_session(&o);
}

static void no_records(void **state)
{
	struct world o = { .w = *state };
	cleanup_free char *got = NULL;

	put(&o, "records/base.records", WHOLE);
	open_session(&o, TARGET, NULL);
	put(&o, "records/base.records", NULL);
	got = boot(&o, NULL);
	assert_true(str_starts(got, "error: cannot boot 'base': no canned records"));
	close_session(&o);
}

static size_t entries(const char *dir)
{
	cleanup_strv struct strv names = STRV_INIT;

	assert_int_equal(dir_list(dir, NULL, &names, NULL), 0);
	return names.n;
}

/* A session leaves nothing in the folder of temporary files, however far it came. */
static void folder_of_a_session(void **state)
{
	static const struct {
		const char *name, *target, *want; /* the error of preparing it, or NULL */
	} rows[] = {
		{ "prepared", TARGET, NULL },
		{ "records that are gone", "backend: fake\narch: s390x\nfake_records: ../gone\n",
		  "no folder of canned records" },
	};
	struct world o = { .w = *state };
	cleanup_free char *tmp = path_join(o.w->dir.buf, "tmp");

	put(&o, "records/base.records", WHOLE);
	assert_int_equal(dir_make(tmp, NULL), 0);
	assert_int_equal(setenv("TMPDIR", tmp, 1), 0);
	for (size_t i = 0; i < NROWS(rows); i++) {
		const struct plan_options options = { .seed = 1 };
		struct err e = ERR_INIT;
		const struct suite *s;
		int ret;

		put(&o, "gone/base.records", WHOLE);
		config_folder_write(o.w, "targets/y.yaml", rows[i].target);
		config_folder_write(o.w, "suites/y.yaml",
				    "variants: base\ntargets: y\nworkloads: [plain]\n");
		config_folder_reload(o.w);
		s = config_suite(o.w->config, "y", &e);
		if (!s || plan_make(o.w->config, s, &options, &o.plan, &e))
			fail_msg("%s: %s", rows[i].name, e.msg);
		put(&o, "gone", NULL);
		assert_int_equal(session_init(&o.session, &o.plan, NULL, &e), 0);
		ret = session_prepare(&o.session, &(struct build_options){ 0 }, NULL, &e);
		config_folder_contains(o.w, rows[i].name, rows[i].target, ret ? e.msg : "prepared",
				       rows[i].want ? rows[i].want : "prepared");
		assert_int_equal(entries(tmp), ret ? 0 : 2);
		close_session(&o);
		assert_int_equal(entries(tmp), 0);
	}
	assert_int_equal(unsetenv("TMPDIR"), 0);
}

/* Panics end a boot; what target and variant add comes behind, in this order; what does not fit is refused. */
static void command_lines(void **state)
{
	static char console[] = "ttyS0";
	struct arch arch = { .name = "tiny", .cmdline_max = 1000 };
	struct target t = { .name = "t", .arch = &arch, .console = console };
	struct variant v = { .name = "v" };
	cleanup_strv struct strv got = STRV_INIT, again = STRV_INIT;
	cleanup_str struct str text = STR_INIT;
	struct err e = ERR_INIT;
	size_t len;

	(void)state;
	strv_push(&t.cmdline, "of=target");
	strv_push(&v.cmdline, "of=variant");
	assert_int_equal(session_cmdline(&t, &v, &got, &e), 0);
	strv_quote(&got, &text);
	assert_string_equal(text.buf, "console=ttyS0 panic=-1 loglevel=5 of=target of=variant");
	/* exactly what fits, found by asking: all of it and, in between, nothing that would be cut */
	for (len = text.len; len <= 1000; len++) {
		arch.cmdline_max = (unsigned int)len;
		strv_release(&again);
		if (!session_cmdline(&t, &v, &again, NULL))
			break;
	}
	assert_in_range(len, text.len + 1, text.len + 64);
	strv_push(&v.cmdline, "");
	strv_release(&again);
	assert_int_equal(session_cmdline(&t, &v, &again, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_non_null(strstr(e.msg, "the kernel command line of 'v' on 't' has "));
	assert_non_null(strstr(e.msg, " bytes, tiny takes "));
	strv_release(&t.cmdline);
	strv_release(&v.cmdline);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		config_folder_test(boots),
		config_folder_test(interrupted),
		config_folder_test(logs),
		config_folder_test(no_records),
		config_folder_test(folder_of_a_session),
		cmocka_unit_test(command_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
