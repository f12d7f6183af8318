// SPDX-License-Identifier: GPL-2.0
#include "results/report_format.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Length of the UTF-8 sequence at @p that may be shown, 0 when there is none (RFC 3629, section 4). */
static size_t utf8_length(const unsigned char *p)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = *p < 0x80 ? 1 : *p >> 5 == 6 ? 2 : *p >> 4 == 14 ? 3 : *p >> 3 == 30 ? 4 : 0;
	uint32_t c;

	if (n < 2)
		return n && *p >= 0x20 && *p != 0x7f;
	c = *p & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	/* overlong, surrogate, out of Unicode; and U+0080…9f are control characters too */
	if (c < least[n] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff || c < 0xa0)
		return 0;
	/* what turns the reading direction round can make a line say something else */
	if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
	    c == 0x200f)
		return 0;
	return n;
}

void report_clean(const char *text, struct str *out)
{
	while (text && *text) {
		size_t n = utf8_length((const unsigned char *)text);

		if (n)
			str_addmem(out, text, n);
		else
			str_addch(out, '?');
		text += n ? n : 1;
	}
}

/* The figures of a kernel that a reader wants without asking: names, or where one ends with '.' or '_', how
 * they begin. */
static bool is_headline(const char *metric)
{
	static const char *const names[] = {
		"text",
		"functions",
		"instructions",
		"atomic.",
		"calls.preempt_schedule",
		"calls.preempt_schedule_", /* …notrace, and x86's thunks */
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t n = strlen(names[i]);
		bool prefix = strchr("._", names[i][n - 1]);

		if (!strncmp(metric, names[i], n) && (prefix || !metric[n]))
			return true;
	}
	return false;
}

/* Not seen in any boot of either side. */
static bool is_nothing(const struct pair *p)
{
	return p->a_min == 0 && p->a_max == 0 && p->b_min == 0 && p->b_max == 0;
}

bool report_shows(const struct pair *p, const struct report_context *ctx)
{
	if (ctx->all)
		return true;
	if (!p->summary)
		return false;
	/* of kernels that do not differ one line says so */
	if (!strcmp(p->workload, COMPARE_KERNEL))
		return is_headline(p->metric) &&
		       (p->verdict != V_SAME || !strcmp(p->metric, "text"));
	/* of the many counts of collectors those that explain something */
	if (p->collector)
		return p->verdict == V_BETTER || p->verdict == V_WORSE || p->verdict == V_CHANGED ||
		       p->verdict == V_MISSING;
	return p->verdict != V_SAME || (p->dir != DIR_NONE && !is_nothing(p));
}

void report_metric(const struct pair *p, struct str *out)
{
	report_clean(p->metric, out);
	/* of a kernel there is nothing but totals */
	if (strcmp(p->stat, "mean") != 0 && strcmp(p->workload, COMPARE_KERNEL) != 0) {
		str_add(out, " (");
		report_clean(p->stat, out);
		str_add(out, ")");
	}
}

static void trim_zeros(struct str *s, size_t from)
{
	if (!strchr(s->buf + from, '.'))
		return;
	while (s->buf[s->len - 1] == '0')
		s->buf[--s->len] = '\0';
	if (s->buf[s->len - 1] == '.')
		s->buf[--s->len] = '\0';
}

static void add_count(double v, struct str *out)
{
	size_t from = out->len;

	if (v != 0 && (fabs(v) < 1e-4 || fabs(v) >= 1e15)) {
		str_addf(out, "%.6g", v);
		return;
	}
	str_addf(out, "%.4f", v);
	trim_zeros(out, from);
}

static void add_rounded(double v, struct str *out)
{
	int before = v != 0 ? (int)floor(log10(fabs(v))) + 1 : 1;

	if (before < -2 || before > 15)
		str_addf(out, "%.5g", v);
	else
		str_addf(out, "%.*f", before > 5 ? 0 : 5 - before, v);
}

static void add_value(const struct pair *p, double v, struct str *out)
{
	if (!isfinite(v))
		str_addch(out, '-');
	else if (p->ev == EV_STATIC || p->ev == EV_SIMULATED)
		add_count(v, out);
	else
		add_rounded(v, out);
}

