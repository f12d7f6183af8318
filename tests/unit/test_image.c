// SPDX-License-Identifier: GPL-2.0
/* Root images: what goes into one, how QEMU gets it as a disk, and what the guest is told of it. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/debian.h"
#include "runner/guestplan.h"
#include "runner/image.h"
#include "runner/session_image.h"
#include "runner/target_qemu.h"
#include "workloads/guest.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static void names_of_packages(void **state)
{
	static const struct {
		const char *name, *want; /* NULL: none */
	} rows[] = {
		{ "bc_1.07.1-3+b1_amd64.deb", "bc=1.07.1-3+b1" },
		{ "bison_2%3a3.8.2+dfsg-1+b1_s390x.deb", "bison=2:3.8.2+dfsg-1+b1" },
		{ "libc6_2.36-9+deb12u14_arm64.deb", "libc6=2.36-9+deb12u14" },
		{ "g++_4%253a1_all.deb", "g++=4%253a1" },
		{ "lock", NULL },
		{ "partial", NULL },
		{ "bc_1.07.1-3+b1.deb", NULL },
		{ "_1_all.deb", NULL },
		{ "bc_1_all.deb.part", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_str struct str got = STR_INIT;
		bool is = image_package(rows[i].name, &got);

		if (is != !!rows[i].want || (is && strcmp(got.buf, rows[i].want)))
			fail_msg("'%s'\ngot:  %s\nwant: %s", rows[i].name, is ? got.buf : "none",
				 rows[i].want ? rows[i].want : "none");
	}
}

static void complaints_of_apt(void **state)
{
	static const struct {
		const char *name, *text, *want;
	} rows[] = {
		{ "no such package",
		  "I: automatically chosen mode: root\nI: downloading packages with apt...\n"
		  "Reading package lists...\nE: Unable to locate package nosuch\n"
		  "E: apt-get --yes install nosuch failed\nW: hooklistener errored out\n",
		  "Unable to locate package nosuch" },
		{ "no complaint", "I: one\nI: two\n", "I: two" },
		{ "nothing", "", "exited without a message" },
		{ "not at the start of a line", "I: E: x\n", "I: E: x" },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_str struct str got = STR_INIT;

		apt_first_error(rows[i].text, &got);
		if (strcmp(got.buf, rows[i].want))
			fail_msg("%s\ngot:  %s\nwant: %s", rows[i].name, got.buf, rows[i].want);
	}
}

static void put(struct archive *a, const char *name, mode_t mode, const char *text,
		const char *link)
{
	struct archive_entry *e = archive_entry_new();
	size_t len = text ? strlen(text) : 0;

	archive_entry_set_pathname(e, name);
	archive_entry_set_mode(e, mode);
	archive_entry_set_mtime(e, 1700000000, 5);
	archive_entry_set_size(e, (la_int64_t)len);
	if (link && (mode & S_IFMT) == S_IFLNK)
		archive_entry_set_symlink(e, link);
	else if (link)
		archive_entry_set_hardlink(e, link);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	if (len)
		assert_int_equal(archive_write_data(a, text, len), len);
	archive_entry_free(e);
}

/* As mmdebstrap leaves it; it is in UTF-8, and the test, like kdelta, is not. */
static void write_tar(const char *path)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = uselocale(utf8);
	struct archive *a = archive_write_new();

	archive_write_set_format_pax_restricted(a);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	put(a, "./", S_IFDIR | 0755, NULL, NULL);
	put(a, "./bin", S_IFLNK | 0777, NULL, "usr/bin");
	put(a, "./etc/resolv.conf", S_IFREG | 0644, "nameserver x\n", NULL);
	put(a, "./etc/resolv.conf.d", S_IFDIR | 0755, NULL, NULL);
	put(a, "./tmp/", S_IFDIR | 01777, NULL, NULL);
	put(a, "./usr/bin/bison.yacc", S_IFREG | 0755, "#!", NULL);
	put(a, "./usr/bin/dash", S_IFREG | 0755, "shell", NULL);
	put(a, "./usr/bin/gawk", S_IFREG | 0755, "gawk", NULL);
	put(a, "./usr/bin/mawk", S_IFREG | 0755, "mawk", NULL);
	put(a, "./usr/bin/perl", S_IFREG | 0755, "perl", NULL);
	put(a, "./usr/bin/perl5.36.0", S_IFREG | 0755, NULL, "./usr/bin/perl");
	put(a, "./usr/bin/sh", S_IFLNK | 0777, NULL, "dash");
	put(a, "./usr/share/doc/dash/copyright", S_IFREG | 0644, "c", NULL);
	put(a, "./usr/share/documents", S_IFREG | 0644, "d", NULL);
	/* as of ca-certificates: "tanúsítvány" */
	put(a, "./usr/share/tan\303\272s\303\255tv\303\241ny", S_IFREG | 0644, "c", NULL);
	put(a, "./var/cache/apt/archives/dash_0.5.12-2_all.deb", S_IFREG | 0644, "!<arch>", NULL);
	put(a, "./var/cache/apt/archives/bison_2%3a3.8_all.deb", S_IFREG | 0644, "!<arch>", NULL);
	put(a, "./var/cache/apt/archives/lock", S_IFREG | 0644, "", NULL);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	uselocale(before);
	freelocale(utf8);
}

