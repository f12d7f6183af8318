// SPDX-License-Identifier: GPL-2.0
/* Windows and excursions on counters that the test moves by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collectors/plugin_excursion.h"
#include "collectors/plugin_window.h"
#include "kmods/kdelta_marker.h"
#include "runner/base/str.h"

static uint64_t counter[2];
static struct str log_text = STR_INIT;

static void snapshot(unsigned int vcpu, uint64_t *out)
{
	*out = counter[vcpu];
}

static void finished(const struct window_sums *s)
{
	str_addf(&log_text, "w%d r%d id%u n%d: %d %d\n", s->w, s->round, s->id, (int)s->opened,
		 (int)s->sum[0], (int)s->sum[1]);
}

static void broken(int w, const char *reason)
{
	str_addf(&log_text, "broken w%d: %s\n", w, reason);
}

/*
 * A script: 'c' NUMBER sets the context (w, round), 'n' none; '(' ')' open and close on a vCPU, '[' ']' of the
 * machine; '+' counts. Every step is a letter, a vCPU and a number.
 */
struct row {
	const char *name, *script, *want;
};

static const struct row rows[] = {
	{ "one window", "c00 (01 +05 )01 e00", "w0 r0 id1 n1: 5 0\n" },
	{ "twice adds up", "c00 (01 +05 )01 +07 (01 +02 )01 e00", "w0 r0 id1 n2: 7 0\n" },
	{ "two CPUs do not leak", "c00 (01 (11 +03 +14 )01 +12 +09 )11 e00",
	  "w0 r0 id1 n2: 3 6\n" },
	{ "nested ids", "c00 (01 +01 (02 +02 )02 +04 )01 e00",
	  "w0 r0 id1 n1: 7 0\nw0 r0 id2 n1: 2 0\n" },
	{ "overlapping ids", "c00 (01 +01 (02 +02 )01 +04 )02 e00",
	  "w0 r0 id1 n1: 3 0\nw0 r0 id2 n1: 6 0\n" },
	{ "outermost of one id", "c00 (01 +01 (01 +02 )01 +04 )01 e00", "w0 r0 id1 n1: 7 0\n" },
	{ "machine", "c00 [01 +01 +12 ]01 +08 e00", "w0 r0 id1 n1: 1 2\n" },
	{ "machine, closed elsewhere", "c00 [01 +01 +12 ]11 e00", "w0 r0 id1 n1: 1 2\n" },
	{ "machine, open twice", "c00 [01 +01 [11 +12 ]01 +04 ]11 e00", "w0 r0 id1 n1: 5 2\n" },
	{ "rounds apart", "c00 (01 +01 )01 c01 (01 +02 )01 e00",
	  "w0 r0 id1 n1: 1 0\nw0 r1 id1 n1: 2 0\n" },
	{ "round of the opening", "c00 (01 +01 c01 +02 )01 e00", "w0 r0 id1 n1: 3 0\n" },
	{ "no context", "(01 +01 )01 e00", "" },
	{ "context taken away", "c00 n00 (01 +01 )01 e00", "" },
	{ "left open", "c10 (01 +01 e00",
	  "broken w1: window 1 of round 0 was still open on CPU 0 when the machine stopped\n" },
	{ "machine left open", "c10 [03 e00",
	  "broken w1: window 3 of round 0 was still open when the machine stopped\n" },
	{ "left open in a warm-up too", "(01 c10 (01 +01 e00",
	  "broken w1: window 1 of round 0 was still open on CPU 0 when the machine stopped\n" },
	{ "left open by an earlier workload", "c10 [03 +01 c20 [03 +02 ]03 e00",
	  "broken w1: window 3 of round 0 was still open when the next workload began\n"
	  "w2 r0 id3 n1: 2 0\n" },
	{ "on a CPU, by an earlier workload", "c10 (03 +01 c20 (03 +02 )03 e00",
	  "broken w1: window 3 of round 0 was still open on CPU 0 when the next workload began\n"
	  "w2 r0 id3 n1: 2 0\n" },
	{ "not open", "c20 )04 e00",
	  "broken w2: window 4 was closed on CPU 0, where it was not open\n" },
	{ "closed on another CPU", "c20 (04 )14 e00",
	  "broken w2: window 4 was closed on CPU 1, where it was not open\n" },
};

