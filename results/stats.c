// SPDX-License-Identifier: GPL-2.0
#include "results/stats.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/str.h"

static bool has_nan(const double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (isnan(v[i]))
			return true;
	return false;
}

double stats_mean(const double *v, size_t n)
{
	return n ? gsl_stats_mean(v, 1, n) : NAN;
}

double stats_sd(const double *v, size_t n)
{
	return n > 1 ? gsl_stats_sd(v, 1, n) : NAN;
}

double stats_quantile(const double *v, size_t n, double p)
{
	double *sorted, q;

	if (!n || has_nan(v, n) || !(p >= 0 && p <= 1))
		return NAN;
	sorted = xmalloc(n * sizeof(*sorted));
	memcpy(sorted, v, n * sizeof(*sorted));
	gsl_sort(sorted, 1, n);
	q = gsl_stats_quantile_from_sorted_data(sorted, 1, n, p);
	free(sorted);
	return q;
}

double stats_median(const double *v, size_t n)
{
	return stats_quantile(v, n, 0.5);
}

double stats_min(const double *v, size_t n)
{
	return n ? gsl_stats_min(v, 1, n) : NAN;
}

double stats_max(const double *v, size_t n)
{
	return n ? gsl_stats_max(v, 1, n) : NAN;
}

static const struct t_test t_none = {
	.mean = NAN,
	.sd = NAN,
	.t = NAN,
	.dof = NAN,
	.p = NAN,
	.low = NAN,
	.high = NAN,
};

/* From mean, standard error and degrees of freedom to everything else. */
static void t_finish(struct t_test *t, double se, double level)
{
	double half = gsl_cdf_tdist_Pinv(0.5 + level / 2, t->dof) * se;

	t->t = t->mean != 0 || se != 0 ? t->mean / se : 0;
	t->p = 2 * gsl_cdf_tdist_Q(fabs(t->t), t->dof);
	t->low = t->mean - half;
	t->high = t->mean + half;
}

struct t_test stats_t_paired(const double *d, size_t n, double level)
{
	struct t_test t = t_none;

	t.mean = stats_mean(d, n);
	if (n < 2 || !isfinite(t.mean))
		return t;
	t.sd = stats_sd(d, n);
	t.dof = (double)(n - 1);
	t_finish(&t, t.sd / sqrt((double)n), level);
	return t;
}

struct t_test stats_t_welch(const double *a, size_t na, const double *b, size_t nb, double level)
{
	struct t_test t = t_none;
	double va, vb;

	t.mean = stats_mean(a, na) - stats_mean(b, nb);
	if (na < 2 || nb < 2 || !isfinite(t.mean))
		return t;
	va = gsl_stats_variance(a, 1, na) / (double)na;
	vb = gsl_stats_variance(b, 1, nb) / (double)nb;
	t.sd = sqrt(va + vb);
	t.dof = (va + vb) * (va + vb) / (va * va / (double)(na - 1) + vb * vb / (double)(nb - 1));
	if (!isfinite(t.dof))
		t.dof = (double)(na + nb - 2);
	t_finish(&t, t.sd, level);
	return t;
}

double stats_sign_p(size_t n)
{
	return n ? ldexp(1, 1 - (int)(n < 1000 ? n : 1000)) : NAN;
}

size_t stats_holm(const double *p, size_t n, double *out)
{
	size_t *order = xmalloc(n * sizeof(*order));
	size_t m = 0;
	double *kept = xmalloc(n * sizeof(*kept));
	double worst = 0;

	for (size_t i = 0; i < n; i++)
		kept[i] = isnan(p[i]) ? INFINITY : p[i];
	for (size_t i = 0; i < n; i++)
		m += isfinite(kept[i]);
	if (n)
		gsl_sort_index(order, kept, 1, n);
	for (size_t i = 0; i < n; i++)
		out[order[i]] = NAN;
	for (size_t i = 0; i < m; i++) {
		worst = fmax(worst, fmin(1, kept[order[i]] * (double)(m - i)));
		out[order[i]] = worst;
	}
	free(order);
	free(kept);
	return m;
}

/* Would @n pairs with this mean and spread decide? */
static bool decides(const struct t_test *t, double margin, double alpha, size_t n)
{
	double se = t->sd / sqrt((double)n), dof = (double)(n - 1);

	return fabs(t->mean) >= gsl_cdf_tdist_Qinv(alpha / 2, dof) * se ||
	       fabs(t->mean) + gsl_cdf_tdist_Qinv(0.025, dof) * se <= margin;
}

size_t stats_pairs_needed(const struct t_test *t, double margin, double alpha, size_t max)
{
	size_t low = 2, high = max;

	if (!isfinite(t->mean) || !isfinite(t->sd) || max < 2 || !decides(t, margin, alpha, max))
		return 0;
	/* both conditions only get easier as n grows */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (decides(t, margin, alpha, middle))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
