/* SPDX-License-Identifier: GPL-2.0 */
/* Facts about the machine that kdelta runs on: stored with every run, shown by doctor. */
#ifndef KDELTA_RUNNER_HOSTINFO_H
#define KDELTA_RUNNER_HOSTINFO_H

struct hostinfo {
	char *hostname, *machine, *cpu_model, *os, *kernel_release; /* never NULL */
	int cpus; /* online */
	long long memory; /* bytes */
};

/* @root: where its files are looked for, "/proc/cpuinfo" and "/etc/os-release" below it; "" for this machine. */
void hostinfo_init(struct hostinfo *h, const char *root);
void hostinfo_release(struct hostinfo *h);

#endif
