// SPDX-License-Identifier: GPL-2.0
/*
 * The qemu target: its argument vectors, and how it watches a machine. The machine here is a shell script: the
 * "kernel" of a row is what it does in the runtime folder.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
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
#include "runner/qemu.h"
#include "runner/target_qemu.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))
#define START "kdelta version=1\\nstart release=1 machine=m cmdline=c cpus=1\\n"

static const struct arch test_arch = {
	.name = "x86_64",
	.qemu = "qemu-test",
	.tick_ns_num = 1,
	.tick_ns_den = 1,
	.tick_is_cycles = true,
};

static struct target test_target(const struct arch *a)
{
	return (struct target){
		.name = "t",
		.backend = "qemu",
		.arch = a,
		.machine = "m1",
		.cpu = "max",
		.cpu_kvm = "host",
		.cpus = 2,
		.memory = 512,
		.accel = ACCEL_TCG,
		.console = "ttyS0",
		.serial_device = "virtio-serial-pci",
		.icount = -1,
		.rtc = "2026-01-01T00:00:00",
		.seed = 7,
		.boot_timeout = 60,
		.off_timeout = 1,
		.console_limit = 64,
	};
}

#define ARGV_HEAD                                                                                  \
	"qemu-test -nodefaults -no-user-config -display none -nic none -monitor none -no-reboot "  \
	"-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny "
#define ARGV_KERNEL "-kernel k -initrd i -append 'console=ttyS0 quiet' "
#define ARGV_RECORDS                                                                               \
	"-serial chardev:con -device virtio-serial-pci,ioeventfd=off "                             \
	"-chardev file,id=rec,path=records "                                                       \
	"-device virtserialport,chardev=rec,name=kdelta.records"

static void argument_vectors(void **state)
{
	static const struct {
		const char *name;
		enum accel accel;
		int icount;
		bool interactive;
		int output_fd;
		const char *extra, *want, *pin;
	} rows[] = {
		{ "tcg", ACCEL_TCG, -1, false, 0, NULL,
		  ARGV_HEAD "-machine m1 -accel tcg -cpu max -smp 2 -m 512M " ARGV_KERNEL
			    "-chardev file,id=con,path=console " ARGV_RECORDS,
		  NULL },
		{ "tcg, the counter's rate is asked for", ACCEL_TCG, -1, false, 0, NULL,
		  ARGV_HEAD "-machine m1 -accel tcg -cpu max,hz=5 -smp 2 -m 512M " ARGV_KERNEL
			    "-chardev file,id=con,path=console " ARGV_RECORDS,
		  "hz=5" },
		{ "kvm, the host's counter is what it is", ACCEL_KVM, -1, false, 0, NULL,
		  ARGV_HEAD "-machine m1 -accel kvm -cpu host -smp 2 -m 512M " ARGV_KERNEL
			    "-chardev file,id=con,path=console " ARGV_RECORDS,
		  "hz=5" },
		{ "kvm", ACCEL_KVM, -1, false, 0, NULL,
		  ARGV_HEAD "-machine m1 -accel kvm -cpu host -smp 2 -m 512M " ARGV_KERNEL
			    "-chardev file,id=con,path=console " ARGV_RECORDS,
		  NULL },
		{ "icount", ACCEL_TCG, 1, false, 0, NULL,
		  ARGV_HEAD "-machine m1 -accel tcg -cpu max -smp 2 -m 512M "
			    "-icount shift=1,sleep=off -rtc base=2026-01-01T00:00:00,clock=vm "
			    "-seed 7 " ARGV_KERNEL
			    "-chardev file,id=con,path=console " ARGV_RECORDS,
		  NULL },
		{ "interactive", ACCEL_TCG, -1, true, 0, NULL,
		  ARGV_HEAD "-machine m1 -accel tcg -cpu max -smp 2 -m 512M " ARGV_KERNEL
			    "-chardev stdio,id=con,mux=on,signal=off " ARGV_RECORDS,
		  NULL },
		{ "output port and extra arguments", ACCEL_TCG, -1, false, 1, "-global x.y=z",
		  ARGV_HEAD "-machine m1 -accel tcg -cpu max -smp 2 -m 512M " ARGV_KERNEL
			    "-chardev file,id=con,path=console " ARGV_RECORDS
			    " -chardev file,id=out,path=output "
			    "-device virtserialport,chardev=out,name=kdelta.output -global x.y=z",
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		struct arch a = test_arch;
		struct target t = test_target(&a);
		cleanup_strv struct strv cmdline = STRV_INIT;
		cleanup_strv struct strv argv = STRV_INIT;
		cleanup_str struct str got = STR_INIT;
		struct boot_request q = { .target = &t, .cmdline = &cmdline };

		strv_split(&cmdline, "console=ttyS0 quiet", " ");
		a.tick_pin = rows[i].pin;
		t.icount = rows[i].icount;
		if (rows[i].extra)
			strv_split(&t.qemu_args, rows[i].extra, " ");
		q.interactive = rows[i].interactive;
		q.output_fd = rows[i].output_fd;
		qemu_argv(&q, rows[i].accel, "k", "i", &argv);
		strv_quote(&argv, &got);
		if (strcmp(got.buf, rows[i].want))
			fail_msg("%s\ngot:  %s\nwant: %s", rows[i].name, got.buf, rows[i].want);
		strv_release(&t.qemu_args);
	}
}

static void a_phase(void **state)
{
	struct arch a = test_arch;
	struct target t = test_target(&a);
	cleanup_strv struct strv cmdline = STRV_INIT, argv = STRV_INIT;
	struct boot_request q = { .target = &t, .cmdline = &cmdline, .phase = 4294967295 };

	(void)state;
	strv_push(&cmdline, "quiet");
	qemu_argv(&q, ACCEL_TCG, "k", NULL, &argv);
	assert_true(strv_has(&argv, "quiet kdelta.phase=4294967295"));
}

static void a_port_for_files(void **state)
{
	struct arch a = test_arch;
	struct target t = test_target(&a);
	struct boot_request q = { .target = &t, .artifacts = "kept" };
	cleanup_strv struct strv argv = STRV_INIT;
	cleanup_str struct str got = STR_INIT;

	(void)state;
	qemu_argv(&q, ACCEL_TCG, "k", NULL, &argv);
	strv_quote(&argv, &got);
	assert_non_null(strstr(got.buf,
			       " -chardev file,id=art,path=artifacts "
			       "-device virtserialport,chardev=art,name=kdelta.artifacts"));
}

static void version_numbers(void **state)
{
	static const struct {
		const char *input;
		int want;
	} rows[] = {
		{ NULL, 0 },       { "", 0 },          { "x", 0 },     { "7", 0 },
		{ "7.2.22", 702 }, { "10.0.3", 1000 }, { "9.0", 900 }, { "7.200", 0 },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++)
		if (qemu_version_number(rows[i].input) != rows[i].want)
			fail_msg("version %s\ngot:  %d\nwant: %d",
				 rows[i].input ? rows[i].input : "NULL",
				 qemu_version_number(rows[i].input), rows[i].want);
}

static void clocks(void **state)
{
	static const struct {
		const char *name;
		int icount;
		bool cycles; /* the counter is one of CPU cycles on real machines */
		long long num, den;
		const char *suffix, *unit;
		enum evidence ev;
		double ticks, want; /* so many ticks are so much of the unit */
	} rows[] = {
		{ "x86 under icount", 1, true, 1, 1, "instructions", "instructions", EV_SIMULATED,
		  100, 50 },
		{ "arm64 under icount", 4, false, 16, 1, "instructions", "instructions",
		  EV_SIMULATED, 100, 100 },
		{ "s390 under icount", 0, false, 125, 512, "instructions", "instructions",
		  EV_SIMULATED, 4096, 1000 },
		{ "x86 without: the host's counter, of unknown rate", -1, true, 1, 1, "time",
		  "ticks", EV_EMULATED_TIME, 100, 100 },
		{ "arm64 without", -1, false, 16, 1, "time", "ns", EV_EMULATED_TIME, 100, 1600 },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		struct arch a = test_arch;
		struct target t = test_target(&a);
		struct guest_clock c;
		struct err e = ERR_INIT;

		a.tick_is_cycles = rows[i].cycles;
		a.tick_ns_num = rows[i].num;
		a.tick_ns_den = rows[i].den;
		t.icount = rows[i].icount;
		assert_int_equal(target_qemu.clock(&t, &c, &e), 0);
		if (strcmp(c.suffix, rows[i].suffix) || strcmp(c.unit, rows[i].unit) ||
		    c.ev != rows[i].ev || rows[i].ticks * c.num / c.den != rows[i].want)
			fail_msg("%s\ngot:  %s %s %s %g\nwant: %s %s %s %g", rows[i].name, c.suffix,
				 c.unit, evidence_name(c.ev), rows[i].ticks * c.num / c.den,
				 rows[i].suffix, rows[i].unit, evidence_name(rows[i].ev),
				 rows[i].want);
	}
}

