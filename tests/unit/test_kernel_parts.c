// SPDX-License-Identifier: GPL-2.0
/* Pure and small parts of building kernels: options, logs, apt sources, hashes, file times. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/debian.h"
#include "runner/hash.h"
#include "runner/kconfig.h"
#include "runner/kernel_build.h"
#include "runner/kernel_tree.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static void check_row(const char *name, const char *input, const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		fail_msg("%s\ninput: %s\ngot:   %s\nwant:  %s", name, input, got, want);
}

static void hashes_are_sha256_of_framed_fields(void **state)
{
	static const char *const pairs[][2] = {
		{ "ab", "c" }, { "a", "bc" }, { "abc", "" }, { "abc", NULL }
	};
	char hex[NROWS(pairs)][HASH_HEX], file[HASH_HEX];
	struct str dir = STR_INIT;
	cleanup_free char *path = NULL;

	(void)state;
	for (size_t i = 0; i < NROWS(pairs); i++) {
		struct hash *h = hash_new();

		hash_add_str(h, pairs[i][0]);
		hash_add_str(h, pairs[i][1]);
		hash_end(h, hex[i]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(hex[i], hex[j]);
	}
	/* FIPS 180-2, appendix B.1 */
	assert_int_equal(dir_temp(NULL, &dir, NULL), 0);
	path = path_join(dir.buf, "abc");
	assert_int_equal(file_write(path, "abc", 3, NULL), 0);
	assert_int_equal(hash_file(path, file, NULL), 0);
	assert_string_equal(file,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(hash_file("/nowhere", file, NULL), -1);
	tree_remove(dir.buf, NULL);
	str_release(&dir);
}

static int parse_options(const char *text, struct kconfig *k, struct err *e)
{
	cleanup_strv struct strv lines = STRV_INIT;

	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.n; i++)
		if (kconfig_add_line(k, lines.v[i], "x.config", (int)i + 1, e))
			return -1;
	return 0;
}

static void options_are_parsed(void **state)
{
	static const struct {
		const char *name, *input, *want;
	} rows[] = {
		{ "nothing", "# a comment\n  \n", "" },
		{ "sorted", "CONFIG_B=y\nCONFIG_A=m\n", "CONFIG_A=m\nCONFIG_B=y\n" },
		{ "the last one wins", "CONFIG_A=y\n# CONFIG_A is not set\n",
		  "# CONFIG_A is not set\n" },
		{ "n is not set", "CONFIG_A=n\n", "# CONFIG_A is not set\n" },
		{ "a prefix is another symbol",
		  "CONFIG_AB=y\nCONFIG_A=y\nCONFIG_ABC=y\nCONFIG_A=m\n",
		  "CONFIG_A=m\nCONFIG_AB=y\nCONFIG_ABC=y\n" },
		{ "text", "CONFIG_A=\"a b\"  \r\n", "CONFIG_A=\"a b\"\n" },
		{ "no name", "CONFIG_=y\n",
		  "x.config:1: expected CONFIG_NAME=value or # CONFIG_NAME is not set, not 'CONFIG_=y'" },
		{ "no prefix", "CONFIG_A=y\nSMP=y\n",
		  "x.config:2: expected CONFIG_NAME=value or # CONFIG_NAME is not set, not 'SMP=y'" },
		{ "no value", "CONFIG_A=\n",
		  "x.config:1: expected CONFIG_NAME=value or # CONFIG_NAME is not set, not 'CONFIG_A='" },
		{ "a space", "CONFIG_A =y\n",
		  "x.config:1: expected CONFIG_NAME=value or # CONFIG_NAME is not set, not 'CONFIG_A =y'" },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		struct kconfig k = KCONFIG_INIT;
		cleanup_str struct str got = STR_INIT;
		struct err e = ERR_INIT;

		if (parse_options(rows[i].input, &k, &e))
			str_add(&got, e.msg);
		else
			kconfig_write(&k, &got);
		check_row(rows[i].name, rows[i].input, got.buf, rows[i].want);
		kconfig_release(&k);
	}
}

