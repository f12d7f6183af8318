/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one door to child processes: argument vectors, never a shell.
 *
 * Every child leads a process group of its own, gets SIGKILL when kdelta dies, has standard input from
 * /dev/null unless told otherwise, and all descriptors above 2 closed. A deadline that passes ends the
 * whole group: SIGTERM, then SIGKILL after a second.
 */
#ifndef KDELTA_BASE_PROC_H
#define KDELTA_BASE_PROC_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "runner/base/err.h"
#include "runner/base/str.h"

#define PROC_NULL (-1) /* /dev/null */
#define PROC_INHERIT (-2) /* kdelta's own */

struct proc {
	const char *const *argv; /* argv[0] is searched in PATH */
	const struct strv *env; /* "NAME=value" added to the environment; NULL: none; "NAME" unsets */
	const char *cwd; /* NULL: stay */
	int in_fd; /* a descriptor, or PROC_* */
	int out_fd; /* used when @out is NULL */
	int err_fd; /* used when @out is NULL */
	struct str *out; /* capture standard output and error together, or NULL */
	size_t out_max; /* keep only this much of the tail of @out; 0: 1 MiB */
	bool out_only; /* with @out: capture standard output alone, errors go to err_fd */
	long deadline_ms; /* 0: none */
	uid_t uid; /* run as this user and gid when not 0 and we are root */
	gid_t gid;
	unsigned long fsize_max; /* RLIMIT_FSIZE in bytes; 0: unlimited */
	int dir_fd; /* when > 0: run @file below this open folder, whoever may get there */
	const char *file; /* by name, and leave the descriptor open in the child */
	bool foreground; /* stay in kdelta's process group (an interactive shell) */
};

#define PROC_INIT                                                                                  \
	{                                                                                          \
		.in_fd = PROC_NULL, .out_fd = PROC_NULL, .err_fd = PROC_NULL                       \
	}

struct proc_result {
	int status; /* exit status; 128 + signal when killed */
	int signal; /* 0, or the signal that ended it */
	bool timed_out; /* the deadline passed */
	double seconds; /* wall time */
};

/*
 * Run to the end. Returns 0 when the child was started and has ended, whatever its status; -1 with @e
 * set when it could not be started ("cannot run 'qemu-system-s390x': No such file or directory").
 */
int proc_run(const struct proc *p, struct proc_result *r, struct err *e);

/*
 * While *@flag is not zero, proc_run() ends its child, or starts none, and fails with "'…' was interrupted". For a
 * command that catches signals: its children are in groups of their own, which the terminal's ^C does not reach.
 */
void proc_interrupt_on(const volatile sig_atomic_t *flag);

/* As proc_run(), and a non-zero status or a deadline is an error too, with the tail of the output. */
int proc_check(const struct proc *p, struct err *e);

/* First line of `argv[0] argv[1]…` standard output, for version questions; NULL and no error when the
 * tool is not there. The caller frees. Deadline 10 s. */
char *proc_first_line(const char *const *argv);

/* Start, poll, stop: for children that are watched while they run. */
int proc_start(const struct proc *p, pid_t *pid, struct err *e);
/* Has it ended? true fills @r (seconds is not filled). Never blocks. */
bool proc_poll(pid_t pid, struct proc_result *r);
/* End the whole group and reap it: SIGTERM, @grace_ms, SIGKILL. Fills @r when not NULL. */
void proc_stop(pid_t pid, long grace_ms, struct proc_result *r);

/* Is a program of this name in PATH? Returns its path (caller frees) or NULL. */
char *proc_which(const char *name);

/* Monotonic clock in seconds. */
double proc_now(void);

#endif
