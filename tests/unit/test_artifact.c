// SPDX-License-Identifier: GPL-2.0
/* Files that leave the guest: what it sends is what the host keeps, and nothing that is hostile is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/artifact.h"
#include "runner/base/file.h"
#include "workloads/artifact.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

struct folder {
	char *dir, *stream, *input;
	struct artifact_place place;
	struct artifacts kept;
	struct strv trouble;
	struct err e;
};

static int setup(void **state)
{
	struct folder *f = xcalloc(1, sizeof(*f));
	struct str dir = STR_INIT;

	assert_int_equal(dir_temp(NULL, &dir, &f->e), 0);
	f->dir = str_detach(&dir);
	f->stream = path_join(f->dir, "stream");
	f->input = path_join(f->dir, "input");
	f->place =
		(struct artifact_place){ .folder = f->dir, .run = 7, .boot = 12, .nworkloads = 2 };
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct folder *f = *state;

	assert_int_equal(tree_remove(f->dir, NULL), 0);
	artifacts_release(&f->kept);
	strv_release(&f->trouble);
	free(f->dir);
	free(f->stream);
	free(f->input);
	free(f);
	return 0;
}

static void put(const char *path, const char *data, size_t len)
{
	struct err e = ERR_INIT;

	assert_int_equal(file_write(path, data, len, &e), 0);
}

static int append(struct folder *f, int number, const char *name, const char *data, long long size)
{
	int out = open(f->stream, O_WRONLY | O_CREAT | O_APPEND, 0644);
	int in, ret;

	put(f->input, data, strlen(data));
	in = open(f->input, O_RDONLY);
	assert_true(in >= 0 && out >= 0);
	ret = artifact_append(out, number, name, in, size, &f->e);
	close(in);
	close(out);
	return ret;
}

static void keep(struct folder *f)
{
	artifacts_release(&f->kept);
	strv_release(&f->trouble);
	if (artifacts_keep(f->stream, &f->place, &f->kept, &f->trouble, &f->e))
		fail_msg("'%s'", f->e.msg);
}

static void is_file(const struct folder *f, const char *path, const char *want, size_t len)
{
	cleanup_free char *full = path_join(f->dir, path);
	cleanup_str struct str got = STR_INIT;

	assert_int_equal(file_read(full, 0, &got, NULL), 0);
	assert_int_equal(got.len, len);
	assert_memory_equal(got.buf, want, len);
}

static size_t entries(const struct folder *f, const char *below)
{
	cleanup_free char *dir = path_join(f->dir, below);
	cleanup_strv struct strv names = STRV_INIT;

	if (dir_exists(dir))
		assert_int_equal(dir_list(dir, NULL, &names, NULL), 0);
	return names.n;
}

static void nothing_sent(void **state)
{
	struct folder *f = *state;

	keep(f);
	put(f->stream, "", 0);
	keep(f);
	assert_int_equal(f->kept.n + f->trouble.n, 0);
	assert_int_equal(entries(f, "artifacts"), 0);
}

/* SHA-256 of "hello" and of nothing, as sha256sum(1) prints them. */
static void there_and_back(void **state)
{
	cleanup_str struct str blocks = STR_INIT;
	struct folder *f = *state;

	for (int i = 0; i < 32; i++)
		str_add(&blocks, "0123456789abcdef0123456789abcdef"); /* 1024 bytes: no padding */
	assert_int_equal(append(f, 0, "a.perf.data", "hello", 5), 0);
	assert_int_equal(append(f, 1, "a.perf.data", blocks.buf, 1024), 0);
	assert_int_equal(append(f, 1, "empty", "", 0), 0);
	assert_int_equal(file_size(f->stream), 3 * 512 + 512 + 1024);
	keep(f);
	assert_int_equal(f->trouble.n, 0);
	assert_int_equal(f->kept.n, 3);
	assert_string_equal(f->kept.v[0].name, "a.perf.data");
	assert_string_equal(f->kept.v[0].path, "artifacts/7/12/w0-a.perf.data");
	assert_int_equal(f->kept.v[0].size, 5);
	assert_string_equal(f->kept.v[0].sha256,
			    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
	assert_int_equal(f->kept.v[1].workload, 1);
	assert_string_equal(f->kept.v[2].sha256,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	is_file(f, f->kept.v[0].path, "hello", 5);
	is_file(f, f->kept.v[1].path, blocks.buf, 1024);
	is_file(f, f->kept.v[2].path, "", 0);

	/* what is there is never touched: the next one of that number gets a name of its own */
	keep(f);
	assert_string_equal(f->kept.v[0].path, "artifacts/7/12.2/w0-a.perf.data");
	is_file(f, "artifacts/7/12/w0-a.perf.data", "hello", 5);
	assert_int_equal(entries(f, "artifacts/7"), 2);
}

static void a_file_that_shrinks(void **state)
{
	struct folder *f = *state;

	assert_int_equal(append(f, 0, "short", "hello", 700), 1);
	assert_non_null(strstr(f->e.msg, "shorter"));
	err_clear(&f->e);
	assert_int_equal(append(f, 0, "next", "x", 1), 0);
	keep(f);
	assert_int_equal(f->kept.n, 2);
	is_file(f, "artifacts/7/12/w0-next", "x", 1);
}

static void a_port_that_fails(void **state)
{
	struct folder *f = *state;
	int full = open("/dev/full", O_WRONLY), in;

	put(f->input, "hello", 5);
	in = open(f->input, O_RDONLY);
	assert_true(in >= 0 && full >= 0);
	assert_int_equal(artifact_append(full, 0, "x", in, 5, &f->e), -1);
	assert_non_null(strstr(f->e.msg, "cannot write it"));
	close(in);
	close(full);
}

static void names(void **state)
{
	static const struct {
		const char *name;
		bool want;
	} rows[] = {
		{ "perf.data", true },
		{ "A-z_0.9", true },
		{ ".", true }, /* the host puts "w0-" in front of it */
		{ "", false },
		{ "a/b", false },
		{ "../x", false },
		{ "a b", false },
		{ "a\n", false },
		{ "0123456789012345678901234567890123456789012345678901234567890123", true },
		{ "01234567890123456789012345678901234567890123456789012345678901234", false },
	};
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (artifact_name_ok(rows[i].name) != rows[i].want)
			fail_msg("'%s': wanted %d", rows[i].name, rows[i].want);
	assert_int_equal(artifact_send(0, "../x", "/dev/null", &e), -1);
	assert_string_equal(e.msg, "cannot send '/dev/null': '../x' is no name of an artifact");
}

/* Offsets in a header. */
enum { NAME = 0, SIZE = 124, CHECKSUM = 148, TYPE = 156 };

/* Change bytes of the first header; the checksum is put right unless it is what was changed. */
static void forge(const char *stream, size_t at, const char *text)
{
	int fd = open(stream, O_RDWR);
	unsigned char h[512];
	unsigned int sum = 0;

	assert_int_equal(pread(fd, h, sizeof(h), 0), 512);
	memcpy(h + at, text, strlen(text) + 1);
	if (at != CHECKSUM) {
		memset(h + CHECKSUM, ' ', 8);
		for (size_t i = 0; i < sizeof(h); i++)
			sum += h[i];
		snprintf((char *)h + CHECKSUM, 8, "%06o", sum);
	}
	assert_int_equal(pwrite(fd, h, sizeof(h), 0), 512);
	close(fd);
}

static void hostile_members(void **state)
{
	static const struct {
		const char *what;
		size_t at;
		const char *text, *want;
	} rows[] = {
		{ "a way out", NAME, "w0-../../x", "not a name" },
		{ "an absolute path", NAME, "/etc/passwd", "not a name" },
		{ "no number", NAME, "perf.data", "not a name" },
		{ "no workload 2", NAME, "w2-x", "not a name" },
		{ "another way to write 0", NAME, "w00-x", "not a name" },
		{ "a huge number", NAME, "w99999999999999999999-x", "not a name" },
		{ "a negative one", NAME, "w-1-x", "not a name" },
		{ "a folder", TYPE, "5", "not a regular file" },
		{ "a symbolic link", TYPE, "2/etc/passwd", "not a regular file" },
		{ "a hard link", TYPE, "1w0-y", "not a regular file" },
		{ "a device", TYPE, "3", "not a regular file" },
		{ "too big", SIZE, "02000000001", "too big" },
		{ "longer than the stream", SIZE, "00000100000", "damaged or cut off" },
		{ "a wrong checksum", CHECKSUM, "000001", "damaged or cut off" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct folder *f;
		void *own;

		setup(&own);
		f = own;
		assert_int_equal(append(f, 0, "x", "hello", 5), 0);
		forge(f->stream, rows[i].at, rows[i].text);
		keep(f);
		if (f->kept.n || !f->trouble.n || !strstr(f->trouble.v[0], rows[i].want))
			fail_msg("%s: got %zu files, '%s', wanted '%s'", rows[i].what, f->kept.n,
				 f->trouble.n ? f->trouble.v[0] : "", rows[i].want);
		assert_int_equal(entries(f, "artifacts/7"), 0);
		assert_int_equal(entries(f, "."), 3); /* stream, input, artifacts */
		teardown(&own);
	}
}

static void the_same_name_twice(void **state)
{
	struct folder *f = *state;

	append(f, 1, "x", "first", 5);
	append(f, 1, "x", "second", 6);
	append(f, 0, "x", "third", 5);
	keep(f);
	assert_int_equal(f->kept.n, 2);
	is_file(f, "artifacts/7/12/w1-x", "first", 5);
	assert_int_equal(f->trouble.n, 1);
	assert_string_equal(f->trouble.v[0], "'w1-x': a second one of that name");
}

static void too_many(void **state)
{
	struct folder *f = *state;

	for (int i = 0; i < ARTIFACTS_MAX + 30; i++) {
		cleanup_free char *name = xasprintf("f%d", i);

		append(f, 0, name, "", 0);
	}
	keep(f);
	assert_int_equal(f->kept.n, ARTIFACTS_MAX);
	assert_int_equal(f->trouble.n, 20);
}

/* Wherever the guest dies: the whole files before the cut are kept, no half one is, and what is lost is said. */
static void cut_anywhere(void **state)
{
	struct folder *f = *state;
	cleanup_str struct str whole = STR_INIT;

	append(f, 0, "a", "hello", 5);
	append(f, 1, "b", "world!", 6);
	assert_int_equal(file_read(f->stream, 0, &whole, &f->e), 0);
	for (size_t len = 1; len < whole.len; len += 73) {
		size_t want = len >= 2 * 512; /* header and padded content of the first */

		put(f->stream, whole.buf, len);
		f->place.boot = (long long)len;
		keep(f);
		if (f->kept.n != want || !f->trouble.n)
			fail_msg("cut at %zu: got %zu files, %zu complaints", len, f->kept.n,
				 f->trouble.n);
	}
}

/* Any bytes at all: nothing is kept, nothing is left over. */
static void noise(void **state)
{
	struct folder *f = *state;
	uint64_t x = 88172645463325252ULL; /* xorshift64 (Marsaglia, 2003) */
	char bytes[4096];

	for (int i = 0; i < 200; i++) {
		for (size_t j = 0; j < sizeof(bytes); j++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			bytes[j] = (char)x;
		}
		put(f->stream, bytes, sizeof(bytes));
		keep(f);
		assert_int_equal(f->kept.n, 0);
	}
	assert_int_equal(entries(f, "artifacts/7"), 0);
}

static void a_folder_that_cannot_be_made(void **state)
{
	struct folder *f = *state;
	cleanup_free char *path = path_join(f->dir, "artifacts");

	put(path, "a file", 6);
	append(f, 0, "x", "hello", 5);
	assert_int_equal(artifacts_keep(f->stream, &f->place, &f->kept, &f->trouble, &f->e), -1);
	assert_int_equal(f->e.kind, ERR_INFRA);
	assert_int_equal(f->kept.n, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_sent),
		TEST(there_and_back),
		TEST(a_file_that_shrinks),
		TEST(a_port_that_fails),
		cmocka_unit_test(names),
		cmocka_unit_test(hostile_members),
		TEST(the_same_name_twice),
		TEST(too_many),
		TEST(cut_anywhere),
		TEST(noise),
		TEST(a_folder_that_cannot_be_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
