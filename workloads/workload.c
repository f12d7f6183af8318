// SPDX-License-Identifier: GPL-2.0
#include "workloads/workload.h"

#include <string.h>

const struct workload *workload_find(const char *name)
{
	for (const struct workload *const *w = workloads; *w; w++)
		if (!strcmp((*w)->name, name))
			return *w;
	return NULL;
}
