// SPDX-License-Identifier: GPL-2.0
/* A person at the console, or one command for the host. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "workloads/guest.h"

#define BUSYBOX "/bin/busybox"
#define PATH_DIRS "/bin:/sbin:/usr/bin:/usr/sbin"
#define CANNOT_RUN 127

void guest_child_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

/* PID 1 inherits every orphan: they are reaped while it waits for its own child. */
static int wait_for(pid_t pid)
{
	int status = 0;
	pid_t got;

	do {
		got = wait(&status);
	} while (got != pid && !(got < 0 && errno == ECHILD));
	if (got != pid)
		return CANNOT_RUN;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run_busybox(const char *const *argv)
{
	pid_t pid = fork();

	if (!pid) {
		guest_child_signals();
		execv(BUSYBOX, (char *const *)argv);
		_exit(CANNOT_RUN);
	}
	return pid < 0 ? CANNOT_RUN : wait_for(pid);
}

void guest_install_applets(void)
{
	static const char *const argv[] = { "busybox", "--install", "-s", "/bin", NULL };

	if (file_exists(BUSYBOX))
		run_busybox(argv);
}

/*
 * /dev/console can be no controlling terminal, the device behind it can: the kernel names it, last
 * of the consoles it writes to.
 */
static int console_open(void)
{
	cleanup_str struct str text = STR_INIT;
	cleanup_strv struct strv names = STRV_INIT;
	cleanup_free char *path = NULL;
	struct err ignored = ERR_INIT;
	int fd = -1;

	if (!file_read("/sys/class/tty/console/active", 4096, &text, &ignored))
		strv_split(&names, text.buf, " \n");
	if (names.n) {
		path = xasprintf("/dev/%s", names.v[names.n - 1]);
		fd = open(path, O_RDWR | O_NOCTTY);
	}
	return fd >= 0 ? fd : open("/dev/console", O_RDWR | O_NOCTTY);
}

static void use_as_stdio(int in, int out)
{
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
}

static void set_environment(void)
{
	clearenv();
	setenv("PATH", PATH_DIRS, 1);
	setenv("HOME", "/", 1);
	setenv("TERM", "linux", 1);
}

static void shell_child(void)
{
	int tty = console_open();

	guest_child_signals();
	setsid();
	set_environment();
	setenv("PS1", "\\w # ", 1);
	if (tty >= 0) {
		ioctl(tty, TIOCSCTTY, 1);
		use_as_stdio(tty, tty);
	}
	execl(BUSYBOX, "sh", (char *)NULL);
	fprintf(stderr, "kdelta: cannot run '" BUSYBOX "': %s\n", strerror(errno));
	_exit(CANNOT_RUN);
}

int guest_shell(void)
{
	pid_t pid = fork();

	if (!pid)
		shell_child();
	return pid < 0 ? CANNOT_RUN : wait_for(pid);
}

static void exec_child(const struct strv *args, const char *root, int output)
{
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

	guest_child_signals();
	setsid();
	set_environment();
	use_as_stdio(in, output >= 0 ? output : STDOUT_FILENO);
	if (root && (chroot(root) || chdir("/tmp"))) {
		fprintf(stderr, "kdelta: cannot enter '%s': %s\n", root, strerror(errno));
		_exit(CANNOT_RUN - 1);
	}
	execvp(args->v[0], args->v);
	fprintf(stderr, "kdelta: cannot run '%s': %s\n", args->v[0], strerror(errno));
	_exit(errno == ENOENT ? CANNOT_RUN : CANNOT_RUN - 1);
}

int guest_exec(const struct strv *args, const char *root, int output)
{
	pid_t pid = fork();

	if (!pid)
		exec_child(args, root, output);
	return pid < 0 ? CANNOT_RUN : wait_for(pid);
}
