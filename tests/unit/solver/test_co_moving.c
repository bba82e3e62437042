/* Slices that follow the mean path: the tilted landscape, the schedule's cut, and the closed moments around the path
   against the recursion THEORY.md (54), with their order in the refresh. */
#include "landscape_fixture.h"
#include "solver/problem/co_moving.h"
#include "solver/problem/prediction.h"
#include <math.h>
#include <slepcsys.h>

#define RUN "sgd: {learning_rate: 0.05, steps: 45}\ninitial: {std: [0.3]}\n"
/* The noise grows with the distance from the minimum: Gamma mu^2 dominates, and changes along the path. */
#define NOISY                                                                                                          \
  "landscape: {family: quadratic, eigenvalues: [0.8], gradient_noise: [0.5], hessian_noise: [0.3], minimum: "          \
  "[-4]}\n" RUN
#define NETWORK                                                                                                        \
  "landscape: {family: mlp, hidden: [3], l2: 0.01, data: {source: synthetic, samples: 60, features: 4, classes: "      \
  "3}}\n" RUN

typedef struct {
  SgdCase c;
  SgdLandscape l;
  SgdSettings s;
  SgdFrame frame;
  double *w;
} Fixture;

/* From w0 = 0, or the family's start; the axis is the first coordinate. */
static Fixture Build(const char *text, PetscBool start) {
  Fixture f = {.c = OpenText(PETSC_COMM_WORLD, text)};

  assert_int_equal(SgdSettingsRead(f.c, &f.s), 0);
  assert_int_equal(SgdLandscapeCreate(f.c, &f.l), 0);
  f.w = calloc((size_t)SgdLandscapeDimension(f.l), sizeof *f.w);
  if (start) assert_int_equal(SgdLandscapeStart(f.l, 1, f.w), 0);
  assert_int_equal(SgdFrameCreate(1, SgdLandscapeDimension(f.l), f.w, &f.frame), 0);
  f.frame->V[0] = 1;
  return f;
}

static void Tear(Fixture *f) {
  assert_int_equal(SgdFrameDestroy(&f->frame), 0);
  assert_int_equal(SgdLandscapeDestroy(&f->l), 0);
  assert_int_equal(SgdSettingsFree(&f->s), 0);
  assert_int_equal(SgdCaseClose(&f->c), 0);
  free(f->w);
}

static void test_cut(void **state) {
  Fixture f = Build("landscape: {family: quadratic, eigenvalues: [1], gradient_noise: [1]}\n" RUN
                    "schedule: {kind: piecewise, start: [20], learning_rate: [0.01], batch_size: [4]}\n",
                    PETSC_FALSE);
  const PetscInt start[] = {0, 15, 20, 35, 45};
  SgdSchedule cut;

  (void)state;
  assert_int_equal(SgdScheduleCut(&f.s.schedule, 15, &cut), 0);
  assert_int_equal(cut.pieces, 4);
  for (int k = 0; k <= 4; k++) assert_int_equal(cut.start[k], start[k]);
  for (int k = 0; k < 4; k++) {
    assert_true(cut.eta[k] == (k < 2 ? 0.05 : 0.01));
    assert_int_equal(cut.batch[k], k < 2 ? 1 : 4);
  }
  for (int n = 0; n <= 45; n++) assert_true(SgdScheduleTau(&cut, n) == SgdScheduleTau(&f.s.schedule, n));
  assert_int_equal(SgdScheduleFree(&cut), 0);
  Tear(&f);
}

/* Variance at the end with this refresh. */
static double Variance(Fixture *f, int refresh) {
  SgdSchedule cut;
  SgdPrediction p;
  SgdCoMoving c;

  assert_int_equal(SgdScheduleCut(&f->s.schedule, refresh, &cut), 0);
  assert_int_equal(SgdCoMovingCreate(f->l, f->frame, &cut, 0, &c), 0);
  assert_int_equal(SgdPredictionCompute(f->l, f->frame, f->s.sgd, f->s.initial, &cut, c, &p), 0);
  const double variance = p->cov[0][f->s.sgd->steps];
  assert_true(fabs(p->mean[0][f->s.sgd->steps]) < 1e-13);
  assert_int_equal(SgdPredictionDestroy(&p), 0);
  assert_int_equal(SgdCoMovingDestroy(&c), 0);
  assert_int_equal(SgdScheduleFree(&cut), 0);
  return variance;
}

/* Pi' = [(1 - eta lambda)^2 + eta^2 Gamma] Pi + eta^2 (D + Gamma mu^2), mu' = (1 - eta lambda) mu from 4: exact with a
   refresh at each step, second order in the refresh otherwise. */