/* One line per entry: name, link, size, time. */
static void list_tar(const char *path, struct str *out)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = uselocale(utf8);
	struct archive *a = archive_read_new();
	struct archive_entry *e;

	archive_read_support_format_tar(a);
	archive_read_support_format_cpio(a);
	assert_int_equal(archive_read_open_filename(a, path, 65536), ARCHIVE_OK);
	while (archive_read_next_header(a, &e) == ARCHIVE_OK) {
		const char *link = archive_entry_symlink(e), *hard = archive_entry_hardlink(e);

		str_addf(out, "%s %s%s %lld %lld\n", archive_entry_pathname(e),
			 link ? "-> " :
			 hard ? "= " :
				"",
			 link ? link :
			 hard ? hard :
				"-",
			 (long long)archive_entry_size(e), (long long)archive_entry_mtime(e));
	}
	archive_read_free(a);
	uselocale(before);
	freelocale(utf8);
}

static void what_an_image_holds(void **state)
{
	static const char want[] = "bin -> usr/bin 0 0\n"
				   "etc/resolv.conf.d/ - 0 0\n"
				   "tmp/ - 0 0\n"
				   "usr/bin/bison.yacc - 2 0\n"
				   "usr/bin/dash - 5 0\n"
				   "usr/bin/gawk - 4 0\n"
				   "usr/bin/mawk - 4 0\n"
				   "usr/bin/perl - 4 0\n"
				   "usr/bin/perl5.36.0 = usr/bin/perl 0 0\n"
				   "usr/bin/sh -> dash 0 0\n"
				   "usr/share/documents - 1 0\n"
				   "usr/share/tan\303\272s\303\255tv\303\241ny - 1 0\n"
				   /* of two awks the first row, sh is there, gcc is not */
				   "usr/bin/awk -> mawk 0 0\n"
				   "usr/bin/yacc -> bison.yacc 0 0\n"
				   "dev/ - 0 0\nproc/ - 0 0\nroot/ - 0 0\nrun/ - 0 0\nsys/ - 0 0\n"
				   "usr/src/linux/ - 0 0\n";
	cleanup_str struct str dir = STR_INIT, got = STR_INIT;
	cleanup_strv struct strv manifest = STRV_INIT;
	cleanup_free char *from = NULL, *to = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(dir_temp(NULL, &dir, &e), 0);
	from = path_join(dir.buf, "from");
	to = path_join(dir.buf, "to");
	write_tar(from);
	assert_int_equal(image_filter(from, to, &manifest, &e), 0);
	list_tar(to, &got);
	if (strcmp(got.buf, want))
		fail_msg("got:\n%s\nwant:\n%s", got.buf, want);
	assert_int_equal(manifest.n, 2);
	assert_string_equal(manifest.v[0], "bison=2:3.8");
	assert_string_equal(manifest.v[1], "dash=0.5.12-2");
	assert_int_equal(tree_remove(dir.buf, &e), 0);
}

