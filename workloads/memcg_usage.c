// SPDX-License-Identifier: GPL-2.0
#include "runner/base/file.h"
#include "workloads/memcg.h"
#include "workloads/proc_text.h"

#define MEMINFO "/proc/meminfo"
#define MEMINFO_MAX 65536
#define KEPT_MIN (128 << 10) /* bytes; less than this others allocate meanwhile */

const struct memcg_field memcg_fields[MEMCG_FIELDS] = {
	[MEMCG_PERCPU] = { "percpu", "Percpu" },
	[MEMCG_VMALLOC] = { "vmalloc_used", "VmallocUsed" },
	[MEMCG_PAGE_TABLES] = { "page_tables", "PageTables" },
	[MEMCG_SLAB] = { "slab", "Slab" },
	[MEMCG_STACK] = { "kernel_stack", "KernelStack" },
};

int memcg_usage_parse(struct memcg_usage *u, const char *meminfo, struct err *e)
{
	for (int f = 0; f < MEMCG_FIELDS; f++) {
		long long kb = proc_number(meminfo, memcg_fields[f].key);

		if (kb < 0)
			return err_set(e, ERR_INFRA, "'%s' has no line '%s'", MEMINFO,
				       memcg_fields[f].key);
		u->bytes[f] = kb * 1024;
	}
	return 0;
}

int memcg_usage_read(struct memcg_usage *u, struct err *e)
{
	cleanup_str struct str text = STR_INIT;

	return file_read(MEMINFO, MEMINFO_MAX, &text, e) ? -1 : memcg_usage_parse(u, text.buf, e);
}

void memcg_kept(const struct memcg_usage *points, struct str *out)
{
	for (int f = 0; f < MEMCG_FIELDS; f++) {
		long long before = points[MEMCG_BEFORE].bytes[f];
		long long came = points[MEMCG_POPULATED].bytes[f] - before;
		long long kept = points[MEMCG_DESTROYED].bytes[f] - before;

		if (kept > KEPT_MIN && kept > came / 10)
			str_addf(out, "%s%s: %lld of %lld kB", out->len ? ", " : "",
				 memcg_fields[f].key, kept / 1024, came / 1024);
	}
}
