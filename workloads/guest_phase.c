// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "workloads/guest.h"
#include "workloads/phase.h"
#include "workloads/random.h"
#include "workloads/ticks.h"

unsigned int phase_parse(const char *cmdline)
{
	const char *at = str_starts(cmdline, PHASE_TOKEN) ? cmdline :
							    strstr(cmdline, " " PHASE_TOKEN);

	return at ? (unsigned int)strtoul(strchr(at, '=') + 1, NULL, 10) : 0;
}

int phase_read(unsigned int *phase, struct err *e)
{
	cleanup_str struct str cmdline = STR_INIT;

	if (file_read("/proc/cmdline", 0, &cmdline, e))
		return -1;
	*phase = phase_parse(cmdline.buf);
	return 0;
}

struct phase phase_draw(unsigned int phase, int workload, int round)
{
	uint64_t random =
		random_mix(((uint64_t)phase << 32) + (uint32_t)workload) + (uint32_t)round;
	struct phase p = { 0 };

	if (!phase)
		return p;
	p.ns = random_mix(random) % PHASE_NS;
	p.pages = random_mix(~random) % PHASE_PAGES;
	return p;
}

/* The kernel's batches of pages are as full afterwards as the number of pages says. */
static int use_pages(size_t n, struct err *e)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *at;

	if (!n)
		return 0;
	at = mmap(NULL, n * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return err_errno(e, ERR_INFRA, "cannot map %zu pages", n);
	for (size_t i = 0; i < n; i++)
		*(volatile char *)(at + i * page) = 1;
	munmap(at, n * page);
	return 0;
}

int phase_shift(const struct phase *p, struct err *e)
{
	uint64_t start = clock_ns();

	if (use_pages(p->pages, e))
		return -1;
	/* not asleep: an idle machine would go on at the next tick, whenever it began */
	while (p->ns && clock_ns() - start < p->ns)
		;
	return 0;
}
