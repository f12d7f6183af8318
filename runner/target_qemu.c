// SPDX-License-Identifier: GPL-2.0
#include "runner/target_qemu.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/qemu.h"
#include "workloads/artifact.h"

/* A user who asks for KVM by name gets no substitute. */
static int check_kvm(const struct target *t, struct err *e)
{
	if (t->arch != arch_host())
		return err_set(e, ERR_USAGE, "target '%s': accel: kvm needs a machine of %s",
			       t->name, t->arch->name);
	if (t->icount >= 0)
		return err_set(e, ERR_USAGE, "target '%s': icount needs accel: tcg", t->name);
	if (t->plugin.n)
		return err_set(e, ERR_USAGE, "target '%s': plugin needs accel: tcg", t->name);
	if (access("/dev/kvm", R_OK | W_OK))
		return err_errno(e, ERR_INFRA, "target '%s': cannot use '/dev/kvm'", t->name);
	return 0;
}

static int qemu_check(const struct target *t, struct err *e)
{
	struct qemu_choice c;

	if (qemu_choose(t, &c, e))
		return -1;
	qemu_choice_release(&c);
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

/* What QEMU writes is watched; this is for what grows between two looks. */
static unsigned long largest_file(const struct boot_request *q)
{
	unsigned long max = (unsigned long)q->target->console_limit << 10;

	if (max < QEMU_RECORDS_MAX)
		max = QEMU_RECORDS_MAX;
	if (q->artifacts && max < ARTIFACT_STREAM_MAX)
		max = ARTIFACT_STREAM_MAX;
	return max + (1 << 20);
}

static int start(const struct boot_request *q, const struct qemu_dir *d, enum accel accel,
		 struct qemu_user u, const struct qemu_program *program, pid_t *pid, struct err *e)
{
	struct qemu_launch launch = QEMU_LAUNCH_INIT;
	struct boot_request inside = *q;
	cleanup_strv struct strv argv = STRV_INIT;
	struct proc p = PROC_INIT;
	int ret;

	inside.disks = d->disks;
	qemu_argv(&inside, accel, "kernel", q->initrd ? "initrd" : NULL, &argv);
	p.cwd = d->path;
	p.out_fd = d->err;
	p.err_fd = d->err;
	p.uid = u.uid;
	p.gid = u.gid;
	p.fsize_max = largest_file(q);
	if (q->interactive) {
		p.in_fd = PROC_INHERIT;
		p.out_fd = PROC_INHERIT;
		p.foreground = true;
	}
	ret = qemu_launch(program, &argv, &p, &launch, e) || proc_start(&p, pid, e) ? -1 : 0;
	qemu_launch_release(&launch);
	return ret;
}

static int boot_in(const struct boot_request *q, enum accel accel,
		   const struct qemu_program *program, const volatile int *cancel,
		   struct boot_result *r, struct err *e)
{
	struct qemu_user u = qemu_user(accel);
	double begin = proc_now();
	struct terminal term;
	struct qemu_dir d;
	pid_t pid;
	int ret;

	if (qemu_dir_make(&d, q, u, e))
		return -1;
	if (q->interactive)
		terminal_save(&term);
	ret = start(q, &d, accel, u, program, &pid, e);
	if (!ret) {
		qemu_watch(q, &d, pid, begin, cancel, r);
		if (q->interactive)
			terminal_restore(&term);
		ret = q->plugin ? qemu_dir_read_counts(&d, r, e) : 0;
		if (!ret && q->console_log && !q->interactive)
			ret = qemu_dir_keep_console(&d, q->console_log,
						    (size_t)q->target->console_limit << 10, e);
		if (!ret && q->artifacts)
			ret = qemu_dir_keep_artifacts(&d, q->artifacts, e);
	}
	qemu_dir_remove(&d);
	return ret;
}

/* What the results say of the machine: what it runs on, and what it lacks. */
static char *machine_words(enum accel accel, const struct qemu_choice *c)
{
	const char *name = accel == ACCEL_KVM ? "kvm" : "tcg";

	return c->less ? xasprintf("%s, %s", name, c->less) : xstrdup(name);
}

int qemu_boot(const struct boot_request *q, enum accel accel, const volatile int *cancel,
	      struct boot_result *r, struct err *e)
{
	struct boot_request got = *q;
	struct qemu_choice c;
	int ret;

	if (qemu_choose(q->target, &c, e))
		return err_prefix(e, "cannot boot '%s'", q->name);
	got.target = &c.target;
	r->accel = machine_words(accel, &c);
	r->qemu_version = xstrdup(c.program.version);
	qemu_argv(&got, accel, q->image, q->initrd, &r->argv);
	qemu_show(&c.program, &r->argv);
	ret = boot_in(&got, accel, &c.program, cancel, r, e);
	qemu_choice_release(&c);
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
	struct boot_request got = *q;
	struct qemu_choice c;

	if (qemu_choose(q->target, &c, e))
		return -1;
	got.target = &c.target;
	qemu_argv(&got, expected_accel(q->target), q->image, q->initrd, out);
	qemu_show(&c.program, out);
	qemu_choice_release(&c);
	return 0;
}

static int qemu_settle(const struct target *t, const char *image, struct str *why, struct err *e)
{
	struct qemu_choice c;
	enum accel accel;

	if (settle(t, image, &accel, why, e) || qemu_choose(t, &c, e))
		return -1;
	if (c.less)
		str_addf(why, "%starget '%s': %s: %s", why->len ? "; " : "", t->name, c.less,
			 c.why);
	qemu_choice_release(&c);
	return 0;
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
	int icount = qemu_icount(t);

	(void)e;
	*c = (struct guest_clock){ .suffix = "time",
				   .unit = "ns",
				   .ev = kvm ? EV_VIRTUAL : EV_EMULATED_TIME,
				   .num = (double)a->tick_ns_num,
				   .den = (double)a->tick_ns_den };
	if (icount >= 0) {
		c->suffix = "instructions";
		c->unit = "instructions";
		c->ev = EV_SIMULATED;
		c->den = (double)(a->tick_ns_den << icount);
	} else if (a->tick_is_cycles || (kvm && a->tick_pin)) {
		/* a rate that is pinned under TCG is the host's own under KVM, and not known here */
		c->suffix = kvm && a->tick_is_cycles ? "cycles" : "time";
		c->unit = kvm && a->tick_is_cycles ? "cycles" : "ticks";
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
