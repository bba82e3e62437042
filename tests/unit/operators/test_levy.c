/* Fractional Fokker-Planck (model levy), lambda = 1, c = eta s = eta^{1/alpha}, so that sigma = 1 (THEORY.md (82)):
   the characteristic function is phi_0(k e^{-tau}) exp(-|k|^alpha (1 - exp(-alpha tau))/alpha). */
#include "model_fixture.h"
#include "problem_fixture.h"
#include "solver/evolution/evolve.h"
#include "operators/generators/fractional_laplacian.h"
#include "solver/measures/moments.h"
#include <slepcsys.h>
#include <math.h>

#define ETA 0.1

static void Build(const char *landscape, const char *slice, const char *model, Problem *p) {
  char text[1024];

  snprintf(text, sizeof text,
           "landscape: {%s}\nsgd: {learning_rate: %g, steps: 10}\nslice: {%s}\n"
           "initial: {%s}\nmodels: [%s]\n",
           landscape, ETA, slice,
           strstr(slice, "coordinate:3")   ? "mean: [0, 0, 0], std: [0.5, 0.5, 0.5]"
           : strstr(slice, "coordinate:2") ? "mean: [0, 0], std: [0.5, 0.5]"
                                           : "mean: [0], std: [0.5]",
           model);
  BuildProblem(text, p);
}

static void CheckClose(const char *what, double value, double expected, double tolerance) {
  print_message("          %s: %.12g, expected %.12g\n", what, value, expected);
  if (!(fabs(value - expected) <= tolerance)) fail_msg("%s: %.15g, expected %.15g", what, value, expected);
}

/* The rates' symbol is (2 - 2 cos q)^{alpha/2}, their sum the total, their tails and rings what they say. */
static void test_rates(void **state) {
  static double w[40001], r[16];

  (void)state;
  for (double alpha = 0.5; alpha <= 2; alpha += 0.25) {
    const int n = 40000;
    double sum = 0, symbol = 0, turned = 0, ring = 0;
    SgdFractionalRates(alpha, n, w);
    for (int k = n; k > 0; k--) {
      assert_true(w[k] >= 0);
      sum += 2 * w[k];
      symbol += 2 * w[k] * (1 - cos(2 * k));
      if (k % 16 == 5 || k % 16 == 11) turned += w[k];
      if (k == 3)
        CheckClose("tail", SgdFractionalTail(alpha, 3, w[3]), sum / 2 + SgdFractionalTail(alpha, n, w[n]), 1e-6);
    }
    const double tail = 2 * SgdFractionalTail(alpha, n, w[n]);
    CheckClose("total rate", sum + tail, w[0], 1e-6);
    CheckClose("symbol", symbol + tail, pow(2 - 2 * cos(2), alpha / 2), 1e-3 * pow(n, -alpha / 2));
    SgdFractionalRing(alpha, 16, r);
    CheckClose("ring", r[5], turned + tail / 16, 1e-5);
    for (int o = 1; o < 16; o++) ring += r[o] * (1 - cos(2 * acos(-1) * 3 * o / 16));
    CheckClose("ring's symbol", ring, pow(2 - 2 * cos(2 * acos(-1) * 3 / 16), alpha / 2), 1e-5);
  }
}

/* p(x) = (1/pi) int_0^inf cos(k x) exp(-(s k)^2/2 - c k^alpha) dk, by Simpson's rule. */
static double Density(double x, double s, double c, double alpha) {
  const int n = 20000;
  const double last = fmin(12 / s, pow(40 / c, 1 / alpha)), h = last / n;
  double sum = 0;

  for (int i = 0; i <= n; i++) {
    const double k = i * h, weight = i == 0 || i == n ? 1 : i % 2 ? 4 : 2;
    sum += weight * cos(k * x) * exp(-0.5 * s * s * k * k - c * pow(k, alpha));
  }
  return sum * h / (3 * acos(-1));
}

