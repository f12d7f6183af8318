// SPDX-License-Identifier: GPL-2.0
/* What the plugin recognises in an instruction: bytes as the assemblers of the architectures emit them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collectors/events.h"

struct row {
	const char *arch, *name; /* the instruction, in the assembler's words */
	const char *bytes; /* hexadecimal */
	const char *event; /* or NULL */
	bool cannot_fault;
	int marker; /* payload, or -1 */
};

static const struct row rows[] = {
	{ "s390x", "ipte %r1,%r2,0,0", "b2210012", "ipte.global", false, -1 },
	{ "s390x", "ipte %r1,%r2,0,1", "b2210112", "ipte.local", false, -1 },
	{ "s390x", "ipte %r1,%r2,%r3,0", "b2213012", "ipte.global", false, -1 },
	{ "s390x", "idte %r1,%r3,%r2,0", "b98e3012", "idte.global", false, -1 },
	{ "s390x", "idte %r1,%r3,%r2,1", "b98e3112", "idte.local", false, -1 },
	{ "s390x", "crdte %r2,%r6,%r4,0", "b98f6024", "crdte.global", false, -1 },
	{ "s390x", "crdte %r2,%r6,%r4,1", "b98f6124", "crdte.local", false, -1 },
	{ "s390x", "csp %r2,%r5", "b2500025", "csp", false, -1 },
	{ "s390x", "cspg %r2,%r5", "b98a0025", "cspg", false, -1 },
	{ "s390x", "ptlb", "b20d0000", "ptlb", false, -1 },
	{ "s390x", "sske %r1,%r2", "b22b0012", "sske.quiescing", false, -1 },
	{ "s390x", "sske %r1,%r2,8", "b22b8012", "sske", false, -1 },
	{ "s390x", "sigp %r1,%r2,1", "ae120001", "sigp.sense", false, -1 },
	{ "s390x", "sigp %r1,%r2,3", "ae120003", "sigp.emergency", false, -1 },
	{ "s390x", "sigp %r1,%r2,0(%r3)", "ae123000", "sigp.other", false, -1 },
	{ "s390x", "laa %r1,%r2,0(%r3)", "eb12300000f8", "laa", false, -1 },
	{ "s390x", "laog %r1,%r2,0(%r3)", "eb12300000e6", "laa", false, -1 },
	{ "s390x", "csg %r1,%r2,0(%r3)", "eb1230000030", "cs", false, -1 },
	{ "s390x", "mviy 0(%r1),1", "eb0110000052", "mviy", false, -1 },
	{ "s390x", "lgr %r1,%r2", "b9040012", NULL, true, -1 },
	{ "s390x", "lg %r1,0(%r2)", "e31020000004", NULL, false, -1 },
	{ "s390x", "jgnop to itself", "c00400000000", NULL, false, -1 },
	{ "s390x", "marker", "c0044b642001", NULL, false, 0x2001 },
	{ "s390x", "a stand-in begins", "c0044b64e000", "ipte.range", false, 0xe000 },
	{ "s390x", "a stand-in ends", "c0044b64e001", NULL, false, 0xe001 },
	{ "aarch64", "tlbi vae1is,x0", "208308d5", "tlbi.broadcast", false, -1 },
	{ "aarch64", "tlbi vmalle1is", "1f8308d5", "tlbi.broadcast", false, -1 },
	{ "aarch64", "tlbi vae1os,x0", "208108d5", "tlbi.broadcast", false, -1 },
	{ "aarch64", "tlbi rvae1is,x0", "208208d5", "tlbi.broadcast", false, -1 },
	{ "aarch64", "tlbi vae1,x0", "208708d5", "tlbi.local", false, -1 },
	{ "aarch64", "tlbi vmalle1", "1f8708d5", "tlbi.local", false, -1 },
	{ "aarch64", "dsb ish", "9f3b03d5", "dsb", false, -1 },
	{ "aarch64", "dmb ish", "bf3b03d5", NULL, false, -1 },
	{ "aarch64", "ldadd w0,w1,[x2]", "410020b8", "lse_atomic", false, -1 },
	{ "aarch64", "ldxr w0,[x1]", "207c5f88", "load_exclusive", false, -1 },
	{ "aarch64", "stxr w0,w1,[x2]", "417c0088", "store_exclusive", false, -1 },
	{ "aarch64", "msr ttbr1_el1,x0", "202018d5", "ttbr1_write", false, -1 },
	{ "aarch64", "mrs x0,ttbr1_el1", "202038d5", NULL, false, -1 },
	{ "aarch64", "add x0,x1,x2", "2000028b", NULL, true, -1 },
	{ "aarch64", "ldr x0,[x1]", "200040f9", NULL, false, -1 },
	{ "aarch64", "marker", "3f0084d2", NULL, true, 0x2001 },
	{ "x86_64", "lock addl $1,(%rax)", "f0830001", "lock", false, -1 },
	{ "x86_64", "lock cmpxchg %rcx,(%rdx)", "f0480fb10a", "lock", false, -1 },
	{ "x86_64", "xchg %eax,(%rdx)", "8702", "lock", false, -1 },
	{ "x86_64", "xchg %ebx,%edx", "87d3", NULL, true, -1 },
	{ "x86_64", "invlpg (%rdi)", "0f013f", "invlpg", false, -1 },
	{ "x86_64", "swapgs", "0f01f8", NULL, false, -1 },
	{ "x86_64", "invpcid (%rsp),%rax", "660f38820424", "invpcid", false, -1 },
	{ "x86_64", "mov %rax,%cr3", "0f22d8", "cr3_write", false, -1 },
	{ "x86_64", "mov %rax,%cr4", "0f22e0", NULL, false, -1 },
	{ "x86_64", "wrmsr", "0f30", "wrmsr", false, -1 },
	{ "x86_64", "mfence", "0faef0", "mfence", false, -1 },
	{ "x86_64", "mov %rax,%rbx", "4889c3", NULL, true, -1 },
	{ "x86_64", "mov (%rax),%rbx", "488b18", NULL, false, -1 },
	{ "x86_64", "lea (%rax,%rax),%rbx", "488d1c00", NULL, true, -1 },
	{ "x86_64", "div %ecx", "f7f1", NULL, false, -1 },
	{ "x86_64", "rep movsb", "f3a4", NULL, false, -1 },
	{ "x86_64", "lock prefix alone", "f0", NULL, false, -1 },
	{ "x86_64", "nopl 0(%rax,%rax)", "0f1f840000000000", NULL, true, -1 },
	{ "x86_64", "marker", "0f1f84000120644b", NULL, true, 0x2001 },
};

