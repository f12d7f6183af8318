// SPDX-License-Identifier: GPL-2.0
#include "runner/doctor.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "runner/qemu.h"
#include "runner/target.h"

const char *finding_state_name(enum finding_state s)
{
	static const char *const names[] = { "ok", "warn", "missing" };

	return names[s];
}

void doctor_add(struct doctor *d, enum finding_state state, const char *section, const char *name,
		const char *fmt, ...)
{
	struct finding *f = ARRAY_PUSH(d->f, d->n, d->cap);
	struct str text = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	f->section = section;
	f->name = xstrdup(name);
	f->state = state;
	f->text = str_detach(&text);
}

enum finding_state doctor_lack(const struct doctor *d, const struct arch *a)
{
	return strv_has(&d->needed, a->name) ? FOUND_MISSING : FOUND_WARN;
}

static void suite_needs(struct doctor *d, const struct suite *s)
{
	for (size_t i = 0; i < s->targets.n; i++) {
		struct err e = ERR_INIT;
		const struct target *t = config_target(d->config, s->targets.v[i], &e);

		if (t && t->arch && !strv_has(&d->needed, t->arch->name))
			strv_push(&d->needed, t->arch->name);
	}
}

static int find_needed(struct doctor *d, struct err *e)
{
	cleanup_strv struct strv names = STRV_INIT;

	if (config_names(d->config, "suites", &names, e))
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		const struct suite *s = config_suite(d->config, names.v[i], e);

		if (!s)
			return -1;
		suite_needs(d, s);
	}
	return 0;
}

/* What a number from there is worth: the evidence class of its clock. */
static const char *worth(enum evidence ev)
{
	switch (ev) {
	case EV_SIMULATED:
		return "simulated: counted instructions, judged";
	case EV_VIRTUAL:
		return "virtual: time in a KVM guest, judged statistically";
	case EV_HARDWARE:
		return "hardware: judged statistically";
	case EV_EMULATED_TIME:
		return "emulated-time: shown, never judged";
	default:
		return "static: from vmlinux alone";
	}
}

/* The QEMU that it gets, and what it does without there. */
static void qemu_words(const struct target *t, struct str *out)
{
	struct qemu_choice c;

	if (strcmp(t->backend, "qemu") || qemu_choose(t, &c, NULL))
		return;
	if (c.program.root)
		str_addf(out, "; by the private QEMU %s", c.program.version);
	if (t->plugin.n && c.target.icount < 0)
		str_add(out, "; what the plugin counts is simulated, and judged");
	if (c.less)
		str_addf(out, "; %s: %s", c.less, c.why);
	qemu_choice_release(&c);
}

static void examine_target(struct doctor *d, const struct target *t)
{
	const struct target_ops *ops = target_ops(t);
	cleanup_str struct str why = STR_INIT;
	cleanup_str struct str qemu = STR_INIT;
	struct err e = ERR_INIT;
	struct guest_clock c;

	if (!ops || ops->check(t, &e) || ops->clock(t, &c, &e)) {
		doctor_add(d, doctor_lack(d, t->arch), "target", t->name, "%s",
			   ops ? e.msg : "unknown backend");
		return;
	}
	qemu_words(t, &qemu);
	if (ops->settle && accel_known(t, &why) == ACCEL_AUTO)
		doctor_add(d, FOUND_OK, "target", t->name,
			   "%s if KVM works (the first boot proves it), else emulated-time",
			   worth(EV_VIRTUAL));
	else
		doctor_add(d, FOUND_OK, "target", t->name, "%s%s", worth(c.ev), qemu.buf);
}

static int examine_targets(struct doctor *d, struct err *e)
{
	cleanup_strv struct strv names = STRV_INIT;

	if (config_names(d->config, "targets", &names, e))
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		const struct target *t = config_target(d->config, names.v[i], e);

		if (!t)
			return -1;
		examine_target(d, t);
	}
	return 0;
}

int doctor_examine(struct doctor *d, struct config *c, struct err *e)
{
	memset(d, 0, sizeof(*d));
	d->config = c;
	if (find_needed(d, e))
		return -1;
	doctor_machine(d);
	doctor_software(d);
	return examine_targets(d, e);
}

bool doctor_well(const struct doctor *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->f[i].state == FOUND_MISSING)
			return false;
	return true;
}

void doctor_release(struct doctor *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->f[i].name);
		free(d->f[i].text);
	}
	free(d->f);
	strv_release(&d->needed);
	strv_release(&d->install);
	memset(d, 0, sizeof(*d));
}
