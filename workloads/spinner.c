// SPDX-License-Identifier: GPL-2.0
/*
 * The process on the isolated CPU. Orders come through shared memory while it spins, for a system call would be a
 * stay in the kernel; through a pipe while it sleeps.
 */
#include "workloads/spinner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kmods/kdelta_marker.h"
#include "workloads/ticks.h"

#define PAGE 4096
/* Three ticks at the slowest HZ, 100. */
#define SETTLE_NS 30000000

/* The lowest bits of an order; the others are its number, so that no two orders are equal. */
enum order { ORDER_GATE, ORDER_WATCH, ORDER_SLEEP, ORDER_KINDS = 4 };

struct shared {
	atomic_uint order; /* by the steering process */
	atomic_uint state; /* by the spinner: the order that it carries out */
	atomic_bool failed; /* it has set error, and waits to be stopped */
	struct err error;
	struct spinner_result result;
	uint64_t shootdown_ns;
};

struct channel {
	int in, out; /* ends of a pipe */
};

struct spinner {
	struct shared *shared;
	struct spinner_conf conf;
	pid_t pid;
	struct channel go, done; /* wakes it up; says that it did something */
	struct channel ask, answer; /* of the second thread */
};

static int send_byte(const struct channel *c)
{
	return write(c->out, "", 1) == 1 ? 0 : -1;
}

static int take_byte(const struct channel *c)
{
	ssize_t n;
	char byte;

	do
		n = read(c->in, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : -1;
}

/* --- the process on the CPU --- */

/* Say why it cannot go on, to whoever waits for a byte or for a state. */
static void fail(struct spinner *s, const struct err *e)
{
	s->shared->error = *e;
	atomic_store(&s->shared->failed, true);
	send_byte(&s->done);
}

static inline void note_gap(struct spinner_result *r, uint64_t start, uint64_t end)
{
	hist_add(&r->gaps, end - start);
	if (end - start > r->floor)
		spinner_worst_add(r, start, end - start);
}

/* One watched window. Nothing in it enters the kernel but the calls that were asked for. */
static void watch(struct spinner *s, unsigned int order)
{
	const struct spinner_conf *conf = &s->conf;
	struct spinner_result *r = &s->shared->result;
	uint64_t end = conf->loops ? conf->loops : conf->duration;
	uint64_t start, last, now, loops = 0, calls = 0, progress = 0;
	bool more;

	kdelta_open_isolated(KDELTA_WINDOW_ISOLATED);
	start = last = clock_ns();
	atomic_store(&s->shared->state, order);
	do {
		/* before the clock: what holds it up while the next order comes is a gap too */
		more = atomic_load_explicit(&s->shared->order, memory_order_relaxed) == order;
		now = clock_ns();
		note_gap(r, last, now);
		last = now;
		progress = conf->loops ? ++loops : now - start;
		if (end && progress >= end)
			break;
		if (calls < conf->syscalls &&
		    progress >= (calls + 1) * end / (conf->syscalls + 1)) {
			syscall(SYS_getppid);
			calls++;
		}
	} while (more);
	kdelta_close_isolated(KDELTA_WINDOW_ISOLATED);
	r->time += last - start;
	r->calls += calls;
}

/* Until another order than @seen comes; returns that one. */
static unsigned int spin_for_order(struct spinner *s, unsigned int seen)
{
	unsigned int order;

	do
		order = atomic_load_explicit(&s->shared->order, memory_order_acquire);
	while (order == seen);
	return order;
}

static void watch_dirty(struct spinner *s, struct dirty *d, unsigned int order)
{
	struct err e = ERR_INIT;

	if (dirty_make(d, &e)) {
		fail(s, &e);
		return;
	}
	watch(s, order);
	/* the steering process sleeps until a window that ends by itself has ended */
	if (s->conf.loops || s->conf.duration)
		send_byte(&s->done);
}

/* From one awakening to the next sleep. */
static void follow_orders(struct spinner *s, struct dirty *d)
{
	unsigned int order = atomic_load(&s->shared->order);

	/* what it will touch is touched before a window opens: the results, and the clock's page in the vDSO */
	memset(&s->shared->result, 0, sizeof(s->shared->result));
	clock_ns();
	do {
		if (order % ORDER_KINDS == ORDER_WATCH)
			watch_dirty(s, d, order);
		else
			atomic_store(&s->shared->state, order);
		order = spin_for_order(s, order);
	} while (order % ORDER_KINDS != ORDER_SLEEP);
}

/* The second thread: a page that is touched and given back has to leave the TLB of every CPU of this process
 * (madvise_dontneed_single_vma() in mm/madvise.c). */
static void *shoot_down(void *arg)
{
	struct spinner *s = arg;
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t start;

	while (page != MAP_FAILED && !take_byte(&s->ask)) {
		*(volatile char *)page = 1;
		start = clock_ns();
		/* all memory of the process may be locked by now */
		if (madvise(page, PAGE, MADV_DONTNEED_LOCKED))
			break;
		s->shared->shootdown_ns = clock_ns() - start;
		send_byte(&s->answer);
	}
	close(s->answer.out);
	return NULL;
}

static int start_second_thread(struct spinner *s, struct err *e)
{
	pthread_t thread;
	int ret = pthread_create(&thread, NULL, shoot_down, s);

	if (ret)
		return err_set(e, ERR_INFRA, "cannot start a thread: %s", strerror(ret));
	pthread_detach(thread);
	return 0;
}

/* A thread starts where its maker runs, and with its policy. */
static int settle(struct spinner *s, struct err *e)
{
	struct sched_param param = { .sched_priority = s->conf.fifo };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (s->conf.other >= 0 && (wctx_bind(s->conf.other, e) || start_second_thread(s, e)))
		return -1;
	if (wctx_bind(s->conf.cpu, e))
		return -1;
	if (s->conf.barrier &&
	    syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0))
		return err_errno(e, ERR_INFRA, "cannot take part in memory barriers");
	if (mlockall(MCL_CURRENT))
		return err_errno(e, ERR_INFRA, "cannot lock the isolated task's memory");
	if (s->conf.fifo && sched_setscheduler(0, SCHED_FIFO, &param))
		return err_errno(e, ERR_INFRA, "cannot run in SCHED_FIFO");
	return 0;
}