/* A folder with a "QEMU" that does what its kernel says. */
struct machine {
	char *dir, *program, *image, *log;
	struct arch arch;
	struct target target;
};

static void machine_make(struct machine *m)
{
	static const char script[] =
		"#!/bin/sh\n"
		"[ \"$1\" = --version ] && echo 'QEMU emulator version 9.1.0 (x)' && "
		"exit\n"
		". ./kernel\n";
	struct str dir = STR_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(dir_temp(NULL, &dir, &e), 0);
	m->dir = str_detach(&dir);
	/* the machine may run as another user */
	assert_int_equal(chmod(m->dir, 0711), 0);
	m->program = path_join(m->dir, "qemu");
	m->image = path_join(m->dir, "image");
	m->log = path_join(m->dir, "log");
	assert_int_equal(file_write(m->program, script, strlen(script), &e), 0);
	assert_int_equal(chmod(m->program, 0755), 0);
	m->arch = test_arch;
	m->arch.qemu = m->program;
	m->target = test_target(&m->arch);
}

static void machine_release(struct machine *m)
{
	assert_int_equal(tree_remove(m->dir, NULL), 0);
	free(m->dir);
	free(m->program);
	free(m->image);
	free(m->log);
}

static struct boot_request machine_request(struct machine *m, const char *script)
{
	struct err e = ERR_INIT;

