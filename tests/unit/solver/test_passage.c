/* Mean first-passage times against a closed form (Langevin in one dimension), brute force, and each other. */
#include "problem_fixture.h"
#include "solver/long_time/passage.h"
#include <slepcsys.h>
#include <math.h>

#define WELL                                                                                                           \
  "dimension: 1, terms: [{coefficient: 0.25, powers: [4]}, {coefficient: -0.5, powers: [2]}], noise_covariance: "

static void Build(const char *landscape, const char *slice, double eta, const char *model, Problem *p) {
  char text[1024];

  snprintf(text, sizeof text,
           "landscape: {family: polynomial, %s}\nsgd: {learning_rate: %g, steps: 10}\nslice: {%s}\nmodels: [%s]\n",
           landscape, eta, slice, model);
  BuildProblem(text, p);
}

static void Destroy(Problem *p, SgdPassage *passage) {
  SgdPassageFree(passage);
  DestroyProblem(p);
}

/* Target: the first axis from `edge` on. */
static void Solve(Problem *p, double edge, SgdPassage *passage) {
  const PetscInt cells = p->slice.grid->last_cell - p->slice.grid->first_cell;
  PetscBool *inside = calloc((size_t)cells + 1, sizeof *inside);
  double x[3];

  for (PetscInt i = 0; i < cells; i++) {
    SgdGridCentre(p->slice.grid, p->slice.grid->first_cell + i, x);
    inside[i] = (PetscBool)(x[0] >= edge);
  }
  assert_int_equal(
      SgdPassageSolve(p->models.model[0], p->slice.grid, p->sections.settings.sgd->learning_rate, inside, passage), 0);
  free(inside);
}

/* The value of v at a cell, on all ranks. */
static double At(SgdGrid grid, Vec v, PetscInt cell) {
  const double *x;
  double value = 0;

  VecGetArrayRead(v, &x);
  if (cell >= grid->first_cell && cell < grid->last_cell) value = x[cell - grid->first_cell];
  VecRestoreArrayRead(v, &x);
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, grid->comm);
  return value;
}

static void Near(const char *what, double value, double expected, double relative) {
  print_message("          %s: %.12g, expected %.12g\n", what, value, expected);
  if (!(fabs(value - expected) <= relative * fabs(expected)))
    fail_msg("%s: %.15g, expected %.15g", what, value, expected);
}

static double V(double w) {
  return 0.25 * w * w * w * w - 0.5 * w * w;
}

/* tau(x) = (1/D) int_x^b exp(V(y)/D) int_{-inf}^y exp(-V(z)/D) dz dy, Simpson's rule on both. */
static double Kramers(double D, double x, double b) {
  const int n = 4000;
  const double start = -4, h = (x - start) / n, k = (b - x) / n;
  double inner = 0, sum = 0;

  for (int i = 0; i < n; i++)
    inner += h / 6 *
             (exp(-V(start + i * h) / D) + 4 * exp(-V(start + (i + 0.5) * h) / D) + exp(-V(start + (i + 1) * h) / D));
  for (int i = 0; i < n; i++) {
    const double a = x + i * k,
                 half = k / 12 * (exp(-V(a) / D) + 4 * exp(-V(a + 0.25 * k) / D) + exp(-V(a + 0.5 * k) / D));
    const double middle = inner + half,
                 end = inner + k / 6 * (exp(-V(a) / D) + 4 * exp(-V(a + 0.5 * k) / D) + exp(-V(a + k) / D));
    sum += k / 6 * (exp(V(a) / D) * inner + 4 * exp(V(a + 0.5 * k) / D) * middle + exp(V(a + k) / D) * end);
    inner = end;
  }
  return sum / D;
}

/* Relative error of the time from w = -1 to w = 1, both cell centres of a grid on [-2.5, 2.5] with 5 m cells, m odd,
   D = 0.1. */
static double KramersError(int m, double *tau) {
  char slice[128];
  Problem p;
  SgdPassage t;

  snprintf(slice, sizeof slice, "axes: ['coordinate:1'], min: [-2.5], max: [2.5], cells: [%d], boundary: [reflecting]",
           5 * m);
  Build(WELL "[2]", slice, 0.1, "langevin", &p);
  Solve(&p, 1 - 1e-9, &t);
  *tau = 0.1 * At(p.slice.grid, t.time, (3 * m - 1) / 2);
  assert_true(t.bound < 1e-9 && !t.lost);
  Destroy(&p, &t);
  return *tau / Kramers(0.1, -1, 1) - 1;
}

static void test_kramers(void **state) {
  double tau;

  (void)state;
  const double coarse = KramersError(61, &tau), fine = KramersError(183, &tau);
  print_message("          errors %.3e, %.3e, order %.3f\n", coarse, fine, log(coarse / fine) / log(3));
  Near("order", log(coarse / fine) / log(3), 2, 0.02);
  Near("tau", tau, Kramers(0.1, -1, 1), 2e-4);
}

