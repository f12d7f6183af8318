/* SPDX-License-Identifier: GPL-2.0 */
/* The virtio-serial ports: the channels from the guest to the host. */
#ifndef KDELTA_WORKLOADS_PORT_H
#define KDELTA_WORKLOADS_PORT_H

#include <stddef.h>

#include "runner/base/err.h"

/*
 * Open the virtio-serial port of this name. The device announces its ports one by one, so a missing
 * one is waited for, up to @wait_ms. Returns a descriptor or -1 with @e set.
 */
int port_open(const char *name, int wait_ms, struct err *e);
int port_write(int fd, const char *data, size_t len);

#endif
