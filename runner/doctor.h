/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What this machine can and cannot measure, and why: a list of findings, made without changing anything or
 * booting anything. The command prints it.
 */
#ifndef KDELTA_RUNNER_DOCTOR_H
#define KDELTA_RUNNER_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/base/str.h"
#include "runner/config.h"

enum finding_state {
	FOUND_OK,
	FOUND_WARN, /* something cannot be had here; the shipped suites run without it */
	FOUND_MISSING, /* the shipped suites need it */
};

struct finding {
	const char *section; /* machine, compiler, emulator, kvm, pmu, tool, package, target */
	char *name;
	enum finding_state state;
	char *text;
};

struct doctor {
	struct config *config;
	struct strv needed; /* names of the architectures that the shipped suites boot */
	struct finding *f;
	size_t n, cap;
	struct strv install; /* packages that are missing */
	bool wants_qemu; /* a private QEMU would do more than the system's */
};

const char *finding_state_name(enum finding_state s);
void doctor_add(struct doctor *d, enum finding_state state, const char *section, const char *name,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* FOUND_MISSING when the shipped suites boot @a, else FOUND_WARN. */
enum finding_state doctor_lack(const struct doctor *d, const struct arch *a);

void doctor_machine(struct doctor *d); /* doctor_machine.c: CPUs, memory, disk, KVM, PMU */
void doctor_software(
	struct doctor *d); /* doctor_software.c: compilers, emulators, tools, packages */

/* Everything; -1 when the configuration cannot be read. */
int doctor_examine(struct doctor *d, struct config *c, struct err *e);
bool doctor_well(const struct doctor *d); /* nothing is missing */
void doctor_release(struct doctor *d);

#endif
