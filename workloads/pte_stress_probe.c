// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "workloads/pte_stress.h"

static struct sigaction before_segv, before_bus;
static uintptr_t page_mask;

/* The access that this thread is at. */
static __thread struct {
	sigjmp_buf back;
	volatile uintptr_t at; /* 0: none */
	unsigned long stray;
} probe;

/* s390 tells the page of the address only. */
static void on_fault(int sig, siginfo_t *info, void *context)
{
	uintptr_t at = probe.at;

	(void)context;
	if (!at) {
		/* none of ours: it comes again, and ends the process */
		signal(sig, SIG_DFL);
		return;
	}
	if (((uintptr_t)info->si_addr & page_mask) != (at & page_mask))
		probe.stray++;
	probe.at = 0;
	siglongjmp(probe.back, 1);
}

int probe_init(struct err *e)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };

	page_mask = ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
	if (sigaction(SIGSEGV, &sa, &before_segv) || sigaction(SIGBUS, &sa, &before_bus))
		return err_errno(e, ERR_INFRA, "cannot handle faults");
	return 0;
}

void probe_release(void)
{
	sigaction(SIGSEGV, &before_segv, NULL);
	sigaction(SIGBUS, &before_bus, NULL);
}

bool probe_read(const volatile uint64_t *at, uint64_t *value)
{
	if (sigsetjmp(probe.back, 0))
		return false;
	probe.at = (uintptr_t)at;
	atomic_signal_fence(memory_order_seq_cst);
	*value = *at;
	atomic_signal_fence(memory_order_seq_cst);
	probe.at = 0;
	return true;
}

bool probe_write(volatile uint64_t *at, uint64_t value)
{
	if (sigsetjmp(probe.back, 0))
		return false;
	probe.at = (uintptr_t)at;
	atomic_signal_fence(memory_order_seq_cst);
	*at = value;
	atomic_signal_fence(memory_order_seq_cst);
	probe.at = 0;
	return true;
}

unsigned long probe_stray(void)
{
	return probe.stray;
}