	assert_int_equal(file_write(m->image, script, strlen(script), &e), 0);
	return (struct boot_request){
		.target = &m->target,
		.name = "row",
		.image = m->image,
		.console_log = m->log,
		.run_timeout = 1,
	};
}

static void boot_endings(void **state)
{
	static const struct {
		const char *name;
		int boot_timeout;
		const char *input;
		const char *want; /* start of the reason; NULL: a good boot */
	} rows[] = {
		{ "good", 60, "printf '" START "end records=0\\n' > records", NULL },
		{ "good, in pieces", 60,
		  "printf 'kdelta version=1\\nstart rel' > records; sleep 0.05\n"
		  "printf 'ease=1\\n' >> records; sleep 0.05; printf 'end re' >> records\n"
		  "sleep 0.05; printf 'cords=0\\n' >> records",
		  NULL },
		{ "off at once", 60, "true",
		  "the machine went off before the start line; the console is empty" },
		{ "off after the start", 60,
		  "printf '" START "' > records; echo last words > console",
		  "the machine went off before the end line; console: last words" },
		{ "the end line is cut", 60, "printf '" START "end records=0' > records",
		  "the machine went off before the end line" },
		{ "an end without a start", 60, "printf 'end records=0\\n' > records",
		  "the machine went off before the start line" },
		{ "QEMU fails", 60, "echo 'no such machine' >&2; exit 1",
		  "QEMU failed with status 1 before the start line: no such machine; the console is" },
		{ "QEMU crashes", 60, "kill -SEGV $$",
		  "QEMU was killed by signal 11 before the start line" },
		{ "QEMU fails at the very end", 60,
		  "printf '" START "end records=0\\n' > records; exit 3",
		  "QEMU failed with status 3 after the end line" },
		{ "no start line", 1, "echo booting > console; exec sleep 60",
		  "no start line within 1 s; console: booting" },
		{ "no end line", 60, "printf '" START "' > records; exec sleep 60",
		  "no end line within 3 s of the start line; the console is empty" },
		{ "no power-off", 60, "printf '" START "end records=0\\n' > records; exec sleep 60",
		  "no power-off within 1 s of the end line" },
		{ "refuses to end", 1, "trap '' TERM; while :; do sleep 1; done",
		  "no start line within 1 s" },
		{ "console flood", 60, "while :; do echo flood flood flood flood; done > console",
		  "console flood: more than 64 KiB; console: flood" },
		{ "a short flood, then off", 60,
		  "head -c 100000 /dev/zero | tr '\\0' '\\n' > console; printf '" START
		  "end records=0\\n' > records",
		  "console flood: more than 64 KiB" },
		{ "panic, then off", 60, "echo '[ 1.0] Kernel panic - not syncing: x' > console",
		  "panic: Kernel panic - not syncing: x" },
		{ "panic, then silence", 60,
		  "printf '" START
		  "' > records; echo 'Kernel panic - not syncing: x' > console; exec sleep "
		  "60",
		  "panic: Kernel panic - not syncing: x" },
		{ "oops, then a hang", 1, "echo 'Oops: 1 [#1]' > console; exec sleep 60",
		  "oops: Oops: 1 [#1]; the machine did not go on" },
		{ "a splat in a good boot", 60,
		  "echo 'WARNING: possible circular locking dependency detected' > console; printf '" START
		  "end records=0\\n' > records",
		  "lockdep: WARNING: possible circular locking dependency detected" },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		struct machine m;
		struct boot_request q;
		struct boot_result r;
		struct err e = ERR_INIT;
		char *got, *name;

		machine_make(&m);
		m.target.boot_timeout = rows[i].boot_timeout;
		q = machine_request(&m, rows[i].input);
		boot_result_init(&r);
		if (target_qemu.boot(&q, NULL, &r, &e))
			fail_msg("%s: %s", rows[i].name, e.msg);
		got = r.reason;
		name = got ? strstr(got, m.program) : NULL;
		if (name == got && name) { /* the program's name is a temporary one */
			got += strlen(m.program) - 4;
			memcpy(got, "QEMU", 4);
		}
		if (!got != !rows[i].want || (got && !str_starts(got, rows[i].want)) ||
		    r.status != (rows[i].want ? BOOT_BROKEN : BOOT_OK))
			fail_msg("%s\ninput: %s\ngot:   %s\nwant:  %s", rows[i].name, rows[i].input,
				 got ? got : "(ok)", rows[i].want ? rows[i].want : "(ok)");
		if (strcmp(r.accel, "tcg") || strcmp(r.qemu_version, "9.1.0"))
			fail_msg("%s: accel %s, version %s", rows[i].name, r.accel, r.qemu_version);
		boot_result_release(&r);
		machine_release(&m);
	}
}

