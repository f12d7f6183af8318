// SPDX-License-Identifier: GPL-2.0
/* The initramfs: what is in it, in which order, and that equal input gives equal bytes. */
#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <utime.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/initramfs.h"

struct fixture {
	struct str dir;
	char *guest, *busybox, *mod_a, *mod_b, *out;
};

static char *make_file(const struct fixture *f, const char *name, const char *text, size_t len)
{
	struct err e = ERR_INIT;
	char *path = path_join(f->dir.buf, name);

	assert_int_equal(file_write(path, text, len, &e), 0);
	return path;
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct err e = ERR_INIT;

	str_init(&f->dir);
	assert_int_equal(dir_temp(NULL, &f->dir, &e), 0);
	f->guest = make_file(f, "guest", "#!guest", 7);
	f->busybox = make_file(f, "busybox-static", "box", 3);
	f->mod_a = make_file(f, "a.ko", "A", 1);
	f->mod_b = make_file(f, "b.ko", "BB", 2);
	f->out = path_join(f->dir.buf, "initrd");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct err e = ERR_INIT;

	tree_remove(f->dir.buf, &e);
	str_release(&f->dir);
	free(f->guest);
	free(f->busybox);
	free(f->mod_a);
	free(f->mod_b);
	free(f->out);
	free(f);
	return 0;
}

static void write_image(const struct initramfs *fs, const char *path)
{
	struct err e = ERR_INIT;

	if (initramfs_write(fs, path, &e))
		fail_msg("initramfs_write: %s", e.msg);
}

/* One line per entry: mode, owner, time, links, name, content. */
static void list(const char *path, struct str *out)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	char data[64];

	archive_read_support_format_cpio(a);
	archive_read_support_filter_all(a);
	assert_int_equal(archive_read_open_filename(a, path, 4096), ARCHIVE_OK);
	while (archive_read_next_header(a, &entry) == ARCHIVE_OK) {
		la_ssize_t n = archive_read_data(a, data, sizeof(data));

		str_addf(out, "%o %d:%d %ld %s ", (unsigned int)archive_entry_mode(entry),
			 (int)archive_entry_uid(entry), (int)archive_entry_gid(entry),
			 (long)archive_entry_mtime(entry), archive_entry_pathname(entry));
		str_addmem(out, data, n > 0 ? (size_t)n : 0);
		str_addch(out, '\n');
	}
	archive_read_free(a);
}

static void test_contents(void **state)
{
	struct fixture *f = *state;
	struct str plan = { .buf = (char *)"plan version=1\n", .len = 15, .cap = 0 };
	struct strv mods = STRV_INIT;
	const struct {
		const char *name;
		const struct str *plan;
		const struct strv *modules;
		const char *busybox;
		const char *want;
	} rows[] = {
		{ "no plan", NULL, NULL, NULL, "100755 0:0 0 init #!guest\n" },
		{ "a plan", &plan, NULL, NULL,
		  "100755 0:0 0 init #!guest\n100444 0:0 0 plan plan version=1\n\n" },
		{ "modules are sorted, busybox is renamed", &plan, &mods, f->busybox,
		  "100755 0:0 0 init #!guest\n100444 0:0 0 plan plan version=1\n\n"
		  "40755 0:0 0 modules \n100444 0:0 0 modules/a.ko A\n"
		  "100444 0:0 0 modules/b.ko BB\n40755 0:0 0 bin \n"
		  "100755 0:0 0 bin/busybox box\n" },
	};

	strv_push(&mods, f->mod_b);
	strv_push(&mods, f->mod_a);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct initramfs fs = { .guest = f->guest,
					.plan = rows[i].plan,
					.modules = rows[i].modules,
					.busybox = rows[i].busybox };
		struct str got = STR_INIT;

		write_image(&fs, f->out);
		list(f->out, &got);
		if (strcmp(got.buf, rows[i].want))
			fail_msg("%s:\ngot:\n%swanted:\n%s", rows[i].name, got.buf, rows[i].want);
		str_release(&got);
	}
	strv_release(&mods);
}

/* Times and permissions of the files on the host must not reach the image. */
static void test_repeatable(void **state)
{
	struct fixture *f = *state;
	struct utimbuf old = { 1000, 1000 };
	struct initramfs fs = { .guest = f->guest, .busybox = f->busybox };
	struct str first = STR_INIT, second = STR_INIT;
	struct err e = ERR_INIT;

	write_image(&fs, f->out);
	assert_int_equal(file_read(f->out, 0, &first, &e), 0);
	assert_int_equal(utime(f->guest, &old), 0);
	assert_int_equal(chmod(f->guest, 0600), 0);
	write_image(&fs, f->out);
	assert_int_equal(file_read(f->out, 0, &second, &e), 0);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.buf, second.buf, first.len);
	assert_memory_equal(first.buf, "070701", 6);
	str_release(&first);
	str_release(&second);
}

/* What follows is there byte by byte, and starts where the kernel looks for the next archive. */
static void test_more(void **state)
{
	struct fixture *f = *state;
	struct initramfs fs = { .guest = f->guest };
	struct str plain = STR_INIT, both = STR_INIT;
	struct err e = ERR_INIT;

	write_image(&fs, f->out);
	assert_int_equal(file_read(f->out, 0, &plain, &e), 0);
	assert_int_equal(plain.len % 4, 0);
	fs.more = f->mod_b;
	write_image(&fs, f->out);
	assert_int_equal(file_read(f->out, 0, &both, &e), 0);
	assert_int_equal(both.len, plain.len + 2);
	assert_memory_equal(both.buf, plain.buf, plain.len);
	assert_memory_equal(both.buf + plain.len, "BB", 2);
	fs.more = "/nonexistent/more";
	assert_int_equal(initramfs_write(&fs, f->out, &e), -1);
	assert_non_null(strstr(e.msg, "cannot append '/nonexistent/more' to '"));
	str_release(&plain);
	str_release(&both);
}

static void test_errors(void **state)
{
	struct fixture *f = *state;
	const struct {
		const char *name, *guest, *out, *want;
	} rows[] = {
		{ "no guest program", "/nonexistent/guest", f->out,
		  "cannot open '/nonexistent/guest': No such file or directory" },
		{ "no folder", f->guest, "/nonexistent/initrd",
		  "cannot write '/nonexistent/initrd': " },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct initramfs fs = { .guest = rows[i].guest };
		struct err e = ERR_INIT;

		if (initramfs_write(&fs, rows[i].out, &e) != -1 ||
		    strncmp(e.msg, rows[i].want, strlen(rows[i].want)))
			fail_msg("%s: got '%s', wanted '%s'", rows[i].name, e.msg, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_contents, setup, teardown),
		cmocka_unit_test_setup_teardown(test_repeatable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_more, setup, teardown),
		cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