static void live(struct spinner *s)
{
	struct err e = ERR_INIT;
	struct dirty d;

	close(s->go.out);
	close(s->done.in);
	close(s->ask.out);
	if (settle(s, &e) || dirty_open(&d, s->conf.dirt, &e)) {
		fail(s, &e);
		_exit(1);
	}
	send_byte(&s->done);
	while (!take_byte(&s->go)) {
		follow_orders(s, &d);
		send_byte(&s->done);
	}
	_exit(0);
}

/* --- the steering process --- */

static int died(struct spinner *s, struct err *e)
{
	if (atomic_load(&s->shared->failed))
		return err_set(e, ERR_INFRA, "the isolated task: %s", s->shared->error.msg);
	return err_set(e, ERR_INFRA, "the isolated task has died");
}

static int wait_byte(struct spinner *s, const struct channel *c, struct err *e)
{
	if (take_byte(c) || atomic_load(&s->shared->failed))
		return died(s, e);
	return 0;
}

static bool is_gone(struct spinner *s)
{
	if (waitpid(s->pid, NULL, WNOHANG) != s->pid)
		return false;
	s->pid = -1;
	return true;
}

static unsigned int give_order(struct spinner *s, enum order kind)
{
	unsigned int last = atomic_load(&s->shared->order);
	unsigned int order = (last / ORDER_KINDS + 1) * ORDER_KINDS + kind;

	atomic_store_explicit(&s->shared->order, order, memory_order_release);
	return order;
}