static void test_recursion(void **state) {
  Fixture f = Build(NOISY, PETSC_FALSE);
  double mu = 4, Pi = 0.09;

  (void)state;
  for (int n = 0; n < 45; n++) {
    Pi = (0.96 * 0.96 + 0.0025 * 0.3) * Pi + 0.0025 * (0.5 + 0.3 * mu * mu);
    mu *= 0.96;
  }
  assert_true(fabs(Variance(&f, 1) - Pi) < 1e-13);
  /* intervals of odd lengths have a middle step; one of m steps errs by m^2 - 1 times the same */
  const double coarse = Variance(&f, 15) - Pi, middle = Variance(&f, 9) - Pi, fine = Variance(&f, 3) - Pi;
  if (!(fabs(coarse / Pi) < 0.05)) fail_msg("refresh 15: %g of the variance", coarse / Pi);
  if (!(fabs(coarse / middle - 2.8) < 0.14)) fail_msg("15 to 9: %g, expected 2.8", coarse / middle);
  if (!(fabs(middle / fine - 10) < 0.5)) fail_msg("9 to 3: %g, expected 10", middle / fine);
  Tear(&f);
}

/* On the path the mean gradient vanishes, in every form in which a landscape gives it; afterwards all is as before. */
static void test_tilt(void **state) {
  Fixture f = Build(NETWORK, PETSC_TRUE);
  const PetscInt P = SgdLandscapeDimension(f.l), N = SgdLandscapeSamples(f.l);
  double *g = malloc((size_t)P * sizeof *g), *before = malloc((size_t)P * sizeof *g), gi[60], mean = 0, C, outside;
  SgdSchedule cut;
  SgdCoMoving c;

  (void)state;
  assert_int_equal(SgdLandscapeGradient(f.l, f.w, NULL, before), 0);
  assert_int_equal(SgdScheduleCut(&f.s.schedule, 10, &cut), 0);
  assert_int_equal(SgdCoMovingCreate(f.l, f.frame, &cut, 0, &c), 0);
  assert_true(SgdCoMovingDistance(c) > 1e-3);
  assert_int_equal(SgdCoMovingEnter(c, 3), 0);
  assert_true(f.frame->origin[0] == c->place[35 * c->columns + 1] + f.w[0] ||
              fabs(f.frame->origin[0] - f.w[0] - c->place[35 * c->columns + 1]) < 1e-15);
  assert_int_equal(SgdLandscapeGradient(f.l, f.frame->origin, NULL, g), 0);
  for (int i = 0; i < P; i++) assert_true(g[i] == 0);
  assert_int_equal(SgdLandscapePoint(f.l, f.frame->origin, 1, f.frame->V, NULL, g, &C, &outside), 0);
  assert_true(fabs(g[0]) < 1e-15 && outside < 1e-14 && C > 0);
  assert_int_equal(SgdLandscapePoint(f.l, f.frame->origin, 1, f.frame->V, NULL, g, &C, NULL), 0);
  assert_true(fabs(g[0]) < 1e-15);
  assert_int_equal(SgdLandscapeSampleGradients(f.l, f.frame->origin, 1, f.frame->V, gi), 0);
  for (int i = 0; i < N; i++) mean += gi[i] / (double)N;
  assert_true(fabs(mean) < 1e-15);
  assert_int_equal(SgdCoMovingDestroy(&c), 0);
  assert_memory_equal(f.frame->origin, f.w, (size_t)P * sizeof *g);
  assert_int_equal(SgdLandscapeGradient(f.l, f.w, NULL, g), 0);
  assert_memory_equal(g, before, (size_t)P * sizeof *g);
  assert_int_equal(SgdScheduleFree(&cut), 0);
  free(g);
  free(before);
  Tear(&f);
}

/* Heavy ball: v' = beta v - eta g, w' = w + v'. */
static void test_momentum(void **state) {
  Fixture f = Build("landscape: {family: quadratic, eigenvalues: [0.8], gradient_noise: [0.5], minimum: [-4]}\n" RUN,
                    PETSC_FALSE);
  double w = 0, v = 0;
  SgdCoMoving c;

  (void)state;
  assert_int_equal(SgdCoMovingCreate(f.l, f.frame, &f.s.schedule, 0.9, &c), 0);
  for (int n = 0; n < 45; n++) {
    assert_true(fabs(c->place[n * c->columns + 1] - w) < 1e-13);
    v = 0.9 * v - 0.05 * 0.8 * (w + 4);
    w += v;
  }
  assert_true(fabs(SgdCoMovingDistance(c) - fabs(w)) < 1e-13);
  assert_int_equal(SgdCoMovingDestroy(&c), 0);
  Tear(&f);
}

/* The mean of 2,000 trajectories: on l = 0.4 (w + 4)^2 that of the path within five of its errors, but not the path; the
   origin of a piece is the mean at its middle step. The path's exact spread: Pi' = (1 - eta h)^2 Pi + eta^2 C. */
