/* The resolution verdict on densities made to fool it: noise as fine as the grid that every marginal hides, one full
   cell, noise that is fine only where there is no mass, mass that is negative but smooth, and a step that stretches the
   density faster than its noise fills the gaps. */
#include "model_fixture.h"
#include "cases/base/journal.h"
#include "solver/measures/wave_numbers.h"
#include "solver/measures/verdict.h"

/* 64 x 48 cells of 1/8 x 1/6; a step's noise is 2.5 and 3 cells: eta = 1/2, D = (2.5/4)^2 and 1. */
#define CASE(model)                                                                                                    \
  "landscape: {family: quadratic, eigenvalues: [1, 0.5], gradient_noise: [0.390625, 1]}\n"                             \
  "slice: {axes: ['coordinate:1', 'coordinate:2'], min: [-4, -4], max: [4, 4], cells: [64, 48]}\n"                     \
  "models: [" model "]\n"
/* The same with an eigenvalue past the edge of stability. */
#define EXPANDING                                                                                                      \
  "landscape: {family: quadratic, eigenvalues: [12, 0.5], gradient_noise: [0.390625, 1]}\n"                            \
  "slice: {axes: ['coordinate:1', 'coordinate:2'], min: [-4, -4], max: [4, 4], cells: [64, 48]}\n"                     \
  "models: [master]\n"
#define ETA 0.5

static double width = 0.5, comb, tilt;

static double Bell(double x, double s) {
  return exp(-0.5 * x * x / (s * s)) / (s * sqrt(2 * PETSC_PI));
}

static int Parity(double x, double h) {
  return (int)floor((x + 4) / h) % 2 ? -1 : 1;
}

static double Smooth(const double *x) {
  return Bell(x[0], width) * Bell(x[1], width * 4 / 3) / 48;
}

static double Checkerboard(const double *x) {
  return Smooth(x) * (1 + comb * Parity(x[0], 0.125) * Parity(x[1], 1.0 / 6));
}

static double OneCell(const double *x) {
  return fabs(x[0] - 0.4375) < 0.01 && fabs(x[1] + 0.25) < 0.01;
}

static double Dip(const double *x) {
  const double away[2] = {x[0] - 2, x[1] + 1};
  return (1 + tilt) * Smooth(x) - tilt * Smooth(away);
}

static SgdVerdict Judge(const char *text, double (*value)(const double *x)) {
  Bench b = BenchBuild(text, ETA, 1);
  Vec y = FillState(b.grid, value);
  SgdMoments m;
  SgdVerdict v;

  assert_int_equal(SgdMomentsCompute(b.grid, y, &m), 0);
  assert_int_equal(SgdVerdictCompute(b.model, b.step.fields, ETA, y, &m, &v), 0);
  VecDestroy(&y);
  BenchClose(&b);
  return v;
}

static void CheckNear(double value, double expected, double relative) {
  if (!(fabs(value - expected) <= relative * fabs(expected))) fail_msg("%.8g, not %.8g", value, expected);
}

static void test_wide_gaussian_is_ok(void **state) {
  (void)state;
  width = 0.5;
  const SgdVerdict v = Judge(CASE("master"), Smooth);
  CheckNear(v.noise[0], 2.5, 1e-12);
  CheckNear(v.noise[1], 3, 1e-12);
  assert_true(v.tail[0] < 1e-8 && v.tail[1] < 1e-8);
  assert_true(isnan(v.beyond_band));
  assert_int_equal(v.all, SGD_RESOLUTION_OK);
}

/* A Gaussian of s cells has the energy exp(-(pi s j/n)^2) in wave j of n, and in the middle of the box none in the
   odd ones. */
static double GaussianTail(double s, int n) {
  double whole = 0.5, tail = 0;

  for (int j = 2; j < n; j += 2) {
    const double energy = exp(-PetscSqr(PETSC_PI * s * j / n));
    whole += energy;
    if (3 * j > 2 * n) tail += energy;
  }
  return sqrt(tail / whole);
}

