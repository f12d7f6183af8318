/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of configuration keys: from it come parsing, ranges, units, defaults and the printed reference.
 * Inside the configuration room only; others include config.h.
 */
#ifndef KDELTA_RUNNER_CONFIG_KEYS_H
#define KDELTA_RUNNER_CONFIG_KEYS_H

#include "runner/config.h"
#include "runner/yaml.h"

struct loader; /* the file that is being read; config_load.c */

enum key_type {
	KEY_STRING,
	KEY_INT, /* with a unit class, see unit */
	KEY_BOOL,
	KEY_CHOICE, /* stored as its number in choices */
	KEY_PERCENT, /* "1" is stored as 0.01 */
	KEY_LIST, /* of strings, or one string; appended to what `extends:` brought */
	KEY_WORDS, /* as KEY_LIST, and each string is split at spaces */
	KEY_SPECIAL, /* parse() does it */
};

struct config_key {
	const char *name; /* NULL ends the table */
	enum key_type type;
	const char *unit; /* "MiB", "KiB", "s", "ms", "%", "" */
	size_t offset; /* into the object's struct */
	long long min, max;
	const char *def; /* as it would stand in the file; NULL: none */
	const char *const *choices;
	bool required;
	/* KEY_SPECIAL: read @y into @object; @form is what the reference says of the value */
	int (*parse)(struct loader *l, const struct yaml *y, void *object, struct err *e);
	const char *form;
	const char *help;
};

struct config_kind {
	const char *folder; /* "variants" */
	const char *noun; /* "a variant" */
	const char *help; /* for the reference */
	const struct config_key *keys;
	const char *alone; /* the key beside which nothing but a description may stand, or NULL */
	size_t size; /* of the object's struct; name, file and description come first in each */
	/* Deep copy of @from's values into the zeroed @to, for `extends:`; NULL: this kind has no extends. */
	void (*copy)(void *to, const void *from);
	void (*release)(void *object);
	/* Checks that need the whole object. */
	int (*finish)(struct loader *l, const struct yaml *root, void *object, struct err *e);
};

extern const struct config_kind kind_source, kind_variant, kind_target, kind_suite;
extern const struct config_kind *const config_kinds[]; /* NULL-terminated */

/* The first members of every object. */
struct config_head {
	char *name, *file, *description;
};

struct loader {
	struct config *config;
	const struct config_kind *kind;
	const char *file;
	const struct strv *chain; /* files that are being read, for cycles in `extends:` */
};

/* The object that @y names, a path being relative to the file that is read. NULL with a place in @e. */
struct config_head *config_refer(struct loader *l, const struct config_kind *kind,
				 const struct yaml *y, struct err *e);

/* config_values.c: one value as its key's table row says, into @object. */
int config_value(const char *file, const struct config_key *k, const struct yaml *y, void *object,
		 struct err *e);
/* The default of a row, which is correct by construction. */
void config_default(const struct config_key *k, void *object);

/* config_params.c: the parameters of a workload or a collector of a suite. */
struct suite_param *params_default(const struct param *table, size_t *n);
void params_free(struct suite_param *params, size_t n);
void params_set(struct suite_param *params, size_t n, const char *name, const char *value);
/* Is @y one value that @p allows? @want is for the error: "one value". */
int params_check(const struct loader *l, const struct param *p, const struct yaml *y,
		 const char *want, struct err *e);
/*
 * What an item of a list names: "name", or a map of one name to its parameters. @given is that map, whose key is
 * the name; NULL for a bare name. @noun is for the error: "a workload".
 */
int params_item(const struct loader *l, const struct yaml *item, const char *noun,
		const struct yaml **given, const char **name, struct err *e);

/* config_collectors.c: the collectors of a suite. */
int suite_parse_collectors(struct loader *l, const struct yaml *y, void *object, struct err *e);
int collectors_finish(struct loader *l, const struct yaml *root, struct suite *s, struct err *e);
void collectors_release(struct suite *s);

/* config_suite.c: the special values of a suite. */
int suite_parse_suites(struct loader *l, const struct yaml *y, void *object, struct err *e);
int suite_parse_variants(struct loader *l, const struct yaml *y, void *object, struct err *e);
int suite_parse_targets(struct loader *l, const struct yaml *y, void *object, struct err *e);
int suite_parse_workloads(struct loader *l, const struct yaml *y, void *object, struct err *e);
int suite_finish(struct loader *l, const struct yaml *root, void *object, struct err *e);
void suite_release(void *object);

/* config_objects.c: the special values of the other kinds. */
int variant_parse_source(struct loader *l, const struct yaml *y, void *object, struct err *e);
int variant_parse_patches(struct loader *l, const struct yaml *y, void *object, struct err *e);
int variant_parse_fragments(struct loader *l, const struct yaml *y, void *object, struct err *e);
int variant_parse_archs(struct loader *l, const struct yaml *y, void *object, struct err *e);
int variant_finish(struct loader *l, const struct yaml *root, void *object, struct err *e);
void variant_copy(void *to, const void *from);
void variant_release(void *object);
int target_parse_arch(struct loader *l, const struct yaml *y, void *object, struct err *e);
int target_parse_records(struct loader *l, const struct yaml *y, void *object, struct err *e);
int target_finish(struct loader *l, const struct yaml *root, void *object, struct err *e);
void target_copy(void *to, const void *from);
void target_release(void *object);
int source_parse_path(struct loader *l, const struct yaml *y, void *object, struct err *e);
int source_finish(struct loader *l, const struct yaml *root, void *object, struct err *e);
void source_release(void *object);

/* The item of a list, or the value itself when one stands where a list may: 0…yaml_items()-1. */
size_t yaml_items(const struct yaml *y);
const struct yaml *yaml_item(const struct yaml *y, size_t i);

/* @name beside the file that is being read. The caller frees. */
char *beside_file(const struct loader *l, const char *name);

#endif