static void lost_options_are_found(void **state)
{
	static const struct {
		const char *name, *wanted, *got, *want;
		size_t distance;
	} rows[] = {
		{ "nothing wanted", "", "CONFIG_A=y\n", "", 1 },
		{ "all there", "CONFIG_A=y\n# CONFIG_B is not set\n", "CONFIG_A=y\n", "", 0 },
		{ "gone", "CONFIG_A=y\n", "", "CONFIG_A (wanted y, got n)", 1 },
		{ "weaker", "CONFIG_A=y\n", "CONFIG_A=m\n", "CONFIG_A (wanted y, got m)", 1 },
		{ "set behind our back", "# CONFIG_A is not set\n", "CONFIG_A=y\n",
		  "CONFIG_A (wanted n, got y)", 1 },
		{ "two", "CONFIG_A=1\nCONFIG_B=y\n", "CONFIG_A=2\n",
		  "CONFIG_A (wanted 1, got 2), CONFIG_B (wanted y, got n)", 2 },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		struct kconfig wanted = KCONFIG_INIT, got = KCONFIG_INIT;
		cleanup_str struct str lost = STR_INIT;

		assert_int_equal(parse_options(rows[i].wanted, &wanted, NULL), 0);
		assert_int_equal(parse_options(rows[i].got, &got, NULL), 0);
		kconfig_check(&wanted, &got, &lost);
		check_row(rows[i].name, rows[i].wanted, lost.buf, rows[i].want);
		assert_int_equal(kconfig_distance(&wanted, &got), rows[i].distance);
		kconfig_release(&wanted);
		kconfig_release(&got);
	}
}

static void the_first_error_of_a_log(void **state)
{
	static const struct {
		const char *name, *input, *want;
	} rows[] = {
		{ "empty", "", "" },
		{ "compiler",
		  "  CC x.o\nx.c:1:2: warning: w\nx.c:3:4: error: no\nx.c:5:6: error: more\n",
		  "x.c:3:4: error: no" },
		{ "missing header",
		  "x.c:1:10: fatal error: y.h: No such file\ncompilation terminated.\n",
		  "x.c:1:10: fatal error: y.h: No such file" },
		{ "assembler", "x.S:7: Error: no such instruction\nmake: *** [x.o] Error 1\n",
		  "x.S:7: Error: no such instruction" },
		{ "linker",
		  "ld: x.o: in function `f':\nx.c:(.text+0x1): undefined reference to `g'\n",
		  "x.c:(.text+0x1): undefined reference to `g'" },
		{ "make", "make[1]: *** No rule to make target 'x'.  Stop.\n",
		  "make[1]: *** No rule to make target 'x'.  Stop." },
		{ "nothing known", "one\ntwo\n\n", "two" },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_str struct str got = STR_INIT;

		log_first_error(rows[i].input, &got);
		check_row(rows[i].name, rows[i].input, got.buf, rows[i].want);
	}
}

