// SPDX-License-Identifier: GPL-2.0
/* KVM or TCG, as far as it is decided without booting: by the target, by the host, and from memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/record.h"
#include "runner/base/file.h"
#include "runner/qemu.h"
#include "runner/target_qemu.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static char *cache; /* $XDG_CACHE_HOME of this test, before paths.c is asked */

static int setup(void **state)
{
	struct str dir = STR_INIT;
	struct err e = ERR_INIT;
	cleanup_free char *own = NULL;

	(void)state;
	assert_int_equal(dir_temp(NULL, &dir, &e), 0);
	cache = str_detach(&dir);
	own = path_join(cache, "kdelta");
	assert_int_equal(dir_make(own, &e), 0);
	return setenv("XDG_CACHE_HOME", cache, 1);
}

static int teardown(void **state)
{
	(void)state;
	tree_remove(cache, NULL);
	free(cache);
	return 0;
}

static struct target native(const struct arch *a)
{
	return (struct target){ .name = (char *)"t",
				.arch = a,
				.machine = (char *)"m1",
				.cpu_kvm = (char *)"c1",
				.accel = ACCEL_AUTO,
				.icount = -1 };
}

static const struct arch *foreign(void)
{
	for (const struct arch *a = archs; a->name; a++)
		if (a != arch_host())
			return a;
	return NULL;
}

static void decided_by_the_target(void **state)
{
	const struct arch *host = arch_host();
	const struct {
		const char *name;
		enum accel accel;
		const struct arch *arch;
		int icount;
		enum accel want;
		bool why;
		bool plugin;
	} rows[] = {
		{ "tcg asked for", ACCEL_TCG, host, -1, ACCEL_TCG, false, false },
		{ "kvm asked for", ACCEL_KVM, host, -1, ACCEL_KVM, false, false },
		{ "icount", ACCEL_AUTO, host, 1, ACCEL_TCG, false, false },
		{ "icount, foreign", ACCEL_AUTO, foreign(), 1, ACCEL_TCG, false, false },
		{ "foreign", ACCEL_AUTO, foreign(), -1, ACCEL_TCG, true, false },
		{ "the plugin", ACCEL_AUTO, host, -1, ACCEL_TCG, false, true },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		struct target t = native(rows[i].arch);
		cleanup_str struct str why = STR_INIT;
		enum accel got;

		t.accel = rows[i].accel;
		t.icount = rows[i].icount;
		if (rows[i].plugin)
			strv_push(&t.plugin, "windows");
		got = accel_known(&t, &why);
		strv_release(&t.plugin);
		if (got != rows[i].want || !!why.len != rows[i].why)
			fail_msg("%s\ngot:  %d '%s'\nwant: %d", rows[i].name, (int)got, why.buf,
				 (int)rows[i].want);
	}
}

static char *memory_file(void)
{
	return xasprintf("%s/kdelta/accel", cache);
}

static void remember(const char *key, const char *answer, const char *why, struct str *out)
{
	line_begin(out, "accel");
	line_field(out, "key", key);
	line_field(out, "answer", answer);
	line_field(out, "why", why);
	line_end(out);
}

/* A line of garbage, another machine's answer, then ours. */
static void decided_by_memory(void **state)
{
	struct arch a = *arch_host();
	struct target t = native(arch_host());
	cleanup_free char *version = qemu_version(a.qemu);
	cleanup_free char *path = memory_file();
	cleanup_free char *key = NULL;
	struct utsname u;
	struct err e = ERR_INIT;

	(void)state;
	if (access("/dev/kvm", R_OK | W_OK))
		skip();
	uname(&u);
	key = xasprintf("%s %s uid=%u qemu=%s m1 c1", u.nodename, u.release,
			(unsigned int)geteuid(), version ? version : "none");
	for (int known = 0; known < 3; known++) {
		static const char *const answers[] = { NULL, "tcg", "kvm" };
		static const enum accel want[] = { ACCEL_AUTO, ACCEL_TCG, ACCEL_KVM };
		cleanup_str struct str text = STR_INIT;
		cleanup_str struct str why = STR_INIT;

		str_add(&text, "garbage \001 %%%\naccel key=x\n");
		remember("another machine", known == 1 ? "kvm" : "tcg", "no", &text);
		if (answers[known])
			remember(key, answers[known], "because", &text);
		str_add(&text, "accel key=cut");
		assert_int_equal(file_write(path, text.buf, text.len, &e), 0);
		assert_int_equal(accel_known(&t, &why), want[known]);
		assert_string_equal(why.buf, known == 1 ? "because" : "");
	}
	assert_int_equal(accel_forget(&e), 0);
	assert_false(file_exists(path));
	assert_int_equal(accel_forget(&e), 0);
}

/* No image: the proof cannot even be tried, and that is no answer to remember. */
static void proof_that_cannot_be_tried(void **state)
{
	struct target t = native(arch_host());
	cleanup_free char *path = memory_file();
	cleanup_str struct str why = STR_INIT;

	(void)state;
	if (access("/dev/kvm", R_OK | W_OK))
		skip();
	assert_int_equal(accel_resolve(&t, "/nonexistent/image", &why), ACCEL_AUTO);
	assert_true(str_starts(why.buf, "cannot prove KVM: "));
	assert_false(file_exists(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decided_by_the_target),
		cmocka_unit_test(decided_by_memory),
		cmocka_unit_test(proof_that_cannot_be_tried),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
