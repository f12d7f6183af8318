// SPDX-License-Identifier: GPL-2.0
/* Running the kernel's make: its command line, its environment, its progress and its errors. */
#include "runner/kernel_build.h"

#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/proc.h"
#include "runner/paths.h"

#define CONFIG_DEADLINE_MS (600 * 1000L)
#define TICK_MS 250
#define STOP_GRACE_MS 2000
#define BUILD_TIMES_MAX ((size_t)1 << 20)

/* Equal inputs give equal bytes: nothing of who, when and where gets into the kernel. */
static const char *const fixed[] = {
	"LOCALVERSION=",
	"KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970",
	"KBUILD_BUILD_USER=kdelta",
	"KBUILD_BUILD_HOST=kdelta",
	"KBUILD_BUILD_VERSION=1",
};

/* What would change the build behind our back, or take a job server that is not ours. */
static const char *const unwanted[] = {
	"MAKEFLAGS",
	"MFLAGS",
	"MAKELEVEL",
	"MAKEFILES",
	"MAKEOVERRIDES",
	"KBUILD_OUTPUT",
	"KBUILD_EXTMOD",
	"KBUILD_VERBOSE",
	"KBUILD_CFLAGS",
	"KCFLAGS",
	"KAFLAGS",
	"KCPPFLAGS",
	"KCONFIG_CONFIG",
	"KCONFIG_ALLCONFIG",
	"CFLAGS",
	"CPPFLAGS",
	"LDFLAGS",
	"CC",
	"LD",
	"LLVM",
	"ARCH",
	"CROSS_COMPILE",
	"O",
	"V",
	"W",
	"C",
	"M",
	"MO",
	"INSTALL_MOD_PATH",
	"GCC_COLORS",
};

void make_env(struct strv *env)
{
	for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++)
		strv_push(env, unwanted[i]);
	strv_push(env, "LC_ALL=C"); /* the first error is looked for in English */
	strv_pushf(env, "CCACHE_DIR=%s/ccache", paths_cache());
	strv_push(env, "CCACHE_NOHASHDIR=1"); /* the folder's name differs per kernel */
	/* Without a preprocessor run of its own ccache costs a cold build 4 % of CPU time instead of 50 %. */
	strv_push(env, "CCACHE_DEPEND=1");
}

static int online_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (int)n : 1;
}

void make_argv(const struct request *r, const char *tree, int jobs, struct strv *argv)
{
	strv_push(argv, "make");
	strv_push(argv, "-C");
	strv_push(argv, tree);
	strv_pushf(argv, "-j%d", jobs > 0 ? jobs : online_cpus());
	strv_push(argv, "O=build");
	strv_pushf(argv, "ARCH=%s", r->arch->karch);
	strv_pushf(argv, "CROSS_COMPILE=%s", arch_cross(r->arch));
	if (r->cc)
		strv_pushf(argv, "CC=%s", r->cc);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		strv_push(argv, fixed[i]);
}

void make_targets(const struct arch *a, struct strv *argv)
{
	strv_push(argv, a->image_target);
	strv_push(argv, "vmlinux");
	strv_push(argv, "modules");
}

static bool is_error_line(const char *line, size_t len)
{
	static const char *const signs[] = { " error: ", ": Error: ", "undefined reference to",
					     "*** " };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (memmem(line, len, signs[i], strlen(signs[i])))
			return true;
	return false;
}

void log_first_error(const char *text, struct str *out)
{
	const char *last = "", *end;
	size_t last_len = 0;

	for (const char *line = text; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (end == line)
			continue;
		last = line;
		last_len = (size_t)(end - line);
		if (is_error_line(line, last_len))
			break;
	}
	str_addmem(out, last, last_len < 500 ? last_len : 500);
}

static int make_failed(const struct request *r, const char *what, const struct proc_result *res,
		       struct err *e)
{
	cleanup_str struct str text = STR_INIT, why = STR_INIT;

