/* The estimate of error_check against errors known exactly, and the restriction to half the cells it rests on. */
#include "model_fixture.h"
#include "problem_fixture.h"
#include "solver/comparison/advance.h"
#include "solver/comparison/error_check.h"
#include "meshes/coarsen.h"

static double Bell(double x, double s) {
  return exp(-0.5 * x * x / (s * s)) / (s * sqrt(2 * PETSC_PI));
}

static double Skew(const double *x) {
  return Bell(x[0] - 0.3, 0.5) * Bell(x[1] + 0.2 - 0.3 * x[0], 0.6) * Bell(x[2], 0.7);
}

/* y halved = the density at the coarse centres; the eight-point formula leaves 1e-5 of a Gaussian of 4 cells. */
static void test_halve(void **state) {
  const PetscInt n[3] = {64, 72, 60};
  const double min[3] = {-4, -4.5, -5}, max[3] = {4, 4.5, 5};
  const SgdBoundary ends[3] = {SGD_ABSORBING, SGD_REFLECTING, SGD_PERIODIC};

  (void)state;
  for (int d = 1; d <= 3; d++) {
    SgdGrid fine, half;
    PetscScalar sum[2];
    PetscReal worst, top;
    assert_int_equal(SgdGridCreate(PETSC_COMM_WORLD, d, n, min, max, ends, &fine), 0);
    assert_int_equal(SgdHalveGrid(fine, &half), 0);
    Vec y = FillState(fine, Skew), exact = FillState(half, Skew), z;
    VecDuplicate(exact, &z);
    VecScale(exact, 1 << d); /* masses: 2^d times the cell */
    assert_int_equal(SgdHalveState(fine, y, half, z), 0);
    VecSum(y, &sum[0]);
    VecSum(z, &sum[1]);
    if (!(fabs(sum[0] - sum[1]) <= 1e-12 * sum[0])) fail_msg("%d dimensions: mass %.17g, %.17g", d, sum[0], sum[1]);
    VecAXPY(z, -1, exact);
    VecNorm(z, NORM_INFINITY, &worst);
    VecNorm(exact, NORM_INFINITY, &top);
    if (!(worst <= 1e-5 * top)) fail_msg("%d dimensions: off by %g of %g", d, worst, top);
    VecDestroy(&y);
    VecDestroy(&z);
    VecDestroy(&exact);
    SgdGridDestroy(&half);
    SgdGridDestroy(&fine);
  }
}

enum { N = 6 };
static const double eta = 0.3, D = 0.2, start = 0.8, spread = 0.4;
static const char quadratic[] =
    "landscape: {family: quadratic, eigenvalues: [1], gradient_noise: [0.2]}\n"
    "sgd: {learning_rate: 0.3, steps: 6}\n"
    "slice: {axes: ['coordinate:1'], min: [-4], max: [4], cells: [128]}\n"
    "initial: {mean: [0.8], std: [0.4]}\nmodels: [master, langevin]\ncheck: {error: true}\n";

/* L1 of the density in y against a Gaussian */
static double TrueError(SgdGrid grid, Vec y, double mean, double variance) {
  const PetscScalar *mass;
  double sum = 0, x[3];

  VecGetArrayRead(y, &mass);
  for (PetscInt j = grid->first_cell; j < grid->last_cell; j++) {
    SgdGridCentre(grid, j, x);
    sum += fabs(mass[j - grid->first_cell] - grid->volume * Bell(x[0] - mean, sqrt(variance)));
  }
  VecRestoreArrayRead(y, &mass);
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  return sum;
}

/* mu' = (1 - eta) mu, Pi' = (1 - eta)^2 Pi + eta^2 D; Langevin's with exp(-tau) and eta D/2 (THEORY.md (73)). */
static void Exact(double mean[2], double variance[2]) {
  const double decay = exp(-eta * N);

  mean[0] = start;
  variance[0] = spread * spread;
  for (int n = 0; n < N; n++) {
    mean[0] *= 1 - eta;
    variance[0] = PetscSqr(1 - eta) * variance[0] + eta * eta * D;
  }
  mean[1] = start * decay;
  variance[1] = PetscSqr(spread * decay) + 0.5 * eta * D * (1 - decay * decay);
}

static void test_brackets_the_true_error(void **state) {
  Problem p;
  SgdErrorCheck check;
  SgdErrors e[2];
  SgdMoments m[2];
  SgdAdvance a;
  double mean[2], variance[2];
  Vec y0;

  (void)state;
  BuildProblem(quadratic, &p);
  assert_int_equal(SgdInitialDensity(p.slice.grid, p.slice.prediction, &y0), 0);
  assert_int_equal(SgdAdvanceCreate(&p.models, p.sections.leaps, y0, &a), 0);
  assert_int_equal(SgdErrorCheckCreate(&p.models, p.sections.leaps, folder, &check), 0);
  assert_int_equal(SgdAdvanceTo(a, N), 0);
  for (int i = 0; i < 2; i++) assert_int_equal(SgdMomentsCompute(p.slice.grid, SgdAdvanceStates(a)[i], &m[i]), 0);
  assert_int_equal(SgdErrorCheckAdvance(check, N), 0);
  assert_int_equal(SgdErrorCheckStep(check, N, SgdAdvanceStates(a), m, e), 0);
  Exact(mean, variance);
  const double spectral = TrueError(p.slice.grid, SgdAdvanceStates(a)[0], mean[0], variance[0]),
               second = TrueError(p.slice.grid, SgdAdvanceStates(a)[1], mean[1], variance[1]);
  if (!(spectral <= e[0].l1 && e[0].l1 < 1e-2)) fail_msg("master: error %g, estimate %g", spectral, e[0].l1);
  assert_true(fabs(m[0].cov[0] - variance[0]) <= e[0].moments.cov[0] + 1e-13);
  assert_int_equal(e[0].order, 0);
  if (!(second > 0.7 * e[1].l1 && second < 1.4 * e[1].l1)) fail_msg("langevin: error %g, estimate %g", second, e[1].l1);
  assert_int_equal(e[1].order, 2);
  SgdErrorCheckDestroy(&check);
  SgdAdvanceDestroy(&a);
  VecDestroy(&y0);
  DestroyProblem(&p);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_halve), cmocka_unit_test(test_brackets_the_true_error)};

BENCH_MAIN(tests)
