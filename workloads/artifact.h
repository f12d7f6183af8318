/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files that leave the guest whole: perf.data, logs. They go through a virtio-serial port of their own
 * ("kdelta.artifacts", there when something in the plan makes artifacts) as one POSIX ustar stream; the host bounds
 * and checks it, and keeps the files beside the database.
 */
#ifndef KDELTA_WORKLOADS_ARTIFACT_H
#define KDELTA_WORKLOADS_ARTIFACT_H

#include "runner/base/err.h"

/* Names are [A-Za-z0-9._-]{1,64}, and unique in a boot: the host stores them under "w<number>-<name>". */
#define ARTIFACT_NAME_MAX 64
#define ARTIFACT_MAX (256LL << 20) /* bytes of one file, and of all of a boot together */

/* Send the file at @path as @name of workload @number. Several processes may do this, one at a time. */
int artifact_send(int number, const char *name, const char *path, struct err *e);

#endif