static void test_narrow_gaussian(void **state) {
  (void)state;
  width = 1.5 / 8;
  SgdVerdict v = Judge(CASE("master"), Smooth);
  CheckNear(v.tail[0], GaussianTail(1.5, 64), 0.01);
  CheckNear(v.tail[1], GaussianTail(1.5, 48), 0.01);
  assert_int_equal(v.all, SGD_RESOLUTION_MARGINAL);
  width = 0.9 / 8;
  v = Judge(CASE("langevin"), Smooth);
  CheckNear(v.tail[0], GaussianTail(0.9, 64), 0.1);
  assert_int_equal(v.all, SGD_RESOLUTION_POOR);
  assert_int_equal(v.part[SGD_JUDGED_NOISE], SGD_RESOLUTION_OK);
}

static void test_checkerboard_hidden_from_marginals(void **state) {
  (void)state;
  width = 0.5;
  comb = 0.9;
  SgdVerdict v = Judge(CASE("master"), Checkerboard);
  CheckNear(v.tail[0], sqrt(0.81 / 1.81), 1e-6);
  CheckNear(v.tail[1], sqrt(0.81 / 1.81), 1e-6);
  assert_int_equal(v.all, SGD_RESOLUTION_POOR);
  comb = 1e-3;
  v = Judge(CASE("master"), Checkerboard);
  CheckNear(v.tail[0], 1e-3, 1e-3);
  assert_int_equal(v.all, SGD_RESOLUTION_MARGINAL);
}

/* All waves alike: a third of the energy. */
static void test_one_full_cell(void **state) {
  (void)state;
  const SgdVerdict v = Judge(CASE("master"), OneCell);
  CheckNear(v.tail[0], sqrt(1.0 / 3), 0.05);
  CheckNear(v.tail[1], sqrt(1.0 / 3), 0.05);
  assert_int_equal(v.all, SGD_RESOLUTION_POOR);
}

static void test_smooth_negative_mass(void **state) {
  (void)state;
  width = 0.3;
  tilt = 1e-2;
  SgdVerdict v = Judge(CASE("master"), Dip);
  assert_int_equal(v.part[SGD_JUDGED_TAIL], SGD_RESOLUTION_OK);
  CheckNear(v.negative_mass, 1e-2, 0.1);
  assert_int_equal(v.all, SGD_RESOLUTION_POOR);
  tilt = 1e-4;
  v = Judge(CASE("master"), Dip);
  assert_int_equal(v.all, SGD_RESOLUTION_MARGINAL);
}

/* C = 0.05 + w^2 along axis 1: a step's noise is below a cell about the origin only, where this density has nothing. */
static double Aside(const double *x) {
  return Bell(x[0] - 2.5, 0.25) * Bell(x[1], 0.5) / 48;
}

static void test_noise_is_that_of_the_support(void **state) {
  static const char text[] = "landscape: {family: quadratic, eigenvalues: [1, 0.5], gradient_noise: [0.05, 4], "
                             "hessian_noise: [1, 0]}\n"
                             "slice: {axes: ['coordinate:1', 'coordinate:2'], min: [-4, -4], max: [4, 4], cells: [64, "
                             "48]}\nmodels: [master]\n";
  SgdVerdict v;

  (void)state;
  v = Judge(text, Aside); /* one-sided 5e-7 .. 1e-6: 4.75 .. 5.1 deviations, a cell more or less */
  assert_true(v.noise[0] > ETA * 1.12 / 0.125 && v.noise[0] < ETA * 1.47 / 0.125);
  assert_int_equal(v.part[SGD_JUDGED_NOISE], SGD_RESOLUTION_OK);
  width = 0.5;
  v = Judge(text, Smooth);
  assert_true(v.noise[0] > ETA * sqrt(0.05) / 0.125 && v.noise[0] < 1);
  assert_int_equal(v.part[SGD_JUDGED_NOISE], SGD_RESOLUTION_POOR);
}

/* At a critical point the band ends at k = 2/(eta sqrt C): of a Gaussian of r steps' noise the energy erfc(2 r) lies
   beyond. Two axes alike: k.C k = C |k|^2, energy exp(-4 r^2) beyond the circle. */
