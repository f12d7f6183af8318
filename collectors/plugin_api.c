// SPDX-License-Identifier: GPL-2.0
/* Finds the plugin interface of whichever QEMU has loaded us. */
#include <dlfcn.h>
#include <string.h>

#include "collectors/qemu_api.h"

/* Read by QEMU after the constructors have run. */
QEMU_EXPORT extern int qemu_plugin_version;
int qemu_plugin_version;

static __attribute__((constructor)) void choose_version(void)
{
	qemu_plugin_version = dlsym(RTLD_DEFAULT, "qemu_plugin_scoreboard_new") ? 2 : 1;
}

const char *qemu_api_find(struct qemu_api *api, const struct qemu_info *info)
{
	const int cur = info->version.cur;
	const struct {
		const char *name;
		void *to;
		bool needed;
	} names[] = {
		{ "qemu_plugin_register_vcpu_tb_trans_cb", &api->on_translate, true },
		{ "qemu_plugin_register_atexit_cb", &api->on_exit, true },
		{ "qemu_plugin_register_vcpu_tb_exec_cb", &api->tb_exec_cb, true },
		{ "qemu_plugin_register_vcpu_insn_exec_cb", &api->insn_exec_cb, true },
		{ "qemu_plugin_tb_n_insns", &api->tb_n_insns, true },
		{ "qemu_plugin_tb_get_insn", &api->tb_get_insn, true },
		{ "qemu_plugin_insn_vaddr", &api->insn_vaddr, true },
		{ "qemu_plugin_insn_size", &api->insn_size, true },
		{ "qemu_plugin_insn_data", &api->insn_data, true },
		{ "qemu_plugin_register_vcpu_insn_exec_inline", &api->insn_inline, cur < 2 },
		{ "qemu_plugin_scoreboard_new", &api->scoreboard_new, cur >= 2 },
		{ "qemu_plugin_scoreboard_find", &api->scoreboard_find, cur >= 2 },
		{ "qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu", &api->insn_inline_per_vcpu,
		  cur >= 2 },
		{ "qemu_plugin_register_vcpu_tb_exec_cond_cb", &api->tb_exec_cond_cb, cur >= 3 },
	};

	memset(api, 0, sizeof(*api));
	api->version = cur;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		void *f = dlsym(RTLD_DEFAULT, names[i].name);

		if (!f && names[i].needed)
			return names[i].name;
		memcpy(names[i].to, &f, sizeof(f));
	}
	return NULL;
}

size_t qemu_insn_bytes(const struct qemu_api *api, const struct qemu_plugin_insn *insn, void *dest,
		       size_t len)
{
	qemu_insn_data_v1 v1;
	qemu_insn_data_v3 v3;
	size_t size;

	if (api->version >= 3) {
		memcpy(&v3, &api->insn_data, sizeof(v3));
		return v3(insn, dest, len);
	}
	memcpy(&v1, &api->insn_data, sizeof(v1));
	size = api->insn_size(insn);
	if (size > len)
		size = len;
	memcpy(dest, v1(insn), size);
	return size;
}

bool qemu_is_threaded(bool *known)
{
	/* a bool of QEMU's own (accel/tcg), exported with the plugin functions in 7.2 and 10.0 */
	const bool *enabled = dlsym(RTLD_DEFAULT, "mttcg_enabled");

	*known = enabled != NULL;
	return enabled && *enabled;
}
