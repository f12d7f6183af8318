// SPDX-License-Identifier: GPL-2.0
#include "collectors/plugin_window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kmods/kdelta_marker.h"
#include "runner/base/str.h"

struct slot {
	unsigned int depth; /* openings that are not closed yet; 0: closed */
	struct window_sums *sums; /* NULL: an orphan */
	uint64_t *base; /* counters at the opening: of this vCPU, or of all (machine) */
};

struct windows {
	struct windows_config c;
	int w, round; /* of windows that open now; w < 0: none */
	uint32_t number; /* being received, bit by bit */
	struct window_sums **sums; /* of the present context, and those still open */
	size_t n, cap;
	struct slot *cpu; /* WINDOW_IDS × vcpus */
	struct slot machine[WINDOW_IDS];
	int *broken; /* workloads that were reported */
	size_t nbroken, broken_cap;
	uint64_t orphans;
	uint64_t *scratch; /* counters of one vCPU */
};

struct windows *windows_new(const struct windows_config *c)
{
	struct windows *ws = xcalloc(1, sizeof(*ws));

	ws->c = *c;
	ws->w = -1;
	ws->cpu = xcalloc((size_t)WINDOW_IDS * c->vcpus, sizeof(*ws->cpu));
	ws->scratch = xcalloc(c->counters, sizeof(*ws->scratch));
	return ws;
}

static void sums_free(struct window_sums *s)
{
	free(s->sum);
	free(s);
}

void windows_free(struct windows *ws)
{
	for (size_t i = 0; i < ws->n; i++)
		sums_free(ws->sums[i]);
	for (size_t i = 0; i < (size_t)WINDOW_IDS * ws->c.vcpus; i++)
		free(ws->cpu[i].base);
	for (size_t i = 0; i < WINDOW_IDS; i++)
		free(ws->machine[i].base);
	free(ws->sums);
	free(ws->cpu);
	free(ws->broken);
	free(ws->scratch);
	free(ws);
}

uint64_t windows_orphans(const struct windows *ws)
{
	return ws->orphans;
}