static void test_stable_band(void **state) {
  const double r = 0.8;
  const SgdStableBand band = {.learning_rate = ETA, .g = {0, 0, 0}, .C = {PetscSqr(r), 0, PetscSqr(r)}};
  double tail[3], beyond;
  Bench b = BenchBuild(CASE("discrete_fokker_planck"), ETA, 1);
  Vec y;

  (void)state;
  width = ETA * PetscSqr(r); /* along axis 1; axis 2 is wider by 4/3 */
  y = FillState(b.grid, Smooth);
  assert_int_equal(SgdDensitySpectrum(b.grid, y, &band, tail, &beyond), 0);
  double energy = 0; /* along axis 1 at a wave q of axis 2, in units of the band's end, by the midpoint rule */
  const double s = 2 * r, t = 2 * r * 4 / 3;
  for (int i = 0; i < 4000; i++) {
    const double q = (i + 0.5) / 1000;
    energy += t * 2 / sqrt(PETSC_PI) * exp(-t * t * q * q) * erfc(s * sqrt(PetscMax(0, 1 - q * q))) / 1000;
  }
  CheckNear(beyond, sqrt(energy), 0.05);
  VecDestroy(&y);
  BenchClose(&b);
  width = 0.3;
  const SgdVerdict v = Judge(CASE("discrete_fokker_planck"), Smooth);
  assert_true(v.beyond_band > 0.02 && v.part[SGD_JUDGED_BAND] != SGD_RESOLUTION_OK);
}

/* J = 1 - eta lambda = -5 along axis 1, noise of 2.5 cells: the noise verdict is content, the waves that a step aliases
   are damped by exp(-2 pi^2 2.5^2/(1 + 5^2)) only. With |J| = 0.5 it is exp(-2 pi^2 2.5^2/1.25). */
static void test_expanding_step(void **state) {
  (void)state;
  width = 0.5;
  SgdVerdict v = Judge(EXPANDING, Smooth);
  CheckNear(v.noise[0], 2.5, 1e-12);
  assert_int_equal(v.part[SGD_JUDGED_NOISE], SGD_RESOLUTION_OK);
  CheckNear(v.aliasing, exp(-2 * PETSC_PI * PETSC_PI * 6.25 / 26), 1e-6);
  assert_int_equal(v.part[SGD_JUDGED_ALIASING], SGD_RESOLUTION_POOR);
  v = Judge(CASE("master"), Smooth);
  CheckNear(v.aliasing, exp(-2 * PETSC_PI * PETSC_PI * 6.25 / 1.25), 1e-6);
  assert_int_equal(v.part[SGD_JUDGED_ALIASING], SGD_RESOLUTION_OK);
}

static void test_warns_once(void **state) {
  SgdVerdict v = {.noise = {2, 2, 2}, .all = SGD_RESOLUTION_MARGINAL};
  SgdJournal journal;
  unsigned warned = 0;

  (void)state;
  assert_int_equal(SgdJournalOpen(PETSC_COMM_WORLD, PETSC_FALSE, &journal), 0);
  CatchStderr();
  SgdVerdictWarn(PETSC_COMM_WORLD, 2, "master", "step 0", &v, &warned); /* every part is ok */
  assert_int_equal(SgdWarningCount(journal), 0);
  v.part[SGD_JUDGED_TAIL] = SGD_RESOLUTION_MARGINAL;
  SgdVerdictWarn(PETSC_COMM_WORLD, 2, "master", "step 0", &v, &warned);
  SgdVerdictWarn(PETSC_COMM_WORLD, 2, "master", "step 1", &v, &warned);
  assert_int_equal(SgdWarningCount(journal), 1);
  v.part[SGD_JUDGED_TAIL] = SGD_RESOLUTION_POOR;
  SgdVerdictWarn(PETSC_COMM_WORLD, 2, "master", "step 2", &v, &warned);
  v.part[SGD_JUDGED_TAIL] = SGD_RESOLUTION_MARGINAL;
  SgdVerdictWarn(PETSC_COMM_WORLD, 2, "master", "step 3", &v, &warned);
  ReleaseStderr("model master, step 2: resolution poor");
  assert_int_equal(SgdWarningCount(journal), 2);
  assert_int_equal(SgdJournalClose(&journal), 0);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_wide_gaussian_is_ok),
                                          cmocka_unit_test(test_narrow_gaussian),
                                          cmocka_unit_test(test_checkerboard_hidden_from_marginals),
                                          cmocka_unit_test(test_one_full_cell),
                                          cmocka_unit_test(test_smooth_negative_mass),
                                          cmocka_unit_test(test_noise_is_that_of_the_support),
                                          cmocka_unit_test(test_stable_band),
                                          cmocka_unit_test(test_expanding_step),
                                          cmocka_unit_test(test_warns_once)};

BENCH_MAIN(tests)
