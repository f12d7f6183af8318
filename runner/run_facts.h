/* SPDX-License-Identifier: GPL-2.0 */
/* What stands around the numbers of a report: machines, how many boots, what was broken or skipped and why. */
#ifndef KDELTA_RUNNER_RUN_FACTS_H
#define KDELTA_RUNNER_RUN_FACTS_H

#include "results/store.h"
#include "runner/base/err.h"
#include "runner/base/str.h"

struct run_facts {
	struct store_variant_row *variants;
	size_t nvariants;
	struct store_boot_row *boots;
	size_t nboots;
	struct store_state_row *states;
	size_t nstates;
	struct store_note_row *notes;
	size_t nnotes;
	/* filled by run_facts_tell() */
	struct str machine; /* "qemu-x86_64 (QEMU 7.2.22, tcg)", each once */
	int ok, broken; /* boots */
	struct strv footnotes; /* broken boots, workloads and collectors: each distinct text once */
};

/* Release also after an error. */
int run_facts_load(struct store *s, long long run, struct run_facts *f, struct err *e);
/* Of the variants @a and @b; both NULL: of all. */
void run_facts_tell(struct run_facts *f, const char *a, const char *b);
void run_facts_release(struct run_facts *f);

#endif
