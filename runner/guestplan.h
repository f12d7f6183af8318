/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the guest is told: the text of /plan in its initramfs, in the grammar of results/record.h.
 *
 *	plan      version=1 mode=run|shell|exec
 *	expect    release=7.3.4 machine=x86_64                  uname must say so
 *	token     value=init_on_alloc=1                         must stand in /proc/cmdline, one line each
 *	clock     suffix=instructions unit=instructions ev=simulated num=1 den=2
 *	workload  w=0 name=kmalloc_bench rounds=5 warmup=1 timeout=60
 *	param     w=0 name=size value=64                        complete: every parameter of the descriptor
 *	collector c=0 name=trace                                watches every workload of this boot
 *	param     c=0 name=buffer value=4096                    complete, too
 *	disk      serial=kdelta.root dir=/image                 squashfs, to be mounted there; no serial: it is there
 *	arg       value=uname                                   mode exec, one line each
 *	end
 *
 * Equal plans are equal bytes, and nothing in them names the variant, the run or the time: under -icount
 * the whole boot repeats to the last instruction.
 */
#ifndef KDELTA_RUNNER_GUESTPLAN_H
#define KDELTA_RUNNER_GUESTPLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/base/str.h"
#include "runner/config.h"
#include "runner/target.h"

struct guestplan {
	const char *mode; /* run, shell, exec */
	const char *release, *machine; /* NULL: not checked */
	const struct strv *tokens; /* NULL: none */
	const struct guest_clock *clock; /* NULL in shell and exec */
	const struct suite_workload *workloads; /* of the suite */
	const size_t *chosen; /* which of them run, in order; their place here is w */
	const bool *skip; /* per place: leave it out, the host has said why; NULL: none */
	size_t nchosen;
	const struct suite_collector *collectors; /* of the suite, in order; their place here is c */
	const bool *skip_collector; /* as skip */
	size_t ncollectors;
	const struct arch
		*arch; /* of the target, for what the host derives; needed by collectors alone */
	int canary; /* > 0: instead of what a workload's `canary` says */
	const struct boot_disk *disks;
	size_t ndisks;
	const struct strv *args; /* exec; inside the root image where there are disks */
};

void guestplan_write(const struct guestplan *p, struct str *out);

#endif
