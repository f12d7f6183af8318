// SPDX-License-Identifier: GPL-2.0
#include "runner/base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runner/base/file.h"

extern char **environ;

#define CAPTURE_DEFAULT ((size_t)1 << 20)
#define STOP_GRACE_MS 1000

double proc_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

char *proc_which(const char *name)
{
	const char *path = getenv("PATH");
	cleanup_strv struct strv dirs = STRV_INIT;

	if (strchr(name, '/'))
		return access(name, X_OK) ? NULL : xstrdup(name);
	strv_split(&dirs, path ? path : "/usr/local/bin:/usr/bin:/bin", ":");
	for (size_t i = 0; i < dirs.n; i++) {
		char *p = path_join(dirs.v[i], name);

		if (!access(p, X_OK))
			return p;
		free(p);
	}
	return NULL;
}

static size_t name_len(const char *assignment)
{
	return strcspn(assignment, "=");
}

static bool overridden(const struct strv *env, const char *assignment)
{
	size_t n = name_len(assignment);

	for (size_t i = 0; env && i < env->n; i++)
		if (name_len(env->v[i]) == n && !strncmp(env->v[i], assignment, n))
			return true;
	return false;
}

/* Pointers into environ and @extra; only the array itself is allocated. */
static char **merged_env(const struct strv *extra)
{
	size_t n = 0, k = 0;
	char **out;

	while (environ[n])
		n++;
	out = xcalloc(n + (extra ? extra->n : 0) + 1, sizeof(*out));
	for (size_t i = 0; i < n; i++)
		if (!overridden(extra, environ[i]))
			out[k++] = environ[i];
	for (size_t i = 0; extra && i < extra->n; i++)
		if (strchr(extra->v[i], '='))
			out[k++] = extra->v[i];
	return out;
}

struct launch {
	const struct proc *p;
	const char *path;
	char **env;
	int in, out, err;
	int report; /* write end; closes on exec, carries errno when something fails */
	pid_t parent;
};

/* dup2 onto 0..2 must not overwrite a source that is itself 0..2, so lift all sources first. */
static int place_fds(const struct launch *l)
{
	int in = fcntl(l->in, F_DUPFD, 3);
	int out = fcntl(l->out, F_DUPFD, 3);
	int err = fcntl(l->err, F_DUPFD, 3);

	if (in < 0 || out < 0 || err < 0)
		return -1;
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		return -1;
	return 0;
}

static int drop_privileges(const struct proc *p)
{
	if (!p->uid || geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) || setresgid(p->gid, p->gid, p->gid) ||
	    setresuid(p->uid, p->uid, p->uid))
		return -1;
	return 0;
}

/* Runs between fork and exec: async-signal-safe calls only. */
static void child(const struct launch *l)
{
	const struct proc *p = l->p;
	sigset_t none;
	int saved;

	if (!p->foreground && setpgid(0, 0))
		goto fail;
	if (place_fds(l))
		goto fail;
	if (p->fsize_max) {
		struct rlimit lim = { p->fsize_max, p->fsize_max };

		if (setrlimit(RLIMIT_FSIZE, &lim))
			goto fail;
	}
	if (p->cwd && chdir(p->cwd))
		goto fail;
	if (drop_privileges(p))
		goto fail;
	/* after the change of user, which clears it */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != l->parent)
		goto fail;
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
	if (p->dir_fd > 0) {
		if (fcntl(p->dir_fd, F_SETFD, 0))
			goto fail;
		syscall(SYS_execveat, p->dir_fd, l->path, p->argv, l->env, 0);
	} else {
		execve(l->path, (char *const *)p->argv, l->env);
	}
fail:
	saved = errno;
	if (write(l->report, &saved, sizeof(saved)) < 0)
		_exit(126);
	_exit(127);
}

static int pick_fd(int want, int null_fd, int own)
{
	if (want == PROC_NULL)
		return null_fd;
	return want == PROC_INHERIT ? own : want;
}