/* t = sum_n 1^T K_cc^n e_start, step by step, and the share that leaves through the faces. */
static void test_brute_force(void **state) {
  const PetscInt start = 20;
  Problem p;
  SgdPassage t, jump;
  double sum = 1, left, x[3], *y, lost[6], after = 0;
  Vec now, next;

  (void)state;
  Build(WELL "[1]", "axes: ['coordinate:1'], min: [-2.2], max: [2.2], cells: [80]", 0.4, "master", &p);
  Solve(&p, 0.9, &t);
  SgdGridCreateState(p.slice.grid, &now);
  VecDuplicate(now, &next);
  VecSetValue(now, start, 1, INSERT_VALUES);
  VecAssemblyBegin(now);
  VecAssemblyEnd(now);
  do {
    MatMult(SgdModelOperator(p.models.model[0]), now, next);
    SgdGridLedger(p.slice.grid, next, lost);
    after = lost[0] + lost[1];
    VecGetArray(next, &y);
    left = 0;
    for (PetscInt i = p.slice.grid->first_cell; i < p.slice.grid->last_cell; i++) {
      SgdGridCentre(p.slice.grid, i, x);
      if (x[0] >= 0.9) y[i - p.slice.grid->first_cell] = 0;
      left += y[i - p.slice.grid->first_cell];
    }
    VecRestoreArray(next, &y);
    MPI_Allreduce(MPI_IN_PLACE, &left, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
    VecCopy(next, now);
    sum += left;
  } while (left > 1e-15);
  Near("steps", At(p.slice.grid, t.time, start), sum, 1e-10);
  Near("lost", At(p.slice.grid, t.lost, start), after, 1e-8);
  assert_true(after > 1e-6);
  Destroy(&p, &t);
  /* the same steps at random times take as long on average */
  Build(WELL "[1]", "axes: ['coordinate:1'], min: [-2.2], max: [2.2], cells: [80]", 0.4, "jump", &p);
  Solve(&p, 0.9, &jump);
  Near("steps of the jump process", At(p.slice.grid, jump.time, start), sum, 1e-10);
  VecDestroy(&now);
  VecDestroy(&next);
  Destroy(&p, &jump);
}

/* Two samples (THEORY.md (79)): the mean time between the wells is 2/rate to the width of the saddle. */
static void test_two_samples(void **state) {
  Problem p;
  SgdPassage t;

  (void)state;
  Build(WELL "[0.2025]", "axes: ['coordinate:1'], min: [-2], max: [2], cells: [1024]", 0.3, "random_map", &p);
  Solve(&p, 0.6, &t);
  print_message("          bound %.1e, %d applications\n", t.bound, (int)t.applications);
  Near("tau", 0.3 * At(p.slice.grid, t.time, 256), 2 / 1.01723e-7, 1e-3);
  Destroy(&p, &t);
}

/* Independent axes: the time along the first does not know of the second. */
static void test_plane(void **state) {
  static const char *const models[2] = {"langevin", "{model: master, method: spread}"};

  (void)state;
  for (int k = 0; k < 2; k++) {
    Problem line, plane;
    SgdPassage t, u;
    Build(WELL "[1]", "axes: ['coordinate:1'], min: [-2.6], max: [2.6], cells: [60], boundary: [reflecting]", 0.2,
          models[k], &line);
    Build("dimension: 2, terms: [{coefficient: 0.25, powers: [4, 0]}, {coefficient: -0.5, powers: [2, 0]}, "
          "{coefficient: 0.5, "
          "powers: [0, 2]}], noise_covariance: [1, 0, 0, 1]",
          "axes: ['coordinate:1', 'coordinate:2'], min: [-2.6, -2.1], max: [2.6, 2.1], cells: [60, 48], boundary: "
          "[reflecting, "
          "reflecting]",
          0.2, models[k], &plane);
    Solve(&line, 0.8, &t);
    Solve(&plane, 0.8, &u);
    Near("steps", At(plane.slice.grid, u.time, 60 * 30 + 12), At(line.slice.grid, t.time, 12), 1e-8);
    Destroy(&line, &t);
    Destroy(&plane, &u);
  }
}

/* An unassembled generator, preconditioned with its assembled part, against the same one as a matrix. */
static void test_unassembled(void **state) {
  static const char *const models[2] = {"{model: levy, alpha: 1.6, method: assembled}",
                                        "{model: levy, alpha: 1.6, method: fft}"};
  double steps[2], lost[2];

  (void)state;
  for (int k = 0; k < 2; k++) {
    Problem p;
    SgdPassage t;
    Build(WELL "[0.5]", "axes: ['coordinate:1'], min: [-3], max: [3], cells: [150]", 0.1, models[k], &p);
    Solve(&p, 0.7, &t);
    steps[k] = At(p.slice.grid, t.time, 50);
    lost[k] = At(p.slice.grid, t.lost, 50);
    Destroy(&p, &t);
  }
  Near("steps", steps[1], steps[0], 1e-9);
  Near("lost", lost[1], lost[0], 1e-8);
  assert_true(lost[0] > 0.01);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_kramers), cmocka_unit_test(test_brute_force),
                                     cmocka_unit_test(test_two_samples), cmocka_unit_test(test_plane),
                                     cmocka_unit_test(test_unassembled)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
