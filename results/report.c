// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "results/report_format.h"

static const struct {
	const char *name;
	void (*write)(const struct comparison *c, const struct report_context *ctx,
		      struct str *out);
} formats[] = {
	[REPORT_TEXT] = { "text", report_text },
	[REPORT_JSON] = { "json", report_json },
	[REPORT_CSV] = { "csv", report_csv },
	[REPORT_MARKDOWN] = { "markdown", report_markdown },
};

#define NFORMATS (sizeof(formats) / sizeof(*formats))

int report_format_parse(const char *name)
{
	for (size_t i = 0; i < NFORMATS; i++)
		if (!strcmp(formats[i].name, name))
			return (int)i;
	return -1;
}

void report_comparison(const struct comparison *c, const struct report_context *ctx,
		       enum report_format f, struct str *out)
{
	if ((size_t)f < NFORMATS)
		formats[f].write(c, ctx, out);
}
