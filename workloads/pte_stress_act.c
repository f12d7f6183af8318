// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "workloads/pte_stress.h"
#include "workloads/raw_fork.h"

#define ANON (MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)

int stress_reserve(void *at, size_t len)
{
	return mmap(at, len, PROT_NONE, ANON | MAP_NORESERVE, -1, 0) == MAP_FAILED ? -1 : 0;
}

/* Of small pages: a huge one would hide what happens to each. A kernel without huge pages refuses. */
int stress_map(void *at, size_t len)
{
	if (mmap(at, len, PROT_READ | PROT_WRITE, ANON, -1, 0) == MAP_FAILED)
		return -1;
	if (madvise(at, len, MADV_NOHUGEPAGE) && errno != EINVAL)
		return -1;
	return 0;
}

static int map_file(const struct stress *s, size_t first, size_t n, int place)
{
	void *at = mmap(stress_addr(s, first, place), n * s->page, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_FIXED, s->file, (off_t)(first * s->page));

	return at == MAP_FAILED ? -1 : 0;
}

int stress_map_pages(const struct stress *s, size_t first, size_t n, int place)
{
	if (s->model.page[first].shared)
		return map_file(s, first, n, place);
	return stress_map(stress_addr(s, first, place), n * s->page);
}

static int move(void *from, void *to, size_t len)
{
	return mremap(from, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED ? -1 : 0;
}

/* Before Linux 6.17 mremap() moves no more than a part of one mapping; pages next to each other may be of several. */
static int move_run(const struct stress *s, size_t first, size_t n, int place)
{
	if (!move(stress_addr(s, first, place), stress_addr(s, first, !place), n * s->page))
		return 0;
	if (errno != EFAULT)
		return -1;
	for (size_t i = first; i < first + n; i++)
		if (move(stress_addr(s, i, place), stress_addr(s, i, !place), s->page))
			return -1;
	return 0;
}

/* Pages that are alike. */
static int act_on(struct stress *s, size_t first, size_t n)
{
	const struct stress_page *p = &s->old.page[first];
	char *at = stress_addr(s, first, p->place);
	size_t len = n * s->page;

	if (p->mapped == (s->step.op == STRESS_MMAP))
		return 0;
	switch (s->step.op) {
	case STRESS_MMAP:
		return stress_map_pages(s, first, n, p->place);
	case STRESS_MPROTECT:
		return mprotect(at, len, s->step.prot);
	case STRESS_MUNMAP:
		return munmap(at, len);
	case STRESS_MREMAP:
		return move_run(s, first, n, p->place);
	case STRESS_DONTNEED:
		return madvise(at, len, MADV_DONTNEED);
	case STRESS_FREE:
		/* EINVAL for files */
		return p->shared ? 0 : madvise(at, len, MADV_FREE);
	case STRESS_PAGEOUT:
		return madvise(at, len, MADV_PAGEOUT);
	case STRESS_COLD:
		return madvise(at, len, MADV_COLD);
	default:
		return 0;
	}
}

static int each_run(struct stress *s, int (*act)(struct stress *s, size_t first, size_t n))
{
	size_t n, end = s->step.first + s->step.count;

	for (size_t i = s->step.first; i < end; i += n) {
		n = stress_run(&s->old, i, end);
		if (act(s, i, n))
			return -1;
	}
	return 0;
}

static bool child_can(const struct stress *s, size_t page, bool write)
{
	const struct stress_page *p = &s->model.page[page];

	return write ? p->writable : p->readable;
}

/*
 * What the child sees has to stay what it is, whatever the parent writes, but for shared pages: the parent knows what
 * has to be there in the end.
 */
static int child_look(struct stress *s, bool again)
{
	const struct stress_range look = s->step.look;
	struct stress_child *c = s->child;
	uint64_t value;

	for (size_t i = look.first; i < look.first + look.count; i++) {
		if (!child_can(s, i, false))
			continue;
		for (int t = 0; t < s->model.threads; t++) {
			if (!probe_read(stress_slot(s, i, s->model.page[i].place, t), &value))
				value = UINT64_MAX;
			if (!again || s->model.page[i].shared)
				c->seen[i][t] = value;
			if (value == c->seen[i][t] && value != UINT64_MAX)
				continue;
			c->bad_page = i;
			c->bad_slot = (size_t)t;
			c->bad_value = value;
			return -1;
		}
	}
	return 0;
}

static int child_scribble(struct stress *s)
{
	const struct stress_range look = s->step.look;

	for (size_t i = look.first; i < look.first + look.count; i++)
		if (child_can(s, i, true) &&
		    !probe_write(stress_slot(s, i, s->model.page[i].place, s->model.threads),
				 i + 1))
			return -1;
	return 0;
}

/* Nothing but memory and system calls: the C library was not told of the fork. */
static _Noreturn void child(struct stress *s)
{
	int bad;

	/* one that gets stuck must not hold what somebody waits for: see worker_fork() */
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
	bad = child_look(s, false) || child_scribble(s);
	atomic_store(&s->child->ready, 1);
	stress_wake(&s->child->ready);
	while (!atomic_load(&s->child->go))
		stress_sleep(&s->child->go, 0);
	_exit(bad || child_look(s, true));
}

static int act_fork(struct stress *s)
{
	atomic_store(&s->child->ready, 0);
	atomic_store(&s->child->go, 0);
	s->pid = raw_fork(-1);
	if (s->pid < 0)
		return -1;
	if (!s->pid)
		child(s);
	return 0;
}

/* The pages of the file are taken out of it, and so out of the page tables, first. */
static int act_reset(struct stress *s)
{
	size_t len = s->model.pages * s->page, n;

	if (fallocate(s->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)len))
		return -1;
	for (size_t i = 0; i < s->model.pages; i += n) {
		n = stress_run(&s->model, i, s->model.pages);
		if (stress_map_pages(s, i, n, 0))
			return -1;
	}
	return stress_reserve(s->place[1], len);
}

int stress_act(struct stress *s)
{
	switch (s->step.op) {
	case STRESS_FORK:
		return act_fork(s);
	case STRESS_RESET:
		return act_reset(s);
	default:
		return each_run(s, act_on);
	}
}

static int tidy_on(struct stress *s, size_t first, size_t n)
{
	const struct stress_page *p = &s->old.page[first];

	if (!p->mapped)
		return 0;
	return stress_reserve(stress_addr(s, first, p->place), n * s->page);
}

int stress_tidy(struct stress *s)
{
	if (s->step.op != STRESS_MUNMAP && s->step.op != STRESS_MREMAP)
		return 0;
	return each_run(s, tidy_on);
}
