// SPDX-License-Identifier: GPL-2.0
/* The one list of collectors. Adding one: its file, and a line in each of the two places here. */
#include "collectors/collector.h"

/* One per line, so that adding one changes one. */
// clang-format off
const struct collector *const collectors[] = {
	NULL,
};
// clang-format on
