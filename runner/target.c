// SPDX-License-Identifier: GPL-2.0
#include "runner/target.h"

#include <stdlib.h>
#include <string.h>

#include "runner/target_fake.h"
#include "runner/target_qemu.h"

const struct target_ops *const target_backends[] = {
	&target_qemu,
	&target_fake,
	NULL,
};

const struct target_ops *target_ops(const struct target *t)
{
	for (const struct target_ops *const *p = target_backends; *p; p++)
		if (t->backend && !strcmp((*p)->name, t->backend))
			return *p;
	return NULL;
}

void boot_result_init(struct boot_result *r)
{
	memset(r, 0, sizeof(*r));
	r->status = BOOT_BROKEN;
	str_init(&r->records);
	str_init(&r->counts);
	str_init(&r->console);
}

void boot_result_release(struct boot_result *r)
{
	free(r->reason);
	free(r->accel);
	free(r->qemu_version);
	str_release(&r->records);
	str_release(&r->counts);
	str_release(&r->console);
	strv_release(&r->argv);
	boot_result_init(r);
}