static void the_debian_mirror_is_found(void **state)
{
	static const struct {
		const char *name, *input;
		bool deb822;
		const char *uri, *signed_by;
	} rows[] = {
		{ "one line", "deb http://m.example/debian bookworm main\n", false,
		  "http://m.example/debian", NULL },
		{ "options",
		  "deb [arch=amd64 signed-by=/k.gpg] https://m.example/debian/ bookworm main contrib\n",
		  false, "https://m.example/debian/", "/k.gpg" },
		{ "options apart",
		  "deb [ signed-by=/k.gpg ] http://m.example/debian bookworm main\n", false,
		  "http://m.example/debian", "/k.gpg" },
		{ "other lines first",
		  "# deb http://a.example/debian bookworm main\ndeb-src http://b.example/debian bookworm main\n"
		  "deb http://c.example/debian-security bookworm main\ndeb http://d.example/ubuntu bookworm x\n"
		  "deb http://e.example/debian bookworm-updates main\ndeb http://f.example/debian bookworm main",
		  false, "http://f.example/debian", NULL },
		{ "nothing", "deb http://a.example/debian trixie main\n", false, NULL, NULL },
		{ "open bracket", "deb [arch=amd64\n", false, NULL, NULL },
		{ "too short", "deb\ndeb x\n", false, NULL, NULL },
		{ "deb822",
		  "Types: deb\n# a comment\nURIs: http://m.example/debian\nSuites: bookworm bookworm-updates\n"
		  "Components: main\nSigned-By: /k.gpg\n",
		  true, "http://m.example/debian", "/k.gpg" },
		{ "second stanza",
		  "Types: deb\nURIs: http://a.example/debian-security\nSuites: bookworm\n\n"
		  "Types: deb deb-src\nURIs: http://x.example/other http://m.example/debian\nSuites: bookworm\n",
		  true, "http://m.example/debian", NULL },
		{ "continued lines",
		  "types: deb\nuris:\n http://m.example/debian\nsuites: sid\n bookworm\n", true,
		  "http://m.example/debian", NULL },
		{ "switched off",
		  "Enabled: no\nTypes: deb\nURIs: http://m.example/debian\nSuites: bookworm\n",
		  true, NULL, NULL },
		{ "sources only",
		  "Types: deb-src\nURIs: http://m.example/debian\nSuites: bookworm\n", true, NULL,
		  NULL },
		{ "an inline key is not a file",
		  "Types: deb\nURIs: http://m.example/debian\nSuites: bookworm\nSigned-By:\n -----BEGIN\n",
		  true, "http://m.example/debian", NULL },
	};

	(void)state;
	for (size_t i = 0; i < NROWS(rows); i++) {
		struct debian_mirror m = { 0 };
		bool found = debian_mirror_parse(rows[i].input, rows[i].deb822, "bookworm", &m);

		if (found != (rows[i].uri != NULL))
			fail_msg("%s: found %d", rows[i].name, found);
		if (found) {
			check_row(rows[i].name, rows[i].input, m.uri, rows[i].uri);
			check_row(rows[i].name, rows[i].input, m.signed_by ? m.signed_by : "none",
				  rows[i].signed_by ? rows[i].signed_by : "none");
		}
		debian_mirror_release(&m);
	}
}

static void write_at(const char *path, const char *text, time_t when)
{
	struct timespec ts[2] = { { .tv_sec = when }, { .tv_sec = when } };

	assert_int_equal(file_write(path, text, strlen(text), NULL), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, ts, 0), 0);
}

static time_t time_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : st.st_mtim.tv_sec;
}

/* What a killed make may leave: an output that is newer than the note that it is complete. */
static void unfinished_outputs_are_dropped(void **state)
{
	struct str dir = STR_INIT;
	static const struct {
		const char *name, *output, *cmd;
		time_t output_time, cmd_time;
		bool kept;
	} rows[] = {
		{ "complete", "a.o", ".a.o.cmd", 100, 100, true },
		{ "noted later", "b.o", ".b.o.cmd", 100, 101, true },
		{ "half written", "c.o", ".c.o.cmd", 102, 101, false },
		{ "no note", "d.o", NULL, 100, 0, true },
	};

	(void)state;
	assert_int_equal(dir_temp(NULL, &dir, NULL), 0);
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *output = path_join(dir.buf, rows[i].output);
		cleanup_free char *cmd = path_join(dir.buf, rows[i].cmd ? rows[i].cmd : "x");

		write_at(output, "", rows[i].output_time);
		if (rows[i].cmd)
			write_at(cmd, "", rows[i].cmd_time);
	}
	assert_int_equal(build_drop_unfinished(dir.buf, NULL), 0);
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *output = path_join(dir.buf, rows[i].output);

		if (file_exists(output) != rows[i].kept)
			fail_msg("%s: %s is %s", rows[i].name, rows[i].output,
				 rows[i].kept ? "gone" : "still there");
	}
	tree_remove(dir.buf, NULL);
	str_release(&dir);
}

