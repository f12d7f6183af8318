// SPDX-License-Identifier: GPL-2.0
#include "workloads/proc_text.h"

#include <stdbool.h>
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
static bool mapping_start(const char *line, unsigned long long *from)
{
	char *end;

	*from = strtoull(line, &end, 16);
	return end != line && *end == '-';
}

const char *smaps_mapping(const char *smaps, const void *start)
{
	unsigned long long from;

	for (const char *line = smaps; line; line = next_line(line))
		if (mapping_start(line, &from) && from == (uintptr_t)start)
			return line;
	return NULL;
}

long long smaps_sum(const char *smaps, const char *key, const void *start, size_t len)
{
	unsigned long long from;
	long long sum = 0, n;

	for (const char *line = smaps; line; line = next_line(line)) {
		if (!mapping_start(line, &from) || from - (uintptr_t)start >= len)
			continue;
		n = proc_number(line, key);
		sum += n > 0 ? n : 0;
	}
	return sum;
}