/* The largest error of the density on |x| < 5 at tau = 1, relative to its peak. */
static double DensityError(const char *model, double alpha, int cells) {
  char slice[128];
  double worst = 0, x;
  const double *mass;
  Problem p;
  SgdEvolution e;
  SgdMoments m;
  Vec y0;

  snprintf(slice, sizeof slice, "axes: ['coordinate:1'], min: [-40], max: [40], cells: [%d]", cells);
  /* s^2 = eta^{2/alpha - 2} */
  char landscape[128];
  snprintf(landscape, sizeof landscape, "family: quadratic, eigenvalues: [1], gradient_noise: [%.17g]",
           pow(ETA, 2 / alpha - 2));
  Build(landscape, slice, model, &p);
  assert_int_equal(SgdInitialDensity(p.slice.grid, p.slice.prediction, &y0), 0);
  assert_int_equal(SgdEvolutionCreate(p.models.model[0], p.slice.grid, ETA, y0, &e), 0);
  assert_int_equal(SgdEvolutionAdvance(e, 10), 0);
  assert_int_equal(SgdMomentsCompute(p.slice.grid, SgdEvolutionState(e), &m), 0);
  assert_true(fabs(m.mass + m.outflow - 1) < 1e-12 && m.min_density >= -1e-13);
  assert_int_equal(VecGetArrayRead(SgdEvolutionState(e), &mass), 0);
  for (PetscInt cell = p.slice.grid->first_cell; cell < p.slice.grid->last_cell; cell++) {
    SgdGridCentre(p.slice.grid, cell, &x);
    if (fabs(x) > 5) continue;
    const double expected = Density(x, 0.5 * exp(-1), (1 - exp(-alpha)) / alpha, alpha);
    worst = fmax(worst, fabs(mass[cell - p.slice.grid->first_cell] / p.slice.grid->h[0] - expected));
  }
  VecRestoreArrayRead(SgdEvolutionState(e), &mass);
  MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD);
  print_message("          alpha %g, %d cells: error %.3e, outflow %.4g\n", alpha, cells, worst, m.outflow);
  SgdEvolutionDestroy(&e);
  VecDestroy(&y0);
  DestroyProblem(&p);
  return worst / Density(0, 0.5 * exp(-1), (1 - exp(-alpha)) / alpha, alpha);
}

static void test_density(void **state) {
  (void)state;
  for (int k = 0; k < 3; k++) {
    static const double alphas[3] = {1.2, 1.5, 2};
    static const char *const methods[3] = {"auto", "fft", "auto"};
    char model[64];
    snprintf(model, sizeof model, "{model: levy, alpha: %g, method: %s}", alphas[k], methods[k]);
    const double coarse = DensityError(model, alphas[k], 320), fine = DensityError(model, alphas[k], 640);
    assert_true(fine < 0.01 && coarse / fine > 2.5);
  }
}

/* Without drift on a ring a wave is an eigenvector: rate -(sigma/h)^alpha (2 - 2 cos q)^{alpha/2}; sigma =
   eta^{1-1/alpha} for s = 1. */
static void test_ring(void **state) {
  const double alpha = 1.3, q = 2 * acos(-1) * 7 / 60;
  PetscScalar *v;
  PetscReal worst;
  Problem p;
  Vec x, y;

  (void)state;
  Build("family: quadratic, eigenvalues: [0], gradient_noise: [1]",
        "axes: ['coordinate:1'], min: [-3], max: [3], cells: [60], boundary: [periodic]", "{model: levy, alpha: 1.3}",
        &p);
  const double rate = pow(ETA, alpha - 1) * pow(p.slice.grid->h[0], -alpha) * pow(2 - 2 * cos(q), alpha / 2);
  assert_int_equal(SgdGridCreateState(p.slice.grid, &x), 0);
  VecDuplicate(x, &y);
  VecGetArray(x, &v);
  for (PetscInt i = p.slice.grid->first_cell; i < p.slice.grid->last_cell; i++)
    v[i - p.slice.grid->first_cell] = cos(q * (double)i);
  VecRestoreArray(x, &v);
  assert_int_equal(MatMult(SgdModelOperator(p.models.model[0]), x, y), 0);
  VecAXPY(y, rate, x);
  VecNorm(y, NORM_INFINITY, &worst);
  CheckClose("wave on a ring, relative error", worst / rate, 0, 1e-6);
  VecDestroy(&x);
  VecDestroy(&y);
  DestroyProblem(&p);
}

