// SPDX-License-Identifier: GPL-2.0
/* Stand-ins on counters that the test moves by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collectors/plugin_standin.h"
#include "runner/base/str.h"

enum { OTHER, EVENT, COUNTERS };

static uint64_t counter[2][COUNTERS];

static void snapshot(unsigned int vcpu, uint64_t *out)
{
	memcpy(out, counter[vcpu], sizeof(counter[vcpu]));
}

static void bump(unsigned int vcpu, size_t i, uint64_t n)
{
	counter[vcpu][i] += n;
}

/*
 * A script: 'b' and 'e' begin and end a stand-in on a vCPU, '+' lets it execute what adds 5 to both counters, 's'
 * writes down both as somebody sees them.
 */
struct row {
	const char *name, *script, *want;
};

static const struct row rows[] = {
	{ "none", "+0s0", "5,5 " },
	{ "counts as one event", "b0+0+0e0s0", "0,1 " },
	{ "what is before and after counts", "+0b0+0e0+0s0", "10,11 " },
	{ "seen from outside meanwhile", "+0b0+0s0e0s0", "5,5 5,6 " },
	{ "the other vCPU counts on", "b0+1+0e0s0s1", "0,1 5,5 " },
	{ "both at the same time", "b0b1+0+1e0s0s1e1s1", "0,1 0,0 0,1 " },
	{ "empty", "b0e0b0e0s0", "0,2 " },
	{ "begins twice", "b0+0b0+0e0+0e0s0", "5,6 " },
	{ "ends only", "e0+0s0", "5,5 " },
	{ "never ends", "+0b0+0s0", "5,5 " },
	{ "a vCPU that there is not", "b2e2s0", "0,0 " },
};

static void step(struct standins *st, char what, unsigned int vcpu, struct str *seen)
{
	uint64_t now[COUNTERS];

	switch (what) {
	case 'b':
		standins_begin(st, vcpu, EVENT);
		break;
	case 'e':
		standins_end(st, vcpu);
		break;
	case '+':
		bump(vcpu, OTHER, 5);
		bump(vcpu, EVENT, 5);
		break;
	default:
		standins_snapshot(st, vcpu, now);
		str_addf(seen, "%d,%d ", (int)now[OTHER], (int)now[EVENT]);
	}
}

static void test_rows(void **state)
{
	const struct standins_config c = {
		.counters = COUNTERS, .vcpus = 2, .snapshot = snapshot, .bump = bump
	};
	int bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cleanup_str struct str seen = STR_INIT;
		struct standins *st = standins_new(&c);

		memset(counter, 0, sizeof(counter));
		for (const char *p = rows[i].script; *p; p += 2)
			step(st, *p, (unsigned int)(p[1] - '0'), &seen);
		standins_free(st);
		if (!strcmp(seen.buf, rows[i].want))
			continue;
		print_error("%s: got '%s', wanted '%s'\n", rows[i].name, seen.buf, rows[i].want);
		bad++;
	}
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
