// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runner/base/str.h"
#include "workloads/pte.h"

#define STACK (256 << 10)

/* Without system calls: a CPU that is in the kernel anyway notices a changed page table sooner. */
static void *spin(void *arg)
{
	struct pte_threads *t = arg;

	atomic_fetch_add(&t->running, 1);
	while (!atomic_load_explicit(&t->stop, memory_order_relaxed))
		;
	return NULL;
}

static char *stack_of(const struct pte_threads *t, int i)
{
	return t->stacks + (size_t)i * STACK;
}

/*
 * The kernel writes to a thread's stack now and then (rseq): were it copied by a fork, the copying would be counted
 * with that of the pages that are measured. The C library's own fork() would touch it in the child: raw_fork.h.
 */
static int make_stacks(struct pte_threads *t, int n, struct err *e)
{
	t->stacks_len = (size_t)n * STACK;
	t->stacks = mmap(NULL, t->stacks_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	if (t->stacks == MAP_FAILED) {
		t->stacks = NULL;
		return err_errno(e, ERR_INFRA, "cannot map stacks of %d threads", n);
	}
	if (madvise(t->stacks, t->stacks_len, MADV_DONTFORK))
		return err_errno(e, ERR_INFRA,
				 "cannot keep the stacks of %d threads to one process", n);
	return 0;
}

/* 0, or the error of pthread_create(): EINVAL where this CPU is not online (pthread_attr_setaffinity_np(3)). */
static int start_on(struct pte_threads *t, int cpu)
{
	pthread_attr_t attr;
	cpu_set_t set;
	int ret;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_attr_init(&attr);
	ret = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (!ret)
		ret = pthread_attr_setstack(&attr, stack_of(t, t->n), STACK);
	if (!ret)
		ret = pthread_create(&t->thread[t->n], &attr, spin, t);
	pthread_attr_destroy(&attr);
	if (!ret)
		t->n++;
	return ret;
}

int pte_threads_start(struct pte_threads *t, int n, struct err *e)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	int own = sched_getcpu(), ret = 0;

	if (!n)
		return 0;
	if (make_stacks(t, n, e))
		return -1;
	t->thread = xcalloc((size_t)n, sizeof(*t->thread));
	for (int cpu = 0; cpu < cpus && cpu < CPU_SETSIZE && t->n < n; cpu++) {
		if (cpu == own)
			continue;
		ret = start_on(t, cpu);
		if (ret && ret != EINVAL)
			break;
	}
	if (t->n < n)
		return err_set(e, ERR_INFRA, "cannot start %d threads on CPUs of their own: %s", n,
			       ret ? strerror(ret) : "too few CPUs");
	while (atomic_load(&t->running) < n)
		sched_yield();
	return 0;
}

void pte_threads_stop(struct pte_threads *t)
{
	atomic_store(&t->stop, true);
	for (int i = 0; i < t->n; i++)
		pthread_join(t->thread[i], NULL);
	free(t->thread);
	if (t->stacks)
		munmap(t->stacks, t->stacks_len);
	*t = (struct pte_threads){ .thread = NULL };
}
