/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Markers: instructions that do nothing and carry a number, for kernel modules and user space.
 * Under QEMU the plugin in collectors/ sees them and counts what runs between them; on real
 * machines they are no-ops. Nothing here touches memory, flags or a register that matters.
 *
 *	x86	nopl disp32(%rax,%rax)	disp32 = magic << 16 | payload
 *	s390	brcl 0,offset		offset = magic << 16 | payload, in halfwords
 *	arm64	movz xzr,#payload	never emitted by a compiler, so it needs no magic
 *
 * payload = kind << 13 | id, id 0 to 255.
 *
 * Windows. What lies strictly between the two markers is counted, the markers are not:
 *
 *	open, close		this CPU; has to be closed on the CPU that it was opened on
 *	open_machine,		all CPUs, from the first opening anywhere to the last closing
 *	close_machine
 *	open_isolated,		this CPU, which should stay in user space meanwhile: every stay in
 *	close_isolated		the kernel is an excursion
 *
 * Stand-ins. A kernel that does without an instruction which the emulated machine lacks, for
 * tests, puts what it does instead between two markers: it is counted as that instruction
 * (collectors/plugin_standin.h).
 *
 * Windows of different ids nest and overlap freely. One id opened again before it is closed is
 * counted from the outermost opening to the matching closing.
 */
#ifndef KDELTA_MARKER_H
#define KDELTA_MARKER_H

#define KDELTA_MARK_MAGIC 0x4b64

#define KDELTA_MARK_OPEN 0
#define KDELTA_MARK_CLOSE 1
#define KDELTA_MARK_OPEN_MACHINE 2
#define KDELTA_MARK_CLOSE_MACHINE 3
#define KDELTA_MARK_OPEN_ISOLATED 4
#define KDELTA_MARK_CLOSE_ISOLATED 5
#define KDELTA_MARK_CONTEXT 6
#define KDELTA_MARK_STANDIN 7
#define KDELTA_MARK_KINDS 8

/* Ids of KDELTA_MARK_STANDIN: of the begin; that of the end has the lowest bit set. */
#define KDELTA_STANDIN_END 1
#define KDELTA_STANDIN_IPTE_RANGE 0 /* s390: IPTE on a range (IPTE-range facility) */

/* Ids of KDELTA_MARK_CONTEXT: bits of a number, highest first, between a begin and a set. */
#define KDELTA_CONTEXT_ZERO 0
#define KDELTA_CONTEXT_ONE 1
#define KDELTA_CONTEXT_BEGIN 2
#define KDELTA_CONTEXT_SET 3
#define KDELTA_CONTEXT_NONE 0xffffffffU /* windows that open now belong to nothing */

/* Ids of windows. The plugin calls them "window.<name>"; one without a name goes by its number. */
#define KDELTA_WINDOW_EVENTS 1 /* event_bench */
#define KDELTA_WINDOW_PTE 2 /* pte: page table changes */
#define KDELTA_WINDOW_ALLOC 3 /* allocating memory */
#define KDELTA_WINDOW_FREE 4 /* freeing memory */
#define KDELTA_WINDOW_ISOLATED 5 /* a task that should not be disturbed */
#define KDELTA_WINDOW_ALLOC_EMPTY 6 /* the loop around ALLOC without allocating */
#define KDELTA_WINDOW_FREE_EMPTY 7 /* the loop around FREE without freeing */
#define KDELTA_WINDOW_PERCPU 8 /* percpu_bench: operations on a per-CPU variable */
#define KDELTA_WINDOW_PERCPU_EMPTY 9 /* the loop around PERCPU without the operation */
#define KDELTA_WINDOW_CANARY 10 /* canary: a loop of known cost */

#define KDELTA_MARK_PAYLOAD(kind, id) ((kind) << 13 | (id))
#define KDELTA_MARK_WORD(kind, id) (KDELTA_MARK_MAGIC << 16 | KDELTA_MARK_PAYLOAD(kind, id))

/* s390 has no %c: it would print the low byte. */
#if defined(__x86_64__)
#define KDELTA_MARK_ASM ".byte 0x0f, 0x1f, 0x84, 0x00\n\t.long %c0"
#define KDELTA_MARK_NUMBER KDELTA_MARK_WORD
#elif defined(__s390x__)
#define KDELTA_MARK_ASM ".short 0xc004\n\t.long %0"
#define KDELTA_MARK_NUMBER KDELTA_MARK_WORD
#elif defined(__aarch64__)
#define KDELTA_MARK_ASM "movz xzr, #%c0"
#define KDELTA_MARK_NUMBER KDELTA_MARK_PAYLOAD
#else
#error "no marker for this architecture"
#endif

#define KDELTA_MARK(kind, id)                                                                      \
	({ asm volatile(KDELTA_MARK_ASM : : "i"(KDELTA_MARK_NUMBER(kind, id)) : "memory"); })

/* @id has to be a constant. */
#define kdelta_open(id) KDELTA_MARK(KDELTA_MARK_OPEN, id)
#define kdelta_close(id) KDELTA_MARK(KDELTA_MARK_CLOSE, id)
#define kdelta_open_machine(id) KDELTA_MARK(KDELTA_MARK_OPEN_MACHINE, id)
#define kdelta_close_machine(id) KDELTA_MARK(KDELTA_MARK_CLOSE_MACHINE, id)
#define kdelta_open_isolated(id) KDELTA_MARK(KDELTA_MARK_OPEN_ISOLATED, id)
#define kdelta_close_isolated(id) KDELTA_MARK(KDELTA_MARK_CLOSE_ISOLATED, id)

static inline void kdelta_context_send(unsigned int number)
{
	int bit;

	KDELTA_MARK(KDELTA_MARK_CONTEXT, KDELTA_CONTEXT_BEGIN);
	for (bit = 31; bit >= 0; bit--) {
		if (number >> bit & 1)
			KDELTA_MARK(KDELTA_MARK_CONTEXT, KDELTA_CONTEXT_ONE);
		else
			KDELTA_MARK(KDELTA_MARK_CONTEXT, KDELTA_CONTEXT_ZERO);
	}
	KDELTA_MARK(KDELTA_MARK_CONTEXT, KDELTA_CONTEXT_SET);
}

/*
 * Windows that open from now on, on any CPU, belong to workload @w and @round of the plan; @round
 * below 0: to nothing (a warm-up). One task at a time may do this.
 */
static inline void kdelta_context(int w, int round)
{
	if (w < 0 || w >= 0xffff || round < 0 || round > 0xffff)
		kdelta_context_send(KDELTA_CONTEXT_NONE);
	else
		kdelta_context_send((unsigned int)w << 16 | (unsigned int)round);
}

#endif
