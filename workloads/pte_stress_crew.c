// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "runner/base/str.h"
#include "workloads/pte_stress.h"
#include "workloads/random.h"
#include "workloads/worker.h"

#define SLOT 64 /* bytes apart, so that threads do not share cache lines */
#define ALIGN (2UL << 20) /* a page table of 4 KiB pages covers this, or half of it on s390 */

void stress_fail(struct stress *s, const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&s->lock);
	if (!atomic_load(&s->failed)) {
		va_start(ap, fmt);
		vsnprintf(s->what, sizeof(s->what), fmt, ap);
		va_end(ap);
		atomic_store(&s->failed, 1);
	}
	pthread_mutex_unlock(&s->lock);
}

char *stress_addr(const struct stress *s, size_t page, int place)
{
	return s->place[place] + page * s->page;
}

volatile uint64_t *stress_slot(const struct stress *s, size_t page, int place, int slot)
{
	return (volatile uint64_t *)(stress_addr(s, page, place) + (size_t)slot * SLOT);
}

void stress_sleep(atomic_int *word, int value)
{
	const struct timespec most = { .tv_nsec = STRESS_SLEEP_MS * 1000000L };

	syscall(SYS_futex, word, FUTEX_WAIT, value, &most, NULL, 0);
}

void stress_wake(atomic_int *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* The last one to come lets all go on. */
static bool is_last(struct stress *s)
{
	int phase = atomic_load(&s->phase);

	if (atomic_fetch_add(&s->arrived, 1) + 1 < s->model.threads)
		return false;
	atomic_store(&s->arrived, 0);
	atomic_store(&s->phase, phase + 1);
	return true;
}

/* Everybody waits for everybody, and leaves its CPU to those who work. */
static void meet(struct stress *s)
{
	int phase = atomic_load(&s->phase);

	if (is_last(s))
		stress_wake(&s->phase);
	while (atomic_load(&s->phase) == phase)
		stress_sleep(&s->phase, phase);
}

/* The same without the kernel, for when they come at once. */
static void meet_awake(struct stress *s)
{
	int phase = atomic_load(&s->phase);

	if (is_last(s))
		return;
	while (atomic_load(&s->phase) == phase)
		;
}

static void act(struct stress *s)
{
	if (stress_act(s) && !s->trouble.msg[0])
		err_errno(&s->trouble, ERR_INFRA, "cannot %s pages %zu to %zu",
			  stress_op_name(s->step.op), s->step.first,
			  s->step.first + s->step.count - 1);
	atomic_store(&s->acting, 0);
}

/*
 * From the plan to the check. Nobody enters the kernel between the access before the step and the one after it
 * without being told to: a context switch would make the CPU forget what it knows of the pages. So they are accessed
 * twice: the first time the kernel has to do something for most of them.
 */
static void take_part(struct stress_thread *t)
{
	struct stress *s = t->s;

	stress_warm(t);
	meet(s);
	stress_warm(t);
	meet_awake(s);
	if (s->step.actor == t->number)
		act(s);
	else
		stress_meanwhile(t);
	stress_check(t);
	meet(s);
}

static void *run(void *arg)
{
	struct stress_thread *t = arg;

	for (;;) {
		meet(t->s);
		if (atomic_load(&t->s->stop))
			return NULL;
		take_part(t);
	}
}

int stress_one(struct stress *s, struct err *e)
{
	stress_plan(&s->model, &s->step);
	s->old = s->model;
	stress_apply(&s->model, &s->step);
	atomic_store(&s->acting, 1);
	meet(s);
	take_part(&s->thread[0]);
	if (s->trouble.msg[0])
		return err_set(e, ERR_INFRA, "%s", s->trouble.msg);
	if (stress_verify(s, e))
		return -1;
	return stress_tidy(s) ? err_errno(e, ERR_INFRA, "cannot reserve pages") : 0;
}

/* ---- Life ---- */

static size_t aligned(const struct stress *s, size_t pages)
{
	return (pages * s->page + ALIGN - 1) / ALIGN * ALIGN;
}

static int make_file(struct stress *s, struct err *e)
{
	s->file = memfd_create("pte_stress", MFD_CLOEXEC);
	if (s->file < 0 || ftruncate(s->file, (off_t)(s->model.pages * s->page)))
		return err_errno(e, ERR_INFRA, "cannot make a file of %zu pages in memory",
				 s->model.pages);
	return 0;
}

/* gap, place, gap, place, gap, and what each thread has for itself */
static int reserve(struct stress *s, struct err *e)
{
	size_t room = aligned(s, s->model.pages) + ALIGN, own = aligned(s, STRESS_CHURN_PAGES);
	char *base;

	s->reserved_len = 2 * room + 2 * ALIGN + (size_t)s->model.threads * own;
	s->reserved = mmap(NULL, s->reserved_len, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (s->reserved == MAP_FAILED) {
		s->reserved = NULL;
		return err_errno(e, ERR_INFRA, "cannot reserve %zu bytes", s->reserved_len);
	}
	base = s->reserved + (ALIGN - (uintptr_t)s->reserved % ALIGN);
	s->place[0] = base + ALIGN / 2;
	s->place[1] = s->place[0] + room;
	base += 2 * room + ALIGN - ALIGN / 2;
	for (int i = 0; i < s->model.threads; i++)
		s->thread[i].own = base + (size_t)i * own;
	return 0;
}

static int map_all(struct stress *s, struct err *e)
{
	size_t n;

	for (size_t i = 0; i < s->model.pages; i += n) {
		n = stress_run(&s->model, i, s->model.pages);
		if (stress_map_pages(s, i, n, 0))
			return err_errno(e, ERR_INFRA, "cannot map pages %zu to %zu", i, i + n - 1);
	}
	return 0;
}

static int share_child(struct stress *s, struct err *e)
{
	s->child = mmap(NULL, sizeof(*s->child), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (s->child != MAP_FAILED)
		return 0;
	s->child = NULL;
	return err_errno(e, ERR_INFRA, "cannot share memory with children");
}

/* Thread 0 is the caller. */
static int start(struct stress_thread *t, int cpu, struct err *e)
{
	pthread_attr_t attr;
	cpu_set_t set;
	int ret;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (!t->number) {
		t->id = pthread_self();
		ret = sched_setaffinity(0, sizeof(set), &set) ? errno : 0;
	} else {
		pthread_attr_init(&attr);
		ret = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
		ret = ret ? ret : pthread_create(&t->id, &attr, run, t);
		pthread_attr_destroy(&attr);
	}
	if (ret)
		return err_set(e, ERR_INFRA, "cannot run thread %d on CPU %d: %s", t->number, cpu,
			       strerror(ret));
	return 0;
}

/* Each on a CPU of its own: the first ones that may be used. */
static int start_all(struct stress *s, struct err *e)
{
	cpu_set_t allowed;
	int n = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return err_errno(e, ERR_INFRA, "cannot ask which CPUs may be used");
	for (int cpu = 0; cpu < CPU_SETSIZE && n < s->model.threads; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		if (start(&s->thread[n], cpu, e))
			break;
		n++;
	}
	if (n == s->model.threads)
		return 0;
	/* those that run wait for the others: they meet without them */
	s->model.threads = n;
	return e->msg[0] ? -1 :
			   err_set(e, ERR_INFRA,
				   "a CPU for each thread is needed, and there are %d", n);
}

int stress_init(struct stress *s, size_t pages, int threads, uint64_t seed, struct err *e)
{
	*s = (struct stress){ .model = { .pages = pages, .threads = threads, .random = seed },
			      .page = (size_t)sysconf(_SC_PAGESIZE),
			      .file = -1 };
	pthread_mutex_init(&s->lock, NULL);
	stress_reset(&s->model);
	s->thread = xcalloc((size_t)threads, sizeof(*s->thread));
	for (int i = 0; i < threads; i++) {
		s->thread[i].s = s;
		s->thread[i].number = i;
		s->thread[i].random = random_next(&s->model.random);
	}
	if (reserve(s, e) || make_file(s, e) || map_all(s, e) || share_child(s, e) || probe_init(e))
		return -1;
	return start_all(s, e);
}

void stress_release(struct stress *s)
{
	worker_kill(&s->pid, 1);
	atomic_store(&s->stop, true);
	if (s->thread && s->thread[0].id)
		meet(s);
	for (int i = 1; i < s->model.threads && s->thread; i++)
		if (s->thread[i].id)
			pthread_join(s->thread[i].id, NULL);
	probe_release();
	if (s->child)
		munmap(s->child, sizeof(*s->child));
	if (s->reserved)
		munmap(s->reserved, s->reserved_len);
	if (s->file >= 0)
		close(s->file);
	free(s->thread);
}
