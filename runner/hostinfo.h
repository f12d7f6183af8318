/* SPDX-License-Identifier: GPL-2.0 */
/* Facts about the machine that kdelta runs on: stored with every run, shown by doctor. */
#ifndef KDELTA_RUNNER_HOSTINFO_H
#define KDELTA_RUNNER_HOSTINFO_H

struct hostinfo {
	char *hostname, *machine, *cpu_model, *os, *kernel_release; /* never NULL */
	int cpus; /* online */
	long long memory; /* bytes */
};

void hostinfo_init(struct hostinfo *h);
void hostinfo_release(struct hostinfo *h);

#endif
