// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"
#include "tests/unit/store_fixture.h"

int fixture_set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	str_init(&f->dir);
	if (dir_temp(NULL, &f->dir, &f->e))
		return -1;
	f->path = xasprintf("%s/k.db", f->dir.buf);
	*state = f;
	return 0;
}

int fixture_tear_down(void **state)
{
	struct fixture *f = *state;

	tree_remove(f->dir.buf, NULL);
	str_release(&f->dir);
	free(f->path);
	free(f);
	return 0;
}

void ok(const struct fixture *f, int ret)
{
	if (ret)
		fail_msg("got %d '%s', wanted success", ret, f->e.msg);
}

void says(struct fixture *f, int ret, const char *want)
{
	if (!ret || !strstr(f->e.msg, want) || strchr(f->e.msg, '\n'))
		fail_msg("got %d '%s', wanted an error with '%s'", ret, f->e.msg, want);
	assert_int_equal(f->e.kind, ERR_INFRA);
	err_clear(&f->e);
}

struct store *must_open(struct fixture *f, bool readonly)
{
	struct store *s = store_open(f->path, readonly, &f->e);

	ok(f, s ? 0 : -1);
	return s;
}

long long ask(struct fixture *f, struct store *s, const char *sql)
{
	long long v = -1;

	ok(f, db_lookup(s, &f->e, db_query(s, &f->e, sql, ""), &v));
	return v;
}

const struct store_host example_host = {
	.hostname = "box",
	.machine = "x86_64",
	.cpu_model = "A CPU",
	.os = "Debian 12",
	.kernel_release = "6.1",
	.cpus = 2,
	.memory = 1 << 30,
};

const struct store_run example_run = {
	.suite = "demo",
	.plan = "suite demo\n",
	.description = "what for",
	.baseline = "base",
	.kdelta_version = "1",
	.margin = 0.02,
	.seed = UINT64_MAX,
	.boots = 2,
};

const struct store_workload example_workloads[EXAMPLE_WORKLOADS] = {
	{ "kmalloc_bench", "kmalloc_bench size=64", "size=64 order=fifo", 3 },
	{ "none", "none", "", 1 },
};

const struct store_boot_plan example_boots[EXAMPLE_BOOTS] = {
	{ "t1", "init", NULL, 0, 0 },        { "t1", "base", NULL, 0, 1 },
	{ "t1", "base-twin", "base", 0, 2 }, { "t1", "base", NULL, 1, 0 },
	{ "t1", "base-twin", "base", 1, 1 }, { "t1", "init", NULL, 1, 2 },
	{ "t0", "base", NULL, 0, 0 },        { "t0", "init", NULL, 0, 1 },
};

long long must_create(struct fixture *f, struct store *s)
{
	long long id = 0;

	ok(f, store_run_create(s, &example_run, &example_host, example_workloads, EXAMPLE_WORKLOADS,
			       example_boots, EXAMPLE_BOOTS, &id, &f->e));
	return id;
}

const struct store_boot example_ok = {
	.status = "ok",
	.accel = "tcg",
	.qemu_version = "7.2.22",
	.command = "qemu -m 512",
	.console = "a\0b",
	.console_len = 3,
	.started = 1700000000123,
	.start_seconds = 1.5,
	.run_seconds = 2.5,
	.total_seconds = 4.5,
};

/* clang-format off */
const char example_stream[] =
	STREAM_HEAD
	VALUE("k", "mean", "0", "-1", "10")
	VALUE("k", "mean", "1", "-1", "30")
	VALUE("k", "mean", "2", "-1", "12")
	VALUE("c", "mean", "0", "0", "4")
	VALUE("c", "mean", "0", "1", "6")
	VALUE("c", "min", "0", "0", "4")
	VALUE("c", "min", "0", "1", "6")
	VALUE("c", "max", "0", "0", "4")
	VALUE("c", "max", "0", "1", "6")
	VALUE("c", "total", "0", "0", "4")
	VALUE("c", "total", "0", "1", "6")
	"hist w=0 metric=h unit=ns dir=lower ev=emulated-time round=0 cpu=-1 sub=3"
	" buckets=1:2,16:3\n"
	STREAM_TAIL;
/* clang-format on */

int finish(struct fixture *f, struct store *s, long long boot, const struct store_boot *b,
	   const char *stream)
{
	struct record_set rs;
	int ret;

	record_set_init(&rs);
	ok(f, record_set_parse(&rs, stream, strlen(stream), 9, 1000, &f->e));
	ret = store_boot_finish(s, boot, b, &rs, &f->e);
	record_set_release(&rs);
	return ret;
}