static void mark(struct windows *ws, unsigned int vcpu, unsigned int kind, unsigned int id)
{
	windows_mark(ws, vcpu, KDELTA_MARK_PAYLOAD(kind, id), false);
}

static void context(struct windows *ws, uint32_t number)
{
	mark(ws, 0, KDELTA_MARK_CONTEXT, KDELTA_CONTEXT_BEGIN);
	for (int bit = 31; bit >= 0; bit--)
		mark(ws, 0, KDELTA_MARK_CONTEXT, number >> bit & 1);
	mark(ws, 0, KDELTA_MARK_CONTEXT, KDELTA_CONTEXT_SET);
}

static void step(struct windows *ws, char what, unsigned int vcpu, unsigned int n)
{
	switch (what) {
	case 'c':
		context(ws, vcpu << 16 | n);
		break;
	case 'n':
		context(ws, KDELTA_CONTEXT_NONE);
		break;
	case '+':
		counter[vcpu] += n;
		break;
	case 'e':
		windows_end(ws);
		break;
	default:
		mark(ws, vcpu, (unsigned int)(strchr("()[]", what) - "()[]"), n);
	}
}

static void test_rows(void **state)
{
	const struct windows_config c = { .counters = 1,
					  .vcpus = 2,
					  .snapshot = snapshot,
					  .finished = finished,
					  .broken = broken };
	int bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct windows *ws = windows_new(&c);

		str_reset(&log_text);
		for (const char *p = rows[i].script; *p; p += p[3] ? 4 : 3)
			step(ws, p[0], (unsigned int)(p[1] - '0'), (unsigned int)(p[2] - '0'));
		windows_free(ws);
		if (!strcmp(log_text.buf, rows[i].want))
			continue;
		print_error("%s (%s): got\n%swanted\n%s", rows[i].name, rows[i].script,
			    log_text.buf, rows[i].want);
		bad++;
	}
	str_release(&log_text);
	assert_int_equal(bad, 0);
}

static void test_excursions(void **state)
{
	const struct window_sums window = { .w = 1, .round = 2, .id = 5 };
	struct excursions *x = excursions_new(2);
	struct excursion_sums *s;
	struct str buckets = STR_INIT;

	(void)state;
	assert_int_equal(excursion_block(x, 0, true, 1, 0), EXCURSION_OFF);
	assert_int_equal(excursion_open(x, 0, &window, false, 100), EXCURSION_USER);
	assert_int_equal(excursion_block(x, 0, true, 7, 100), EXCURSION_KERNEL);
	excursion_block(x, 0, true, 8, 110); /* 10 in 7 */
	excursion_block(x, 0, true, 7, 140); /* 30 in 8 */
	assert_int_equal(excursion_block(x, 0, false, -1, 145), EXCURSION_USER);
	excursion_block(x, 0, true, 9, 145);
	excursion_block(x, 0, false, -1, 148);
	assert_int_equal(excursion_close(x, 0, 148), EXCURSION_OFF);
	s = excursion_take(x, &window, 0);
	assert_non_null(s);
	assert_null(excursion_take(x, &window, 1));
	assert_int_equal(s->count, 2);
	assert_int_equal(s->total, 48);
	assert_int_equal(s->longest[0].length, 45);
	assert_int_equal(s->longest[0].entry, 7);
	assert_int_equal(s->longest[0].top, 8);
	assert_int_equal(s->longest[0].top_length, 30);
	assert_int_equal(s->longest[1].length, 3);
	excursion_buckets(s, &buckets);
	assert_string_equal(buckets.buf, "3:1,44:1");
	str_release(&buckets);
	free(s);
	excursions_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_excursions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
