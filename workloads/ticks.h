/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tick counter in user space: the counter that kdelta_ticks() of kmods/kdelta_bench.h reads in the kernel, read
 * in program order like there, so that metrics in "ticks" mean the same on both sides.
 *
 *	x86	TSC by LFENCE, RDTSC: rdtsc_ordered() of arch/x86/include/asm/tsc.h, in the form that every
 *		x86-64 CPU has; user space may read it unless PR_SET_TSC says no
 *	arm64	CNTVCT_EL0 between ISBs: arch_timer_read_cntvct_el0() and arch_counter_enforce_ordering() of
 *		arch/arm64/include/asm; Linux sets CNTKCTL_EL1.EL0VCTEN, for the vDSO needs it
 *	s390	TOD clock by STCKF, 4096 units per microsecond: get_tod_clock_fast() of
 *		arch/s390/include/asm/timex.h; not privileged (Principles of Operation, STORE CLOCK FAST)
 */
#ifndef KDELTA_WORKLOADS_TICKS_H
#define KDELTA_WORKLOADS_TICKS_H

#include <stdint.h>
#include <time.h>

static inline __attribute__((always_inline)) uint64_t ticks_read(void)
{
	uint64_t t;

#if defined(__x86_64__)
	uint64_t high;

	asm volatile("lfence\n\trdtsc" : "=a"(t), "=d"(high) : : "memory");
	t |= high << 32;
#elif defined(__aarch64__)
	asm volatile("isb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(t) : : "memory");
#elif defined(__s390x__)
	asm volatile("stckf %0" : "=Q"(t) : : "cc", "memory");
#else
#error "no tick counter for this architecture"
#endif
	return t;
}

/* CLOCK_MONOTONIC in ns. */
static inline uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/*
 * What a timed window costs that has nothing in it: the cheapest of some, so that what is subtracted is never more
 * than the clock itself took. ticks_empty() is of two ticks_read(), clock_empty() of two calls of @now, in its unit.
 */
uint64_t ticks_empty(void);
uint64_t clock_empty(uint64_t (*now)(void));

/* The length of a window without its @empty share; a clock coarser than the difference makes it 0. */
static inline uint64_t ticks_less(uint64_t ticks, uint64_t empty)
{
	return ticks > empty ? ticks - empty : 0;
}

#endif
