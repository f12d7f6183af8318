// SPDX-License-Identifier: GPL-2.0
#include "workloads/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runner/base/file.h"

#define OUTPUT_MAX ((size_t)1 << 20)
#define PATH_DIRS "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
/* What the child could not do before it became the program. */
enum step { STEP_CGROUP, STEP_CPU, STEP_ROOT, STEP_EXEC };

struct trouble {
	enum step step;
	int error;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t output_max(const struct exec *x)
{
	return x->output_max ? x->output_max : OUTPUT_MAX;
}

void exec_init(struct exec *x, const char *const *argv)
{
	*x = (struct exec){ .argv = argv,
			    .cpu = -1,
			    .root = EXEC_IMAGE,
			    .out = STR_INIT,
			    .err = STR_INIT,
			    .pid = -1,
			    .out_fd = -1,
			    .err_fd = -1 };
}

/* --- in the child --- */

static int join_cgroup(const char *cgroup)
{
	cleanup_free char *path = path_join(cgroup, "cgroup.procs");
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, "0", 1);
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return n == 1 ? 0 : -1;
}

/* A workload is bound to CPU 0; its programs are not, unless they ask for it. The kernel takes the CPUs that are
 * there out of the set. */
static int bind_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (cpu < 0 || i == cpu)
			CPU_SET(i, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static int enter_root(const char *root)
{
	if (root && chroot(root))
		return -1;
	return chdir("/tmp");
}

static void set_environment(void)
{
	clearenv();
	setenv("PATH", PATH_DIRS, 1);
	setenv("HOME", "/tmp", 1);
	setenv("TMPDIR", "/tmp", 1);
	setenv("LC_ALL", "C", 1);
}

static void plain_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static enum step become(const struct exec *x, int out, int err)
{
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	plain_signals();
	if (x->cgroup && join_cgroup(x->cgroup))
		return STEP_CGROUP;
	if (bind_to(x->cpu))
		return STEP_CPU;
	if (enter_root(x->root))
		return STEP_ROOT;
	set_environment();
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	execvp(x->argv[0], (char *const *)x->argv);
	return STEP_EXEC;
}

static void child(const struct exec *x, int out, int err, int report)
{
	struct trouble t = { .step = become(x, out, err) };
	ssize_t ignored;

	t.error = errno;
	ignored = write(report, &t, sizeof(t));
	(void)ignored;
	_exit(127);
}

/* --- outside --- */

static int could_not(const struct exec *x, const struct trouble *t, struct err *e)
{
	errno = t->error;
	switch (t->step) {
	case STEP_CGROUP:
		return err_errno(e, ERR_INFRA, "cannot start '%s' in the cgroup '%s'", x->argv[0],
				 x->cgroup);
	case STEP_CPU:
		return err_errno(e, ERR_INFRA, "cannot start '%s' on CPU %d", x->argv[0], x->cpu);
	case STEP_ROOT:
		return err_errno(e, ERR_INFRA, "cannot start '%s' in '%s'", x->argv[0],
				 x->root ? x->root : "/tmp");
	case STEP_EXEC:
		break;
	}
	return err_errno(e, ERR_INFRA, "cannot run '%s'", x->argv[0]);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The program's three pipes; [0] is our end. */
struct pipes {
	int out[2], err[2], report[2];
};

static void pipes_close(struct pipes *p, int end)
{
	close_fd(&p->out[end]);
	close_fd(&p->err[end]);
	close_fd(&p->report[end]);
}

/* Room for all that it may write: nobody reads while it runs in the background. */
static int pipes_open(struct pipes *p, size_t room, struct err *e)
{
	*p = (struct pipes){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
	if (!pipe2(p->out, O_CLOEXEC) && !pipe2(p->err, O_CLOEXEC) &&
	    !pipe2(p->report, O_CLOEXEC) && fcntl(p->out[0], F_SETPIPE_SZ, (int)room) > 0 &&
	    fcntl(p->err[0], F_SETPIPE_SZ, (int)room) > 0)
		return 0;
	err_errno(e, ERR_INFRA, "cannot make a pipe of %zu bytes", room);
	pipes_close(p, 0);
	pipes_close(p, 1);
	return -1;
}

int exec_start(struct exec *x, struct err *e)
{
	struct trouble t;
	struct pipes p;
	ssize_t n;

	if (pipes_open(&p, output_max(x), e))
		return -1;
	x->begin = now();
	x->pid = fork();
	if (!x->pid)
		child(x, p.out[1], p.err[1], p.report[1]);
	pipes_close(&p, 1);
	x->out_fd = p.out[0];
	x->err_fd = p.err[0];
	if (x->pid < 0) {
		close(p.report[0]);
		return err_errno(e, ERR_INFRA, "cannot fork for '%s'", x->argv[0]);
	}
	/* the group must be there before somebody signals it, whoever of the two comes first */
	setpgid(x->pid, x->pid);
	n = read(p.report[0], &t, sizeof(t));
	close(p.report[0]);
	if (!n)
		return 0;
	waitpid(x->pid, NULL, 0);
	x->pid = -1;
	close_fd(&x->out_fd);
	close_fd(&x->err_fd);
	return n == (ssize_t)sizeof(t) ? could_not(x, &t, e) :
					 err_errno(e, ERR_INFRA, "cannot start '%s'", x->argv[0]);
}

/* Take what is there; true when there is no more to come. */
static bool take(int fd, struct str *to, size_t max)
{
	char buf[16384];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0)
		return errno != EINTR && errno != EAGAIN;
	/* one byte over the limit shows that it was passed */
	if (to->len <= max)
		str_addmem(to, buf, (size_t)n);
	return !n;
}

static bool too_much(const struct exec *x)
{
	return x->out.len > output_max(x) || x->err.len > output_max(x);
}

enum ending { ENDED, TIMED_OUT, FLOODED };

/* Until it ends or has to be ended. */
static enum ending watch(struct exec *x, int pidfd)
{
	struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
				{ .fd = x->out_fd, .events = POLLIN },
				{ .fd = x->err_fd, .events = POLLIN } };
	double deadline = now() + x->timeout;

	for (;;) {
		double left = deadline - now();
		int ready = poll(fds, 3, !x->timeout ? -1 : left > 0 ? (int)(left * 1e3) + 1 : 0);

		if (!ready)
			return TIMED_OUT;
		if (ready < 0)
			continue;
		if (fds[1].revents && take(x->out_fd, &x->out, output_max(x)))
			fds[1].fd = -1;
		if (fds[2].revents && take(x->err_fd, &x->err, output_max(x)))
			fds[2].fd = -1;
		if (too_much(x))
			return FLOODED;
		if (fds[0].revents)
			return ENDED;
	}
}

/* What the group left in the pipes; others may still hold them open. */
static void drain(const struct exec *x, int fd, struct str *to)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	while (to->len <= output_max(x) && poll(&pfd, 1, 0) > 0 && !take(fd, to, output_max(x)))
		;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* Ends it, too, where it has not ended. */
static void reap(struct exec *x)
{
	struct rusage use = { .ru_maxrss = 0 };
	int status = 0;

	x->wall = now() - x->begin;
	/* before the number may be another's */
	kill(-x->pid, SIGKILL);
	while (wait4(x->pid, &status, 0, &use) < 0 && errno == EINTR)
		;
	x->pid = -1;
	x->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	x->user = seconds(use.ru_utime);
	x->sys = seconds(use.ru_stime);
	x->max_rss = use.ru_maxrss;
}

static int ending_error(const struct exec *x, enum ending how, struct err *e)
{
	if (how == TIMED_OUT)
		return err_set(e, ERR_INFRA, "%s: no end within %d s", path_base(x->argv[0]),
			       x->timeout);
	if (how == FLOODED || too_much(x))
		return err_set(e, ERR_INFRA, "%s: wrote more than %zu bytes", path_base(x->argv[0]),
			       output_max(x));
	return 0;
}

int exec_stop(struct exec *x, int signal, struct err *e)
{
	enum ending how;
	int pidfd;

	if (x->pid < 0)
		return err_set(e, ERR_INFRA, "%s: does not run", path_base(x->argv[0]));
	pidfd = pidfd_open(x->pid, 0);
	if (pidfd < 0)
		return err_errno(e, ERR_INFRA, "cannot watch '%s'", x->argv[0]);
	if (signal)
		kill(-x->pid, signal);
	how = watch(x, pidfd);
	close(pidfd);
	reap(x);
	drain(x, x->out_fd, &x->out);
	drain(x, x->err_fd, &x->err);
	close_fd(&x->out_fd);
	close_fd(&x->err_fd);
	return ending_error(x, how, e);
}

int exec_run(struct exec *x, struct err *e)
{
	return exec_start(x, e) || exec_stop(x, 0, e) ? -1 : 0;
}

void exec_release(struct exec *x)
{
	if (x->pid > 0)
		reap(x);
	close_fd(&x->out_fd);
	close_fd(&x->err_fd);
	str_release(&x->out);
	str_release(&x->err);
}

/* A link is enough: where an absolute one leads is known inside the image alone. */
static bool is_there(const char *dir, const char *name)
{
	cleanup_free char *path = xasprintf(EXEC_IMAGE "%s/%s", dir, name);
	struct stat st;

	return !lstat(path, &st) && !S_ISDIR(st.st_mode);
}

bool exec_has(const char *name)
{
	cleanup_strv struct strv dirs = STRV_INIT;

	if (name[0] == '/')
		return is_there("", name + 1);
	strv_split(&dirs, PATH_DIRS, ":");
	for (size_t i = 0; i < dirs.n; i++)
		if (is_there(dirs.v[i], name))
			return true;
	return false;
}

int exec_check(const struct exec *x, struct err *e)
{
	const char *name = path_base(x->argv[0]), *last;
	const char *signal = x->status > 128 ? sigabbrev_np(x->status - 128) : NULL;
	cleanup_strv struct strv lines = STRV_INIT;

	if (!x->status)
		return 0;
	strv_split(&lines, x->err.buf, "\n");
	last = lines.n ? lines.v[lines.n - 1] : "it gave no reason";
	if (signal)
		return err_set(e, ERR_INFRA, "%s: ended by SIG%s: %s", name, signal, last);
	return err_set(e, ERR_INFRA, "%s: exited with status %d: %s", name, x->status, last);
}
