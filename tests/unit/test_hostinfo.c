// SPDX-License-Identifier: GPL-2.0
/* What kdelta says of the machine that it runs on, from recorded files of machines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/hostinfo.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))
#define RECORDED "tests/fixtures/host/"
#define MACHINE "(uname -m)" /* of the machine that the test runs on */

static char *root; /* of each test */

static int setup(void **state)
{
	struct str dir = STR_INIT;

	(void)state;
	if (dir_temp(NULL, &dir, NULL))
		return -1;
	root = str_detach(&dir);
	return 0;
}

static int teardown(void **state)
{
	int ret = tree_remove(root, NULL);

	(void)state;
	free(root);
	return ret;
}

/* NULL: no such file. */
static void put(const char *name, const char *text)
{
	cleanup_free char *path = path_join(root, name);
	cleanup_free char *dir = xstrndup(path, (size_t)(path_base(path) - path) - 1);

	assert_int_equal(tree_remove(path, NULL), 0);
	assert_int_equal(dir_make(dir, NULL), 0);
	if (text)
		assert_int_equal(file_write(path, text, strlen(text), NULL), 0);
}

static void check(const char *row, const char *got, const char *want)
{
	struct utsname u;

	assert_int_equal(uname(&u), 0);
	if (!strcmp(want, MACHINE))
		want = u.machine;
	if (strcmp(got, want))
		fail_msg("%s: got '%s', wanted '%s'", row, got, want);
}

static void recorded(void **state)
{
	static const struct {
		const char *arch, *want;
	} rows[] = {
		{ "x86_64", "QEMU TCG CPU version 2.5+" },
		{ "aarch64", "implementer 0x41, part 0xd08" }, /* Cortex-A72 */
		{ "s390x", "version = 00,  identification = 000000,  machine = 8561" },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *dir = xasprintf(RECORDED "%s", rows[i].arch);
		struct hostinfo h;

		hostinfo_init(&h, dir);
		check(rows[i].arch, h.cpu_model, rows[i].want);
		check(rows[i].arch, h.os, "unknown");
		hostinfo_release(&h);
	}
}

static void cpu_models(void **state)
{
	static const struct {
		const char *name, *cpuinfo, *want;
	} rows[] = {
		{ "no such file", NULL, MACHINE },
		{ "an empty one", "", MACHINE },
		{ "nothing that is known", "\nHardware\t: x\n\n", MACHINE },
		{ "the first of several", "model name\t: A\n\nmodel name\t: B\n", "A" },
		{ "without a line end", "model name:A", "A" },
		{ "one that says nothing", "model name\t: \nmodel name\t: B\n", "B" },
		{ "none that says anything", "model name\t:\nmodel name\t:", MACHINE },
		{ "a longer key", "model name of it\t: A\n", MACHINE },
		{ "a key in the middle", "a model name\t: A\n", MACHINE },
		{ "a colon and quotes in it", "model name\t: A: \"B\" @ 2.4GHz\n",
		  "A: \"B\" @ 2.4GHz" },
		{ "half of what arm64 says", "CPU part\t: 0xd0c\n", MACHINE },
		{ "both halves", "CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n",
		  "implementer 0x41, part 0xd0c" },
		{ "a name on arm64, too",
		  "model name\t: A\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", "A" },
		{ "the tenth of s390", "processor 10: version = 00\n", MACHINE },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		struct hostinfo h;

		put("proc/cpuinfo", rows[i].cpuinfo);
		hostinfo_init(&h, root);
		check(rows[i].name, h.cpu_model, rows[i].want);
		hostinfo_release(&h);
	}
}

static void systems(void **state)
{
	static const struct {
		const char *name, *etc, *usr, *want;
	} rows[] = {
		{ "no file", NULL, NULL, "unknown" },
		{ "as usual", "NAME=\"D\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n", NULL,
		  "Debian GNU/Linux 12 (bookworm)" },
		{ "single quotes", "PRETTY_NAME='Void Linux'\n", NULL, "Void Linux" },
		{ "no quotes", "PRETTY_NAME=Plain\n", NULL, "Plain" },
		{ "quotes in quotes", "PRETTY_NAME=\"A \\\"B\\\" \\$1 \\\\ 'C'\"\n", NULL,
		  "A \"B\" $1 \\ 'C'" },
		{ "backslashes in single quotes", "PRETTY_NAME='A\\B'\n", NULL, "A\\B" },
		{ "a quote that does not end", "PRETTY_NAME=\"A\nNAME=B\n", NULL, "A" },
		{ "a backslash at the end", "PRETTY_NAME=A\\\n", NULL, "A\\" },
		{ "no name", "ID=x\n", NULL, "Linux" },
		{ "an empty name", "PRETTY_NAME=\"\"\n", NULL, "Linux" },
		{ "a comment", "# PRETTY_NAME=A\nPRETTY_NAME=B\n", NULL, "B" },
		{ "only the vendor's file", NULL, "PRETTY_NAME=\"Vendor 1\"\n", "Vendor 1" },
		{ "the administrator's first", "PRETTY_NAME=Own\n", "PRETTY_NAME=Vendor\n", "Own" },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		struct hostinfo h;

		put("etc/os-release", rows[i].etc);
		put("usr/lib/os-release", rows[i].usr);
		hostinfo_init(&h, root);
		check(rows[i].name, h.os, rows[i].want);
		hostinfo_release(&h);
	}
}

static void this_machine(void **state)
{
	struct hostinfo h;
	struct utsname u;

	(void)state;
	assert_int_equal(uname(&u), 0);
	hostinfo_init(&h, "");
	assert_string_equal(h.hostname, u.nodename);
	assert_string_equal(h.machine, u.machine);
	assert_string_equal(h.kernel_release, u.release);
	assert_true(*h.cpu_model && *h.os);
	assert_in_range(h.cpus, 1, 100000);
	assert_true(h.memory >= 16 << 20); /* Linux would hardly run in less */
	hostinfo_release(&h);
	assert_null(h.hostname);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded),
		TEST(cpu_models),
		TEST(systems),
		cmocka_unit_test(this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
