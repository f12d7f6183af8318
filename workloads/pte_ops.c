// SPDX-License-Identifier: GPL-2.0
/*
 * The operations. What they cost in TLB flushes follows from the kernel's mm/mprotect.c, mm/mremap.c, mm/madvise.c,
 * mm/memory.c and the architecture's asm/pgtable.h; tests/boot/page_tables.sh has the derivation.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workloads/pte.h"
#include "workloads/raw_fork.h"

/* --- in this process --- */

static int act_mprotect(struct pte *p)
{
	char *map = pte_map_addr(&p->map);

	if (mprotect(map, p->map.len, PROT_READ))
		return -1;
	return mprotect(map, p->map.len, PROT_READ | PROT_WRITE);
}

static int act_munmap(struct pte *p)
{
	return munmap(pte_map_addr(&p->map), p->map.len);
}

static int act_mremap(struct pte *p)
{
	const struct pte_map *m = &p->map;
	void *to = mremap(m->place[m->at], m->len, m->len, MREMAP_MAYMOVE | MREMAP_FIXED,
			  m->place[!m->at]);

	return to == MAP_FAILED ? -1 : 0;
}

static int act_dontneed(struct pte *p)
{
	return madvise(pte_map_addr(&p->map), p->map.len, MADV_DONTNEED);
}

static int act_free(struct pte *p)
{
	return madvise(pte_map_addr(&p->map), p->map.len, MADV_FREE);
}

static int act_cold(struct pte *p)
{
	return madvise(pte_map_addr(&p->map), p->map.len, MADV_COLD);
}

static int undo_nothing(struct pte *p, struct err *e)
{
	(void)p;
	(void)e;
	return 0;
}

static int undo_touch(struct pte *p, struct err *e)
{
	(void)e;
	pte_map_touch(&p->map);
	return 0;
}

static int undo_fill(struct pte *p, struct err *e)
{
	return pte_map_fill(&p->map, e);
}

static int prepare_move(struct pte *p, struct err *e)
{
	return pte_map_open_other(&p->map, e);
}

/* The next act moves it back. */
static int undo_move(struct pte *p, struct err *e)
{
	p->map.at = !p->map.at;
	return pte_map_close_other(&p->map, e);
}

/* --- with a child --- */

void pte_end_child(struct pte *p)
{
	if (p->gate >= 0)
		close(p->gate);
	p->gate = -1;
	if (p->child > 0) {
		kill(p->child, SIGKILL);
		waitpid(p->child, NULL, 0);
	}
	p->child = 0;
}

static int act_fork(struct pte *p)
{
	p->child = raw_fork(-1);
	if (!p->child)
		_exit(0);
	return p->child < 0 ? -1 : 0;
}

static int undo_fork(struct pte *p, struct err *e)
{
	pte_end_child(p);
	return undo_touch(p, e);
}

/* Between the frames of others, where nothing may be used but everything written to. */
static __attribute__((no_sanitize_address)) void write_back(volatile char *at)
{
	char same = *at;

	*at = same;
}

/*
 * After a fork every page is copied when it is written to next. Do that to all that the window may write to besides the
 * mapping: the stack from below its calls up to the callers, wherever a page begins, which is another place in every
 * boot; and where the kernel notes which CPU the thread is on when that was interrupted (rseq).
 */
static void copy_own(const struct pte *p)
{
	char below[4096] = "";

	for (char *at = below; at < p->stack; at += sizeof(below))
		write_back(at);
	write_back(p->stack);
	write_back((char *)__builtin_thread_pointer() + __rseq_offset);
}

static int prepare_cow(struct pte *p, struct err *e)
{
	p->child = raw_fork(-1);
	if (!p->child)
		for (;;)
			pause();
	copy_own(p);
	return p->child < 0 ? err_errno(e, ERR_INFRA, "cannot fork") : 0;
}

static int act_touch(struct pte *p)
{
	pte_map_touch(&p->map);
	return 0;
}