/* It answers without entering the kernel, so it has to be asked. */
static int wait_state(struct spinner *s, unsigned int order, struct err *e)
{
	while (atomic_load_explicit(&s->shared->state, memory_order_acquire) != order) {
		if (atomic_load(&s->shared->failed) || is_gone(s))
			return died(s, e);
		sched_yield();
	}
	return 0;
}

int spinner_gate(struct spinner *s, struct err *e)
{
	unsigned int order = give_order(s, ORDER_GATE);

	if (send_byte(&s->go))
		return died(s, e);
	return wait_state(s, order, e);
}

void spinner_settle(void)
{
	const struct timespec t = { 0, SETTLE_NS };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

int spinner_watch(struct spinner *s, struct err *e)
{
	unsigned int order = give_order(s, ORDER_WATCH);

	return s->conf.loops || s->conf.duration ? 0 : wait_state(s, order, e);
}

int spinner_wait(struct spinner *s, struct err *e)
{
	return wait_byte(s, &s->done, e);
}

int spinner_rest(struct spinner *s, struct err *e)
{
	return wait_state(s, give_order(s, ORDER_GATE), e);
}

int spinner_sleep(struct spinner *s, struct err *e)
{
	give_order(s, ORDER_SLEEP);
	return wait_byte(s, &s->done, e);
}

int spinner_shootdown(struct spinner *s, uint64_t *ns, struct err *e)
{
	if (send_byte(&s->ask) || wait_byte(s, &s->answer, e))
		return died(s, e);
	*ns = s->shared->shootdown_ns;
	return 0;
}

const struct spinner_result *spinner_result(const struct spinner *s)
{
	return &s->shared->result;
}

static int make_pipe(struct channel *c, struct err *e)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return err_errno(e, ERR_INFRA, "cannot make a pipe");
	*c = (struct channel){ fds[0], fds[1] };
	return 0;
}

static void close_pipe(struct channel *c)
{
	if (c->in >= 0)
		close(c->in);
	if (c->out >= 0)
		close(c->out);
	*c = (struct channel){ -1, -1 };
}

/* This side keeps its own ends alone, so that the death of the other one is the end of the file. */
static void keep_own_ends(struct spinner *s)
{
	close(s->go.in);
	close(s->done.out);
	close(s->ask.in);
	close(s->answer.out);
	s->go.in = s->done.out = s->ask.in = s->answer.out = -1;
}

static int start_process(struct spinner *s, struct err *e)
{
	s->shared = mmap(NULL, sizeof(*s->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->shared == MAP_FAILED) {
		s->shared = NULL;
		return err_errno(e, ERR_INFRA, "cannot map memory for the isolated task");
	}
	if (make_pipe(&s->go, e) || make_pipe(&s->done, e) || make_pipe(&s->ask, e) ||
	    make_pipe(&s->answer, e))
		return -1;
	s->pid = fork();
	if (s->pid < 0)
		return err_errno(e, ERR_INFRA, "cannot fork");
	if (!s->pid)
		live(s);
	keep_own_ends(s);
	return wait_byte(s, &s->done, e);
}

struct spinner *spinner_start(const struct spinner_conf *conf, struct err *e)
{
	static const struct channel closed = { -1, -1 };
	struct spinner *s = xcalloc(1, sizeof(*s));

	*s = (struct spinner){ .conf = *conf,
			       .pid = -1,
			       .go = closed,
			       .done = closed,
			       .ask = closed,
			       .answer = closed };
	/* a process that died is an error of the call that finds out */
	signal(SIGPIPE, SIG_IGN);
	if (!start_process(s, e))
		return s;
	spinner_stop(s);
	return NULL;
}

void spinner_stop(struct spinner *s)
{
	if (!s)
		return;
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	close_pipe(&s->go);
	close_pipe(&s->done);
	close_pipe(&s->ask);
	close_pipe(&s->answer);
	if (s->shared)
		munmap(s->shared, sizeof(*s->shared));
	free(s);
}