	if (file_read_tail(r->log, (size_t)32 << 20, &text, e))
		return -1;
	log_first_error(text.buf, &why);
	return err_set(e, ERR_INFRA, "cannot %s '%s' for %s: %s (log: %s)", what, r->v->name,
		       r->arch->name,
		       res->timed_out ? "no end within the deadline" :
		       why.len        ? why.buf :
					"make failed without a message",
		       r->log);
}

int make_config(const struct request *r, const char *targets, int log_fd, struct err *e)
{
	cleanup_strv struct strv argv = STRV_INIT, env = STRV_INIT;
	struct proc p = PROC_INIT;
	struct proc_result res;

	make_argv(r, r->tree, 1, &argv);
	strv_split(&argv, targets, " ");
	make_env(&env);
	p.argv = (const char *const *)argv.v;
	p.env = &env;
	p.out_fd = p.err_fd = log_fd;
	p.deadline_ms = CONFIG_DEADLINE_MS;
	if (proc_run(&p, &res, e))
		return -1;
	return res.status || res.timed_out ? make_failed(r, "configure", &res, e) : 0;
}

/* <cache>/build-times: "<arch> full|part <objects> <seconds>", one line per build, the newest last. */
static char *build_times_path(void)
{
	return xasprintf("%s/build-times", paths_cache());
}

static void build_time_add(const struct arch *a, bool fresh, long objects, double seconds)
{
	cleanup_free char *path = build_times_path();
	FILE *f = fopen(path, "ae");

	if (!f)
		return; /* only the next estimate is poorer for it */
	fprintf(f, "%s %s %ld %.1f\n", a->name, fresh ? "full" : "part", objects, seconds);
	fclose(f);
}

double build_time_last(const struct arch *a, bool fresh, long *objects)
{
	cleanup_free char *path = build_times_path();
	cleanup_str struct str text = STR_INIT;
	cleanup_strv struct strv lines = STRV_INIT;
	double seconds = 0;

	*objects = 0;
	if (!file_exists(path) || file_read_tail(path, BUILD_TIMES_MAX, &text, NULL))
		return 0;
	strv_split(&lines, text.buf, "\n");
	for (size_t i = lines.n; i-- > 0;) {
		char name[32], kind[8];

		if (sscanf(lines.v[i], "%31s %7s %ld %lf", name, kind, objects, &seconds) == 4 &&
		    !strcmp(name, a->name) && !strcmp(kind, fresh ? "full" : "part"))
			return seconds;
	}
	*objects = 0;
	return 0;
}

/* Counts what make says it makes: lines of two blanks and a word in capitals. */
struct counter {
	int fd;
	int column; /* in the current line, while it may still count; -1: it does not, or did */
	long objects;
};

static void count_byte(struct counter *c, char ch)
{
	if (ch == '\n')
		c->column = 0;
	else if (c->column < 0)
		return;
	else if (c->column < 2)
		c->column = ch == ' ' ? c->column + 1 : -1;
	else {
		c->objects += isupper((unsigned char)ch) != 0;
		c->column = -1;
	}
}

