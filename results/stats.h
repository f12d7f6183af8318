/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Statistics: pure functions on arrays; nothing is printed, stored or kept. Distributions, quantiles and
 * sorting come from GSL.
 *
 * Where a result does not exist (too few values, a NaN among them) it is NaN, and tests with NaN in them
 * never decide anything. Arrays are not changed.
 */
#ifndef KDELTA_RESULTS_STATS_H
#define KDELTA_RESULTS_STATS_H

#include <stddef.h>

double stats_mean(const double *v, size_t n); /* NaN for n = 0 */
double stats_sd(const double *v, size_t n); /* of a sample (n - 1); NaN for n < 2 */
double stats_median(const double *v, size_t n);
double stats_min(const double *v, size_t n);
double stats_max(const double *v, size_t n);
/* @p in [0, 1]; Hyndman & Fan's type 7 (The American Statistician 50, 1996), R's default. */
double stats_quantile(const double *v, size_t n, double p);

/* Student's t on one sample of differences: is its mean zero? NaN members for n < 2. Without any spread
 * t is infinite (p 0) or, when the mean is zero too, 0 (p 1). */
struct t_test {
	double mean;
	double sd; /* of the sample; Welch: standard error of the difference */
	double t, dof, p; /* two-sided */
	double low, high; /* interval of the mean at @level */
};
struct t_test stats_t_paired(const double *d, size_t n, double level);

/* Welch's unequal variances t test of mean(a) - mean(b), with Satterthwaite's degrees of freedom. */
struct t_test stats_t_welch(const double *a, size_t na, const double *b, size_t nb, double level);

/* Smallest two-sided p that @n pairs can show when only their signs are known (exact sign-flip test). */
double stats_sign_p(size_t n);

/* Holm's step-down correction (Scandinavian Journal of Statistics 6, 1979): out[i] is p[i] corrected for
 * all that are not NaN; NaN stays NaN. Returns how many those are. @out may be @p. */
size_t stats_holm(const double *p, size_t n, double *out);

/*
 * About how many pairs decide between "changed" (p ≤ @alpha) and "same" (the 95 % interval inside ±@margin)
 * if mean and spread stay what @t says. The first n at which either would hold; 0 when that is beyond
 * @max or cannot be said.
 */
size_t stats_pairs_needed(const struct t_test *t, double margin, double alpha, size_t max);

#endif
