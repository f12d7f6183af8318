/* SPDX-License-Identifier: GPL-2.0 */
/* The commands, one file cmd_<name>.c each; main.c holds the list. */
#ifndef KDELTA_RUNNER_COMMANDS_H
#define KDELTA_RUNNER_COMMANDS_H

#include "runner/command.h"

extern const struct command command_boot;
extern const struct command command_build;
extern const struct command command_compare;
extern const struct command command_doctor;
extern const struct command command_latency;
extern const struct command command_list;
extern const struct command command_run;
extern const struct command command_show;

#endif
