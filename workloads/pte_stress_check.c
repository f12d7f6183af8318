// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "runner/base/file.h"
#include "workloads/proc_text.h"
#include "workloads/pte_stress.h"
#include "workloads/random.h"
#include "workloads/worker.h"

#define SMAPS_MAX (16 << 20)
#define NEIGHBOURS 2 /* pages on either side that are checked, too */
/*
 * Accesses of a thread in a check that have to fault. The signal that they end in costs as much as thousands of others. The
 * threads begin at different pages, and so try most of them together.
 */
#define MISSING 16

static const char *can(bool yes)
{
	return yes ? "could" : "could not";
}

/* ---- One access ---- */

/* Is this what the own slot may hold? If it lost what it was free to lose, that is settled. */
static bool expected(struct stress_thread *t, size_t page, uint64_t value, bool dropped)
{
	if (value == t->last[page])
		return true;
	if (value || !(dropped || t->maybe[page]))
		return false;
	if (t->maybe[page]) {
		t->maybe[page] = false;
		t->last[page] = 0;
	}
	return true;
}

static bool read_slot(struct stress_thread *t, size_t page, int place, bool dropped)
{
	uint64_t value;

	t->probes++;
	if (!probe_read(stress_slot(t->s, page, place, t->number), &value)) {
		t->faults++;
		return false;
	}
	if (!expected(t, page, value, dropped))
		stress_fail(t->s,
			    "thread %d read %" PRIu64
			    " from page %zu, where it had written %" PRIu64,
			    t->number, value, page, t->last[page]);
	return true;
}

static bool write_slot(struct stress_thread *t, size_t page, int place)
{
	t->probes++;
	if (!probe_write(stress_slot(t->s, page, place, t->number), t->counter + 1)) {
		t->faults++;
		return false;
	}
	t->last[page] = ++t->counter;
	t->maybe[page] = false;
	return true;
}

/* ---- Before and during the step ---- */

static void access_before(struct stress_thread *t, size_t page, enum stress_when when)
{
	const struct stress_page *old = &t->s->old.page[page], *new = &t->s->model.page[page];
	const struct stress_step *s = &t->s->step;
	bool moved = old->place != new->place || s->op == STRESS_RESET;
	bool dropped = when == STRESS_MEANWHILE && stress_drops(s->op, old->shared);
	bool may_write = stress_may_write(s, when, t->number, old->shared);

	if (old->readable && !read_slot(t, page, old->place, dropped) && new->readable && !moved)
		stress_fail(t->s, "thread %d could not read page %zu meanwhile", t->number, page);
	if (may_write && old->writable && !write_slot(t, page, old->place) && new->writable &&
	    !moved)
		stress_fail(t->s, "thread %d could not write page %zu meanwhile", t->number, page);
}

static size_t page_of(struct stress_thread *t)
{
	return t->s->step.look.first + random_below(&t->random, t->s->step.look.count);
}

void stress_warm(struct stress_thread *t)
{
	const struct stress_step *s = &t->s->step;

	for (size_t i = s->look.first; i < s->look.first + s->look.count; i++)
		access_before(t, i, STRESS_BEFORE);
	if (s->op == STRESS_FORK)
		memcpy(t->before, t->last, sizeof(t->before));
}

static void nap(void)
{
	const struct timespec a_moment = { .tv_nsec = 50000 };

	nanosleep(&a_moment, NULL);
}

/* Pages that nobody else knows: map, fill, protect, fail to write, unmap, fail to read. Rarely many. */
static void churn(struct stress_thread *t)
{
	size_t most = random_below(&t->random, 16) ? 8 : STRESS_CHURN_PAGES;
	size_t pages = 1 + random_below(&t->random, most), len = pages * t->s->page;
	volatile uint64_t *at = (volatile uint64_t *)t->own, *page;
	uint64_t value;
	int ret = stress_map(t->own, len);

	for (size_t i = 0; !ret && i < pages; i++)
		at[i * t->s->page / sizeof(*at)] = i + 1;
	ret = ret || mprotect(t->own, len, PROT_READ);
	page = at + random_below(&t->random, pages) * t->s->page / sizeof(*at);
	if (!ret && probe_write(page, 0))
		stress_fail(t->s, "thread %d could write to its own pages after mprotect()",
			    t->number);
	if (!ret && (!probe_read(page, &value) || !value))
		stress_fail(t->s, "thread %d lost its own pages by mprotect()", t->number);
	ret = ret || munmap(t->own, len);
	if (!ret && probe_read(page, &value))
		stress_fail(t->s, "thread %d could read its own pages after munmap()", t->number);
	if (ret || stress_reserve(t->own, len))
		stress_fail(t->s, "thread %d could not change its own pages: %s", t->number,
			    strerror(errno));
}