static void broken(struct windows *ws, int w, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void broken(struct windows *ws, int w, const char *fmt, ...)
{
	char reason[200];
	va_list ap;

	for (size_t i = 0; i < ws->nbroken; i++)
		if (ws->broken[i] == w)
			return;
	*ARRAY_PUSH(ws->broken, ws->nbroken, ws->broken_cap) = w;
	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	ws->c.broken(w, reason);
}

/* The sums that an opening of @id counts towards; NULL outside of any context. */
static struct window_sums *sums_of(struct windows *ws, unsigned int id)
{
	struct window_sums *s;

	if (ws->w < 0)
		return NULL;
	for (size_t i = 0; i < ws->n; i++) {
		s = ws->sums[i];
		if (s->id == id && s->w == ws->w && s->round == ws->round)
			return s;
	}
	s = xcalloc(1, sizeof(*s));
	s->w = ws->w;
	s->round = ws->round;
	s->id = id;
	s->counters = ws->c.counters;
	s->vcpus = ws->c.vcpus;
	s->sum = xcalloc((size_t)s->vcpus * s->counters, sizeof(*s->sum));
	*ARRAY_PUSH(ws->sums, ws->n, ws->cap) = s;
	return s;
}

static bool still_open(const struct windows *ws, const struct window_sums *s)
{
	if (ws->machine[s->id].sums == s)
		return true;
	for (unsigned int v = 0; v < ws->c.vcpus; v++)
		if (ws->cpu[(size_t)s->id * ws->c.vcpus + v].sums == s)
			return true;
	return false;
}

/* Hand over what can no longer change. */
static void hand_over(struct windows *ws)
{
	size_t kept = 0;

	for (size_t i = 0; i < ws->n; i++) {
		struct window_sums *s = ws->sums[i];

		if (still_open(ws, s)) {
			ws->sums[kept++] = s;
			continue;
		}
		if (s->opened)
			ws->c.finished(s);
		sums_free(s);
	}
	ws->n = kept;
}

/* true: this is the outermost opening, and it is counted. */
static bool slot_open(struct windows *ws, struct slot *s, unsigned int id, unsigned int vcpus)
{
	/* what was left open outside of any context, in a warm-up, must not hide what opens in one */
	if (s->depth && (s->sums || ws->w < 0)) {
		s->depth++;
		return false;
	}
	s->depth = 1;
	s->sums = sums_of(ws, id);
	if (!s->sums) {
		ws->orphans++;
		return false;
	}
	if (!s->base)
		s->base = xcalloc((size_t)vcpus * ws->c.counters, sizeof(*s->base));
	return true;
}

/* The sums when this was the closing that counts, else NULL. */
static struct window_sums *slot_close(struct windows *ws, struct slot *s, unsigned int id,
				      unsigned int vcpu)
{
	struct window_sums *sums = s->sums;

	if (!s->depth) {
		if (ws->w >= 0)
			broken(ws, ws->w, "window %u was closed on CPU %u, where it was not open",
			       id, vcpu);
		return NULL;
	}
	if (--s->depth)
		return NULL;
	s->sums = NULL;
	if (sums)
		sums->opened++;
	return sums;
}

static void add_difference(struct windows *ws, struct window_sums *s, unsigned int vcpu,
			   const uint64_t *base)
{
	uint64_t *sum = s->sum + (size_t)vcpu * s->counters;

	ws->c.snapshot(vcpu, ws->scratch);
	for (size_t i = 0; i < s->counters; i++)
		sum[i] += ws->scratch[i] - base[i];
}

static void open_cpu(struct windows *ws, unsigned int vcpu, unsigned int id, bool isolated,
		     bool kernel)
{
	struct slot *s = &ws->cpu[(size_t)id * ws->c.vcpus + vcpu];

	if (!slot_open(ws, s, id, 1))
		return;
	ws->c.snapshot(vcpu, s->base);
	if (isolated && ws->c.isolate)
		ws->c.isolate(vcpu, s->sums, true, kernel);
}

static void close_cpu(struct windows *ws, unsigned int vcpu, unsigned int id, bool isolated,
		      bool kernel)
{
	struct slot *s = &ws->cpu[(size_t)id * ws->c.vcpus + vcpu];
	struct window_sums *sums = slot_close(ws, s, id, vcpu);

	if (!sums)
		return;
	add_difference(ws, sums, vcpu, s->base);
	if (isolated && ws->c.isolate)
		ws->c.isolate(vcpu, sums, false, kernel);
}

static void open_machine(struct windows *ws, unsigned int id)
{
	struct slot *s = &ws->machine[id];

	if (!slot_open(ws, s, id, ws->c.vcpus))
		return;
	for (unsigned int v = 0; v < ws->c.vcpus; v++)
		ws->c.snapshot(v, s->base + (size_t)v * ws->c.counters);
}

static void close_machine(struct windows *ws, unsigned int vcpu, unsigned int id)
{
	struct slot *s = &ws->machine[id];
	struct window_sums *sums = slot_close(ws, s, id, vcpu);

	if (!sums)
		return;
	for (unsigned int v = 0; v < ws->c.vcpus; v++)
		add_difference(ws, sums, v, s->base + (size_t)v * ws->c.counters);
}

static void end_slot(struct windows *ws, struct slot *s, unsigned int id, const char *where,
		     const char *when)
{
	if (s->depth && s->sums)
		broken(ws, s->sums->w, "window %u of round %d was still open%s when %s", id,
		       s->sums->round, where, when);
	s->depth = 0;
	s->sums = NULL;
}

/* End every open window but those of workload @keep. */
static void end_slots(struct windows *ws, int keep, const char *when)
{
	char where[32];

	for (unsigned int id = 0; id < WINDOW_IDS; id++) {
		struct slot *m = &ws->machine[id];

		if (!m->sums || m->sums->w != keep)
			end_slot(ws, m, id, "", when);
		for (unsigned int v = 0; v < ws->c.vcpus; v++) {
			struct slot *s = &ws->cpu[(size_t)id * ws->c.vcpus + v];

			snprintf(where, sizeof(where), " on CPU %u", v);
			if (!s->sums || s->sums->w != keep)
				end_slot(ws, s, id, where, when);
		}
	}
}

static void set_context(struct windows *ws, int w, int round)
{
	/* a workload that was killed in a window must not take the next one's window of that id */
	if (w >= 0 && w != ws->w)
		end_slots(ws, w, "the next workload began");
	hand_over(ws);
	ws->w = w;
	ws->round = round;
}

static void context(struct windows *ws, unsigned int id)
{
	switch (id) {
	case KDELTA_CONTEXT_ZERO:
	case KDELTA_CONTEXT_ONE:
		ws->number = ws->number << 1 | id;
		break;
	case KDELTA_CONTEXT_BEGIN:
		ws->number = 0;
		break;
	case KDELTA_CONTEXT_SET:
		set_context(ws, ws->number == KDELTA_CONTEXT_NONE ? -1 : (int)(ws->number >> 16),
			    (int)(ws->number & 0xffff));
		break;
	default:
		break;
	}
}

void windows_mark(struct windows *ws, unsigned int vcpu, unsigned int payload, bool kernel)
{
	unsigned int kind = payload >> 13, id = payload & 0x1fff;

	if (vcpu >= ws->c.vcpus || id >= WINDOW_IDS)
		return;
	switch (kind) {
	case KDELTA_MARK_OPEN:
	case KDELTA_MARK_OPEN_ISOLATED:
		open_cpu(ws, vcpu, id, kind == KDELTA_MARK_OPEN_ISOLATED, kernel);
		break;
	case KDELTA_MARK_CLOSE:
	case KDELTA_MARK_CLOSE_ISOLATED:
		close_cpu(ws, vcpu, id, kind == KDELTA_MARK_CLOSE_ISOLATED, kernel);
		break;
	case KDELTA_MARK_OPEN_MACHINE:
		open_machine(ws, id);
		break;
	case KDELTA_MARK_CLOSE_MACHINE:
		close_machine(ws, vcpu, id);
		break;
	case KDELTA_MARK_CONTEXT:
		context(ws, id);
		break;
	default:
		break;
	}
}

void windows_end(struct windows *ws)
{
	end_slots(ws, -1, "the machine stopped");
	hand_over(ws);
	ws->w = -1;
}