/* Two axes, one with walls, scales given: columns sum to zero, no rate is negative. */
static void test_plane(void **state) {
  const PetscScalar *value;
  const PetscInt *column;
  PetscInt first, last, count;
  PetscReal worst, size;
  Problem p;
  Vec one, s;
  Mat A;

  (void)state;
  Build("family: quadratic, hessian: [1, 0.3, 0.3, 0.5], noise_covariance: [1, 0.5, 0.5, 2]",
        "axes: ['coordinate:1', 'coordinate:2'], min: [-2, -2], max: [2, 2], cells: [20, 24], "
        "boundary: [reflecting, absorbing]",
        "{model: levy, alpha: 1.1, scale: [0.5, 2]}", &p);
  A = SgdModelOperator(p.models.model[0]);
  assert_int_equal(SgdGridCreateState(p.slice.grid, &one), 0);
  VecSet(one, 1);
  VecDuplicate(one, &s);
  assert_int_equal(MatMultTranspose(A, one, s), 0);
  VecNorm(s, NORM_INFINITY, &worst);
  MatNorm(A, NORM_1, &size);
  CheckClose("column sums, relative", worst / size, 0, 1e-14);
  MatGetOwnershipRange(A, &first, &last);
  for (PetscInt i = first; i < last; i++) {
    MatGetRow(A, i, &count, &column, &value);
    for (PetscInt k = 0; k < count; k++) assert_true(column[k] == i || value[k] >= 0);
    MatRestoreRow(A, i, &count, &column, &value);
  }
  VecDestroy(&one);
  VecDestroy(&s);
  DestroyProblem(&p);
}

/* The matrix against the convolutions, and those against their own transpose; noise that depends on the place. */
static void CheckTwins(const char *landscape, const char *slice, double alpha) {
  static const char *const methods[2] = {"assembled", "fft"};
  char model[96];
  Problem p[2];
  Vec x, y[2], diagonal[2];
  PetscReal error, size;

  for (int k = 0; k < 2; k++) {
    snprintf(model, sizeof model, "{model: levy, alpha: %g, method: %s}", alpha, methods[k]);
    Build(landscape, slice, model, &p[k]);
  }
  Mat A = SgdModelOperator(p[0].models.model[0]), B = SgdModelOperator(p[1].models.model[0]);
  x = RandomState(p[0].slice.grid, 3, -1);
  for (int transpose = 0; transpose < 2; transpose++) {
    for (int k = 0; k < 2; k++) {
      VecDuplicate(x, &y[k]);
      assert_int_equal(transpose ? MatMultTranspose(k ? B : A, x, y[k]) : MatMult(k ? B : A, x, y[k]), 0);
    }
    VecNorm(y[0], NORM_INFINITY, &size);
    VecAXPY(y[1], -1, y[0]);
    VecNorm(y[1], NORM_INFINITY, &error);
    CheckClose(transpose ? "transposed twins, relative error" : "twins, relative error", error / size, 0, 1e-12);
    for (int k = 0; k < 2; k++) VecDestroy(&y[k]);
  }
  CheckAdjoint(p[1].slice.grid, B, 1e-10);
  for (int k = 0; k < 2; k++) { /* uniformisation asks for no less than the rates out of a cell */
    VecDuplicate(x, &diagonal[k]);
    MatGetDiagonal(k ? B : A, diagonal[k]);
  }
  VecAXPY(diagonal[1], -1, diagonal[0]);
  VecMax(diagonal[1], NULL, &error);
  assert_true(error <= 1e-9 * size);
  for (int k = 0; k < 2; k++) VecDestroy(&diagonal[k]);
  VecDestroy(&x);
  DestroyProblem(&p[0]);
  DestroyProblem(&p[1]);
}

