// SPDX-License-Identifier: GPL-2.0
/*
 * KVM or TCG. That /dev/kvm opens, and even that a virtual machine can be created, proves nothing: inside some
 * clouds and containers a Linux guest then hangs. So a guest is booted once, with a deadline, and the answer is
 * kept as lines of the record grammar:
 *
 *	accel key=<host, kernel, user, QEMU, machine> answer=kvm|tcg why=<one line>
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "results/record.h"
#include "runner/base/file.h"
#include "runner/base/tempdir.h"
#include "runner/initramfs.h"
#include "runner/paths.h"
#include "runner/qemu.h"
#include "runner/target_qemu.h"

#define PROOF_START 20 /* s to the guest's start line; a working KVM needs one or two */
#define PROOF_OFF 10 /* s */
#define MEMORY_MAX 65536
#define LOCK_MS 60000 /* another process may be proving the same */

static char *memory_path(void)
{
	return path_join(paths_cache(), "accel");
}

/* Everything that may change the answer. */
static char *memory_key(const struct target *t)
{
	struct qemu_choice c;
	bool there = !qemu_choose(t, &c, NULL);
	struct utsname u;
	char *key;

	uname(&u);
	key = xasprintf("%s %s uid=%u qemu=%s %s %s", u.nodename, u.release,
			(unsigned int)geteuid(), there ? c.program.version : "none", t->machine,
			t->cpu_kvm);
	if (there)
		qemu_choice_release(&c);
	return key;
}

/* Call @each for every whole line of the memory until it returns true. */
static bool memory_walk(bool (*each)(const struct fields *f, const char *line, size_t len,
				     void *arg),
			void *arg)
{
	cleanup_free char *path = memory_path();
	cleanup_str struct str text = STR_INIT;
	bool found = false;

	if (!file_exists(path) || file_read(path, MEMORY_MAX, &text, NULL))
		return false;
	for (char *p = text.buf, *nl; !found && (nl = strchr(p, '\n')); p = nl + 1) {
		struct fields f;

		if (fields_parse(&f, p, (size_t)(nl - p), NULL))
			continue;
		found = each(&f, p, (size_t)(nl - p), arg);
		fields_release(&f);
	}
	return found;
}

static bool same_key(const struct fields *f, const char *key)
{
	const char *k = fields_get(f, "key");

	return k && !strcmp(k, key);
}

struct question {
	const char *key;
	enum accel answer;
	struct str *why;
};

static bool answers(const struct fields *f, const char *line, size_t len, void *arg)
{
	struct question *q = arg;
	const char *answer = fields_get(f, "answer");
	const char *why = fields_get(f, "why");

	(void)line;
	(void)len;
	if (!same_key(f, q->key) || !answer)
		return false;
	q->answer = strcmp(answer, "kvm") ? ACCEL_TCG : ACCEL_KVM;
	/* that it works is news only once */
	if (q->answer == ACCEL_TCG && why)
		str_add(q->why, why);
	return true;
}

struct rewrite {
	const char *key;
	struct str out;
};

static bool keep_others(const struct fields *f, const char *line, size_t len, void *arg)
{
	struct rewrite *w = arg;

	if (!same_key(f, w->key)) {
		str_addmem(&w->out, line, len);
		str_addch(&w->out, '\n');
	}
	return false;
}

static int memory_put(const char *key, enum accel answer, const char *why, struct err *e)
{
	cleanup_free char *path = memory_path();
	struct rewrite w = { .key = key, .out = STR_INIT };
	int ret;

	memory_walk(keep_others, &w);
	line_begin(&w.out, "accel");
	line_field(&w.out, "key", key);
	line_field(&w.out, "answer", answer == ACCEL_KVM ? "kvm" : "tcg");
	line_field(&w.out, "why", why);
	line_end(&w.out);
	ret = file_write(path, w.out.buf, w.out.len, e);
	str_release(&w.out);
	return ret;
}

int accel_forget(struct err *e)
{
	cleanup_free char *path = memory_path();

	if (unlink(path) && errno != ENOENT)
		return err_errno(e, ERR_INFRA, "cannot remove '%s'", path);
	return 0;
}

/* What is clear without any boot and without memory. */
static enum accel evident(const struct target *t, struct str *why)
{
	const struct arch *host = arch_host();
	int fd;

