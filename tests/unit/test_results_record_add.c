// SPDX-License-Identifier: GPL-2.0
/* Adding what a collector outside of the guest wrote to what the guest said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "results/record.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#define VALUE(w)                                                                                   \
	"value w=" w " metric=m unit=u dir=lower ev=simulated stat=total round=0 cpu=-1 value=7\n"
#define GUEST                                                                                      \
	"kdelta version=1\nstart release=7.3 machine=x86_64 cmdline= cpus=1\n"                     \
	"begin w=0\n" VALUE("0") "done w=0 state=ok\n"                                             \
				 "begin w=1\ndone w=1 state=failed reason=why\nend records=1\n"
#define HEAD "kdelta version=1\n"

struct row {
	const char *name, *input;
	const char *want; /* the error, or NULL */
	const char *states; /* of workloads 0 and 1, afterwards */
	size_t records; /* in all */
};

static const struct row rows[] = {
	{ "nothing to add", HEAD "end records=0\n", NULL, "ok:,failed:why", 1 },
	{ "values of any workload", HEAD VALUE("1") VALUE("0") VALUE("1") "end records=3\n", NULL,
	  "ok:,failed:why", 4 },
	{ "a histogram",
	  HEAD "hist w=0 metric=h unit=u dir=lower ev=simulated round=0 cpu=0 sub=3 buckets=1:2\n"
	       "end records=1\n",
	  NULL, "ok:,failed:why", 2 },
	{ "info does not count", HEAD "info key=k value=v\nend records=0\n", NULL, "ok:,failed:why",
	  1 },
	{ "notes do not count",
	  HEAD "note w=1 round=0 cpu=3 key=k value=v\nnote w=0 round=-1 cpu=-1 key=k value=v\n"
	       "end records=0\n",
	  NULL, "ok:,failed:why", 1 },
	{ "takes the place of the guest's ok",
	  HEAD "done w=0 state=broken reason=open\nend records=0\n", NULL, "broken:open,failed:why",
	  1 },
	{ "a failure stays one: what it left open is no news",
	  HEAD "done w=1 state=broken reason=open\nend records=0\n", NULL, "ok:,failed:why", 1 },
	{ "the first of two counts",
	  HEAD
	  "done w=0 state=broken reason=one\ndone w=0 state=broken reason=two\nend records=0\n",
	  NULL, "broken:one,failed:why", 1 },
	{ "no end", HEAD VALUE("0"), "counts: the end line did not come", NULL, 0 },
	{ "empty", "", "counts: the end line did not come", NULL, 0 },
	{ "an end without its newline", HEAD "end records=0", "counts: the end line did not come",
	  NULL, 0 },
	{ "two ends", HEAD "end records=0\nend records=0\n", "counts line 3: a line after the end",
	  NULL, 0 },
	{ "too few", HEAD VALUE("0") "end records=2\n",
	  "counts line 3: 2 records were sent, 1 arrived", NULL, 0 },
	{ "too many", HEAD VALUE("0") VALUE("0") "end records=1\n",
	  "counts line 4: 1 records were sent, 2 arrived", NULL, 0 },
	{ "no workload 2", HEAD VALUE("2") "end records=1\n", "counts line 2: ", NULL, 0 },
	{ "no workload -1", HEAD VALUE("-1") "end records=1\n", "counts line 2: ", NULL, 0 },
	{ "done of no workload", HEAD "done w=2 state=broken reason=x\nend records=0\n",
	  "counts line 2: ", NULL, 0 },
	{ "beyond the limit", HEAD VALUE("0") VALUE("0") VALUE("0") VALUE("0") "end records=4\n",
	  "counts line 5: more than 4 records", NULL, 0 },
	{ "another version", "kdelta version=2\nend records=0\n", "counts line 1: record format",
	  NULL, 0 },
	{ "no greeting", VALUE("0") "end records=1\n",
	  "counts line 1: expected 'kdelta version=1' first", NULL, 0 },
};

static void states_of(const struct record_set *rs, struct str *out)
{
	for (int w = 0; w < 2; w++)
		for (size_t i = 0; i < rs->ndone; i++)
			if (rs->done[i].workload == w)
				str_addf(out, "%s%s:%s", out->len ? "," : "",
					 wl_state_name(rs->done[i].state), rs->done[i].reason);
}

static void check_row(const struct row *row, const struct record_set *rs, int ret,
		      const struct err *e)
{
	cleanup_str struct str states = STR_INIT;

	if (row->want) {
		if (!ret || strncmp(e->msg, row->want, strlen(row->want)))
			fail_msg("%s: got %d '%s', wanted '%s'", row->name, ret, e->msg, row->want);
		return;
	}
	if (ret)
		fail_msg("%s: got '%s'", row->name, e->msg);
	states_of(rs, &states);
	if (strcmp(states.buf, row->states) || rs->nrec != row->records || !rs->ended)
		fail_msg("%s: got %zu records, '%s', wanted %zu, '%s'", row->name, rs->nrec,
			 states.buf, row->records, row->states);
}

static void add_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = ERR_INIT;
		struct record_set rs;
		int ret;

		record_set_init(&rs);
		assert_int_equal(record_set_parse(&rs, GUEST, strlen(GUEST), 2, 4, &e), 0);
		ret = record_set_add(&rs, rows[i].input, strlen(rows[i].input), 2, 4, &e);
		check_row(&rows[i], &rs, ret, &e);
		record_set_release(&rs);
	}
}

/* A guest that died is not made whole by a collector that did not. */
static void guest_without_an_end(void **state)
{
	static const char guest[] = HEAD "start release=7.3 machine=x86_64 cmdline= cpus=1\n"
					 "begin w=0\n" VALUE("0");
	static const char counts[] = HEAD VALUE("0") "end records=1\n";
	struct err e = ERR_INIT;
	struct record_set rs;

	(void)state;
	record_set_init(&rs);
	assert_int_equal(record_set_parse(&rs, guest, strlen(guest), 2, 4, &e), 0);
	assert_int_equal(record_set_add(&rs, counts, strlen(counts), 2, 4, &e), 0);
	assert_int_equal(rs.nrec, 2);
	assert_false(rs.ended);
	assert_int_equal(rs.running, 0);
	record_set_release(&rs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(add_rows),
		cmocka_unit_test(guest_without_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