static void count_more(struct counter *c)
{
	char buf[16384];
	ssize_t n;

	while ((n = read(c->fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			count_byte(c, buf[i]);
}

/* What make_watch() sleeps on: the end of make, and the signals that ask kdelta to end. */
struct watch {
	struct pollfd fds[2]; /* pidfd, signalfd; a negative one is ignored by poll() */
	sigset_t old;
};

/*
 * make leads a group of its own, which the terminal's ^C does not reach. From before it starts: a signal that ended kdelta
 * just then would leave behind what make has started.
 */
static void watch_begin(struct watch *w)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, &w->old);
	w->fds[0] = (struct pollfd){ .fd = -1, .events = POLLIN };
	w->fds[1] = (struct pollfd){ .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
				     .events = POLLIN };
}

/* A signal that came is delivered now that make has ended. */
static void watch_end(struct watch *w, int signal_number)
{
	for (int i = 0; i < 2; i++)
		if (w->fds[i].fd >= 0)
			close(w->fds[i].fd);
	pthread_sigmask(SIG_SETMASK, &w->old, NULL);
	if (signal_number)
		raise(signal_number);
}

/* The signal that came while make ran, or 0. */
static int watch_signal(const struct watch *w)
{
	struct signalfd_siginfo info;

	return read(w->fds[1].fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}

/* Watch until make ends. poll() wakes at once when it does; the tick is for the progress alone. Returns a
 * signal that ended it early, or 0. */
static int make_watch(struct watch *w, pid_t pid, struct counter *c, long total,
		      const struct build_progress *p, struct proc_result *res)
{
	double start = proc_now();
	int got = 0;

	w->fds[0].fd = (int)syscall(SYS_pidfd_open, pid, 0);
	while (!got && !proc_poll(pid, res)) {
		poll(w->fds, 2, TICK_MS);
		count_more(c);
		if (p && p->objects)
			p->objects(p->arg, c->objects, total, proc_now() - start);
		got = watch_signal(w);
		if (got)
			proc_stop(pid, STOP_GRACE_MS, res);
	}
	count_more(c);
	res->seconds = proc_now() - start;
	return got;
}

/* Kept so that whoever continues a killed build can end what is left of it. */
static char *group_path(const struct request *r)
{
	return path_join(r->partial, "make.pid");
}

static int group_write(const struct request *r, pid_t pid, struct err *e)
{
	cleanup_free char *path = group_path(r);
	cleanup_free char *text = xasprintf("%d\n", (int)pid);

	return file_write(path, text, strlen(text), e);
}

void make_end_orphans(const struct request *r)
{
	cleanup_free char *path = group_path(r);
	cleanup_str struct str text = STR_INIT;
	long pid;

	if (!file_exists(path) || file_read(path, 64, &text, NULL))
		return;
	pid = strtol(text.buf, NULL, 10);
	if (pid > 1)
		kill((pid_t)-pid, SIGTERM);
}

static int make_start(const struct request *r, const struct proc *make, pid_t *pid, struct err *e)
{
	cleanup_free char *group = group_path(r);

	unlink(group); /* a number of an earlier make may be another process by now */
	if (proc_start(make, pid, e))
		return -1;
	if (!group_write(r, *pid, e))
		return 0;
	proc_stop(*pid, STOP_GRACE_MS, NULL);
	return -1;
}

/* Start make and see it through. */
static int make_run(const struct request *r, const struct proc *make, struct counter *c, long total,
		    const struct build_progress *p, struct proc_result *res, struct err *e)
{
	cleanup_free char *group = group_path(r);
	struct watch w;
	int got = 0, ret;
	pid_t pid;

	watch_begin(&w);
	ret = make_start(r, make, &pid, e);
	if (!ret)
		got = make_watch(&w, pid, c, total, p, res);
	watch_end(&w, got);
	if (ret)
		return -1;
	if (got)
		return err_set(e, ERR_INFRA, "the build of '%s' for %s was interrupted", r->v->name,
			       r->arch->name);
	unlink(group);
	return res->status ? make_failed(r, "build", res, e) : 0;
}

int make_kernel(const struct request *r, const struct partial *part, int jobs,
		const struct build_progress *p, double *seconds, struct err *e)
{
	cleanup_strv struct strv argv = STRV_INIT, env = STRV_INIT;
	struct counter c = { .fd = open(r->log, O_RDONLY | O_CLOEXEC) };
	struct proc make = PROC_INIT;
	struct proc_result res = { 0 };
	long total;
	int ret;

	if (c.fd < 0 || lseek(c.fd, 0, SEEK_END) < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", r->log);
	make_argv(r, r->tree, jobs, &argv);
	make_targets(r->arch, &argv);
	make_env(&env);
	make.argv = (const char *const *)argv.v;
	make.env = &env;
	make.out_fd = make.err_fd = part->log_fd;
	build_time_last(r->arch, part->fresh, &total);
	ret = make_run(r, &make, &c, part->fresh ? total : 0, p, &res, e);
	if (!ret && !part->resumed) /* half a build says nothing about the next one */
		build_time_add(r->arch, part->fresh, c.objects, res.seconds);
	*seconds = res.seconds;
	close(c.fd);
	return ret;
}
