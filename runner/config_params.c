// SPDX-License-Identifier: GPL-2.0
/* Parameters of workloads and collectors, as a suite gives them. */
#include <stdlib.h>
#include <string.h>

#include "runner/config_keys.h"

struct suite_param *params_default(const struct param *table, size_t *n)
{
	struct suite_param *params = NULL;
	size_t cap = 0;

	*n = 0;
	for (const struct param *p = table; p && p->name; p++) {
		struct suite_param *at = ARRAY_PUSH(params, *n, cap);

		at->name = p->name;
		at->value = xstrdup(p->def);
	}
	return params;
}

void params_free(struct suite_param *params, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(params[i].value);
	free(params);
}

void params_set(struct suite_param *params, size_t n, const char *name, const char *value)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(params[i].name, name))
			continue;
		free(params[i].value);
		params[i].value = xstrdup(value);
	}
}

int params_check(const struct loader *l, const struct param *p, const struct yaml *y,
		 const char *want, struct err *e)
{
	struct err inner = ERR_INIT;

	if (y->type != YAML_SCALAR)
		return yaml_err(l->file, y, e, "'%s': expected %s", p->name, want);
	if (param_check(p, y->text, &inner))
		return yaml_err(l->file, y, e, "%s", inner.msg);
	return 0;
}

int params_item(const struct loader *l, const struct yaml *item, const char *noun,
		const struct yaml **given, const char **name, struct err *e)
{
	const struct yaml *map = item->type == YAML_MAP && item->n == 1 ? &item->child[0] : NULL;
	bool empty = map && map->type == YAML_SCALAR && !*map->text;

	if (item->type != YAML_SCALAR && !(map && (empty || map->type == YAML_MAP)))
		return yaml_err(l->file, item, e,
				"expected the name of %s, or one name with a map of parameters",
				noun);
	*given = map;
	*name = map ? map->key : item->text;
	return 0;
}