void report_number(double v, struct str *out)
{
	char buf[40];

	if (!isfinite(v))
		return;
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(buf, sizeof(buf), "%.*g", digits, v);
		if (strtod(buf, NULL) == v)
			break;
	}
	str_add(out, buf);
}

void report_sides(const struct pair *p, struct str *a, struct str *b)
{
	size_t from_a = a->len, from_b = b->len;

	add_value(p, p->a_mid, a);
	add_value(p, p->b_mid, b);
	if (p->exact && p->a_mid != p->b_mid && !strcmp(a->buf + from_a, b->buf + from_b)) {
		/* an exact verdict whose numbers look alike would read as a mistake */
		a->len = from_a;
		b->len = from_b;
		report_number(p->a_mid, a);
		report_number(p->b_mid, b);
	}
}

/* Percent, with enough digits that a change never reads as none. */
static void add_percent(double percent, struct str *out)
{
	if (percent == 0)
		str_add(out, "0 %");
	else if (fabs(percent) < 0.01)
		str_addf(out, "%+.1g %%", percent);
	else
		str_addf(out, "%+.2f %%", percent);
}

void report_effect(const struct pair *p, double effect, struct str *out)
{
	if (!isfinite(effect))
		str_addch(out, '-');
	else if (!p->is_ratio)
		str_addf(out, effect == 0 ? "%.0f" : "%+.5g", effect);
	else if (p->effect >= 10 || p->effect <= 0.1)
		str_addf(out, "%.3gx", effect);
	else
		add_percent((effect - 1) * 100, out);
}

void report_interval(const struct pair *p, struct str *out)
{
	if (p->exact) {
		str_add(out, "exact");
		return;
	}
	if (!isfinite(p->low) || !isfinite(p->high)) {
		str_addch(out, '-');
		return;
	}
	str_addch(out, '[');
	report_effect(p, p->low, out);
	str_add(out, ", ");
	report_effect(p, p->high, out);
	str_addch(out, ']');
}

void report_verdict(const struct pair *p, struct str *out)
{
	const char *separator = ": ";

	str_add(out, verdict_name(p->verdict));
	if (p->more_boots) {
		str_addf(out, "%sabout %d more boot%s of each", separator, p->more_boots,
			 p->more_boots == 1 ? "" : "s");
		separator = "; ";
	}
	if (p->note)
		str_addf(out, "%s%s", separator, p->note);
}

const char *report_evidence(enum evidence ev)
{
	static const char *const texts[EV_COUNT] = {
		[EV_STATIC] = "read from the kernel image",
		[EV_SIMULATED] = "instructions and events counted in an emulated machine",
		[EV_VIRTUAL] = "time and PMU counts in a KVM guest",
		[EV_HARDWARE] = "time and PMU counts on a real machine",
		[EV_EMULATED_TIME] = "clocks of an emulated machine: shown, not judged",
	};

	return ev < EV_COUNT ? texts[ev] : "unknown";
}

void report_tally(const struct comparison *c, const struct report_context *ctx, struct str *out)
{
	static const enum verdict order[] = { V_WORSE,     V_BETTER, V_CHANGED, V_SAME,
					      V_UNDECIDED, V_SHOWN,  V_MISSING };
	size_t hidden = 0, shown = 0, exact = 0, count[V_MISSING + 1] = { 0 };
	const char *separator = ": ";

	for (size_t i = 0; i < c->n; i++) {
		if (!report_shows(&c->pairs[i], ctx)) {
			hidden++;
			continue;
		}
		shown++;
		exact += c->pairs[i].exact;
		count[c->pairs[i].verdict]++;
	}
	str_addf(out, "%zu comparison%s", shown, shown == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		if (!count[order[i]])
			continue;
		str_addf(out, "%s%zu %s", separator, count[order[i]], verdict_name(order[i]));
		separator = ", ";
	}
	str_addf(out, " (%zu exact, %d in the Holm correction", exact, c->judged);
	if (c->variants > 1)
		str_addf(out, " over %d variants", c->variants);
	str_add(out, ", ");
	if (c->judged_collected)
		str_addf(out, "%d of collectors in one of their own, ", c->judged_collected);
	str_addf(out, "margin %g %%)", c->margin * 100);
	if (hidden)
		str_addf(out, "; %zu row%s more with --all", hidden, hidden == 1 ? "" : "s");
}