static int start(const struct proc *p, int out_pipe, pid_t *pid, struct err *e)
{
	cleanup_free char *path = p->dir_fd > 0 ? xstrdup(p->file) : proc_which(p->argv[0]);
	cleanup_free char **env = NULL;
	int null_fd, report[2], code = 0;
	struct launch l = { .p = p };
	ssize_t n;

	if (!path) {
		errno = ENOENT;
		return err_errno(e, ERR_INFRA, "cannot run '%s'", p->argv[0]);
	}
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null_fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open '/dev/null'");
	if (pipe2(report, O_CLOEXEC)) {
		close(null_fd);
		return err_errno(e, ERR_INFRA, "cannot run '%s'", p->argv[0]);
	}
	env = merged_env(p->env);
	l.path = path;
	l.env = env;
	l.in = pick_fd(p->in_fd, null_fd, 0);
	l.out = out_pipe >= 0 ? out_pipe : pick_fd(p->out_fd, null_fd, 1);
	l.err = out_pipe >= 0 && !p->out_only ? out_pipe : pick_fd(p->err_fd, null_fd, 2);
	l.report = report[1];
	l.parent = getpid();
	*pid = fork();
	if (*pid == 0)
		child(&l);
	close(report[1]);
	close(null_fd);
	if (*pid < 0) {
		close(report[0]);
		return err_errno(e, ERR_INFRA, "cannot run '%s'", p->argv[0]);
	}
	do {
		n = read(report[0], &code, sizeof(code));
	} while (n < 0 && errno == EINTR);
	close(report[0]);
	if (n == (ssize_t)sizeof(code)) {
		waitpid(*pid, NULL, 0);
		errno = code;
		return err_errno(e, ERR_INFRA, "cannot run '%s'", p->argv[0]);
	}
	return 0;
}

int proc_start(const struct proc *p, pid_t *pid, struct err *e)
{
	return start(p, -1, pid, e);
}

static void fill_result(int status, struct proc_result *r)
{
	if (!r)
		return;
	r->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	r->status = r->signal ? 128 + r->signal : WEXITSTATUS(status);
}

bool proc_poll(pid_t pid, struct proc_result *r)
{
	int status;
	pid_t got;

	do {
		got = waitpid(pid, &status, WNOHANG);
	} while (got < 0 && errno == EINTR);
	if (got == 0)
		return false;
	fill_result(got == pid ? status : 0, r);
	return true;
}

static int pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0U);
}

/* Wait for the end, at most @ms. */
static bool wait_ms(pid_t pid, long ms, struct proc_result *r)
{
	double end = proc_now() + (double)ms / 1000;
	struct pollfd pfd = { .fd = pidfd_of(pid), .events = POLLIN };
	bool done;

	for (;;) {
		double left = (end - proc_now()) * 1000;

		done = proc_poll(pid, r);
		if (done || left <= 0)
			break;
		/* without pidfds (Linux < 5.3) look again every 10 ms */
		poll(&pfd, pfd.fd >= 0 ? 1 : 0, pfd.fd >= 0 ? (int)left + 1 : 10);
	}
	if (pfd.fd >= 0)
		close(pfd.fd);
	return done;
}

/* The child's group; a foreground child has none of its own. */
static void signal_group(pid_t pid, int sig)
{
	if (getpgid(pid) == pid)
		kill(-pid, sig);
	else
		kill(pid, sig);
}

void proc_stop(pid_t pid, long grace_ms, struct proc_result *r)
{
	struct proc_result own;

	if (!r)
		r = &own;
	signal_group(pid, SIGTERM);
	if (wait_ms(pid, grace_ms, r))
		return;
	signal_group(pid, SIGKILL);
	/* SIGKILL cannot be refused, but a process in the kernel may take a while */
	while (!wait_ms(pid, 60000, r))
		;
}

struct capture {
	int fd;
	struct str *out;
	size_t max;
	bool eof;
};

static void capture_some(struct capture *c)
{
	char buf[65536];
	ssize_t n = read(c->fd, buf, sizeof(buf));

	if (n > 0) {
		str_addmem(c->out, buf, (size_t)n);
		/* trim rarely: each trim moves the whole tail */
		if (c->out->len > 2 * c->max)
			str_keep_tail(c->out, c->max);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		c->eof = true;
	}
}

#define LOOK_MS 1000 /* a signal may come right before poll() sleeps */

static const volatile sig_atomic_t *interrupt_flag;

void proc_interrupt_on(const volatile sig_atomic_t *flag)
{
	interrupt_flag = flag;
}

static bool is_interrupted(void)
{
	return interrupt_flag && *interrupt_flag;
}

static int say_interrupted(const struct proc *p, struct err *e)
{
	return err_set(e, ERR_INFRA, "'%s' was interrupted", p->argv[0]);
}

