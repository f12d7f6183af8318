// SPDX-License-Identifier: GPL-2.0
#include "workloads/proc_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char *next_line(const char *line)
{
	const char *nl = strchr(line, '\n');

	return nl ? nl + 1 : NULL;
}

long long proc_number(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; line; line = next_line(line)) {
		const char *p = line + n;

		if (strncmp(line, key, n))
			continue;
		p += *p == ':';
		p += strspn(p, " \t");
		if (p > line + n && *p >= '0' && *p <= '9')
			return strtoll(p, NULL, 10);
	}
	return -1;
}

/* A mapping begins with a line "start-end perms …" in hexadecimal (proc_pid_smaps(5)). */
const char *smaps_mapping(const char *smaps, const void *start)
{
	for (const char *line = smaps; line; line = next_line(line)) {
		char *end;
		unsigned long long from = strtoull(line, &end, 16);

		if (end != line && *end == '-' && from == (uintptr_t)start)
			return line;
	}
	return NULL;
}
