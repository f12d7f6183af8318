// SPDX-License-Identifier: GPL-2.0
/* Consoles: what went wrong there, from recorded kernels (tests/fixtures/consoles) and from single lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/target.h"

#define FIXTURES "tests/fixtures/consoles"
#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static void check_trouble(const char *name, const char *text, size_t len, const char *want,
			  bool want_fatal)
{
	bool fatal = !want_fatal;
	char *got = console_trouble(text, len, &fatal);

	if (!got != !want || (got && strcmp(got, want)) || fatal != want_fatal)
		fail_msg("%s\ngot:  %s%s\nwant: %s%s", name, got ? got : "(nothing)",
			 fatal ? " (fatal)" : "", want ? want : "(nothing)",
			 want_fatal ? " (fatal)" : "");
	free(got);
}

static void recorded_consoles(void **state)
{
	static const struct {
		const char *file, *want;
		bool fatal;
	} rows[] = {
		{ "x86_64-good.txt", NULL, false },
		{ "aarch64-good.txt", NULL, false },
		{ "s390x-good.txt", NULL, false },
		{ "x86_64-oops.txt",
		  "oops: BUG: kernel NULL pointer dereference, address: 0000000000000000", false },
		{ "aarch64-oops.txt",
		  "oops: Unable to handle kernel NULL pointer dereference at virtual address "
		  "0000000000000000",
		  false },
		{ "s390x-oops.txt",
		  "oops: Unable to handle kernel pointer dereference in virtual kernel address space",
		  false },
		{ "x86_64-bug.txt", "bug: kernel BUG at trouble.c:12!", false },
		{ "aarch64-bug.txt", "bug: kernel BUG at trouble.c:12!", false },
		{ "s390x-bug.txt", "bug: kernel BUG at trouble.c:12!", false },
		{ "x86_64-warn.txt",
		  "warning: WARNING: trouble.c:13 at trouble_init+0xe1/0x1000 [trouble], CPU#0: init/33",
		  false },
		{ "aarch64-warn.txt",
		  "warning: WARNING: trouble.c:13 at trouble_init+0x11c/0x1000 [trouble], CPU#1: init/33",
		  false },
		{ "s390x-warn.txt",
		  "warning: WARNING: trouble.c:13 at trouble_init+0xe2/0x1000 [trouble], CPU#0: init/36",
		  false },
		{ "x86_64-atomic.txt", "bug: BUG: scheduling while atomic: init/33/0x00000002",
		  false },
		{ "x86_64-panic.txt", "panic: Kernel panic - not syncing: trouble: asked to",
		  true },
		{ "aarch64-panic.txt", "panic: Kernel panic - not syncing: trouble: asked to",
		  true },
		{ "s390x-panic.txt", "panic: Kernel panic - not syncing: trouble: asked to", true },
		{ "x86_64-init-exit.txt",
		  "panic: Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300",
		  true },
		{ "aarch64-init-exit.txt",
		  "panic: Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300",
		  true },
		{ "s390x-init-exit.txt",
		  "panic: Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300",
		  true },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *path = path_join(FIXTURES, rows[i].file);
		cleanup_str struct str text = STR_INIT;
		struct err e = ERR_INIT;

		if (file_read(path, 0, &text, &e))
			fail_msg("%s", e.msg);
		check_trouble(rows[i].file, text.buf, text.len, rows[i].want, rows[i].fatal);
	}
}

static void single_lines(void **state)
{
	static const struct {
		const char *name, *input, *want;
		bool fatal;
	} rows[] = {
		{ "empty", "", NULL, false },
		{ "only newlines", "\n\r\n\n", NULL, false },
		{ "no newline at the end", "BUG: sleeping function called from invalid context",
		  "bug: BUG: sleeping function called from invalid context", false },
		{ "carriage return", "[    1.0] kernel BUG at mm/slub.c:1!\r\n",
		  "bug: kernel BUG at mm/slub.c:1!", false },
		{ "level, time and caller",
		  "<3>[    1.000000][    T1] BUG: Bad page state in process x\n",
		  "bug: BUG: Bad page state in process x", false },
		{ "cpu as caller", "[    1.000000][    C0] Oops: general protection fault\n",
		  "oops: Oops: general protection fault", false },
		{ "slab", "[ 1.0] BUG kmalloc-64 (Not tainted): Left Redzone overwritten\n",
		  "bug: BUG kmalloc-64 (Not tainted): Left Redzone overwritten", false },
		{ "KASAN", "[ 1.0] BUG: KASAN: slab-use-after-free in f+0x1/0x2\n",
		  "bug: BUG: KASAN: slab-use-after-free in f+0x1/0x2", false },
		{ "a numbered report", "[ 1.0] specification exception: 0006 ilc:3 [#1]SMP \n",
		  "oops: specification exception: 0006 ilc:3 [#1]SMP ", false },
		{ "lockdep", "[ 1.0] WARNING: possible circular locking dependency detected\n",
		  "lockdep: WARNING: possible circular locking dependency detected", false },
		{ "lockdep, RCU", "[ 1.0] WARNING: suspicious RCU usage\n",
		  "lockdep: WARNING: suspicious RCU usage", false },
		{ "lockdep, a spinlock where none may be taken",
		  "[    1.000000][    T1] [ BUG: Invalid wait context ]\n",
		  "lockdep: [ BUG: Invalid wait context ]", false },
		{ "lockdep, interrupts",
		  "[ 1.0] WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected\n",
		  "lockdep: WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected", false },
		{ "lockdep gave up", "[ 1.0] BUG: MAX_LOCKDEP_CHAINS too low!\n",
		  "bug: BUG: MAX_LOCKDEP_CHAINS too low!", false },
		{ "rcu stall", "[ 22.0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n",
		  "rcu stall: rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", false },
		{ "hung task", "[ 245.0] INFO: task init:1 blocked for more than 120 seconds.\n",
		  "hung task: INFO: task init:1 blocked for more than 120 seconds.", false },
		{ "soft lockup",
		  "[ 48.0] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [x:1]\n",
		  "soft lockup: watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [x:1]", false },
		{ "early exception", "[ 0.0] PANIC: early exception 0x0e IP 10:0 error 0 cr2 0x0\n",
		  "panic: PANIC: early exception 0x0e IP 10:0 error 0 cr2 0x0", true },
		{ "oops, then panic",
		  "[ 1.0] Oops: 0002 [#1]\n[ 1.0] more\n[ 1.0] Kernel panic - not syncing: Fatal "
		  "exception\n",
		  "oops: Oops: 0002 [#1]; then panic: Kernel panic - not syncing: Fatal exception",
		  true },
		{ "two warnings: the first", "WARNING: a\nWARNING: b\n", "warning: WARNING: a",
		  false },
		{ "a panic is the end",
		  "Kernel panic - not syncing: a\nKernel panic - not syncing: b\n",
		  "panic: Kernel panic - not syncing: a", true },
		{ "the word elsewhere in a line", "[ 1.0] x86: no BUG: here, no WARNING: either\n",
		  NULL, false },
		{ "lower case", "[ 1.0] warning: process did something\n", NULL, false },
		{ "an open bracket", "[    1.0\n", NULL, false },
		{ "control characters", "[ 1.0] BUG: \001\033[31mred\033[0m\xff\n",
		  "bug: BUG: ?red?", false },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++)
		check_trouble(rows[i].name, rows[i].input, strlen(rows[i].input), rows[i].want,
			      rows[i].fatal);
}

/* A NUL byte ends nothing, and a line without end is cut. */
static void hostile_lines(void **state)
{
	static const char nul[] = "x\0y\n\0[ 1.0] \0\nKernel panic - not syncing: z";
	cleanup_str struct str longline = STR_INIT;
	bool fatal;
	char *got;

	(void)state;
	check_trouble("NUL bytes", nul, sizeof(nul) - 1, "panic: Kernel panic - not syncing: z",
		      true);
	str_add(&longline, "WARNING: ");
	for (int i = 0; i < 100000; i++)
		str_addch(&longline, 'w');
	got = console_trouble(longline.buf, longline.len, &fatal);
	assert_non_null(got);
	assert_in_range(strlen(got), 100, 300);
	assert_true(str_ends(got, "www..."));
	free(got);
}

