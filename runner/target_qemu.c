// SPDX-License-Identifier: GPL-2.0
#include "runner/target_qemu.h"

#include <ctype.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"

/* "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)" */
static char *ask_version(const char *program)
{
	const char *const argv[] = { program, "--version", NULL };
	cleanup_free char *line = proc_first_line(argv);
	const char *p = line ? strstr(line, "version ") : NULL;

	if (!p)
		return NULL;
	p += strlen("version ");
	return xstrndup(p, strspn(p, "0123456789."));
}

#define KNOWN_MAX 8

char *qemu_version(const char *program)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct {
		char program[64], version[32];
	} known[KNOWN_MAX];
	char *version = NULL;
	size_t i = 0;

	pthread_mutex_lock(&lock);
	while (i < KNOWN_MAX && known[i].version[0] && strcmp(known[i].program, program))
		i++;
	if (i < KNOWN_MAX && known[i].version[0])
		version = xstrdup(known[i].version);
	else
		version = ask_version(program);
	if (version && i < KNOWN_MAX && strlen(program) < sizeof(known[i].program) &&
	    strlen(version) < sizeof(known[i].version)) {
		strcpy(known[i].program, program);
		strcpy(known[i].version, version);
	}
	pthread_mutex_unlock(&lock);
	return version;
}

int qemu_version_number(const char *version)
{
	int major, minor;

	if (!version || sscanf(version, "%d.%d", &major, &minor) != 2 || major < 0 || minor < 0 ||
	    minor > 99)
		return 0;
	return major * 100 + minor;
}

/* What versions of QEMU cannot do; found by booting them. */
static const struct limit {
	const char *arch;
	bool icount; /* holds only under icount */
	int cpus; /* this many or more */
	int below; /* versions below this one (qemu_version_number) */
	const char *why;
} limits[] = {
	{ "s390x", true, 2, 900, "does not get 2 CPUs through a boot under icount (QEMU 9 does)" },
};

const char *qemu_limit(const struct arch *a, int version)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (!strcmp(limits[i].arch, a->name) && version < limits[i].below)
			return limits[i].why;
	return NULL;
}

static const char *limit_hit(const struct target *t, int version)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		const struct limit *l = &limits[i];

		if (!strcmp(l->arch, t->arch->name) && (!l->icount || t->icount >= 0) &&
		    t->cpus >= l->cpus && version < l->below)
			return l->why;
	}
	return NULL;
}

/* A user who asks for KVM by name gets no substitute. */
static int check_kvm(const struct target *t, struct err *e)
{
	if (t->arch != arch_host())
		return err_set(e, ERR_USAGE, "target '%s': accel: kvm needs a machine of %s",
			       t->name, t->arch->name);
	if (t->icount >= 0)
		return err_set(e, ERR_USAGE, "target '%s': icount needs accel: tcg", t->name);
	if (access("/dev/kvm", R_OK | W_OK))
		return err_errno(e, ERR_INFRA, "target '%s': cannot use '/dev/kvm'", t->name);
	return 0;
}

static int qemu_check(const struct target *t, struct err *e)
{
	cleanup_free char *version = qemu_version(t->arch->qemu);
	const char *why;

	if (!version)
		return err_set(e, ERR_INFRA,
			       "target '%s' needs '%s', which is not installed ('kdelta doctor' names the "
			       "package)",
			       t->name, t->arch->qemu);
	why = limit_hit(t, qemu_version_number(version));
	if (why)
		return err_set(e, ERR_INFRA,
			       "target '%s': %s %s %s; set cpus: lower or take a newer QEMU",
			       t->name, t->arch->qemu, version, why);
	return t->accel == ACCEL_KVM ? check_kvm(t, e) : 0;
}

/* What the terminal was, for QEMU leaves it raw and non-blocking when it is killed. */
struct terminal {
	bool tty;
	struct termios mode;
	int flags[3];
};

static void terminal_save(struct terminal *t)
{
	t->tty = !tcgetattr(0, &t->mode);
	for (int fd = 0; fd < 3; fd++)
		t->flags[fd] = fcntl(fd, F_GETFL);
}

static void terminal_restore(const struct terminal *t)
{
	for (int fd = 0; fd < 3; fd++)
		if (t->flags[fd] >= 0)
			fcntl(fd, F_SETFL, t->flags[fd]);
	if (t->tty)
		tcsetattr(0, TCSADRAIN, &t->mode);
}

static int start(const struct boot_request *q, const struct qemu_dir *d, enum accel accel,
		 struct qemu_user u, pid_t *pid, struct err *e)
{
	cleanup_strv struct strv argv = STRV_INIT;
	struct proc p = PROC_INIT;
	size_t console_max = (size_t)q->target->console_limit << 10;