static size_t unhex(const char *text, uint8_t *out)
{
	size_t n = 0;
	unsigned int byte;

	while (sscanf(text + 2 * n, "%2x", &byte) == 1)
		out[n++] = (uint8_t)byte;
	return n;
}

static const char *event_name(const struct event_arch *a, uint64_t shape)
{
	int counter = event_match(a, shape);

	return counter < 0 ? "none" : event_of_counter(a, (size_t)counter)->name;
}

static void test_rows(void **state)
{
	int bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *r = &rows[i];
		const struct event_arch *a = event_arch_find(r->arch);
		uint8_t bytes[EVENT_INSN_MAX];
		size_t len = unhex(r->bytes, bytes);
		uint64_t shape = a->shape(bytes, len);
		const char *got = event_name(a, shape), *want = r->event ? r->event : "none";
		bool safe = a->cannot_fault(shape);
		int marker = a->marker(bytes, len);

		if (!strcmp(got, want) && safe == r->cannot_fault && marker == r->marker)
			continue;
		print_error("%s '%s' (%s): got %s, cannot fault %d, marker %d; wanted %s, %d, %d\n",
			    r->arch, r->name, r->bytes, got, safe, marker, want, r->cannot_fault,
			    r->marker);
		bad++;
	}
	assert_int_equal(bad, 0);
}

static void test_every_length(void **state)
{
	const uint8_t bytes[EVENT_INSN_MAX] = { 0xf0, 0x48, 0x0f, 0x38 };

	(void)state;
	for (const struct event_arch *a = event_archs; a->name; a++)
		for (size_t len = 0; len <= sizeof(bytes); len++)
			assert_true(event_match(a, a->shape(bytes, len)) < (int)event_counters(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
