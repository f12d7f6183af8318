// SPDX-License-Identifier: GPL-2.0
/* Names of events to numbers, on the host, and the numbers back to events, in the guest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <cmocka.h>

#include "collectors/collect_perf_spec.h"
#include "collectors/pfm_encode.h"

#define EQUAL(row, got, want)                                                                      \
	do {                                                                                       \
		if (strcmp(got, want))                                                             \
			print_error("%s:\n got  %s\n want %s\n", row, got, want);                  \
		assert_string_equal(got, want);                                                    \
	} while (0)

/* The numbers of the first rows are those of linux/perf_event.h, of the PMU rows those of Intel's manual,
 * volume 3B, tables of events: event in bits 0 to 7, umask in bits 8 to 15. */
static const struct {
	const char *name, *events, *pmu, *arch, *want;
} rows[] = {
	{ "generic, both levels", "cycles", "auto", "x86_64", "cycles@0:0:0:0:ku:cycles" },
	{ "one level", "instructions:u", "auto", "x86_64",
	  "instructions:u@0:1:0:0:u:instructions" },
	{ "a group and others", "{cycles,instructions:k},page-faults,task-clock:uk", "auto",
	  "s390x",
	  "cycles@0:0:0:0:ku:cycles,instructions:k@0:1:0:0:k:instructions;page-faults@1:2:0:0:ku:events;"
	  "task-clock:uk@1:1:0:0:ku:ns" },
	{ "raw", "r1a2,rFF:k", "auto", "aarch64",
	  "r1a2@4:1a2:0:0:ku:events;rFF:k@4:ff:0:0:k:events" },
	{ "a PMU that this machine need not have", "DTLB_LOAD_MISSES:WALK_COMPLETED", "skl",
	  "x86_64", "DTLB_LOAD_MISSES:WALK_COMPLETED@4:e08:0:0:ku:events" },
	{ "levels of libpfm4", "MEM_INST_RETIRED:STLB_MISS_LOADS:k", "skl", "x86_64",
	  "MEM_INST_RETIRED:STLB_MISS_LOADS:k@4:11d0:0:0:k:events" },
	{ "a threshold", "UOPS_ISSUED:ANY:c=1", "skl", "x86_64",
	  "UOPS_ISSUED:ANY:c=1@4:100010e:0:0:ku:events" },
	{ "what libpfm4 leaves out of its own accord", "INST_RETIRED:ANY_P:mh", "skl", "x86_64",
	  "INST_RETIRED:ANY_P:mh@4:c0:0:0:ku:events" },
	{ "guests alone", "INST_RETIRED:ANY_P:mg", "skl", "x86_64",
	  "error: event 'INST_RETIRED:ANY_P:mg' counts guests of the machine alone, of which there are none; "
	  "leave 'mg' out" },
	{ "what belongs to sampling", "INST_RETIRED:ANY_P:precise=2", "skl", "x86_64",
	  "error: event 'INST_RETIRED:ANY_P:precise=2' is no event of the PMU 'skl': invalid event attribute" },
	{ "unknown event", "NO_SUCH_EVENT", "skl", "x86_64",
	  "error: event 'NO_SUCH_EVENT' is no event of the PMU 'skl': event not found" },
	{ "unknown PMU", "INST_RETIRED", "nosuch", "x86_64",
	  "error: libpfm4 of this x86_64 machine knows no PMU 'nosuch'; its names are those of libpfm4's "
	  "documentation, as 'skl'" },
	{ "a foreign PMU", "INST_RETIRED", "auto", "aarch64",
	  "error: event 'INST_RETIRED' is no generic one, and libpfm4 of this x86_64 machine knows no PMU of aarch64; "
	  "give its number as rHEX" },
	{ "an open group", "{cycles,instructions", "auto", "x86_64",
	  "error: '{cycles,instructions': a group has no '}'" },
	{ "behind a group", "{cycles}instructions", "auto", "x86_64",
	  "error: '{cycles}instructions': expected ',' before 'instructions'" },
	{ "nothing", "", "auto", "x86_64",
	  "error: '' is no event: expected a name of less than 64 characters" },
	{ "an empty place", "cycles,,instructions", "auto", "x86_64",
	  "error: '' is no event: expected a name of less than 64 characters" },
	{ "a level that is none", "cycles:z", "skl", "x86_64",
	  "error: event 'cycles:z' is no event of the PMU 'skl': event not found" },
};

/* libpfm4 knows the PMUs of the architecture that it was built for. */
static bool here(const char *pmu)
{
	struct utsname u;

	return !strcmp(pmu, "auto") || (!uname(&u) && !strcmp(u.machine, "x86_64"));
}

static void test_encode(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct str out = STR_INIT;
		struct err e = ERR_INIT;

		if (!here(rows[i].pmu))
			continue;
		if (pfm_encode(rows[i].events, rows[i].pmu, rows[i].arch, "x86_64", &out, &e)) {
			str_reset(&out);
			str_addf(&out, "error: %s", e.msg);
			assert_int_equal(e.kind, ERR_USAGE);
		}
		EQUAL(rows[i].name, out.buf, rows[i].want);
		str_release(&out);
	}
}

static void test_too_many(void **state)
{
	struct str events = STR_INIT, out = STR_INIT;
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i <= PERF_SPECS_MAX; i++)
		str_addf(&events, "%sr%x", i ? "," : "", i);
	assert_int_equal(pfm_encode(events.buf, "auto", "x86_64", "x86_64", &out, &e), -1);
	assert_non_null(strstr(e.msg, "more than 32 events"));
	str_release(&events);
	str_release(&out);
}

static void test_parse_back(void **state)
{
	static struct perf_specs all;
	struct str again = STR_INIT;
	struct err e = ERR_INIT;
	const char *text =
		"a:c=1@4:ffffffffffffffff:1:2:k:events,b@1:0:0:0:u:ns;c@0:0:0:0:ku:cycles";

	(void)state;
	assert_int_equal(perf_specs_parse(text, &all, &e), 0);
	assert_int_equal(all.n, 3);
	assert_int_equal(all.v[0].group, 0);
	assert_int_equal(all.v[1].group, 0);
	assert_int_equal(all.v[2].group, 1);
	for (size_t i = 0; i < all.n; i++) {
		if (i)
			str_addch(&again, all.v[i].group == all.v[i - 1].group ? ',' : ';');
		perf_spec_write(&all.v[i], &again);
	}
	EQUAL("round trip", again.buf, text);
	str_release(&again);
}

static void test_parse_refuses(void **state)
{
	static const char *const bad[] = {
		"a",
		"@0:0:0:0:k:x",
		"a@0:0:0:0:k:",
		"a@0:0:0:0:z:x",
		"a@0:0:0:0:kuk:x",
		"a@:0:0:0:k:x",
		"a@0x1:0:0:0:k:x",
		"a@-1:0:0:0:k:x",
		"a@100000000:0:0:0:k:x",
		"a@0:11112222333344445:0:0:k:x",
		"a@0:0:0:0:k:a_unit_that_is_too_long",
		"a@0:0:0:0:k:x,,",
	};
	static struct perf_specs all;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err e = ERR_INIT;

		if (!perf_specs_parse(bad[i], &all, &e))
			print_error("accepted: %s\n", bad[i]);
		assert_int_equal(e.kind, ERR_INFRA);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_parse_back),
		cmocka_unit_test(test_parse_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