static void test_mean_of_trajectories(void **state) {
  enum { TRAJECTORIES = 2000 };
  Fixture f = Build("landscape: {family: quadratic, eigenvalues: [0.8], gradient_noise: [0.5], minimum: [-4]}\n" RUN,
                    PETSC_FALSE);
  const SgdCoMovingMean mean = {.trajectories = TRAJECTORIES, .law = SGD_DRAW_WITH_REPLACEMENT};
  double path[46], variance = 0;
  SgdSchedule cut;
  SgdCoMoving c;

  (void)state;
  assert_int_equal(SgdScheduleCut(&f.s.schedule, 10, &cut), 0);
  assert_int_equal(SgdCoMovingCreate(f.l, f.frame, &cut, 0, &c), 0);
  for (int n = 0; n <= 45; n++) path[n] = c->place[n * c->columns + 1];
  assert_int_equal(SgdCoMovingFollowMean(c, &cut, &mean), 0);
  for (int n = 0; n <= 45; n++) {
    const double off = fabs(c->place[n * c->columns + 1] - path[n]), error = sqrt(variance / TRAJECTORIES);
    if (n == 0 ? off != 0 : !(off > 0 && off < 5 * error)) fail_msg("step %d: off by %g, error %g", n, off, error);
    const double step = cut.eta[SgdSchedulePiece(&cut, PetscMin(n, 44))], batch = (double)cut.batch[0];
    variance = PetscSqr(1 - 0.8 * step) * variance + step * step * 0.5 / batch;
  }
  assert_int_equal(SgdCoMovingEnter(c, 1), 0);
  assert_true(fabs(f.frame->origin[0] - f.w[0] - c->place[15 * c->columns + 1]) < 1e-14);
  assert_int_equal(SgdCoMovingDestroy(&c), 0);
  assert_int_equal(SgdScheduleFree(&cut), 0);
  Tear(&f);
}

/* Pi' = (I - eta H) Pi (I - eta H) + eta^2 C in two dimensions, from a spread along v; v^T Pi v at the end. */
static double WholeVariance(const double h[2], double noise, double eta, int steps, double std, const double v[2]) {
  double Pi[3] = {std * std * v[0] * v[0], std * std * v[0] * v[1], std * std * v[1] * v[1]};

  for (int n = 0; n < steps; n++) {
    const double a = 1 - eta * h[0], b = 1 - eta * h[1];
    Pi[0] = a * a * Pi[0] + eta * eta * noise;
    Pi[1] *= a * b;
    Pi[2] = b * b * Pi[2] + eta * eta * noise;
  }
  return v[0] * v[0] * Pi[0] + 2 * v[0] * v[1] * Pi[1] + v[1] * v[1] * Pi[2];
}

/* A slice across two eigenvectors of a quadratic: what the rest feeds into it is half of its variance and has memory.
   Over the members' spread the linearised variance is the whole system's to four of the stated errors; with the rest at
   the mean it is not. */
static void test_complement(void **state) {
  Fixture f = Build("landscape: {family: quadratic, eigenvalues: [0.1, 1.5], gradient_noise: [0.5, 0.5]}\n"
                    "sgd: {learning_rate: 0.5, steps: 45}\ninitial: {std: [0.1]}\n",
                    PETSC_FALSE);
  const double h[2] = {0.1, 1.5}, v[2] = {sqrt(0.5), sqrt(0.5)}, exact = WholeVariance(h, 0.5, 0.5, 45, 0.1, v);
  SgdCoMovingMean mean = {.trajectories = 512, .law = SGD_DRAW_WITH_REPLACEMENT, .std0 = {0.1}};
  SgdSchedule cut;

  (void)state;
  f.frame->V[0] = v[0];
  f.frame->V[1] = v[1];
  assert_int_equal(SgdScheduleCut(&f.s.schedule, 1, &cut), 0);
  for (int spread = 0; spread < 2; spread++) {
    SgdPrediction p;
    SgdCoMoving c;
    mean.complement = (PetscBool)spread;
    assert_int_equal(SgdCoMovingCreate(f.l, f.frame, &cut, 0, &c), 0);
    assert_int_equal(SgdCoMovingFollowMean(c, &cut, &mean), 0);
    assert_int_equal(SgdPredictionCompute(f.l, f.frame, f.s.sgd, f.s.initial, &cut, c, &p), 0);
    const double off = p->cov[0][45] - exact;
    assert_int_equal(SgdPredictionDestroy(&p), 0);
    assert_int_equal(SgdCoMovingEstimate(c, f.s.sgd, f.s.initial, &cut, &f.s.schedule, 1), 0);
    const double error = c->spread_error[0];
    if (spread && !(fabs(off) < 4 * error && error < 0.05 * exact))
      fail_msg("off by %g of %g, stated %g", off, exact, error);
    if (!spread && !(fabs(off) > 0.25 * exact)) fail_msg("without spread off by %g of %g only", off, exact);
    assert_int_equal(SgdCoMovingDestroy(&c), 0);
    assert_false(SgdLandscapeScattered(f.l));
  }
  assert_int_equal(SgdScheduleFree(&cut), 0);
  Tear(&f);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_cut),
                                     cmocka_unit_test(test_recursion),
                                     cmocka_unit_test(test_tilt),
                                     cmocka_unit_test(test_momentum),
                                     cmocka_unit_test(test_mean_of_trajectories),
                                     cmocka_unit_test(test_complement)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