static void what_is_kept(void **state)
{
	struct machine m;
	struct boot_request q;
	struct boot_result r;
	struct err e = ERR_INIT;
	cleanup_str struct str log = STR_INIT;

	(void)state;
	machine_make(&m);
	q = machine_request(&m,
			    "printf '" START "info key=a value=b\\nend records=0\\n' > records\n"
			    "echo hello > console; pwd");
	boot_result_init(&r);
	assert_int_equal(target_qemu.boot(&q, NULL, &r, &e), 0);
	assert_int_equal(r.status, BOOT_OK);
	assert_non_null(strstr(r.records.buf, "info key=a value=b\n"));
	assert_string_equal(r.console.buf, "hello\n");
	assert_int_equal(file_read(m.log, 0, &log, &e), 0);
	assert_string_equal(log.buf, "hello\n");
	assert_true(r.start_seconds > 0 && r.total_seconds >= r.start_seconds + r.run_seconds);
	boot_result_release(&r);
	machine_release(&m);
}

/* What came through the port of files is moved to where it was asked for; more than a boot may send breaks it. */
static void files_of_the_guest(void **state)
{
	static const struct {
		const char *script, *reason;
		long long size;
	} rows[] = {
		{ "true", NULL, 0 },
		{ "printf abc > artifacts", NULL, 3 },
		{ "truncate -s 268697601 artifacts", "artifacts flood: more than 256 MiB",
		  268697601 },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		struct machine m;
		struct boot_request q;
		struct boot_result r;
		struct err e = ERR_INIT;
		cleanup_free char *kept = NULL;
		cleanup_free char *script = xasprintf("%s; printf '%s' > records", rows[i].script,
						      START "end records=0\\n");

		machine_make(&m);
		kept = path_join(m.dir, "kept");
		q = machine_request(&m, script);
		q.artifacts = kept;
		boot_result_init(&r);
		assert_int_equal(target_qemu.boot(&q, NULL, &r, &e), 0);
		if (!r.reason != !rows[i].reason ||
		    (r.reason && !str_starts(r.reason, rows[i].reason)) ||
		    file_size(kept) != rows[i].size)
			fail_msg("'%s': got '%s', %lld bytes", rows[i].script,
				 r.reason ? r.reason : "", file_size(kept));
		boot_result_release(&r);
		machine_release(&m);
	}
}

