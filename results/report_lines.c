// SPDX-License-Identifier: GPL-2.0
#include "results/report_lines.h"

#include "results/report_format.h"

size_t report_width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

void report_fact(struct str *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	str_addf(out, "  %-12s ", name);
	report_clean(value, out);
	str_addch(out, '\n');
}

void report_title(const struct report_context *ctx, struct str *out)
{
	str_addf(out, "run %lld", ctx->run_id);
	if (ctx->suite) {
		str_add(out, " of suite '");
		report_clean(ctx->suite, out);
		str_addch(out, '\'');
	}
	str_add(out, ": ");
}

void report_machine(const struct report_context *ctx, struct str *out)
{
	cleanup_str struct str boots = STR_INIT;
	cleanup_str struct str host = STR_INIT;

	str_addf(&host, "%s%s%s", ctx->host ? ctx->host : "", ctx->cpu_model ? ", " : "",
		 ctx->cpu_model ? ctx->cpu_model : "");
	report_fact(out, "host", host.buf);
	report_fact(out, "machine", ctx->machine);
	str_addf(&boots, "%d ok, %d broken", ctx->boots_ok, ctx->boots_broken);
	report_fact(out, "boots", boots.buf);
}

void report_evidence_seen(const bool seen[EV_COUNT], struct str *out)
{
	for (int ev = 0; ev < EV_COUNT; ev++) {
		cleanup_str struct str s = STR_INIT;

		if (!seen[ev])
			continue;
		str_addf(&s, "%s: %s", evidence_name((enum evidence)ev),
			 report_evidence((enum evidence)ev));
		report_fact(out, "evidence", s.buf);
	}
}

void report_end(const struct report_context *ctx, struct str *out)
{
	for (size_t i = 0; ctx->footnotes && i < ctx->footnotes->n; i++) {
		report_clean(ctx->footnotes->v[i], out);
		str_addch(out, '\n');
	}
	if (ctx->db) {
		str_add(out, "database: ");
		report_clean(ctx->db, out);
		str_addch(out, '\n');
	}
}
