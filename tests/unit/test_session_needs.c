// SPDX-License-Identifier: GPL-2.0
/* What an arm does not have is left out of its boots, and every boot says why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/session_needs.h"
#include "tests/unit/config_folder.h"
#include "tests/unit/probe_collectors.h"

PROBE_COLLECTORS

static const char *const kconfig[] = { "CONFIG_A=y", "CONFIG_B=n", NULL };
static const char *const on_s390x[] = { "s390x", NULL };
static const struct workload plain = { .name = "plain" };
static const struct workload picky = { .name = "picky", .kconfig = kconfig };
static const struct workload wide = { .name = "wide", .cpus = 2 };
static const struct workload strange = { .name = "strange", .archs = on_s390x, .cpus = 3 };
static const char *const packages[] = { "gcc", NULL };
static const struct workload tool = { .name = "tool", .packages = packages };
const struct workload *const workloads[] = { &plain, &picky, &wide, &strange, &tool, NULL };

#define SUITE                                                                                      \
	"variants: base\nworkloads: [plain, picky, wide, strange]\n"                               \
	"collectors: [quiet, probe]\n"

#define IMAGE_SUITE "variants: base\nworkloads: [plain, tool]\ncollectors: [quiet]\n"

static const char *name_of(const struct session *s, const struct record_set *rs, size_t i)
{
	return needs_workload(s, (size_t)rs->done[i].workload)->name;
}

/* "wide: needs 2 CPUs; …; note probe: …" */
static void describe(const struct session *s, const struct session_arm *a, struct str *out)
{
	struct record_set rs;

	record_set_init(&rs);
	needs_report(s, a, &rs);
	for (size_t i = 0; i < rs.ndone; i++) {
		assert_int_equal(rs.done[i].state, WL_SKIPPED);
		str_addf(out, "%s: %s; ", name_of(s, &rs, i), rs.done[i].reason);
	}
	for (size_t i = 0; i < rs.nnote; i++) {
		assert_int_equal(rs.note[i].workload, -1);
		str_addf(out, "%s %s; ", rs.note[i].key, rs.note[i].value);
	}
	for (size_t i = 0; i < s->plan->suite->ncollectors; i++)
		str_addf(out, "%s%s", i ? " " : "", a->skip_collector[i] ? "-" : "+");
	record_set_release(&rs);
}

static const struct row {
	const char *name;
	const char *suite;
	const char *target; /* its own lines */
	const char *config; /* of the kernel; NULL: before there is one */
	size_t arm;
	const char *want;
} rows[] = {
	{ "all is there", SUITE, "arch: s390x\ncpus: 3\n", "CONFIG_A=y\nCONFIG_PROBE=y\n", 0,
	  "collector.skipped probe: does not run on s390x; + -" },
	{ "an architecture, and CPUs", SUITE, "arch: x86_64\ncpus: 1\n", NULL, 0,
	  "wide: needs 2 CPUs, the target has 1; strange: does not run on x86_64; + +" },
	{ "options", SUITE, "arch: x86_64\ncpus: 2\n", "CONFIG_AA=y\nCONFIG_PROBE=m\n", 0,
	  "picky: the kernel has no CONFIG_A=y; strange: does not run on x86_64; "
	  "collector.skipped probe: the kernel has no CONFIG_PROBE=y; + -" },
	{ "an option too many", SUITE, "arch: x86_64\ncpus: 2\n",
	  "CONFIG_A=y\nCONFIG_B=y\nCONFIG_PROBE=y\n", 0,
	  "picky: the kernel has no CONFIG_B=n; strange: does not run on x86_64; + +" },
	{ "not meant to be observed", SUITE "observe: apart\n", "arch: s390x\ncpus: 3\n",
	  "CONFIG_A=y\n", 0, "+ -" },
	{ "meant to be observed", SUITE "observe: apart\n", "arch: s390x\ncpus: 3\n",
	  "CONFIG_A=y\n", 1, "collector.skipped probe: does not run on s390x; + -" },
	{ "the first reason stands", SUITE, "arch: s390x\ncpus: 2\n", "\n", 0,
	  "picky: the kernel has no CONFIG_A=y; strange: needs 3 CPUs, the target has 2; "
	  "collector.skipped probe: does not run on s390x; + -" },
	{ "a kernel that can mount a root image", IMAGE_SUITE, "arch: s390x\n",
	  "CONFIG_SQUASHFS=y\nCONFIG_SQUASHFS_ZSTD=y\nCONFIG_VIRTIO_BLK=y\n", 0, "+" },
	{ "one that cannot", IMAGE_SUITE, "arch: s390x\n",
	  "CONFIG_SQUASHFS=y\nCONFIG_VIRTIO_BLK=y\n", 0,
	  "tool: the kernel has no CONFIG_SQUASHFS_ZSTD=y; +" },
};

static void check_row(struct config_folder *w, const struct row *row)
{
	cleanup_free char *target = xasprintf("backend: fake\nfake_records: .\n%s", row->target);
	cleanup_free char *suite = xasprintf("%stargets: x\n", row->suite);
	cleanup_free char *config = path_join(w->dir.buf, "config");
	struct kernel kernel = { .config = config };
	struct plan_options o = { .seed = 1 };
	cleanup_str struct str got = STR_INIT;
	struct err e = ERR_INIT;
	const struct suite *s;
	struct session session;
	struct plan p;

	config_folder_write(w, "targets/x.yaml", target);
	config_folder_write(w, "suites/x.yaml", suite);
	config_folder_write(w, "config", row->config ? row->config : "");
	config_folder_reload(w);
	s = config_suite(w->config, "x", &e);
	if (!s || plan_make(w->config, s, &o, &p, &e) || session_init(&session, &p, NULL, &e)) {
		fail_msg("%s: %s", row->name, e.msg);
		return;
	}
	session.arms[row->arm].kernel = &kernel;
	if (row->config && needs_kernel(&session, &session.arms[row->arm], &e))
		fail_msg("%s: %s", row->name, e.msg);
	describe(&session, &session.arms[row->arm], &got);
	config_folder_equal(w, row->name, row->target, got.buf, row->want);
	session_release(&session);
	plan_release(&p);
}

static void needs(void **state)
{
	for (size_t i = 0; i < NROWS(rows); i++)
		check_row(*state, &rows[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		config_folder_test(needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