	qemu_argv(q, accel, "kernel", q->initrd ? "initrd" : NULL, &argv);
	p.argv = (const char *const *)argv.v;
	p.cwd = d->path;
	p.out_fd = d->err;
	p.err_fd = d->err;
	p.uid = u.uid;
	p.gid = u.gid;
	p.fsize_max = (console_max > QEMU_RECORDS_MAX ? console_max : QEMU_RECORDS_MAX) + (1 << 20);
	if (q->interactive) {
		p.in_fd = PROC_INHERIT;
		p.out_fd = PROC_INHERIT;
		p.foreground = true;
	}
	return proc_start(&p, pid, e);
}

static int boot_in(const struct boot_request *q, enum accel accel, struct qemu_user u,
		   const struct qemu_dir *d, const volatile int *cancel, struct boot_result *r,
		   struct err *e)
{
	double begin = proc_now();
	struct terminal term;
	pid_t pid;

	if (q->interactive)
		terminal_save(&term);
	if (start(q, d, accel, u, &pid, e))
		return -1;
	/* asked while the guest boots, for it takes tens of milliseconds */
	r->qemu_version = qemu_version(q->target->arch->qemu);
	qemu_watch(q, d, pid, begin, cancel, r);
	if (q->interactive)
		terminal_restore(&term);
	if (q->plugin && qemu_dir_read_counts(d, r, e))
		return -1;
	if (q->console_log && !q->interactive)
		return qemu_dir_keep_console(d, q->console_log,
					     (size_t)q->target->console_limit << 10, e);
	return 0;
}

int qemu_boot(const struct boot_request *q, enum accel accel, const volatile int *cancel,
	      struct boot_result *r, struct err *e)
{
	struct qemu_user u = qemu_user(accel);
	struct qemu_dir d;
	int ret;

	if (qemu_dir_make(&d, q, u, e))
		return err_prefix(e, "cannot boot '%s'", q->name);
	r->accel = xstrdup(accel == ACCEL_KVM ? "kvm" : "tcg");
	qemu_argv(q, accel, q->image, q->initrd, &r->argv);
	ret = boot_in(q, accel, u, &d, cancel, r, e);
	qemu_dir_remove(&d);
	if (!r->qemu_version)
		r->qemu_version = xstrdup("");
	return ret ? err_prefix(e, "cannot boot '%s'", q->name) : 0;
}

static int settle(const struct target *t, const char *image, enum accel *accel, struct str *why,
		  struct err *e)
{
	*accel = accel_resolve(t, image, why);
	if (*accel != ACCEL_AUTO)
		return 0;
	return err_set(e, ERR_INFRA, "target '%s': %s (accel: tcg does without)", t->name,
		       why->buf);
}

static int qemu_op_boot(const struct boot_request *q, const volatile int *cancel,
			struct boot_result *r, struct err *e)
{
	cleanup_str struct str why = STR_INIT;
	enum accel accel;

	if (settle(q->target, q->image, &accel, &why, e))
		return -1;
	return qemu_boot(q, accel, cancel, r, e);
}

/* Unproven KVM is answered as if it worked: the proof comes with the first kernel. */
static enum accel expected_accel(const struct target *t)
{
	cleanup_str struct str why = STR_INIT;
	enum accel a = accel_known(t, &why);

	return a == ACCEL_AUTO ? ACCEL_KVM : a;
}

static int qemu_op_argv(const struct boot_request *q, struct strv *out, struct err *e)
{
	(void)e;
	qemu_argv(q, expected_accel(q->target), q->image, q->initrd, out);
	return 0;
}

static int qemu_settle(const struct target *t, const char *image, struct str *why, struct err *e)
{
	enum accel accel;

	return settle(t, image, &accel, why, e);
}

/*
 * Under icount every counter of the guest advances with executed instructions: one instruction is 2^shift
 * ns of virtual time. Without it, TCG derives them from the host's clock; a counter that is one of CPU cycles
 * on real machines is passed through from the host's own and has no known rate (QEMU, cpu_get_ticks()).
 */
static int qemu_clock(const struct target *t, struct guest_clock *c, struct err *e)
{
	const struct arch *a = t->arch;
	bool kvm = expected_accel(t) == ACCEL_KVM;

	(void)e;
	*c = (struct guest_clock){ .suffix = "time",
				   .unit = "ns",
				   .ev = kvm ? EV_VIRTUAL : EV_EMULATED_TIME,
				   .num = (double)a->tick_ns_num,
				   .den = (double)a->tick_ns_den };
	if (t->icount >= 0) {
		c->suffix = "instructions";
		c->unit = "instructions";
		c->ev = EV_SIMULATED;
		c->den = (double)(a->tick_ns_den << t->icount);
	} else if (a->tick_is_cycles) {
		c->suffix = kvm ? "cycles" : "time";
		c->unit = kvm ? "cycles" : "ticks";
		c->num = 1;
		c->den = 1;
	}
	return 0;
}

const struct target_ops target_qemu = {
	.name = "qemu",
	.summary = "a virtual machine of QEMU, by KVM where it works and TCG otherwise",
	.boot = qemu_op_boot,
	.argv = qemu_op_argv,
	.check = qemu_check,
	.clock = qemu_clock,
	.settle = qemu_settle,
};