/* A flooded log is cut at the limit, and what is stored of it is a tail. */
static void flood_is_bounded(void **state)
{
	struct machine m;
	struct boot_request q;
	struct boot_result r;
	struct err e = ERR_INIT;

	(void)state;
	machine_make(&m);
	m.target.console_limit = 100;
	q = machine_request(&m, "head -c 500000 /dev/zero | tr '\\0' x > console");
	boot_result_init(&r);
	assert_int_equal(target_qemu.boot(&q, NULL, &r, &e), 0);
	assert_int_equal(r.status, BOOT_BROKEN);
	assert_int_equal(r.console.len, 64 << 10);
	assert_int_equal(file_size(m.log), 100 << 10);
	boot_result_release(&r);
	machine_release(&m);
}

/* The runtime folders of this test's boots. */
static size_t leftovers(const char *tmp)
{
	cleanup_strv struct strv names = STRV_INIT;

	assert_int_equal(dir_list(tmp, NULL, &names, NULL), 0);
	return names.n;
}

static void nothing_is_left(void **state)
{
	static const char *const scripts[] = { "true", "exec sleep 60", "exit 1" };
	cleanup_free char *old = getenv("TMPDIR") ? xstrdup(getenv("TMPDIR")) : NULL;
	struct machine m;

	(void)state;
	machine_make(&m);
	m.target.boot_timeout = 1;
	for (size_t i = 0; i < NROWS(scripts); i++) {
		cleanup_free char *tmp = path_join(m.dir, "tmp");
		struct boot_request q = machine_request(&m, scripts[i]);
		struct boot_result r;
		struct err e = ERR_INIT;

		assert_int_equal(dir_make(tmp, &e), 0);
		/* a folder that QEMU's user cannot get into by name */
		assert_int_equal(chmod(tmp, 0700), 0);
		setenv("TMPDIR", tmp, 1);
		boot_result_init(&r);
		assert_int_equal(target_qemu.boot(&q, NULL, &r, &e), 0);
		assert_int_equal(r.status, BOOT_BROKEN);
		if (leftovers(tmp))
			fail_msg("'%s' left something in '%s'", scripts[i], tmp);
		boot_result_release(&r);
	}
	if (old)
		setenv("TMPDIR", old, 1);
	else
		unsetenv("TMPDIR");
	machine_release(&m);
}

static void cannot_start(void **state)
{
	struct machine m;
	struct boot_request q;
	struct boot_result r;
	struct err e = ERR_INIT;

	(void)state;
	machine_make(&m);
	q = machine_request(&m, "true");
	q.image = "/nonexistent/image";
	boot_result_init(&r);
	assert_int_equal(target_qemu.boot(&q, NULL, &r, &e), -1);
	assert_int_equal(e.kind, ERR_INFRA);
	assert_string_equal(e.msg,
			    "cannot boot 'row': cannot open '/nonexistent/image': No such file or "
			    "directory");
	boot_result_release(&r);
	err_clear(&e);

	q = machine_request(&m, "true");
	m.arch.qemu = "qemu-system-nonexistent";
	boot_result_init(&r);
	assert_int_equal(target_qemu.boot(&q, NULL, &r, &e), -1);
	assert_string_equal(e.msg,
			    "cannot boot 'row': target 't' needs 'qemu-system-nonexistent', which is "
			    "not installed ('kdelta doctor' names the package)");
	boot_result_release(&r);
	err_clear(&e);
	assert_int_equal(target_qemu.check(&m.target, &e), -1);
	assert_non_null(strstr(e.msg, "'qemu-system-nonexistent', which is not installed"));
	machine_release(&m);
}

