// SPDX-License-Identifier: GPL-2.0
#include "runner/run_facts.h"

#include <string.h>

void run_facts_release(struct run_facts *f)
{
	store_variants_free(f->variants, f->nvariants);
	store_boots_free(f->boots, f->nboots);
	store_states_free(f->states, f->nstates);
	store_notes_free(f->notes, f->nnotes);
	strv_release(&f->footnotes);
	str_release(&f->machine);
}

static bool is_told(const char *variant, const char *a, const char *b)
{
	return !a || !strcmp(variant, a) || !strcmp(variant, b);
}

/* The machines that finished boots of these variants, each once. */
static void describe_machines(struct run_facts *f, const char *a, const char *b)
{
	cleanup_strv struct strv seen = STRV_INIT;

	for (size_t i = 0; i < f->nvariants; i++) {
		const struct store_variant_row *v = &f->variants[i];
		cleanup_str struct str s = STR_INIT;

		if (!is_told(v->variant, a, b) || !*v->accel)
			continue;
		str_addf(&s, "%s (", v->target);
		if (*v->qemu_version)
			str_addf(&s, "QEMU %s, ", v->qemu_version);
		str_addf(&s, "%s)", v->accel);
		if (strv_has(&seen, s.buf))
			continue;
		strv_push(&seen, s.buf);
		str_addf(&f->machine, "%s%s", f->machine.len ? "; " : "", s.buf);
	}
}

static void note_boots(struct run_facts *f, const char *a, const char *b)
{
	for (size_t i = 0; i < f->nboots; i++) {
		const struct store_boot_row *r = &f->boots[i];

		if (!is_told(r->variant, a, b))
			continue;
		if (!strcmp(r->status, "ok"))
			f->ok++;
		if (strcmp(r->status, "broken"))
			continue;
		f->broken++;
		strv_pushf(&f->footnotes, "broken: boot %lld ('%s' on %s, block %d): %s", r->id,
			   r->variant, r->target, r->block, r->reason ? r->reason : "");
	}
}

/* One line per workload and reason, however many boots say it. */
static void note_states(struct run_facts *f, const char *a, const char *b)
{
	for (size_t i = 0; i < f->nstates; i++) {
		const struct store_state_row *r = &f->states[i];
		cleanup_free char *line = NULL;

		if (!is_told(r->variant, a, b))
			continue;
		line = xasprintf("%s: %s in '%s' on %s: %s", r->state, r->label, r->variant,
				 r->target, r->reason ? r->reason : "");
		if (!strv_has(&f->footnotes, line))
			strv_push(&f->footnotes, line);
	}
}

/* What was asked for and not had: a collector that is not there, an artifact that was not taken. */
static const char *note_state(const char *key)
{
	static const struct {
		const char *key, *state;
	} known[] = {
		{ "collector.skipped", "skipped: collector " },
		{ "collector.broken", "broken: collector " },
		{ "artifacts", "artifacts: " },
		{ "trace.lost", "trace: " },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i].key, key))
			return known[i].state;
	return NULL;
}

/* One line per distinct text, however many boots and workloads say it. */
static void note_notes(struct run_facts *f, const char *a, const char *b)
{
	for (size_t i = 0; i < f->nnotes; i++) {
		const struct store_note_row *r = &f->notes[i];
		const char *state = note_state(r->key);
		cleanup_free char *line = NULL;

		if (!state || !is_told(r->variant, a, b))
			continue;
		line = xasprintf("%s%s", state, r->value);
		if (!strv_has(&f->footnotes, line))
			strv_push(&f->footnotes, line);
	}
}

int run_facts_load(struct store *s, long long run, struct run_facts *f, struct err *e)
{
	memset(f, 0, sizeof(*f));
	str_init(&f->machine);
	if (store_variants(s, run, &f->variants, &f->nvariants, e) ||
	    store_boots(s, run, NULL, &f->boots, &f->nboots, e) ||
	    store_states(s, run, &f->states, &f->nstates, e) ||
	    store_notes(s, run, NULL, &f->notes, &f->nnotes, e))
		return -1;
	return 0;
}

void run_facts_tell(struct run_facts *f, const char *a, const char *b)
{
	describe_machines(f, a, b);
	note_boots(f, a, b);
	note_states(f, a, b);
	note_notes(f, a, b);
}
