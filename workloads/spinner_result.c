// SPDX-License-Identifier: GPL-2.0
/* What the isolated task saw: the longest gaps. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"
#include "workloads/spinner.h"

void spinner_worst_add(struct spinner_result *r, uint64_t start, uint64_t length)
{
	size_t least = 0;

	for (size_t i = 1; i < SPINNER_WORST; i++)
		if (r->worst[i].length < r->worst[least].length)
			least = i;
	if (length <= r->worst[least].length)
		return;
	r->worst[least] = (struct spinner_gap){ start, length };
	r->floor = UINT64_MAX;
	for (size_t i = 0; i < SPINNER_WORST; i++)
		if (r->worst[i].length < r->floor)
			r->floor = r->worst[i].length;
}

static int by_length(const void *a, const void *b)
{
	const struct spinner_gap *x = a, *y = b;

	if (x->length != y->length)
		return x->length > y->length ? -1 : 1;
	return x->start < y->start ? -1 : x->start > y->start;
}

void spinner_gaps_text(const struct spinner_result *r, int cpu, struct str *out)
{
	struct spinner_gap worst[SPINNER_WORST];

	memcpy(worst, r->worst, sizeof(worst));
	qsort(worst, SPINNER_WORST, sizeof(worst[0]), by_length);
	for (size_t i = 0; i < SPINNER_WORST && worst[i].length; i++)
		str_addf(out, "%d %" PRIu64 " %" PRIu64 "\n", cpu, worst[i].start, worst[i].length);
}

int spinner_write_gaps(const struct spinner *s, int cpu, struct err *e)
{
	cleanup_str struct str text = STR_INIT;

	spinner_gaps_text(spinner_result(s), cpu, &text);
	return file_write(SPINNER_GAPS_FILE, text.buf, text.len, e);
}