static void tails(void **state)
{
	static const struct {
		const char *name, *input;
		int lines;
		const char *want;
	} rows[] = {
		{ "empty", "", 3, "" },
		{ "one", "a\n", 3, "a" },
		{ "exactly", "a\nb\nc\n", 3, "a | b | c" },
		{ "the last ones", "a\nb\nc\nd\ne\n", 3, "c | d | e" },
		{ "no newline at the end", "a\nb", 1, "b" },
		{ "blank lines do not count", "a\n\n \n\r\nb\n\n\n", 2, "a | b" },
		{ "only blank lines", "\n\n \n", 2, "" },
		{ "escapes and bytes", "\033[2J\033[1;1Hhello\tw\xc3\xb6rld\007\n", 1,
		  "hello?w??rld?" },
		{ "a cut escape", "x\033[", 1, "x" },
		{ "a lone escape", "x\033", 1, "x?" },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_str struct str console = STR_INIT;
		cleanup_str struct str got = STR_INIT;

		str_add(&console, rows[i].input);
		console_tail(&console, rows[i].lines, &got);
		if (strcmp(got.buf, rows[i].want))
			fail_msg("%s\ngot:  %s\nwant: %s", rows[i].name, got.buf, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_consoles),
		cmocka_unit_test(single_lines),
		cmocka_unit_test(hostile_lines),
		cmocka_unit_test(tails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
