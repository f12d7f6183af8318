// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "workloads/guest.h"
#include "workloads/phase.h"

#define PORT_RECORDS "kdelta.records"
#define PORT_OUTPUT "kdelta.output"
#define PORT_WAIT_MS 10000
/* The ports of a device are announced together: where one is, the other is not far. */
#define OUTPUT_WAIT_MS 100

/*
 * Warnings and the lines of an oops (KERN_DEFAULT) reach the console, where the host looks for
 * them; what is merely informative would cost a trap per character.
 */
#define SYSLOG_ACTION_CONSOLE_LEVEL 8
#define CONSOLE_LEVEL 5

static const struct {
	const char *fs, *dir, *options;
	bool optional;
} mounts[] = {
	{ "proc", "/proc", NULL, false },
	{ "sysfs", "/sys", NULL, false },
	{ "devtmpfs", "/dev", NULL, false },
	{ "tmpfs", "/tmp", NULL, false },
	{ "debugfs", "/sys/kernel/debug", NULL, true },
	{ "cgroup2", "/sys/fs/cgroup", NULL, true },
};

static int mount_all(struct err *e)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].dir, 0755);
		if (!mount(mounts[i].fs, mounts[i].dir, mounts[i].fs, 0, mounts[i].options))
			continue;
		if (!mounts[i].optional)
			return err_errno(e, ERR_INFRA, "cannot mount %s on '%s'", mounts[i].fs,
					 mounts[i].dir);
	}
	return 0;
}

static int cpu_count(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);
}

/* Write one line that was built in @line, and empty it. */
static int say(int port, struct str *line, struct err *e)
{
	line_end(line);
	if (port_write(port, line->buf, line->len))
		return err_errno(e, ERR_INFRA, "cannot write records");
	str_reset(line);
	return 0;
}

static int say_hello(int port, struct err *e)
{
	cleanup_str struct str line = STR_INIT, cmdline = STR_INIT;
	struct utsname u;

	if (uname(&u))
		return err_errno(e, ERR_INFRA, "cannot ask uname");
	if (file_read("/proc/cmdline", 0, &cmdline, e))
		return -1;
	while (cmdline.len && cmdline.buf[cmdline.len - 1] == '\n')
		cmdline.buf[--cmdline.len] = '\0';
	line_begin(&line, "kdelta");
	line_fieldf(&line, "version", "%d", RECORD_VERSION);
	line_end(&line);
	line_begin(&line, "start");
	line_field(&line, "release", u.release);
	line_field(&line, "machine", u.machine);
	line_field(&line, "cmdline", cmdline.buf);
	line_fieldf(&line, "cpus", "%d", cpu_count());
	return say(port, &line, e);
}

static int say_info(int port, const char *key, const char *value, struct err *e)
{
	cleanup_str struct str line = STR_INIT;

	line_begin(&line, "info");
	line_field(&line, "key", key);
	line_field(&line, "value", value);
	return say(port, &line, e);
}

static int say_end(int port, size_t records, struct err *e)
{
	cleanup_str struct str line = STR_INIT;

	line_begin(&line, "end");
	line_fieldf(&line, "records", "%zu", records);
	return say(port, &line, e);
}

static int do_run(const struct guest_plan *p, int port, size_t *records, struct err *e)
{
	for (size_t i = 0; i < p->nworkloads; i++)
		if (guest_run(p, &p->workloads[i], port, records, e))
			return -1;
	return 0;
}

static int do_command(const struct guest_plan *p, int port, struct err *e)
{
	cleanup_free char *status = NULL;
	struct err ignored = ERR_INIT;
	int output;

	guest_install_applets();
	if (p->mode == GUEST_SHELL) {
		guest_shell();
		return 0;
	}
	output = port_open(PORT_OUTPUT, OUTPUT_WAIT_MS, &ignored);
	status = xasprintf("%d", guest_exec(&p->args, guest_image(p), output));
	return say_info(port, "exit", status, e);
}

static int follow_plan(const char *text, size_t len, int port, size_t *records, struct err *e)
{
	struct guest_plan p;
	int ret = guest_plan_parse(&p, text, len, e);

	if (!ret)
		ret = guest_check(&p, e);
	if (!ret)
		ret = guest_image_mount(&p, e);
	if (!ret && p.mode == GUEST_RUN)
		ret = phase_read(&p.phase, e);
	if (!ret && p.mode == GUEST_RUN)
		ret = do_run(&p, port, records, e);
	else if (!ret)
		ret = do_command(&p, port, e);
	guest_plan_release(&p);
	return ret;
}

/* A boot without a plan proves that this kernel boots here, and nothing else. */
static int guest_serve(int port, struct err *e)
{
	cleanup_str struct str plan = STR_INIT;
	size_t records = 0;

	if (say_hello(port, e))
		return -1;
	if (file_exists("/plan") &&
	    (file_read("/plan", 0, &plan, e) || follow_plan(plan.buf, plan.len, port, &records, e)))
		return -1;
	return say_end(port, records, e);
}

static void guest_life(void)
{
	struct err e = ERR_INIT, ignored = ERR_INIT;
	int port = -1;

	if (!mount_all(&e))
		port = port_open(PORT_RECORDS, PORT_WAIT_MS, &e);
	if (port >= 0 && guest_serve(port, &e))
		say_info(port, "fatal", e.msg, &ignored);
	if (e.kind)
		fprintf(stderr, "kdelta-guest: %s\n", e.msg);
	if (port >= 0)
		close(port);
}

/* Deadlines are kept by poll() and sigtimedwait(): nothing may run in a handler. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int main(void)
{
	if (getpid() != 1) {
		fprintf(stderr, "kdelta-guest: this is the first process of a kernel under test\n");
		return 2;
	}
	klogctl(SYSLOG_ACTION_CONSOLE_LEVEL, NULL, CONSOLE_LEVEL);
	block_signals();
	guest_life();
	sync();
	reboot(RB_POWER_OFF);
	/* Returning would be a panic that hides what happened before. */
	for (;;)
		pause();
}
