// SPDX-License-Identifier: GPL-2.0
/* What the guest is told: every line, numbered by place, and readable by the guest's own tokenizer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/guestplan.h"
#include "tests/unit/config_folder.h"
#include "tests/unit/probe_collectors.h"

PROBE_COLLECTORS

static char *write_plan(const struct guestplan *p)
{
	struct str out = STR_INIT;

	guestplan_write(p, &out);
	return str_detach(&out);
}

static void shell(void **state)
{
	const struct guestplan p = { .mode = "shell" };
	cleanup_free char *got = write_plan(&p);

	config_folder_equal(*state, "nothing but the mode", "shell", got,
			    "plan version=1 mode=shell\nend\n");
}

static void exec(void **state)
{
	cleanup_strv struct strv args = STRV_INIT, tokens = STRV_INIT;
	const struct guestplan p = {
		.mode = "exec", .release = "7.3.4", .tokens = &tokens, .args = &args
	};
	cleanup_free char *got = NULL;

	strv_push(&tokens, "init_on_alloc=1");
	strv_push(&args, "echo");
	strv_push(&args, "a b\n100%");
	strv_push(&args, "");
	got = write_plan(&p);
	config_folder_equal(*state, "arguments of all kinds", "exec", got,
			    "plan version=1 mode=exec\nexpect release=7.3.4\n"
			    "token value=init_on_alloc=1\narg value=echo\n"
			    "arg value=a%20b%0A100%25\narg value=\nend\n");
}

static void run(void **state)
{
	static const struct {
		const char *name;
		size_t chosen[2];
		size_t n;
		bool skip[2];
		const char *want;
	} rows[] = {
		{ "one",
		  { 0 },
		  1,
		  { false },
		  "workload w=0 name=none rounds=5 warmup=1 timeout=60\nend\n" },
		{ "in the order of the choice",
		  { 1, 0 },
		  2,
		  { false },
		  "workload w=1 name=none rounds=5 warmup=1 timeout=60\nend\n" },
		{ "numbered by place, not by suite",
		  { 1 },
		  1,
		  { false },
		  "workload w=0 name=kmalloc_bench rounds=5 warmup=1 timeout=60\n"
		  "param w=0 name=size value=64\nparam w=0 name=batch value=128\n" },
		{ "a skipped one keeps its number",
		  { 1, 0 },
		  2,
		  { true, false },
		  "den=2\nworkload w=1 name=none rounds=5 warmup=1 timeout=60\nend\n" },
		{ "nothing left", { 0 }, 1, { true }, "den=2\nend\n" },
	};
	static const struct guest_clock clock = { "instructions", "instructions", EV_SIMULATED, 1,
						  2 };
	struct config_folder *w = *state;
	const struct suite *s;
	struct err e = ERR_INIT;

	config_folder_write(w, "suites/x.yaml",
			    "variants: base\ntargets: t\nworkloads: [none, kmalloc_bench]\n");
	s = config_suite(w->config, "x", &e);
	assert_non_null(s);
	for (size_t i = 0; i < NROWS(rows); i++) {
		const struct guestplan p = {
			.mode = "run",
			.release = "7.3.4",
			.machine = "x86_64",
			.clock = &clock,
			.workloads = s->workloads,
			.chosen = rows[i].chosen,
			.skip = rows[i].skip,
			.nchosen = rows[i].n,
		};
		cleanup_free char *got = write_plan(&p);

		config_folder_contains(w, rows[i].name, "run", got,
				       "plan version=1 mode=run\nexpect release=7.3.4 machine=x86_64\n"
				       "clock suffix=instructions unit=instructions ev=simulated num=1 "
				       "den=2\n");
		config_folder_contains(w, rows[i].name, "run", got, rows[i].want);
	}
}

/* Every parameter of the descriptor is there, and every line can be split again. */
static void complete(void **state)
{
	static const size_t chosen[] = { 0 };
	struct config_folder *w = *state;
	struct guestplan p = { .mode = "run", .chosen = chosen, .nchosen = 1 };
	cleanup_strv struct strv lines = STRV_INIT;
	cleanup_free char *text = NULL;
	struct err e = ERR_INIT;
	const struct suite *s;
	size_t params = 0;

	config_folder_write(w, "suites/x.yaml",
			    "variants: base\ntargets: t\nworkloads: [kmalloc_bench: {size: 7}]\n");
	s = config_suite(w->config, "x", &e);
	assert_non_null(s);
	p.workloads = s->workloads;
	text = write_plan(&p);
	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.n; i++) {
		struct fields f;

		assert_int_equal(fields_parse(&f, lines.v[i], strlen(lines.v[i]), &e), 0);
		if (!strcmp(f.word, "param")) {
			const struct param *d = &s->workloads[0].w->params[params++];

			assert_string_equal(fields_get(&f, "name"), d->name);
			assert_string_equal(fields_get(&f, "value"),
					    strcmp(d->name, "size") ? d->def : "7");
		}
		fields_release(&f);
	}
	assert_int_equal(params, s->workloads[0].nparams);
	assert_null(s->workloads[0].w->params[params].name);
}