static void image_for_memory(void **state)
{
	/* the folder before what is in it, or the kernel would not unpack it */
	static const char want[] = "image - 0 0\nimage - 0 0\nimage/bin -> usr/bin 7 0\n";
	static const char linked[] = "\nimage/usr/bin/perl5.36.0 -> /usr/bin/perl 13 0\n";
	cleanup_str struct str dir = STR_INIT, got = STR_INIT;
	cleanup_free char *from = NULL, *to = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(dir_temp(NULL, &dir, &e), 0);
	from = path_join(dir.buf, "from");
	to = path_join(dir.buf, "to");
	write_tar(from);
	assert_int_equal(image_cpio(from, "image", to, &e), 0);
	list_tar(to, &got);
	if (!str_starts(got.buf, want) || !strstr(got.buf, linked) ||
	    !strstr(got.buf, "\nimage/usr/bin/dash - 5 0\n"))
		fail_msg("got:\n%s", got.buf);
	assert_int_equal(tree_remove(dir.buf, &e), 0);
}

static void damaged_tar(void **state)
{
	cleanup_str struct str dir = STR_INIT, text = STR_INIT;
	cleanup_strv struct strv manifest = STRV_INIT;
	cleanup_free char *from = NULL, *to = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(dir_temp(NULL, &dir, &e), 0);
	from = path_join(dir.buf, "from");
	to = path_join(dir.buf, "to");
	write_tar(from);
	assert_int_equal(file_read(from, 0, &text, &e), 0);
	/* in the middle of an entry */
	assert_int_equal(file_write(from, text.buf, text.len / 2 + 100, &e), 0);
	assert_int_equal(image_filter(from, to, &manifest, &e), -1);
	assert_true(str_starts(e.msg, "cannot read '"));
	assert_int_equal(tree_remove(dir.buf, NULL), 0);
}

static void names_are_checked(void **state)
{
	static const char *const rows[] = {
		"--customize-hook=x", "a", "Gcc", "gcc,make", "g c", "-x", ""
	};
	const struct arch *a = arch_find("s390x");

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_strv struct strv packages = STRV_INIT;
		struct err e = ERR_INIT;
		struct image im;

		strv_push(&packages, rows[i]);
		assert_int_equal(image_get(a, &packages, NULL, &im, &e), -1);
		if (e.kind != ERR_USAGE || !strstr(e.msg, "is not the name of a Debian package"))
			fail_msg("'%s'\ngot:  %s", rows[i], e.msg);
		image_release(&im);
	}
}

static void versions(void **state)
{
	struct image im = { .manifest = STRV_INIT };

	(void)state;
	strv_push(&im.manifest, "gcc-12=12.2");
	strv_push(&im.manifest, "gcc=4:12.2");
	assert_string_equal(image_version(&im, "gcc"), "4:12.2");
	assert_null(image_version(&im, "gc"));
	assert_null(image_version(&im, "make"));
	image_release(&im);
}

/* Every boot says what it ran in. */
static void what_a_boot_says(void **state)
{
	static const char *const want[][2] = { { "image", "k" },
					       { "image.awk", "provided by another package" },
					       { "image.gcc", "4:12.2" } };
	struct image im = { .key = "k" };
	struct session_arm a = { .image = &im };
	struct record_set rs;

	(void)state;
	strv_push(&im.wanted, "awk");
	strv_push(&im.wanted, "gcc");
	strv_push(&im.manifest, "gcc=4:12.2");
	strv_push(&im.manifest, "mawk=1.3");
	record_set_init(&rs);
	images_report(&a, &rs);
	assert_int_equal(rs.ninfo, 0);
	a.ndisks = 1;
	images_report(&a, &rs);
	assert_int_equal(rs.ninfo, NROWS(want));
	for (size_t i = 0; i < NROWS(want); i++) {
		assert_string_equal(rs.info[i].key, want[i][0]);
		assert_string_equal(rs.info[i].value, want[i][1]);
	}
	record_set_release(&rs);
	image_release(&im);
}

static const struct boot_disk disks[] = {
	{ "/a,b/root", IMAGE_SERIAL, "/image" },
	{ "/c", IMAGE_SOURCE_SERIAL, "/image/usr/src/linux" },
};

