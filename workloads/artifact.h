/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files that leave the guest whole: perf.data, logs. They go through a virtio-serial port of their own
 * ("kdelta.artifacts", there when something in the plan makes artifacts) as one POSIX ustar stream; the host bounds
 * and checks it, and keeps the files beside the database.
 */
#ifndef KDELTA_WORKLOADS_ARTIFACT_H
#define KDELTA_WORKLOADS_ARTIFACT_H

#include <stdbool.h>

#include "runner/base/err.h"

#define ARTIFACT_PORT "kdelta.artifacts"
/* Names are [A-Za-z0-9._-]{1,64}, and unique in a boot: the host stores them under "w<number>-<name>". */
#define ARTIFACT_NAME_MAX 64
#define ARTIFACT_MAX (256LL << 20) /* bytes of one file, and of all of a boot together */
#define ARTIFACTS_MAX 256 /* files of a boot */
/* All of a boot with their headers and padding: each less than two blocks of 512 bytes. */
#define ARTIFACT_STREAM_MAX (ARTIFACT_MAX + ARTIFACTS_MAX * 1024LL)

/* Send the file at @path as @name of workload @number. Several processes may do this, one at a time. A file that
 * is too big is an error and nothing is sent. */
int artifact_send(int number, const char *name, const char *path, struct err *e);

bool artifact_name_ok(const char *name);
/* The bytes that artifact_send() sends of the open file @in, @size bytes from its beginning. 1, with @e set: it has
 * become shorter and is filled with NULs, so that what follows it can be read; -1: it was cut off, and nothing may
 * follow. */
int artifact_append(int out, int number, const char *name, int in, long long size, struct err *e);

#endif