static void tool_paths_move_with_a_build(void **state)
{
	static const struct {
		const char *name, *input, *want;
	} rows[] = {
		{ "none", "cc -I../include -c x.c", "cc -I../include -c x.c" },
		{ "another kernel",
		  "cc -I/c/kernels/abc/linux/tools -o /c/kernels/abc.partial/linux/build/x",
		  "cc -I/new/linux/tools -o /new/linux/build/x" },
		{ "at the end", "x := /c/kernels/abc/linux", "x := /new/linux" },
		{ "elsewhere", "cc /c/kernels-old/abc/linux /c/kernels/abc/other /c/kernels/linux",
		  "cc /c/kernels-old/abc/linux /c/kernels/abc/other /c/kernels/linux" },
	};
	struct str dir = STR_INIT;

	(void)state;
	assert_int_equal(dir_temp(NULL, &dir, NULL), 0);
	cleanup_free char *tools = path_join(dir.buf, "tools");
	cleanup_free char *cmd = path_join(tools, ".x.o.cmd");
	assert_int_equal(dir_make(tools, NULL), 0);
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_str struct str got = STR_INIT;

		write_at(cmd, rows[i].input, 1000);
		assert_int_equal(build_mend_paths(dir.buf, "/c/kernels", "/new/linux", NULL), 0);
		assert_int_equal(file_read(cmd, 0, &got, NULL), 0);
		check_row(rows[i].name, rows[i].input, got.buf, rows[i].want);
		assert_int_equal(time_of(cmd), 1000);
	}
	tree_remove(dir.buf, NULL);
	str_release(&dir);
}

static void times_are_carried_over(void **state)
{
	struct str dir = STR_INIT;
	time_t now = time(NULL);
	static const struct {
		const char *name, *old, *tree;
		bool fresh;
	} rows[] = {
		{ "same", "x", "x", false },
		{ "changed", "x", "y", true },
		{ "new", NULL, "x", true },
	};

	(void)state;
	assert_int_equal(dir_temp(NULL, &dir, NULL), 0);
	cleanup_free char *tree = path_join(dir.buf, "tree");
	cleanup_free char *old = path_join(dir.buf, "old");
	assert_int_equal(dir_make(tree, NULL) | dir_make(old, NULL), 0);
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *in_tree = path_join(tree, rows[i].name);
		cleanup_free char *in_old = path_join(old, rows[i].name);

		write_at(in_tree, rows[i].tree, 2000);
		if (rows[i].old)
			write_at(in_old, rows[i].old, 1000);
	}
	assert_int_equal(tree_carry(tree, old, NULL, NULL), 0);
	for (size_t i = 0; i < NROWS(rows); i++) {
		cleanup_free char *path = path_join(tree, rows[i].name);
		time_t t = time_of(path);

		if (rows[i].fresh ? t < now : t != 1000)
			fail_msg("%s: time %ld", rows[i].name, (long)t);
	}
	tree_remove(dir.buf, NULL);
	str_release(&dir);
}

/* Links share the file, copies do not; both keep time and mode. */
static void trees_are_linked_or_copied(void **state)
{
	struct str dir = STR_INIT;
	struct stat st;

	(void)state;
	assert_int_equal(dir_temp(NULL, &dir, NULL), 0);
	cleanup_free char *from = path_join(dir.buf, "from/sub");
	cleanup_free char *file = path_join(from, "x");
	cleanup_free char *link = path_join(from, "link");
	assert_int_equal(dir_make(from, NULL), 0);
	write_at(file, "x", 1000);
	assert_int_equal(chmod(file, 0755), 0);
	assert_int_equal(symlink("x", link), 0);
	for (int links = 0; links < 2; links++) {
		cleanup_free char *top = path_join(dir.buf, "from");
		cleanup_free char *to = path_join(dir.buf, links ? "linked" : "copied");
		cleanup_free char *there = path_join(to, "sub/x");
		cleanup_free char *there_link = path_join(to, "sub/link");

		assert_int_equal(links ? tree_link(top, to, NULL) : tree_copy(top, to, NULL), 0);
		assert_int_equal(stat(there, &st), 0);
		assert_int_equal(st.st_nlink, links ? 2 : 1);
		assert_int_equal(st.st_mode & 0777, 0755);
		assert_int_equal(st.st_mtim.tv_sec, 1000);
		assert_true(!lstat(there_link, &st) && S_ISLNK(st.st_mode));
	}
	tree_remove(dir.buf, NULL);
	str_release(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_sha256_of_framed_fields),
		cmocka_unit_test(options_are_parsed),
		cmocka_unit_test(lost_options_are_found),
		cmocka_unit_test(the_first_error_of_a_log),
		cmocka_unit_test(the_debian_mirror_is_found),
		cmocka_unit_test(unfinished_outputs_are_dropped),
		cmocka_unit_test(tool_paths_move_with_a_build),
		cmocka_unit_test(times_are_carried_over),
		cmocka_unit_test(trees_are_linked_or_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