static void test_twins(void **state) {
  static const char line[] = "family: quadratic, eigenvalues: [1], gradient_noise: [1], hessian_noise: [0.3]";

  (void)state;
  CheckTwins(line, "axes: ['coordinate:1'], min: [-3], max: [3], cells: [61]", 1.3);
  CheckTwins(line, "axes: ['coordinate:1'], min: [-3], max: [3], cells: [64], boundary: [reflecting]", 0.7);
  CheckTwins(line, "axes: ['coordinate:1'], min: [-3], max: [3], cells: [45], boundary: [periodic]", 1.9);
  CheckTwins(
      "family: quadratic, hessian: [1, 0.3, 0.3, 0.5], noise_covariance: [1, 0.5, 0.5, 2], hessian_noise: [0.2, 0.1]",
      "axes: ['coordinate:1', 'coordinate:2'], min: [-2, -2], max: [2, 2], cells: [20, 27], "
      "boundary: [reflecting, absorbing]",
      1.1);
  CheckTwins("family: quadratic, eigenvalues: [1, 0.5, 0.2], gradient_noise: [1, 1, 2]",
             "axes: ['coordinate:1', 'coordinate:2', 'coordinate:3'], min: [-2, -2, -2], max: [2, 2, 2], "
             "cells: [10, 9, 12], boundary: [absorbing, periodic, absorbing]",
             1.5);
}

/* -ln <cos w> after `steps`, less the initial density's contracted part: the noise's scale to the power alpha. The box
   cuts the tail off, which the cosine averages out while what has left could not yet have come back to the middle:
   while the box contracts by less than its width. */
static double ScaleToAlpha(double alpha, double half, int cells, int steps, double contraction, const char *model) {
  char slice[128], landscape[128];
  double sum = 0, x;
  const double *mass;
  Problem p;
  SgdEvolution e;
  Vec y0;

  snprintf(slice, sizeof slice, "axes: ['coordinate:1'], min: [-%g], max: [%g], cells: [%d]", half, half, cells);
  snprintf(landscape, sizeof landscape, "family: quadratic, eigenvalues: [1], gradient_noise: [%.17g]",
           pow(ETA, 2 / alpha - 2));
  Build(landscape, slice, model, &p);
  assert_int_equal(SgdInitialDensity(p.slice.grid, p.slice.prediction, &y0), 0);
  assert_int_equal(SgdEvolutionCreate(p.models.model[0], p.slice.grid, ETA, y0, &e), 0);
  assert_int_equal(SgdEvolutionAdvance(e, steps), 0);
  assert_int_equal(VecGetArrayRead(SgdEvolutionState(e), &mass), 0);
  for (PetscInt cell = p.slice.grid->first_cell; cell < p.slice.grid->last_cell; cell++) {
    SgdGridCentre(p.slice.grid, cell, &x);
    sum += mass[cell - p.slice.grid->first_cell] * cos(x);
  }
  VecRestoreArrayRead(SgdEvolutionState(e), &mass);
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  SgdEvolutionDestroy(&e);
  VecDestroy(&y0);
  DestroyProblem(&p);
  return -log(sum) - 0.125 * contraction * contraction;
}

/* THEORY.md (82): SGD's stationary scale is c/(1 - a^alpha)^{1/alpha}, the continuous model's alpha^{-1/alpha}; before,
   1 - a^{alpha n} and 1 - exp(-alpha tau) of the scale to the power alpha. */
static void test_stationary_scale(void **state) {
  const double alpha = 1.5, a = 1 - ETA, c = pow(ETA, 1 / alpha), expected = c / pow(1 - pow(a, alpha), 1 / alpha);
  const int n = 50;
  double scale;

  (void)state;
  CheckClose("exact case", expected, 0.776362820349, 1e-11);
  scale = ScaleToAlpha(alpha, 1600, 16000, n, pow(a, n), "{model: master, law: alpha_stable, alpha: 1.5}");
  CheckClose("SGD's scale", pow(scale / (1 - pow(a, alpha * n)), 1 / alpha), expected, 1e-6);
  scale = ScaleToAlpha(alpha, 80, 1600, 30, exp(-3), "{model: levy, alpha: 1.5, method: fft}");
  CheckClose("scale of the fractional Fokker-Planck equation", pow(scale / (1 - exp(-3 * alpha)), 1 / alpha),
             pow(alpha, -1 / alpha), 5e-4);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_rates), cmocka_unit_test(test_density),
                                     cmocka_unit_test(test_ring),  cmocka_unit_test(test_plane),
                                     cmocka_unit_test(test_twins), cmocka_unit_test(test_stationary_scale)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
