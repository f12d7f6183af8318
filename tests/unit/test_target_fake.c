// SPDX-License-Identifier: GPL-2.0
/* The fake target: which canned files a boot takes, and what makes it broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/target_fake.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

struct folder {
	char *dir;
	struct target target;
};

static void put(const struct folder *f, const char *name, const char *text)
{
	cleanup_free char *path = path_join(f->dir, name);
	struct err e = ERR_INIT;

	assert_int_equal(file_write(path, text, strlen(text), &e), 0);
}

static int setup(void **state)
{
	struct folder *f = xcalloc(1, sizeof(*f));
	struct str dir = STR_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(dir_temp(NULL, &dir, &e), 0);
	f->dir = str_detach(&dir);
	f->target = (struct target){ .name = "fake", .backend = "fake", .fake_records = f->dir };
	put(f, "base.records", "start a=1\nend records=0\n");
	put(f, "base-2.records", "start a=2\nend records=0\n");
	put(f, "own-twin.records", "start a=3\nend records=0\n");
	put(f, "own.records", "start a=4\nend records=0\n");
	put(f, "cut.records", "start a=5\nend rec");
	put(f, "mute.records", "");
	put(f, "ended.records", "kdelta version=1\nend records=0\n");
	put(f, "split.records", "start a=6\nvalue x=\nfriend records=0\n");
	put(f, "sick.records", "start a=7\nend records=0\n");
	put(f, "sick.console", "line\n");
	put(f, "sick-1.fail", "panic: Kernel panic - not syncing: canned\nsecond line\n");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct folder *f = *state;

	tree_remove(f->dir, NULL);
	free(f->dir);
	free(f);
	return 0;
}

static void choice_of_files(void **state)
{
	static const struct {
		const char *name, *variant;
		int block;
		const char *want; /* part of the records */
		const char *reason; /* NULL: a good boot */
	} rows[] = {
		{ "by variant", "base", 0, "a=1", NULL },
		{ "by variant and block", "base", 2, "a=2", NULL },
		{ "another block", "base", 3, "a=1", NULL },
		{ "a twin says what its baseline says", "base-twin", 0, "a=1", NULL },
		{ "also by block", "base-twin", 2, "a=2", NULL },
		{ "a twin with records of its own", "own-twin", 0, "a=3", NULL },
		{ "a cut end line", "cut", 0, "a=5", "the machine went off before the end line" },
		{ "nothing said", "mute", 0, "", "the machine went off before the start line" },
		{ "no start line", "ended", 0, "end",
		  "the machine went off before the start line" },
		{ "an end inside a word", "split", 0, "a=6",
		  "the machine went off before the end line" },
		{ "a good block of a sick variant", "sick", 0, "a=7", NULL },
		{ "its bad block", "sick", 1, "a=7", "panic: Kernel panic - not syncing: canned" },
	};
	struct folder *f = *state;

	for (size_t i = 0; i < NROWS(rows); i++) {
		struct boot_request q = { .target = &f->target,
					  .name = rows[i].variant,
					  .block = rows[i].block };
		struct boot_result r;
		struct err e = ERR_INIT;

		boot_result_init(&r);
		if (target_fake.boot(&q, NULL, &r, &e))
			fail_msg("%s: %s", rows[i].name, e.msg);
		if (!strstr(r.records.buf, rows[i].want) || !r.reason != !rows[i].reason ||
		    (r.reason && strcmp(r.reason, rows[i].reason)) ||
		    r.status != (rows[i].reason ? BOOT_BROKEN : BOOT_OK))
			fail_msg("%s: variant %s, block %d\ngot:  %s, %s\nwant: %s, %s",
				 rows[i].name, rows[i].variant, rows[i].block, r.records.buf,
				 r.reason ? r.reason : "ok", rows[i].want,
				 rows[i].reason ? rows[i].reason : "ok");
		assert_string_equal(r.accel, "fake");
		boot_result_release(&r);
	}
}

static void unknown_variant(void **state)
{
	struct folder *f = *state;
	struct boot_request q = { .target = &f->target, .name = "other" };
	struct boot_result r;
	struct err e = ERR_INIT;

	boot_result_init(&r);
	assert_int_equal(target_fake.boot(&q, NULL, &r, &e), -1);
	assert_int_equal(e.kind, ERR_INFRA);
	assert_non_null(
		strstr(e.msg, "cannot boot 'other': no canned records 'other.records' in '"));
	boot_result_release(&r);
}

static void console_and_log(void **state)
{
	struct folder *f = *state;
	cleanup_free char *log = path_join(f->dir, "log");
	cleanup_str struct str text = STR_INIT;
	struct boot_request q = { .target = &f->target, .name = "sick", .console_log = log };
	struct boot_result r;
	struct err e = ERR_INIT;

	boot_result_init(&r);
	assert_int_equal(target_fake.boot(&q, NULL, &r, &e), 0);
	assert_string_equal(r.console.buf, "line\n");
	assert_int_equal(file_read(log, 0, &text, &e), 0);
	assert_string_equal(text.buf, "line\n");
	boot_result_release(&r);
}

static void cancelled(void **state)
{
	struct folder *f = *state;
	struct target slow = f->target;
	struct boot_request q = { .target = &slow, .name = "base" };
	const volatile int cancel = 1;
	struct boot_result r;
	struct err e = ERR_INIT;

	slow.fake_delay = 3600 * 1000;
	boot_result_init(&r);
	assert_int_equal(target_fake.boot(&q, &cancel, &r, &e), 0);
	assert_int_equal(r.status, BOOT_BROKEN);
	assert_string_equal(r.reason, "interrupted");
	boot_result_release(&r);
}

static void check(void **state)
{
	struct folder *f = *state;
	struct target t = f->target;
	struct err e = ERR_INIT;

	assert_int_equal(target_fake.check(&t, &e), 0);
	t.fake_records = NULL;
	assert_int_equal(target_fake.check(&t, &e), -1);
	err_clear(&e);
	t.fake_records = (char *)"/nonexistent";
	assert_int_equal(target_fake.check(&t, &e), -1);
	assert_string_equal(e.msg, "target 'fake': no folder of canned records '/nonexistent'");
}

static void backends(void **state)
{
	struct target t = { .backend = (char *)"fake" };

	(void)state;
	assert_ptr_equal(target_ops(&t), &target_fake);
	t.backend = (char *)"qemu";
	assert_string_equal(target_ops(&t)->name, "qemu");
	t.backend = (char *)"other";
	assert_null(target_ops(&t));
	t.backend = NULL;
	assert_null(target_ops(&t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choice_of_files), cmocka_unit_test(unknown_variant),
		cmocka_unit_test(console_and_log), cmocka_unit_test(cancelled),
		cmocka_unit_test(check),           cmocka_unit_test(backends),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
