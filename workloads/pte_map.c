// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "runner/base/file.h"
#include "workloads/proc_text.h"
#include "workloads/pte.h"

#define SMAPS_MAX (1 << 20)
#define RESERVED (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* What a page table covers, where the kernel has huge pages; else enough for those of every architecture. */
static size_t alignment(const struct pte_map *m)
{
	return m->huge_page ? m->huge_page : 2UL << 20;
}

/* gap, place, gap, place, gap: each gap as large as the alignment, and one more to align the whole. */
int pte_map_reserve(struct pte_map *m, struct err *e)
{
	size_t align = alignment(m), room = round_up(m->pages * m->page, align);
	char *base;

	m->len = m->pages * m->page;
	m->reserved_len = 2 * room + 4 * align;
	m->reserved = mmap(NULL, m->reserved_len, PROT_NONE, RESERVED, -1, 0);
	if (m->reserved == MAP_FAILED) {
		m->reserved = NULL;
		return err_errno(e, ERR_INFRA, "cannot reserve %zu bytes", m->reserved_len);
	}
	base = m->reserved + (align - (uintptr_t)m->reserved % align);
	m->place[0] = base + align;
	m->place[1] = m->place[0] + room + align;
	return 0;
}

char *pte_map_addr(const struct pte_map *m)
{
	return m->place[m->at];
}

void pte_map_touch(const struct pte_map *m)
{
	volatile char *map = pte_map_addr(m);

	for (size_t i = 0; i < m->len; i += m->page)
		map[i] = 1;
}

int pte_map_fill(struct pte_map *m, struct err *e)
{
	char *map = mmap(pte_map_addr(m), m->len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (map == MAP_FAILED)
		return err_errno(e, ERR_INFRA, "cannot map %zu bytes", m->len);
	/* a kernel without huge pages refuses both, and has small ones */
	if (madvise(map, m->len, m->huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) && m->huge)
		return err_errno(e, ERR_INFRA, "cannot ask for huge pages");
	pte_map_touch(m);
	return 0;
}

int pte_map_open_other(struct pte_map *m, struct err *e)
{
	if (munmap(m->place[!m->at], m->len))
		return err_errno(e, ERR_INFRA, "cannot unmap %zu bytes", m->len);
	return 0;
}

int pte_map_close_other(struct pte_map *m, struct err *e)
{
	void *map = mmap(m->place[!m->at], m->len, PROT_NONE, RESERVED | MAP_FIXED, -1, 0);

	if (map == MAP_FAILED)
		return err_errno(e, ERR_INFRA, "cannot reserve %zu bytes", m->len);
	return 0;
}

int pte_map_check(const struct pte_map *m, struct err *e)
{
	cleanup_str struct str smaps = STR_INIT;
	long long wanted = (long long)(m->len / 1024), present, huge;
	const char *at;

	if (file_read("/proc/self/smaps", SMAPS_MAX, &smaps, e))
		return -1;
	at = smaps_mapping(smaps.buf, pte_map_addr(m));
	if (!at)
		return err_set(e, ERR_INFRA, "'/proc/self/smaps' does not have the mapping");
	present = proc_number(at, "Rss");
	huge = proc_number(at, "AnonHugePages");
	if (present != wanted)
		return err_set(e, ERR_INFRA, "%lld kB of %lld kB are present", present, wanted);
	if (m->huge && huge != wanted)
		return err_set(e, ERR_INFRA,
			       "%lld kB of %lld kB are huge pages (is memory free in pieces of %zu kB?)",
			       huge, wanted, m->huge_page / 1024);
	if (!m->huge && huge > 0)
		return err_set(e, ERR_INFRA, "%lld kB of %lld kB are huge pages, wanted none", huge,
			       wanted);
	return 0;
}

void pte_map_release(struct pte_map *m)
{
	if (m->reserved)
		munmap(m->reserved, m->reserved_len);
	m->reserved = NULL;
}
