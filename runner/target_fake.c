// SPDX-License-Identifier: GPL-2.0
#include "runner/target_fake.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"

#define RECORDS_MAX ((size_t)64 << 20)
#define CONSOLE_MAX ((size_t)64 << 10)
#define LOOK_MS 10

/* The first of "<name>-<block>.<ext>" and "<name>.<ext>" that exists; the caller frees. */
static char *named(const struct boot_request *q, const char *name, const char *ext)
{
	const char *dir = q->target->fake_records;
	char *path = xasprintf("%s/%s-%d.%s", dir, name, q->block, ext);

	if (file_exists(path))
		return path;
	free(path);
	path = xasprintf("%s/%s.%s", dir, name, ext);
	if (file_exists(path))
		return path;
	free(path);
	return NULL;
}

/* A twin without files of its own is its baseline. */
static char *find(const struct boot_request *q, const char *ext)
{
	static const char suffix[] = "-twin";
	char *path = named(q, q->name, ext);

	if (!path && str_ends(q->name, suffix)) {
		cleanup_free char *base = xstrndup(q->name, strlen(q->name) - strlen(suffix));

		path = named(q, base, ext);
	}
	return path;
}

/* The time a boot would take; false when it was cancelled. */
static bool pass_time(int ms, const volatile int *cancel)
{
	double end = proc_now() + ms / 1000.0;

	for (;;) {
		double left = (end - proc_now()) * 1000;

		if (cancel && *cancel)
			return false;
		if (left <= 0)
			return true;
		poll(NULL, 0, left < LOOK_MS ? (int)left + 1 : LOOK_MS);
	}
}

static bool has_line(const struct str *s, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = s->buf; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, word, n) && p[n] == ' ' && strchr(p, '\n'))
			return true;
		if (!*p)
			break;
	}
	return false;
}

static char *reason_of(const struct boot_request *q, const struct boot_result *r)
{
	cleanup_free char *fail = find(q, "fail");
	cleanup_str struct str text = STR_INIT;

	if (fail && !file_read(fail, 4096, &text, NULL))
		return xstrndup(text.buf, strcspn(text.buf, "\n"));
	if (!has_line(&r->records, "start"))
		return xstrdup("the machine went off before the start line");
	if (!has_line(&r->records, "end"))
		return xstrdup("the machine went off before the end line");
	return NULL;
}

static int load(const struct boot_request *q, struct boot_result *r, struct err *e)
{
	cleanup_free char *records = find(q, "records");
	cleanup_free char *console = find(q, "console");
	cleanup_free char *artifacts = find(q, "artifacts");

	if (!records)
		return err_set(e, ERR_INFRA,
			       "cannot boot '%s': no canned records '%s.records' in '%s'", q->name,
			       q->name, q->target->fake_records);
	if (file_read(records, RECORDS_MAX, &r->records, e))
		return -1;
	if (console && file_read_tail(console, CONSOLE_MAX, &r->console, e))
		return -1;
	if (q->artifacts && artifacts && file_copy(artifacts, q->artifacts, e))
		return -1;
	if (q->console_log && file_write(q->console_log, r->console.buf, r->console.len, e))
		return -1;
	return 0;
}

static int fake_boot(const struct boot_request *q, const volatile int *cancel,
		     struct boot_result *r, struct err *e)
{
	double begin = proc_now();
	bool in_time = pass_time(q->target->fake_delay, cancel);

	r->accel = xstrdup("fake");
	r->qemu_version = xstrdup("");
	strv_push(&r->argv, "fake");
	strv_push(&r->argv, q->name);
	if (load(q, r, e))
		return -1;
	r->reason = in_time ? reason_of(q, r) : xstrdup("interrupted");
	r->status = r->reason ? BOOT_BROKEN : BOOT_OK;
	r->total_seconds = proc_now() - begin;
	return 0;
}

static int fake_argv(const struct boot_request *q, struct strv *out, struct err *e)
{
	(void)e;
	strv_push(out, "fake");
	strv_push(out, q->name);
	return 0;
}

static int fake_check(const struct target *t, struct err *e)
{
	if (!t->fake_records || !dir_exists(t->fake_records))
		return err_set(e, ERR_INFRA, "target '%s': no folder of canned records '%s'",
			       t->name, t->fake_records ? t->fake_records : "");
	return 0;
}

static int fake_clock(const struct target *t, struct guest_clock *c, struct err *e)
{
	(void)t;
	(void)e;
	*c = (struct guest_clock){ .suffix = "instructions",
				   .unit = "instructions",
				   .ev = EV_SIMULATED,
				   .num = 1,
				   .den = 1 };
	return 0;
}

const struct target_ops target_fake = {
	.name = "fake",
	.summary = "replays canned records, for testing everything around a boot",
	.boot = fake_boot,
	.argv = fake_argv,
	.check = fake_check,
	.clock = fake_clock,
};