/* Read until the child has ended (not until end of file: a grandchild may keep the pipe open). */
static bool watch(pid_t pid, struct capture *c, double deadline, struct proc_result *r)
{
	int pidfd = pidfd_of(pid);
	bool ended = false;

	while (!ended) {
		double left = deadline > 0 ? (deadline - proc_now()) * 1000 : LOOK_MS;
		struct pollfd pfd[2] = {
			{ .fd = pidfd, .events = POLLIN },
			{ .fd = c->eof ? -1 : c->fd, .events = POLLIN },
		};

		if ((deadline > 0 && left <= 0) || is_interrupted())
			break;
		if (left > LOOK_MS)
			left = LOOK_MS;
		if (pidfd < 0 && left > 10)
			left = 10;
		poll(pfd, 2, (int)left + 1);
		if (pfd[1].revents)
			capture_some(c);
		ended = proc_poll(pid, r);
	}
	if (pidfd >= 0)
		close(pidfd);
	return ended;
}

/* What is left in the pipe; bounded, for a grandchild may go on writing. */
static void drain(struct capture *c)
{
	for (int i = 0; i < 64 && !c->eof; i++) {
		struct pollfd pfd = { .fd = c->fd, .events = POLLIN };

		if (poll(&pfd, 1, 0) <= 0)
			break;
		capture_some(c);
	}
	str_keep_tail(c->out, c->max);
}

int proc_run(const struct proc *p, struct proc_result *r, struct err *e)
{
	cleanup_str struct str unused = STR_INIT;
	struct capture c = { .fd = -1, .out = p->out ? p->out : &unused, .eof = true };
	double begin = proc_now();
	int fds[2] = { -1, -1 };
	pid_t pid = -1;
	int ret;

	memset(r, 0, sizeof(*r));
	if (is_interrupted())
		return say_interrupted(p, e);
	c.max = p->out_max ? p->out_max : CAPTURE_DEFAULT;
	if (p->out && pipe2(fds, O_CLOEXEC))
		return err_errno(e, ERR_INFRA, "cannot run '%s'", p->argv[0]);
	ret = start(p, fds[1], &pid, e);
	if (fds[1] >= 0)
		close(fds[1]);
	if (!ret) {
		double deadline = p->deadline_ms ? begin + (double)p->deadline_ms / 1000 : 0;

		if (p->out) {
			fcntl(fds[0], F_SETFL, O_NONBLOCK);
			c.fd = fds[0];
			c.eof = false;
		}
		if (!watch(pid, &c, deadline, r)) {
			proc_stop(pid, STOP_GRACE_MS, r);
			if (is_interrupted())
				ret = say_interrupted(p, e);
			else
				r->timed_out = true;
		}
		if (p->out)
			drain(&c);
		r->seconds = proc_now() - begin;
	}
	if (fds[0] >= 0)
		close(fds[0]);
	return ret;
}

/* The last non-empty lines of a tool's output say best what went wrong. */
static const char *last_words(struct str *out)
{
	char *p;

	while (out->len && strchr("\n\r \t", out->buf[out->len - 1]))
		out->buf[--out->len] = '\0';
	str_keep_tail(out, 400);
	p = out->len == 400 ? strchr(out->buf, '\n') : NULL;
	return p ? p + 1 : out->buf;
}

int proc_check(const struct proc *p, struct err *e)
{
	cleanup_str struct str own = STR_INIT;
	struct proc q = *p;
	struct proc_result r;

	if (!q.out && q.out_fd == PROC_NULL && q.err_fd == PROC_NULL)
		q.out = &own;
	if (proc_run(&q, &r, e))
		return -1;
	if (r.timed_out)
		return err_set(e, ERR_INFRA, "'%s' did not end within %ld s", p->argv[0],
			       p->deadline_ms / 1000);
	if (r.status) {
		cleanup_str struct str tail = STR_INIT;

		if (q.out)
			str_addmem(&tail, q.out->buf, q.out->len);
		return err_set(e, ERR_INFRA, "'%s' failed with status %d%s%s", p->argv[0], r.status,
			       tail.len ? ": " : "", last_words(&tail));
	}
	return 0;
}

char *proc_first_line(const char *const *argv)
{
	cleanup_str struct str out = STR_INIT;
	struct proc p = PROC_INIT;
	struct proc_result r;

	p.argv = argv;
	p.out = &out;
	p.out_only = true;
	p.deadline_ms = 10000;
	if (proc_run(&p, &r, NULL) || r.status)
		return NULL;
	return xstrndup(out.buf, strcspn(out.buf, "\n"));
}