static void disks_of_qemu(void **state)
{
	struct target t = { .arch = arch_find("s390x"),
			    .machine = "m",
			    .cpu = "c",
			    .icount = -1,
			    .serial_device = "virtio-serial-ccw" };
	struct boot_request q = { .target = &t, .disks = disks, .ndisks = 2 };
	cleanup_strv struct strv argv = STRV_INIT;
	cleanup_str struct str got = STR_INIT;

	(void)state;
	qemu_argv(&q, ACCEL_TCG, "k", NULL, &argv);
	strv_quote(&argv, &got);
	if (!strstr(got.buf,
		    " -drive if=none,id=disk0,format=raw,readonly=on,file=/a,,b/root "
		    "-device virtio-blk-ccw,drive=disk0,serial=kdelta.root,ioeventfd=off "
		    "-drive if=none,id=disk1,format=raw,readonly=on,file=/c "
		    "-device virtio-blk-ccw,drive=disk1,serial=kdelta.source,ioeventfd=off"))
		fail_msg("got: %s", got.buf);
}

/* Into memory: QEMU has nothing to do with it, and the guest nothing to mount. */
static void no_disk(void **state)
{
	static const char want[] = "plan version=1 mode=shell\ndisk dir=/image\nend\n";
	static const struct boot_disk disk = { "/a/root.cpio", NULL, "/image" };
	const struct guestplan p = { .mode = "shell", .disks = &disk, .ndisks = 1 };
	struct target t = {
		.arch = arch_find("s390x"), .machine = "m", .cpu = "c", .serial_device = "s"
	};
	struct boot_request q = { .target = &t, .disks = &disk, .ndisks = 1 };
	cleanup_strv struct strv argv = STRV_INIT;
	cleanup_str struct str got = STR_INIT, plan = STR_INIT;
	struct guest_plan parsed;
	struct err e = ERR_INIT;

	(void)state;
	qemu_argv(&q, ACCEL_TCG, "k", NULL, &argv);
	strv_quote(&argv, &got);
	assert_null(strstr(got.buf, "drive"));
	guestplan_write(&p, &plan);
	assert_string_equal(plan.buf, want);
	assert_int_equal(guest_plan_parse(&parsed, plan.buf, plan.len, &e), 0);
	assert_int_equal(parsed.ndisks, 1);
	assert_null(parsed.disks[0].serial);
	guest_plan_release(&parsed);
}

/* What the host writes is what the guest reads. */
static void disks_of_the_plan(void **state)
{
	cleanup_strv struct strv args = STRV_INIT;
	const struct guestplan p = { .mode = "exec", .disks = disks, .ndisks = 2, .args = &args };
	cleanup_str struct str text = STR_INIT;
	struct guest_plan got;
	struct err e = ERR_INIT;

	(void)state;
	strv_push(&args, "true");
	guestplan_write(&p, &text);
	assert_int_equal(guest_plan_parse(&got, text.buf, text.len, &e), 0);
	assert_int_equal(got.ndisks, 2);
	for (size_t i = 0; i < got.ndisks; i++) {
		assert_string_equal(got.disks[i].serial, disks[i].serial);
		assert_string_equal(got.disks[i].dir, disks[i].dir);
	}
	assert_string_equal(guest_image(&got), "/image");
	guest_plan_release(&got);
}

static void bad_disks_of_the_plan(void **state)
{
	static const struct {
		const char *name, *line, *want;
	} rows[] = {
		{ "no folder", "disk serial=x\n", "plan line 2: 'dir' is missing" },
		{ "over the system", "disk serial=x dir=/proc\n",
		  "plan line 2: 'dir': expected '/image' or below, got '/proc'" },
		{ "a name that only begins so", "disk serial=x dir=/imagery\n",
		  "plan line 2: 'dir': expected '/image' or below, got '/imagery'" },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *text =
			xasprintf("plan version=1 mode=shell\n%send\n", rows[i].line);
		struct guest_plan p;
		struct err e = ERR_INIT;

		assert_int_equal(guest_plan_parse(&p, text, strlen(text), &e), -1);
		if (strcmp(e.msg, rows[i].want))
			fail_msg("%s\ngot:  %s\nwant: %s", rows[i].name, e.msg, rows[i].want);
		guest_plan_release(&p);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_packages),
		cmocka_unit_test(complaints_of_apt),
		cmocka_unit_test(what_an_image_holds),
		cmocka_unit_test(damaged_tar),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(versions),
		cmocka_unit_test(what_a_boot_says),
		cmocka_unit_test(image_for_memory),
		cmocka_unit_test(no_disk),
		cmocka_unit_test(disks_of_qemu),
		cmocka_unit_test(disks_of_the_plan),
		cmocka_unit_test(bad_disks_of_the_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
