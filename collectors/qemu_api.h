/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of QEMU's plugin interface that is used, declared here because distributions ship no header.
 *
 * Version of the interface (qemu_info.cur): 1 in QEMU 7.2 … 8.2, 2 in 9.0, 3 in 9.1, 4 in 9.2 and 10.0.
 * QEMU 9 and later refuse plugins that ask for version 1. So that one file serves all of them, every
 * function is looked up when the plugin is loaded, and the version that is asked for follows from what
 * is there: 2 where there are scoreboards (the oldest that has them), else 1.
 *
 * Facts from include/qemu/qemu-plugin.h of the QEMU sources (GPL-2.0-or-later), v7.2 and v10.0.
 */
#ifndef KDELTA_COLLECTORS_QEMU_API_H
#define KDELTA_COLLECTORS_QEMU_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QEMU_EXPORT __attribute__((visibility("default")))

/* Version 1 and later. */
struct qemu_info {
	const char *target_name; /* x86_64, aarch64, s390x */
	struct {
		int min, cur;
	} version;
	bool system_emulation;
	struct {
		int smp_vcpus, max_vcpus;
	} system;
};

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_scoreboard;

/* Version 2: one 64-bit number per vCPU. */
struct qemu_u64 {
	struct qemu_plugin_scoreboard *score;
	size_t offset;
};

enum qemu_cb_flags { QEMU_CB_NO_REGS };
enum qemu_op { QEMU_INLINE_ADD_U64 };
enum qemu_cond { QEMU_COND_EQ = 2, QEMU_COND_NE = 3 };

typedef void (*qemu_trans_cb)(uint64_t id, struct qemu_plugin_tb *tb);
typedef void (*qemu_exec_cb)(unsigned int vcpu, void *udata);
typedef void (*qemu_exit_cb)(uint64_t id, void *udata);

/* Version 3 copies; before, the instruction's own bytes were handed out. */
typedef const void *(*qemu_insn_data_v1)(const struct qemu_plugin_insn *insn);
typedef size_t (*qemu_insn_data_v3)(const struct qemu_plugin_insn *insn, void *dest, size_t len);

struct qemu_api {
	int version; /* what this QEMU speaks */

	/* version 1 and later */
	void (*on_translate)(uint64_t id, qemu_trans_cb cb);
	void (*on_exit)(uint64_t id, qemu_exit_cb cb, void *udata);
	void (*tb_exec_cb)(struct qemu_plugin_tb *tb, qemu_exec_cb cb, enum qemu_cb_flags flags,
			   void *udata);
	void (*insn_exec_cb)(struct qemu_plugin_insn *insn, qemu_exec_cb cb,
			     enum qemu_cb_flags flags, void *udata);
	size_t (*tb_n_insns)(const struct qemu_plugin_tb *tb);
	struct qemu_plugin_insn *(*tb_get_insn)(const struct qemu_plugin_tb *tb, size_t i);
	uint64_t (*insn_vaddr)(const struct qemu_plugin_insn *insn);
	size_t (*insn_size)(const struct qemu_plugin_insn *insn);
	void *insn_data; /* one of the two types above */

	/* version 1 alone: plain memory, not atomic */
	void (*insn_inline)(struct qemu_plugin_insn *insn, enum qemu_op op, void *ptr,
			    uint64_t imm);

	/* version 2 and later */
	struct qemu_plugin_scoreboard *(*scoreboard_new)(size_t size);
	void *(*scoreboard_find)(struct qemu_plugin_scoreboard *score, unsigned int vcpu);
	void (*insn_inline_per_vcpu)(struct qemu_plugin_insn *insn, enum qemu_op op,
				     struct qemu_u64 entry, uint64_t imm);
	/* version 3 and later */
	void (*tb_exec_cond_cb)(struct qemu_plugin_tb *tb, qemu_exec_cb cb,
				enum qemu_cb_flags flags, enum qemu_cond cond,
				struct qemu_u64 entry, uint64_t imm, void *udata);
};

/* Look everything up in the QEMU that has loaded us. Returns NULL, or the name that is missing. */
const char *qemu_api_find(struct qemu_api *api, const struct qemu_info *info);
/* At most @len bytes of the instruction; the number that was copied. */
size_t qemu_insn_bytes(const struct qemu_api *api, const struct qemu_plugin_insn *insn, void *dest,
		       size_t len);
/* Do vCPUs run in threads of their own (multi-threaded TCG)? @known: false when QEMU does not tell. */
bool qemu_is_threaded(bool *known);

#endif
