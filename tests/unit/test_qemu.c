// SPDX-License-Identifier: GPL-2.0
/* Which QEMU a target gets: scripts that only know their version stand for the system's and the private one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/debian.h"
#include "runner/qemu.h"
#include "runner/target_qemu.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static struct str world = STR_INIT; /* holds bin/, which is in PATH, and the cache */

static void program(const char *dir, const char *name, const char *version)
{
	cleanup_free char *path = path_join(dir, name);
	cleanup_free char *text = NULL;

	if (strcmp(version, "broken"))
		text = xasprintf("#!/bin/sh\necho 'QEMU emulator version %s (test)'\n", version);
	else
		text = xstrdup(
			"#!/bin/sh\necho 'error while loading shared libraries' >&2\nexit 127\n");
	assert_int_equal(dir_make(dir, NULL), 0);
	assert_int_equal(file_write(path, text, strlen(text), NULL), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

/* @versions: of private ones, separated by spaces. */
static void machine_with(const char *name, const char *system, const char *versions)
{
	cleanup_free char *bin = path_join(world.buf, "bin");
	cleanup_free char *private = path_join(world.buf, "cache/kdelta/qemu");
	cleanup_strv struct strv v = STRV_INIT;

	assert_int_equal(tree_remove(private, NULL), 0);
	if (system)
		program(bin, name, system);
	strv_split(&v, versions, " ");
	for (size_t i = 0; i < v.n; i++) {
		cleanup_free char *dir = xasprintf("%s/%s/usr/bin", private, v.v[i]);

		program(dir, name, v.v[i]);
	}
}

/* "VERSION system|private cpus=N icount=N less=…", or the error. */
static void describe(const struct target *t, struct str *out)
{
	struct qemu_choice c;
	struct err e = ERR_INIT;

	if (qemu_choose(t, &c, &e)) {
		str_add(out, e.msg);
		return;
	}
	str_addf(out, "%s %s cpus=%d icount=%d%s%s", c.program.version,
		 c.program.root ? "private" : "system", c.target.cpus, c.target.icount,
		 c.less ? " less=" : "", c.less ? c.less : "");
	assert_true(!c.why == !c.less);
	/* fetching helps where the plugin does not forbid what is fetched */
	if (c.less && !t->plugin.n)
		assert_non_null(strstr(c.why ? c.why : "", "'kdelta doctor --fetch-qemu'"));
	assert_int_equal(qemu_icount(t), c.target.icount);
	qemu_choice_release(&c);
}

static void choices(void **state)
{
	static const struct {
		const char *name, *system, *private, *qemu;
		int cpus, icount;
		enum smp smp;
		const char *plugin, *want; /* the wanted may be the start alone */
	} rows[] = {
		{ "the system's can", "10.0.2", "", "auto", 2, 1, SMP_OPTIONAL, "",
		  "10.0.2 system cpus=2 icount=1" },
		{ "the first that can", "9.0.0", "", "auto", 2, 1, SMP_OPTIONAL, "",
		  "9.0.0 system cpus=2 icount=1" },
		{ "the system's can, a private one is newer", "9.1.0", "10.0.2", "auto", 2, 1,
		  SMP_OPTIONAL, "", "9.1.0 system cpus=2 icount=1" },
		{ "no key is auto", "7.2.22", "10.0.2", NULL, 2, 1, SMP_OPTIONAL, "",
		  "10.0.2 private cpus=2 icount=1" },
		{ "the private one can", "7.2.22", "10.0.2", "auto", 2, 1, SMP_OPTIONAL, "",
		  "10.0.2 private cpus=2 icount=1" },
		{ "one CPU needs no newer one", "7.2.22", "10.0.2", "auto", 1, 1, SMP_OPTIONAL, "",
		  "7.2.22 system cpus=1 icount=1" },
		{ "without icount neither", "7.2.22", "10.0.2", "auto", 8, -1, SMP_REQUIRED, "",
		  "7.2.22 system cpus=8 icount=-1" },
		{ "the newest by number", "7.2.22", "9.2.0 10.0.2 8.1.0 junk", "auto", 2, 1,
		  SMP_OPTIONAL, "", "10.0.2 private cpus=2 icount=1" },
		{ "nobody can", "7.2.22", "8.2.0", "auto", 2, 1, SMP_OPTIONAL, "",
		  "7.2.22 system cpus=1 icount=1 less=1 CPU instead of 2" },
		{ "no private one", "8.99.0", "", "auto", 4, 1, SMP_OPTIONAL, "",
		  "8.99.0 system cpus=1 icount=1 less=1 CPU instead of 4" },
		{ "CPUs matter and the plugin counts", "7.2.22", "", "auto", 2, 1, SMP_REQUIRED,
		  "windows", "7.2.22 system cpus=2 icount=-1 less=no icount" },
		{ "CPUs matter and nobody counts", "7.2.22", "", "auto", 2, 1, SMP_REQUIRED, "",
		  "target 't' needs its 2 CPUs (smp: required): " },
		{ "CPUs matter and the private one can", "7.2.22", "10.0.2", "auto", 2, 1,
		  SMP_REQUIRED, "", "10.0.2 private cpus=2 icount=1" },
		{ "the plugin wants an older one", "9.2.0", "10.0.2", "auto", 2, 1, SMP_OPTIONAL,
		  "windows", "9.2.0 system cpus=1 icount=1 less=1 CPU instead of 2" },
		{ "the plugin, and CPUs matter", "10.0.2", "", "auto", 2, 1, SMP_REQUIRED,
		  "windows", "10.0.2 system cpus=2 icount=-1 less=no icount" },
		{ "neither too old nor too new", "7.2.22", "9.1.0", "auto", 2, 1, SMP_REQUIRED,
		  "windows", "9.1.0 private cpus=2 icount=1" },
		{ "the plugin without icount takes any", "10.0.2", "", "auto", 2, -1, SMP_REQUIRED,
		  "windows", "10.0.2 system cpus=2 icount=-1" },
		{ "the system's and no other", "7.2.22", "10.0.2", "system", 2, 1, SMP_OPTIONAL, "",
		  "7.2.22 system cpus=1 icount=1 less=1 CPU instead of 2" },
		{ "the private one and no other", "10.0.2", "10.0.3", "private", 1, -1,
		  SMP_OPTIONAL, "", "10.0.3 private cpus=1 icount=-1" },
		{ "no private one there", "10.0.2", "", "private", 2, 1, SMP_OPTIONAL, "",
		  "target 't' needs a private QEMU" },
		{ "only a private one", NULL, "10.0.2", "auto", 2, -1, SMP_OPTIONAL, "",
		  "10.0.2 private cpus=2 icount=-1" },
		{ "the system's does not run", "broken", "10.0.2", "auto", 2, -1, SMP_OPTIONAL, "",
		  "10.0.2 private cpus=2 icount=-1" },
		{ "none", NULL, "", "auto", 2, 1, SMP_OPTIONAL, "", "target 't' needs 'qemu-row-" },
		{ "a path that is not there", "10.0.2", "", "/nonexistent/qemu", 2, 1, SMP_OPTIONAL,
		  "", "target 't' needs '/nonexistent/qemu', which is not installed" },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		/* versions are remembered by name, so every row has its own */
		cleanup_free char *name = xasprintf("qemu-row-%zu", i);
		cleanup_str struct str got = STR_INIT;
		struct arch a = { .name = "s390x", .qemu = name, .smp_icount_since = 900 };
		struct target t = { .name = "t",
				    .arch = &a,
				    .qemu = (char *)rows[i].qemu,
				    .cpus = rows[i].cpus,
				    .icount = rows[i].icount,
				    .smp = rows[i].smp };

		machine_with(name, rows[i].system, rows[i].private);
		strv_split(&t.plugin, rows[i].plugin, " ");
		describe(&t, &got);
		if (!str_starts(got.buf, rows[i].want))
			fail_msg("%s\ninput: system %s, private '%s'\ngot:   %s\nwant:  %s",
				 rows[i].name, rows[i].system ? rows[i].system : "none",
				 rows[i].private, got.buf, rows[i].want);
		strv_release(&t.plugin);
	}
}

static void limits(void **state)
{
	static const struct {
		const char *arch, *version;
		bool limited;
	} rows[] = {
		{ "s390x", "7.2.22", true },   { "s390x", "8.2.9", true },
		{ "s390x", "9.0.0", false },   { "s390x", "10.0.2", false },
		{ "x86_64", "7.2.22", false }, { "aarch64", "7.2.22", false },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		int version = qemu_version_number(rows[i].version);

		if (!qemu_limit(arch_find(rows[i].arch), version) == rows[i].limited)
			fail_msg("%s %s\ngot:  %d\nwant: %d", rows[i].arch, rows[i].version,
				 !rows[i].limited, rows[i].limited);
	}
}

/* The path of a program of the user's own is taken as it is. */
static void own_path(void **state)
{
	struct arch a = { .name = "s390x", .qemu = "qemu-nobody", .smp_icount_since = 900 };
	struct target t = { .name = "t", .arch = &a, .cpus = 2, .icount = 1 };
	cleanup_free char *dir = path_join(world.buf, "own");
	cleanup_str struct str got = STR_INIT;

	(void)state;
	program(dir, "my-qemu", "11.0.0");
	t.qemu = path_join(dir, "my-qemu");
	describe(&t, &got);
	assert_string_equal(got.buf, "11.0.0 system cpus=2 icount=1");
	free(t.qemu);
}

/* Its folder is closed to everybody else, and the user that it runs as gets in all the same. */
static void behind_a_closed_door(void **state)
{
	static const char script[] =
		"#!/bin/sh\n"
		"echo \"uid $(id -u)\"\n"
		"echo \"$LD_LIBRARY_PATH\" | sed 's,/proc/self/fd/[0-9]*,FD,g'\n"
		"for word; do last=$word; done\n"
		"cat \"$last/rom\"\n";
	cleanup_free char *root = path_join(world.buf, "closed/root");
	cleanup_free char *door = path_join(world.buf, "closed");
	cleanup_free char *bin = path_join(root, "usr/bin");
	cleanup_free char *bios = path_join(root, "usr/share/seabios");
	cleanup_free char *lib = path_join(root, "usr/lib/x-linux-gnu");
	cleanup_free char *rom = path_join(bios, "rom");
	struct qemu_program p = { .path = path_join(bin, "qemu"), .root = root };
	struct qemu_launch l = QEMU_LAUNCH_INIT;
	cleanup_strv struct strv argv = STRV_INIT;
	cleanup_str struct str out = STR_INIT;
	struct qemu_user u = qemu_user(ACCEL_TCG);
	cleanup_free char *want = NULL;
	struct proc proc = PROC_INIT;
	struct proc_result r;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(dir_make(bin, &e) | dir_make(bios, &e) | dir_make(lib, &e), 0);
	assert_int_equal(file_write(p.path, script, strlen(script), &e), 0);
	assert_int_equal(file_write(rom, "firmware\n", 9, &e), 0);
	assert_int_equal(chmod(p.path, 0755) | chmod(rom, 0644), 0);
	assert_int_equal(chmod(door, 0700), 0);

	strv_push(&argv, "qemu-of-the-target");
	proc.out = &out;
	proc.uid = u.uid;
	proc.gid = u.gid;
	proc.cwd = "/";
	if (qemu_launch(&p, &argv, &proc, &l, &e) || proc_run(&proc, &r, &e))
		fail_msg("%s", e.msg);
	qemu_launch_release(&l);
	want = xasprintf("uid %u\nFD/usr/lib/x-linux-gnu\nfirmware\n", u.uid ? u.uid : geteuid());
	assert_string_equal(out.buf, want);
	assert_string_equal(argv.v[0], p.path);
	free(p.path);
}

static void shown_names(void **state)
{
	static const struct {
		const char *name, *root, *want;
	} rows[] = {
		{ "the system's", NULL, "/r/usr/bin/q -x" },
		{ "a private one", "/r",
		  "/r/usr/bin/q -x -L /r/usr/share/qemu -L /r/usr/share/seabios" },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		struct qemu_program p = { .path = (char *)"/r/usr/bin/q",
					  .root = (char *)rows[i].root };
		cleanup_strv struct strv argv = STRV_INIT;
		cleanup_str struct str got = STR_INIT;

		strv_split(&argv, "q -x", " ");
		qemu_show(&p, &argv);
		strv_quote(&argv, &got);
		if (strcmp(got.buf, rows[i].want))
			fail_msg("%s\ngot:  %s\nwant: %s", rows[i].name, got.buf, rows[i].want);
	}
}

static void plugins(void **state)
{
	static const struct {
		const char *name, *says, *want; /* NULL: takes it */
	} rows[] = {
		{ "takes it",
		  "echo \"qemu: -device $last: '$last' is not a valid device model name\"", NULL },
		{ "another version", "echo 'Could not load plugin: version 1 is not supported'",
		  "Could not load plugin: version 1 is not supported" },
		{ "no plugins", "echo 'qemu: -plugin: invalid option'; echo more",
		  "qemu: -plugin: invalid option" },
		{ "nothing", "exit 1", "no answer" },
	};
	cleanup_free char *path = path_join(world.buf, "bin/qemu-plugin-test");

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *text =
			xasprintf("#!/bin/sh\nfor last; do :; done\n{ %s; } >&2\nexit 1\n",
				  rows[i].says);
		struct qemu_program p = { .path = path };
		struct err e = ERR_INIT;
		int ret;

		assert_int_equal(file_write(path, text, strlen(text), &e), 0);
		assert_int_equal(chmod(path, 0755), 0);
		ret = qemu_takes_plugin(&p, "/x/plugin.so", &e);
		if (!ret != !rows[i].want || strcmp(e.msg, rows[i].want ? rows[i].want : ""))
			fail_msg("%s\ninput: %s\ngot:   %d %s\nwant:  %s", rows[i].name,
				 rows[i].says, ret, e.msg,
				 rows[i].want ? rows[i].want : "(takes it)");
	}
}

static void what_counts_as_installed(void **state)
{
	static const char status[] =
		"Package: a\nStatus: x\n\n"
		"Package: qemu-system-x86\nStatus: x\nDescription: b\n .\n c\n\n"
		"Package: xqemu-y\nStatus: x\n\n"
		"Package: seabios\nStatus: x\n";
	static const struct {
		const char *name, *patterns, *want;
		bool dropped;
	} rows[] = {
		{ "nothing", "", status, false },
		{ "no such package", "zz qemu", status, false },
		{ "some", "qemu-* seabios",
		  "Package: a\nStatus: x\n\nPackage: xqemu-y\nStatus: x\n\n", true },
		{ "all", "*", "", true },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_strv struct strv patterns = STRV_INIT;
		cleanup_str struct str got = STR_INIT;
		bool dropped;

		strv_split(&patterns, rows[i].patterns, " ");
		dropped = debian_status_drop(status, &patterns, &got);
		if (strcmp(got.buf, rows[i].want) || dropped != rows[i].dropped)
			fail_msg("%s\ngot:  %d %s\nwant: %d %s", rows[i].name, dropped, got.buf,
				 rows[i].dropped, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choices),
		cmocka_unit_test(limits),
		cmocka_unit_test(own_path),
		cmocka_unit_test(behind_a_closed_door),
		cmocka_unit_test(shown_names),
		cmocka_unit_test(plugins),
		cmocka_unit_test(what_counts_as_installed),
	};
	cleanup_free char *path = NULL;
	cleanup_free char *cache = NULL;
	int failed;

	if (dir_temp(NULL, &world, NULL))
		return 2;
	path = xasprintf("%s/bin:%s", world.buf, getenv("PATH"));
	cache = path_join(world.buf, "cache");
	setenv("PATH", path, 1);
	setenv("XDG_CACHE_HOME", cache, 1);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	tree_remove(world.buf, NULL);
	str_release(&world);
	return failed;
}