void stress_meanwhile(struct stress_thread *t)
{
	const struct stress_step *s = &t->s->step;

	if (s->mood[t->number] == STRESS_CHURN)
		churn(t);
	while (atomic_load(&t->s->acting)) {
		/* what is cold must not be accessed: that is to be seen afterwards */
		if (s->mood[t->number] == STRESS_HAMMER && s->op != STRESS_COLD)
			access_before(t, page_of(t), STRESS_MEANWHILE);
		else if (s->mood[t->number] == STRESS_NAP)
			nap();
	}
}

/* ---- After the step ---- */

/* Is it worth while to try what has to fault? */
static bool may_miss(struct stress_thread *t)
{
	return t->s->step.full || t->missing++ < MISSING;
}

static void check_read(struct stress_thread *t, size_t page)
{
	const struct stress_page *p = &t->s->model.page[page];
	bool could;

	if (!p->readable && !may_miss(t))
		return;
	could = read_slot(t, page, p->place, false);
	if (could != p->readable)
		stress_fail(t->s, "thread %d %s read page %zu", t->number, can(could), page);
}

static void check_write(struct stress_thread *t, size_t page)
{
	const struct stress_page *p = &t->s->model.page[page];
	bool could;

	if (!p->writable && !may_miss(t))
		return;
	could = write_slot(t, page, p->place);
	if (could != p->writable)
		stress_fail(t->s, "thread %d %s write page %zu", t->number, can(could), page);
}

/* Where a page was there must be nothing. */
static void check_left(struct stress_thread *t, size_t page)
{
	const struct stress_page *old = &t->s->old.page[page], *new = &t->s->model.page[page];
	uint64_t value;

	if (!old->mapped || old->place == new->place || !may_miss(t))
		return;
	if (probe_read(stress_slot(t->s, page, old->place, t->number), &value))
		stress_fail(t->s, "thread %d could read page %zu where it was before", t->number,
			    page);
}

static void check_page(struct stress_thread *t, size_t page)
{
	const struct stress_step *s = &t->s->step;
	/* a forked child must not see what is written now, and no page be dropped that is: write everywhere */
	bool all = s->op == STRESS_FORK || s->op == STRESS_FREE;
	bool first = random_below(&t->random, 2), write = all || random_below(&t->random, 2);

	write = write && stress_may_write(s, STRESS_AFTER, t->number, false);
	if (first && write)
		check_write(t, page);
	check_read(t, page);
	if (!first && write)
		check_write(t, page);
}

/* What the step means for the slots of this thread. */
static void settle(struct stress_thread *t)
{
	const struct stress_step *s = &t->s->step;

	for (size_t i = s->first; i < s->first + s->count; i++) {
		const struct stress_page *old = &t->s->old.page[i];

		if (stress_drops(s->op, old->shared)) {
			t->last[i] = 0;
			t->maybe[i] = false;
		} else if (s->op == STRESS_FREE && old->mapped && !old->shared) {
			t->maybe[i] = true;
		}
	}
}

void stress_check(struct stress_thread *t)
{
	const struct stress_step *s = &t->s->step;
	struct stress_range r = stress_look(&t->s->model, s, s->op == STRESS_COLD ? 0 : NEIGHBOURS);
	size_t start = random_below(&t->random, r.count);

	t->missing = 0;
	t->forked = t->counter;
	settle(t);
	/* who accesses a cold page in the cold has to be seen, and nobody else may hide that */
	if (s->op == STRESS_COLD && t->number != s->toucher)
		return;
	for (size_t i = 0; i < r.count; i++) {
		size_t page = r.first + (start + i) % r.count;

		if (s->op == STRESS_COLD) {
			check_read(t, page);
			continue;
		}
		check_left(t, page);
		check_page(t, page);
	}
	if (probe_stray())
		stress_fail(t->s, "thread %d faulted at an address that it did not access",
			    t->number);
}

/* ---- After all have checked ---- */