	if (t->accel != ACCEL_AUTO)
		return t->accel;
	/* neither instructions nor events of the plugin are counted by a host's CPU */
	if (t->icount >= 0 || t->plugin.n)
		return ACCEL_TCG;
	if (t->arch != host) {
		str_addf(why, "KVM runs %s guests on %s machines alone; using TCG", t->arch->name,
			 t->arch->name);
		return ACCEL_TCG;
	}
	fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		str_addf(why, "cannot open '/dev/kvm': %s; using TCG", strerror(errno));
		return ACCEL_TCG;
	}
	close(fd);
	return ACCEL_AUTO;
}

enum accel accel_known(const struct target *t, struct str *why)
{
	struct question q = { .answer = evident(t, why), .why = why };
	cleanup_free char *key = NULL;

	if (q.answer != ACCEL_AUTO)
		return q.answer;
	key = memory_key(t);
	q.key = key;
	memory_walk(answers, &q);
	return q.answer;
}

/* The very kernel, the guest program without a plan: it says "start" and switches off. */
static int proof_boot(const struct target *t, const char *image, const char *dir,
		      struct boot_result *r, struct err *e)
{
	cleanup_free char *initrd = path_join(dir, "proof.cpio");
	cleanup_strv struct strv cmdline = STRV_INIT;
	struct initramfs fs = { .guest = paths_guest(t->arch) };
	struct target copy = *t;
	struct boot_request q = {
		.target = &copy,
		.name = "the KVM proof",
		.image = image,
		.initrd = initrd,
		.cmdline = &cmdline,
		.run_timeout = PROOF_OFF,
	};

	copy.boot_timeout = PROOF_START;
	copy.off_timeout = PROOF_OFF;
	if (t->console)
		strv_pushf(&cmdline, "console=%s", t->console);
	strv_push(&cmdline, "panic=-1");
	strv_push(&cmdline, "quiet");
	if (initramfs_write(&fs, initrd, e))
		return -1;
	return qemu_boot(&q, ACCEL_KVM, NULL, r, e);
}

/* Returns ACCEL_AUTO when the proof could not be tried. */
static enum accel prove(const struct target *t, const char *image, struct str *why)
{
	struct tempdir dir = { 0 };
	enum accel answer = ACCEL_TCG;
	struct err e = ERR_INIT;
	struct boot_result r;

	boot_result_init(&r);
	if (tempdir_make(&dir, NULL, &e) || proof_boot(t, image, dir.path, &r, &e)) {
		str_addf(why, "cannot prove KVM: %s", e.msg);
		answer = ACCEL_AUTO;
	} else if (r.start_seconds > 0) {
		str_addf(why, "KVM works: a guest started in %.1f s", r.start_seconds);
		answer = ACCEL_KVM;
	} else {
		str_addf(why, "KVM is there, but a guest did not start (%.100s); using TCG",
			 r.reason);
	}
	boot_result_release(&r);
	tempdir_remove(&dir);
	return answer;
}

/* With the lock held: another process may have found the answer meanwhile. */
static enum accel ask(const struct target *t, const char *image, struct str *why)
{
	enum accel answer = accel_known(t, why);
	cleanup_free char *key = NULL;
	struct err e = ERR_INIT;

	if (answer != ACCEL_AUTO)
		return answer;
	answer = prove(t, image, why);
	if (answer == ACCEL_AUTO)
		return answer;
	key = memory_key(t);
	if (!memory_put(key, answer, why->buf, &e))
		return answer;
	/* asked again at every boot, the answer might change in the middle of a run */
	str_reset(why);
	str_addf(why, "cannot remember whether KVM works: %s", e.msg);
	return ACCEL_AUTO;
}

enum accel accel_resolve(const struct target *t, const char *image, struct str *why)
{
	cleanup_free char *lock_path = path_join(paths_cache(), "accel.lock");
	enum accel answer = accel_known(t, why);
	int lock;

	if (answer != ACCEL_AUTO)
		return answer;
	dir_make(paths_cache(), NULL);
	lock = file_lock(lock_path, LOCK_MS, NULL);
	answer = ask(t, image, why);
	if (lock >= 0)
		file_unlock(lock);
	return answer;
}