static volatile int cancelled;

static void cancel_it(int sig)
{
	(void)sig;
	cancelled = 1;
}

static void cancelling(void **state)
{
	struct machine m;
	struct boot_request q;
	struct boot_result r;
	struct err e = ERR_INIT;

	(void)state;
	machine_make(&m);
	m.target.boot_timeout = 3600;
	q = machine_request(&m, "exec sleep 3600");
	signal(SIGALRM, cancel_it);
	alarm(1);
	boot_result_init(&r);
	assert_int_equal(target_qemu.boot(&q, &cancelled, &r, &e), 0);
	assert_int_equal(r.status, BOOT_BROKEN);
	assert_string_equal(r.reason, "interrupted");
	boot_result_release(&r);
	machine_release(&m);
}

/* More than a pipe holds passes from the guest's port to our descriptor, in order, before the end. */
static void output_port(void **state)
{
	struct machine m;
	struct boot_request q;
	struct boot_result r;
	struct err e = ERR_INIT;
	cleanup_free char *path = NULL;
	cleanup_str struct str want = STR_INIT;
	cleanup_str struct str got = STR_INIT;

	(void)state;
	machine_make(&m);
	q = machine_request(&m,
			    "i=0; while [ $i -lt 50000 ]; do echo line $i; i=$((i + 1)); done > output\n"
			    "printf '" START "end records=0\\n' > records");
	path = path_join(m.dir, "output");
	q.output_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(q.output_fd > 0);
	for (int i = 0; i < 50000; i++)
		str_addf(&want, "line %d\n", i);
	boot_result_init(&r);
	assert_int_equal(target_qemu.boot(&q, NULL, &r, &e), 0);
	close(q.output_fd);
	assert_int_equal(file_read(path, 0, &got, &e), 0);
	assert_int_equal(got.len, want.len);
	assert_true(!strcmp(got.buf, want.buf));
	boot_result_release(&r);
	machine_release(&m);
}

/* What the machine may do to its runtime folder. */
static void folder_is_not_its_own(void **state)
{
	struct machine m;
	struct boot_request q;
	struct boot_result r;
	struct err e = ERR_INIT;

	(void)state;
	if (geteuid() != 0)
		skip();
	machine_make(&m);
	q = machine_request(&m, "exec 3>&2 2>/dev/null\n"
				"rm -f records && echo DID remove >&3\n"
				"ln -s /etc/passwd new && echo DID link >&3\n"
				"mv console new && echo DID move >&3\n"
				"(echo x > kernel) && echo DID write >&3\n"
				"echo I am $(id -un) >&3; exit 1");
	boot_result_init(&r);
	assert_int_equal(target_qemu.boot(&q, NULL, &r, &e), 0);
	if (strstr(r.reason, "DID"))
		fail_msg("the machine could change its folder: %s", r.reason);
	assert_non_null(strstr(r.reason, "I am nobody"));
	boot_result_release(&r);
	machine_release(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(argument_vectors), cmocka_unit_test(a_phase),
		cmocka_unit_test(a_port_for_files), cmocka_unit_test(version_numbers),
		cmocka_unit_test(clocks),           cmocka_unit_test(boot_endings),
		cmocka_unit_test(what_is_kept),     cmocka_unit_test(files_of_the_guest),
		cmocka_unit_test(flood_is_bounded), cmocka_unit_test(nothing_is_left),
		cmocka_unit_test(cannot_start),     cmocka_unit_test(cancelling),
		cmocka_unit_test(output_port),      cmocka_unit_test(folder_is_not_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