static void verify_page(struct stress *s, size_t page)
{
	const struct stress_page *p = &s->model.page[page];
	uint64_t value;

	for (int i = 0; p->readable && i < s->model.threads; i++) {
		const struct stress_thread *t = &s->thread[i];

		if (!probe_read(stress_slot(s, page, p->place, i), &value))
			stress_fail(s, "page %zu cannot be read any more", page);
		else if (value != t->last[page] && (value || !t->maybe[page]))
			stress_fail(s,
				    "page %zu holds %" PRIu64
				    ", and thread %d had written %" PRIu64,
				    page, value, i, t->last[page]);
	}
	if (p->readable && probe_read(stress_slot(s, page, p->place, s->model.threads), &value) &&
	    value != (s->scribbled[page] ? page + 1 : 0))
		stress_fail(s, "page %zu holds %" PRIu64 " where forked children write", page,
			    value);
}

static void verify_seen(struct stress *s, size_t page)
{
	for (int i = 0; i < s->model.threads; i++) {
		const struct stress_thread *t = &s->thread[i];
		uint64_t seen = s->child->seen[page][i];

		if (s->model.page[page].shared && seen != t->last[page])
			stress_fail(s,
				    "a forked child saw %" PRIu64
				    " in shared page %zu; thread %d had written %" PRIu64,
				    seen, page, i, t->last[page]);
		if (s->model.page[page].shared)
			continue;
		if ((seen < t->before[page] || seen > t->forked) && (seen || !t->maybe[page]))
			stress_fail(s,
				    "a forked child saw %" PRIu64
				    " in page %zu; thread %d had written %" PRIu64
				    " before, and no more than %" PRIu64 " by then",
				    seen, page, i, t->before[page], t->forked);
	}
}

/* Let the child go on when it is ready, unless it has died before, and wait for its end. 1: it does not come. */
static int end_child(struct stress *s, int *status, struct err *e)
{
	int tries = WORKER_PATIENCE * 1000 / STRESS_SLEEP_MS, there = 1;

	while (!atomic_load(&s->child->ready) && there > 0 && tries--) {
		stress_sleep(&s->child->ready, 0);
		there = worker_wait(s->pid, 0, status, e);
	}
	atomic_store(&s->child->go, 1);
	stress_wake(&s->child->go);
	if (there > 0)
		there = worker_wait(s->pid, WORKER_PATIENCE, status, e);
	s->pid = there ? s->pid : 0;
	return there;
}

static int verify_child(struct stress *s, struct err *e)
{
	const struct stress_range look = s->step.look;
	int status, there = end_child(s, &status, e);

	if (there < 0)
		return -1;
	if (there)
		stress_fail(s, "a forked child does not end in %d s", WORKER_PATIENCE);
	else if (!WIFEXITED(status))
		stress_fail(s, "a forked child died of signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		stress_fail(s, "page %zu of a forked child changed: slot %zu holds %" PRIx64,
			    s->child->bad_page, s->child->bad_slot, s->child->bad_value);
	for (size_t i = look.first; i < look.first + look.count; i++) {
		const struct stress_page *p = &s->model.page[i];

		if (p->readable)
			verify_seen(s, i);
		s->scribbled[i] |= p->shared && p->writable;
	}
	return 0;
}

/* There is a page for sure where a number was written that the kernel must keep. */
static bool is_there(const struct stress *s, size_t page)
{
	for (int i = 0; i < s->model.threads; i++)
		if (s->thread[i].last[page] && !s->thread[i].maybe[page])
			return true;
	return false;
}

/* Pages that were cold and were read since are referenced. */
static int verify_referenced(struct stress *s, struct err *e)
{
	const struct stress_range look = s->step.look;
	cleanup_str struct str smaps = STR_INIT;
	long long want = 0, got = 0;
	size_t len = s->model.pages * s->page;

	if (file_read("/proc/self/smaps", SMAPS_MAX, &smaps, e))
		return -1;
	for (size_t i = look.first; i < look.first + look.count; i++)
		if (s->model.page[i].readable && is_there(s, i))
			want += (long long)s->page / 1024;
	for (int i = 0; i < 2; i++)
		got += smaps_sum(smaps.buf, "Referenced", s->place[i], len);
	if (got < want)
		stress_fail(s, "%lld kB of cold pages were read, and %lld kB are referenced", want,
			    got);
	return 0;
}

int stress_verify(struct stress *s, struct err *e)
{
	struct stress_range r = stress_look(&s->model, &s->step, NEIGHBOURS);

	if (s->pid && verify_child(s, e))
		return -1;
	if (s->step.op == STRESS_RESET)
		memset(s->scribbled, 0, sizeof(s->scribbled));
	if (s->step.op == STRESS_COLD)
		return verify_referenced(s, e);
	for (size_t i = r.first; i < r.first + r.count; i++)
		verify_page(s, i);
	return 0;
}
