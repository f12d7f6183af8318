// SPDX-License-Identifier: GPL-2.0
/* The kernel's texts for sets of CPUs (isolation.h). Pure. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/isolation.h"

#define WORD_BITS 32
#define WORDS ((CPU_SETSIZE + WORD_BITS - 1) / WORD_BITS)

/* The number at *@at, which moves behind it; -1 when there is none below @end. */
static int take_number(const char **at, long end)
{
	char *behind;
	long n;

	if (**at < '0' || **at > '9')
		return -1;
	errno = 0;
	n = strtol(*at, &behind, 10);
	if (errno || n >= end)
		return -1;
	*at = behind;
	return (int)n;
}

/* Does @c stand at *@at? Then that moves on. */
static bool take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* first, first-last or first-last:used/size; -1 when it is none of them. */
static int take_range(const char **at, cpu_set_t *set)
{
	int first = take_number(at, CPU_SETSIZE), last = first, used = 1, size = 1;

	if (first < 0)
		return -1;
	if (take_char(at, '-'))
		last = take_number(at, CPU_SETSIZE);
	if (last >= 0 && take_char(at, ':')) {
		used = take_number(at, CPU_SETSIZE);
		size = take_char(at, '/') ? take_number(at, CPU_SETSIZE) : -1;
	}
	if (last < first || used < 1 || size < used)
		return -1;
	for (int cpu = first; cpu <= last; cpu++)
		if ((cpu - first) % size < used)
			CPU_SET(cpu, set);
	return 0;
}

int cpulist_parse(const char *text, cpu_set_t *set, struct err *e)
{
	const char *at = text;

	CPU_ZERO(set);
	if (!*at || !strcmp(at, "\n"))
		return 0;
	do {
		if (take_range(&at, set))
			return err_set(e, ERR_INFRA, "cannot read CPU list '%.80s' at '%.20s'",
				       text, at);
	} while (take_char(&at, ','));
	take_char(&at, '\n');
	return *at ? err_set(e, ERR_INFRA, "cannot read CPU list '%.80s' at '%.20s'", text, at) : 0;
}

/* One word of at most eight hexadecimal digits at *@at; -1 when there is none. */
static long long take_word(const char **at)
{
	size_t n = strspn(*at, "0123456789abcdefABCDEF");
	char word[9] = "";

	if (!n || n > 8)
		return -1;
	memcpy(word, *at, n);
	*at += n;
	return strtoll(word, NULL, 16);
}

/* The words come highest first, so their places are known only at the end. */
int cpumask_parse(const char *text, cpu_set_t *set, struct err *e)
{
	long long words[WORDS];
	const char *at = text;
	int n = 0;

	CPU_ZERO(set);
	if (!*at || !strcmp(at, "\n"))
		return 0;
	do {
		if (n == WORDS || (words[n++] = take_word(&at)) < 0)
			return err_set(e, ERR_INFRA, "cannot read CPU mask '%.80s' at '%.20s'",
				       text, at);
	} while (take_char(&at, ','));
	take_char(&at, '\n');
	if (*at)
		return err_set(e, ERR_INFRA, "cannot read CPU mask '%.80s' at '%.20s'", text, at);
	for (int cpu = 0; cpu < n * WORD_BITS; cpu++)
		if (words[n - 1 - cpu / WORD_BITS] >> cpu % WORD_BITS & 1)
			CPU_SET(cpu, set);
	return 0;
}

void cpulist_add(const cpu_set_t *set, struct str *out)
{
	const char *sep = "";

	for (int first = 0, last; first < CPU_SETSIZE; first = last + 1) {
		last = first;
		if (!CPU_ISSET(first, set))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, set))
			last++;
		str_addf(out, last > first ? "%s%d-%d" : "%s%d", sep, first, last);
		sep = ",";
	}
}

void cpumask_add(const cpu_set_t *set, struct str *out)
{
	bool begun = false;

	for (int top = WORDS - 1; top >= 0; top--) {
		unsigned int word = 0;

		for (int bit = 0; bit < WORD_BITS; bit++)
			word |= (unsigned int)!!CPU_ISSET(top * WORD_BITS + bit, set) << bit;
		if (!word && !begun && top)
			continue;
		str_addf(out, begun ? ",%08x" : "%x", word);
		begun = true;
	}
}
