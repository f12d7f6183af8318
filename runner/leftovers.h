/* SPDX-License-Identifier: GPL-2.0 */
/* What a killed kdelta has left behind: temporary folders (runner/base/tempdir.h). */
#ifndef KDELTA_RUNNER_LEFTOVERS_H
#define KDELTA_RUNNER_LEFTOVERS_H

/* Remove it from the folder of temporary files and from the cache, for commands that make such folders themselves. */
void leftovers_remove(void);

#endif
