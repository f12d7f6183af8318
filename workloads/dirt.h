/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Dirt: ways to make a per-CPU cache of the kernel non-empty on the CPU that runs, with system calls. Each leaves so
 * little that the cache does not empty itself (a folio batch holds 31: PAGEVEC_SIZE, include/linux/folio_batch.h).
 */
#ifndef KDELTA_WORKLOADS_DIRT_H
#define KDELTA_WORKLOADS_DIRT_H

#include "runner/base/err.h"

struct dirty;

struct dirt {
	const char *name;
	int (*open)(struct dirty *d, struct err *e); /* or NULL */
	int (*make)(struct dirty *d); /* -1: errno says why. NULL: leaves nothing */
};

/* What one process needs for it. */
struct dirty {
	const struct dirt *how;
	int fd;
	char *page;
};

/* As choices of a parameter, and what it means. */
extern const char *const dirt_names[];
#define DIRT_HELP                                                                                    \
	"what the isolated task leaves in its CPU's caches before every window: a new page in the "  \
	"LRU batches by tmpfs or an anonymous fault, one in the mlock batch by a fault of a locked " \
	"page, a free object in the SLUB sheaves of names_cache (slab) or of the module's own "      \
	"cache (module), a page of block device vda in the LRU batches (file)"

/* NULL for an unknown name. */
const struct dirt *dirt_find(const char *name);

int dirty_open(struct dirty *d, const struct dirt *how, struct err *e);
int dirty_make(struct dirty *d, struct err *e);
void dirty_close(struct dirty *d);

#endif