/* Copying splits huge pages: they are made anew. */
static int undo_cow(struct pte *p, struct err *e)
{
	if (waitpid(p->child, NULL, WNOHANG))
		return err_set(e, ERR_INFRA, "the child ended while its pages were copied");
	pte_end_child(p);
	return p->map.huge ? pte_map_fill(&p->map, e) : 0;
}

/* A report is one write to a pipe, whole up to PIPE_BUF: the reason why it is not ready, or nothing. */
#define REPORT_MAX 512

/* Fills the mapping, says so, and ends when the parent closes its end of the gate. */
static void exit_child(struct pte *p, int report, int gate)
{
	struct err e = ERR_INIT;
	char c = '\0';
	size_t len;
	bool ready;

	ready = !pte_threads_start(&p->threads, p->nthreads - 1, &e) &&
		!pte_map_fill(&p->map, &e) && !pte_map_check(&p->map, &e);
	len = strnlen(e.msg, REPORT_MAX - 1);
	if (write(report, ready ? "" : e.msg, ready ? 1 : len) < 0)
		_exit(1);
	if (ready && !read(gate, &c, 1))
		_exit(0);
	_exit(1);
}

/* What the child reports; nothing at all is a crash. */
static int take_report(int report, struct err *e)
{
	char text[REPORT_MAX] = "";
	ssize_t n = read(report, text, sizeof(text) - 1);

	if (n == 1 && !text[0])
		return 0;
	return err_set(e, ERR_INFRA, "%s", n > 0 ? text : "the child ended before it was ready");
}

static int prepare_exit(struct pte *p, struct err *e)
{
	int report[2], gate[2], ret;

	if (pipe2(report, 0))
		return err_errno(e, ERR_INFRA, "cannot make a pipe");
	if (pipe2(gate, 0)) {
		close(report[0]);
		close(report[1]);
		return err_errno(e, ERR_INFRA, "cannot make a pipe");
	}
	p->child = fork();
	if (!p->child) {
		close(report[0]);
		close(gate[1]);
		exit_child(p, report[1], gate[0]);
	}
	close(report[1]);
	close(gate[0]);
	p->gate = gate[1];
	copy_own(p);
	ret = p->child < 0 ? err_errno(e, ERR_INFRA, "cannot fork") : take_report(report[0], e);
	close(report[0]);
	return ret;
}

/* From telling it until all of its threads and its memory are gone. */
static int act_exit(struct pte *p)
{
	int status;

	close(p->gate);
	p->gate = -1;
	if (waitpid(p->child, &status, 0) < 0)
		return -1;
	p->child = 0;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	errno = ECHILD;
	return -1;
}

/* clang-format off */
static const struct pte_op ops[] = {
	{ .name = "mprotect", .calls = 2, .changes = 2, .act = act_mprotect, .undo = undo_nothing },
	{ .name = "munmap", .calls = 1, .changes = 1, .act = act_munmap, .undo = undo_fill },
	{ .name = "mremap", .calls = 1, .changes = 1, .prepare = prepare_move, .act = act_mremap,
	  .undo = undo_move },
	{ .name = "madv_dontneed", .calls = 1, .changes = 1, .act = act_dontneed, .undo = undo_touch },
	{ .name = "madv_free", .calls = 1, .changes = 1, .act = act_free, .undo = undo_touch },
	{ .name = "madv_cold", .calls = 1, .changes = 1, .act = act_cold, .undo = undo_touch },
	{ .name = "fork", .calls = 1, .changes = 1, .first = true, .act = act_fork, .undo = undo_fork },
	{ .name = "cow", .calls = 1, .changes = 1, .first = true, .copies = 1, .prepare = prepare_cow,
	  .act = act_touch, .undo = undo_cow },
	{ .name = "exit", .calls = 1, .changes = 1, .in_child = true, .prepare = prepare_exit,
	  .act = act_exit, .undo = undo_nothing },
};
/* clang-format on */

const char *const pte_op_names[] = { "mprotect",  "munmap", "mremap", "madv_dontneed", "madv_free",
				     "madv_cold", "fork",   "cow",    "exit",          NULL };

const struct pte_op *pte_op_find(const char *name)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (!strcmp(ops[i].name, name))
			return &ops[i];
	return NULL;
}
