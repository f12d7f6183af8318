// SPDX-License-Identifier: GPL-2.0
#include "runner/session_image.h"

#include <stdlib.h>
#include <string.h>

#include "runner/session_needs.h"
#include "workloads/exec.h"

static void add_packages(const char *const *packages, struct strv *out)
{
	for (; packages && *packages; packages++)
		if (!strv_has(out, *packages))
			strv_push(out, *packages);
}

/* Those of what is not left out. */
static void arm_packages(const struct session *s, const struct session_arm *a, struct strv *out)
{
	const struct suite *suite = s->plan->suite;

	for (size_t i = 0; i < s->plan->nworkloads; i++)
		if (!a->skip[i])
			add_packages(needs_workload(s, i)->packages, out);
	for (size_t i = 0; i < suite->ncollectors; i++)
		if (!a->skip_collector[i])
			add_packages(suite->collectors[i].col->packages, out);
}

static bool arm_builds_kernels(const struct session *s, const struct session_arm *a)
{
	for (size_t i = 0; i < s->plan->nworkloads; i++)
		if (!a->skip[i] && needs_workload(s, i)->kernel_source)
			return true;
	return false;
}

static bool is_fake(const struct session_arm *a)
{
	return !strcmp(a->plan->target->backend, "fake");
}

static const struct arch *arch_of(const struct session_arm *a)
{
	return a->plan->target->arch;
}

static struct session_arm *first_of_arch(const struct session *s, const struct session_arm *a)
{
	struct session_arm *b = s->arms;

	while (is_fake(b) || arch_of(b) != arch_of(a))
		b++;
	return b;
}

/* Of all arms of its architecture. */
static void arch_packages(const struct session *s, const struct session_arm *a, struct strv *out)
{
	for (size_t i = 0; i < s->plan->narms; i++)
		if (!is_fake(&s->arms[i]) && arch_of(&s->arms[i]) == arch_of(a))
			arm_packages(s, &s->arms[i], out);
}

/* The first arm of an architecture makes the image, for all of them. */
static int arm_image(struct session *s, struct session_arm *a, const struct build_progress *p,
		     struct err *e)
{
	const struct session_arm *first = first_of_arch(s, a);
	cleanup_strv struct strv packages = STRV_INIT;

	if (first != a) {
		a->image = first->image;
		return 0;
	}
	arch_packages(s, a, &packages);
	if (!packages.n)
		return 0;
	a->image = xcalloc(1, sizeof(*a->image));
	a->image_owned = true;
	return image_get(arch_of(a), &packages, p, a->image, e);
}

/* What is compared builds the same tree. */
static const struct source *baseline_source(const struct session *s)
{
	for (size_t i = 0; i < s->plan->narms; i++)
		if (!s->plan->arms[i].against)
			return s->plan->arms[i].variant->source;
	return s->plan->arms[0].variant->source;
}

static int arm_source(struct session *s, struct session_arm *a, const struct build_progress *p,
		      struct err *e)
{
	if (!arm_builds_kernels(s, a))
		return 0;
	return image_source(baseline_source(s), p, a->source_id, &a->source, e);
}

int images_prepare(struct session *s, const struct build_progress *p, struct err *e)
{
	for (size_t i = 0; i < s->plan->narms; i++) {
		struct session_arm *a = &s->arms[i];

		if (!is_fake(a) && (arm_image(s, a, p, e) || arm_source(s, a, p, e)))
			return -1;
	}
	return 0;
}

static int show_image(const struct session_arm *a, const struct strv *packages, struct str *out,
		      struct err *e)
{
	cleanup_strv struct strv argv = STRV_INIT;

	str_addf(out, "\nroot image for %s:\n  ", arch_of(a)->name);
	if (a->image->file)
		str_addf(out, "made already: %.8s", a->image->key);
	else if (image_command(arch_of(a), packages, &argv, e))
		return -1;
	strv_quote(&argv, out);
	str_addch(out, '\n');
	return 0;
}

/* What is unpacked into memory is none. */
static void name_disks(const struct session *s, struct session_arm *a)
{
	const char *file = a->image->file ? a->image->file : "root.squashfs";

	if (a->plan->target->icount < 0)
		a->disks[a->ndisks++] = (struct boot_disk){ file, IMAGE_SERIAL, EXEC_IMAGE };
	if (arm_builds_kernels(s, a))
		a->disks[a->ndisks++] = (struct boot_disk){ "source.squashfs", IMAGE_SOURCE_SERIAL,
							    EXEC_IMAGE EXEC_SOURCE };
}

int images_show(struct session *s, struct str *out, struct err *e)
{
	for (size_t i = 0; i < s->plan->narms; i++) {
		struct session_arm *a = &s->arms[i], *first;
		cleanup_strv struct strv packages = STRV_INIT;

		if (is_fake(a))
			continue;
		arch_packages(s, a, &packages);
		if (!packages.n)
			continue;
		first = first_of_arch(s, a);
		if (first == a) {
			a->image = xcalloc(1, sizeof(*a->image));
			a->image_owned = true;
			image_find(arch_of(a), &packages, a->image);
			if (show_image(a, &packages, out, e))
				return -1;
		}
		a->image = first->image;
		name_disks(s, a);
	}
	return 0;
}

int images_attach(const struct session *s, struct session_arm *a, struct err *e)
{
	cleanup_strv struct strv packages = STRV_INIT;

	arm_packages(s, a, &packages);
	if (!packages.n)
		return 0;
	if (image_attach(a->image, a->plan->target, &a->disks[a->ndisks++], &a->image_archive, e))
		return -1;
	if (arm_builds_kernels(s, a))
		a->disks[a->ndisks++] = (struct boot_disk){ a->source, IMAGE_SOURCE_SERIAL,
							    EXEC_IMAGE EXEC_SOURCE };
	return 0;
}

static void add_info(struct record_set *rs, const char *key, const char *value)
{
	__typeof__(rs->info) info = ARRAY_PUSH(rs->info, rs->ninfo, rs->info_cap);

	info->key = xstrdup(key);
	info->value = xstrdup(value);
}

void images_report(const struct session_arm *a, struct record_set *rs)
{
	if (!a->ndisks)
		return;
	add_info(rs, "image", a->image->key);
	for (size_t i = 0; i < a->image->wanted.n; i++) {
		const char *version = image_version(a->image, a->image->wanted.v[i]);
		cleanup_free char *key = xasprintf("image.%s", a->image->wanted.v[i]);

		add_info(rs, key, version ? version : "provided by another package");
	}
	if (a->ndisks > 1)
		add_info(rs, "image.source", a->source_id);
}

void images_release(struct session_arm *a)
{
	if (a->image_owned) {
		image_release(a->image);
		free(a->image);
	}
	free(a->source);
	free(a->image_archive);
}