/* The canary replaces one parameter, where there is one, and nothing else. */
static void canary(void **state)
{
	static const size_t chosen[] = { 0, 1 };
	struct config_folder *w = *state;
	struct guestplan p = { .mode = "run", .chosen = chosen, .nchosen = 2 };
	cleanup_free char *plain = NULL, *with = NULL;
	struct err e = ERR_INIT;
	const struct suite *s;
	char *at;

	config_folder_write(w, "suites/x.yaml",
			    "variants: base\ntargets: t\nworkloads: [none, kmalloc_bench]\n");
	s = config_suite(w->config, "x", &e);
	assert_non_null(s);
	p.workloads = s->workloads;
	plain = write_plan(&p);
	p.canary = 7;
	with = write_plan(&p);
	at = strstr(with, "name=canary value=7\n");
	assert_non_null(at);
	at[strlen("name=canary value=")] = '0';
	config_folder_equal(w, "the rest", "run", with, plain);
}

/* Collectors stand once, behind the workloads that they watch. */
static void watched(void **state)
{
	static const struct {
		const char *name;
		bool skip[2];
		const char *want;
	} rows[] = {
		{ "both",
		  { false, false },
		  "workload w=0 name=none rounds=5 warmup=1 timeout=60\n"
		  "collector c=0 name=quiet\ncollector c=1 name=probe\n"
		  "param c=1 name=depth value=4\nparam c=1 name=events value=a%20b\n"
		  "param c=1 name=deep value=false\nend\n" },
		{ "a skipped one keeps its number",
		  { true, false },
		  "timeout=60\ncollector c=1 name=probe\nparam c=1 name=depth value=4\n" },
		{ "none left", { true, true }, "timeout=60\nend\n" },
	};
	static const size_t chosen[] = { 0 };
	struct config_folder *w = *state;
	struct err e = ERR_INIT;
	const struct suite *s;

	config_folder_write(w, "suites/x.yaml",
			    "variants: base\ntargets: t\nworkloads: [none]\n"
			    "collectors: [quiet, probe: {depth: 4}]\n");
	s = config_suite(w->config, "x", &e);
	assert_non_null(s);
	for (size_t i = 0; i < NROWS(rows); i++) {
		const struct guestplan p = {
			.mode = "run",
			.workloads = s->workloads,
			.chosen = chosen,
			.nchosen = 1,
			.collectors = s->collectors,
			.skip_collector = rows[i].skip,
			.ncollectors = s->ncollectors,
		};
		cleanup_free char *got = write_plan(&p);

		config_folder_contains(w, rows[i].name, "watched", got, rows[i].want);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		config_folder_test(shell),  config_folder_test(exec),
		config_folder_test(run),    config_folder_test(complete),
		config_folder_test(canary), config_folder_test(watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
