/* Hessian eigenpairs: against the dense solver, against a known spectrum, against second differences of the loss, and
   the same bits on any number of ranks. */
#include "spectrum_fixture.h"
#include "solver/problem/axes.h"

#define NETWORK                                                                                                        \
  "landscape: {family: mlp, hidden: [5], l2: 0.01, data: {source: synthetic, samples: 90, features: 6, classes: 3, "   \
  "seed: 2}}\nspectrum: {largest: 10, smallest: 4, dense_check: true}\n"

#define INTERIOR(spectrum)                                                                                             \
  "landscape: {family: mlp, hidden: [5], l2: 0.01, data: {source: synthetic, samples: 90, features: 6, classes: 3, "   \
  "seed: 2}}\nspectrum: {" spectrum "}\n"

static Fixture Open(MPI_Comm comm, const char *text) {
  Fixture f = FixtureOpen(comm, text);

  assert_int_equal(SgdSpectrumCompute(f.l, f.w, f.o, &f.s), 0);
  return f;
}

/* Krylov-Schur's pairs are normalised, satisfy H v = lambda v to the residual they state, and have the dense solver's
   eigenvalues. */
static void test_against_dense(void **state) {
  Fixture f = Open(PETSC_COMM_WORLD, NETWORK), dense;
  const PetscInt P = f.s->P;
  double *hv = calloc((size_t)P, sizeof *hv);

  (void)state;
  dense = Open(PETSC_COMM_WORLD,
               "landscape: {family: mlp, hidden: [5], l2: 0.01, data: {source: synthetic, samples: 90, features: 6, "
               "classes: 3, seed: 2}}\nspectrum: {largest: 1000}\n");
  assert_true(dense.s->complete && !f.s->complete);
  assert_int_equal(dense.s->count, P);
  assert_int_equal(f.s->count, 14);
  const double scale = dense.s->mode[0].eigenvalue;
  for (int k = 0; k < 14; k++) {
    const double exact = dense.s->mode[k < 10 ? k : (int)P - 14 + k].eigenvalue, lambda = f.s->mode[k].eigenvalue;
    const double *v = f.s->v + k * P;
    double residual = 0, norm = 0;
    if (!(fabs(lambda - exact) <= 1e-8 * scale)) fail_msg("mode %d: %.15g, dense %.15g", k, lambda, exact);
    assert_int_equal(SgdLandscapeHessianApply(f.l, f.w, v, hv), 0);
    for (PetscInt i = 0; i < P; i++) residual += pow(hv[i] - lambda * v[i], 2), norm += v[i] * v[i];
    assert_true(fabs(norm - 1) < 1e-12);
    assert_true(sqrt(residual) < 1e-8 * scale);
    assert_true(fabs(sqrt(residual) - f.s->mode[k].residual) < 1e-13);
  }
  for (int k = 0; k < dense.s->count; k++) /* also where an eigenvalue is repeated, as l2 is here */
    for (int j = 0; j < k; j++) {
      double dot = 0;
      for (PetscInt i = 0; i < P; i++) dot += dense.s->v[k * P + i] * dense.s->v[j * P + i];
      assert_true(fabs(dot) < 1e-12);
    }
  assert_true(f.s->dense_error <= 1e-8);
  assert_true(isnan(dense.s->dense_error));
  free(hv);
  Close(&f);
  Close(&dense);
}

/* Interior eigenvalues without the dense solver: the four of smallest |lambda|, with residuals relative to the largest
   eigenvalue. */
static void test_nearest_zero(void **state) {
  Fixture f = Open(PETSC_COMM_WORLD,
                   INTERIOR("largest: 2, smallest: 0, nearest_zero: 4, dense_limit: 0, tolerance: 1e-9")),
          dense = Open(PETSC_COMM_WORLD, INTERIOR("largest: 1000"));
  const double scale = dense.s->mode[0].eigenvalue;

  (void)state;
  assert_true(dense.s->complete && !f.s->complete);
  assert_int_equal(f.s->count, 6);
  for (int j = 0; j < dense.s->count; j++) { /* those that were not found are further from zero */
    const double lambda = dense.s->mode[j].eigenvalue;
    double nearest = 1, outermost = 0;
    for (int k = 2; k < 6; k++) {
      nearest = PetscMin(nearest, fabs(f.s->mode[k].eigenvalue - lambda));
      outermost = PetscMax(outermost, fabs(f.s->mode[k].eigenvalue));
    }
    if (!(nearest < 1e-8 * scale || fabs(lambda) > outermost - 1e-8 * scale))
      fail_msg("%g is nearer to zero than %g", lambda, outermost);
  }
  for (int k = 0; k < 6; k++) assert_true(f.s->mode[k].residual < 1e-8 * scale);
  Close(&f);
  Close(&dense);
}

/* Every eigenvalue between two numbers and no other, without the dense solver; the density expects about as many. */
static void test_interval(void **state) {
  Fixture f = Open(PETSC_COMM_WORLD, INTERIOR("largest: 2, smallest: 1, dense_limit: 0, interval: [0.05, 0.2], "
                                              "density: {probes: 20, steps: 40, width: 0.01}")),
          dense = Open(PETSC_COMM_WORLD, INTERIOR("largest: 1000"));
  const double scale = dense.s->mode[0].eigenvalue;
  int inside = 0, k = 0;
  double count, error;

  (void)state;
  assert_true(dense.s->complete && !f.s->complete);
  while (f.s->mode[k].eigenvalue > 0.2) k++; /* an end may lie in the interval, too: it is there once */
  for (int j = 0; j < dense.s->count; j++) {
    const double lambda = dense.s->mode[j].eigenvalue;
    if (lambda < 0.05 || lambda > 0.2) continue;
    inside++;
    if (!(fabs(f.s->mode[k].eigenvalue - lambda) < 1e-8 * scale))
      fail_msg("%.12g, dense %.12g", f.s->mode[k].eigenvalue, lambda);
    assert_true(f.s->mode[k++].residual < 1e-9 * scale);
  }
  assert_true(inside >= 3);
  for (; k < f.s->count; k++) assert_true(f.s->mode[k].eigenvalue < 0.05);
  SgdSpectralDensityCount(&f.s->density, f.s->P, 0.05, 0.2, &count, &error);
  assert_true(error > 0 && fabs(count - inside) < PetscMax(2, 4 * error));
  Close(&f);
  Close(&dense);
}

/* The world's landscape shares its samples out, a rank's own does not: the same bits. */
static void test_ranks_agree(void **state) {
  Fixture f = Open(PETSC_COMM_WORLD, NETWORK), alone = Open(PETSC_COMM_SELF, NETWORK);

  (void)state;
  assert_int_equal(f.s->count, alone.s->count);
  assert_memory_equal(f.s->v, alone.s->v, (size_t)f.s->count * (size_t)f.s->P * sizeof(double));
  SgdSpectrumNoise(f.s, f.l, f.w, 0.1, 8, SGD_WITH_REPLACEMENT, 100);
  SgdSpectrumNoise(alone.s, alone.l, alone.w, 0.1, 8, SGD_WITH_REPLACEMENT, 100);
  for (int k = 0; k < f.s->count; k++) {
    assert_true(f.s->mode[k].eigenvalue == alone.s->mode[k].eigenvalue);
    assert_true(f.s->mode[k].D == alone.s->mode[k].D && f.s->mode[k].Gamma == alone.s->mode[k].Gamma);
    assert_true(f.s->mode[k].D > 0);
  }
  Close(&f);
  Close(&alone);
}

/* The loss along an eigenvector bends by its eigenvalue: five-point second difference, error O(h^4). */
static void test_second_difference_of_the_loss(void **state) {
  static const double coefficient[5] = {-1. / 12, 16. / 12, -30. / 12, 16. / 12, -1. / 12};
  Fixture f = Open(PETSC_COMM_WORLD, NETWORK);
  const double h = 5e-3;
  double *w = calloc((size_t)f.s->P, sizeof *w);

  (void)state;
  for (int k = 0; k < 5; k++) {
    double sum = 0, loss;
    for (int j = -2; j <= 2; j++) {
      for (PetscInt i = 0; i < f.s->P; i++) w[i] = f.w[i] + j * h * f.s->v[k * f.s->P + i];
      SgdLandscapeGradient(f.l, w, &loss, NULL);
      sum += coefficient[j + 2] * loss;
    }
    const double lambda = f.s->mode[k].eigenvalue;
    if (!(fabs(sum / (h * h) / lambda - 1) < 1e-6)) fail_msg("mode %d: %g, bends by %g", k, lambda, sum / (h * h));
  }
  free(w);
  Close(&f);
}

/* A rotated quadratic with a spectrum of both signs and a noiseless flat mode; axes by name. */
#define QUADRATIC(spectrum)                                                                                            \
  "landscape: {family: quadratic, rotation_seed: 3, eigenvalues: [5, -2, 0.5, 3, 1.0e-9, -0.25, 1], gradient_noise: "  \
  "[1, 2, 3, 4, 0, 6, 7]}\nspectrum: {" spectrum "}\n"

static void CheckKnown(const char *text, int count, const int *mode) {
  static const double lambda[7] = {5, 3, 1, 0.5, 1e-9, -0.25, -2}, D[7] = {1, 4, 7, 3, 0, 6, 2};
  Fixture f = Open(PETSC_COMM_WORLD, text);

  assert_int_equal(f.s->count, count);
  SgdSpectrumNoise(f.s, f.l, f.w, 0.1, 2, SGD_WITH_REPLACEMENT, 100);
  for (int k = 0; k < count; k++) {
    assert_true(fabs(f.s->mode[k].eigenvalue - lambda[mode[k]]) < 1e-12);
    assert_true(fabs(f.s->mode[k].D - D[mode[k]] / 2) < 1e-7);
  }
  Close(&f);
}

static void test_known_spectrum(void **state) {
  (void)state;
  CheckKnown(QUADRATIC("largest: 7"), 7, (int[]){0, 1, 2, 3, 4, 5, 6});
  CheckKnown(QUADRATIC("largest: 2, smallest: 2"), 4, (int[]){0, 1, 5, 6});
  CheckKnown(QUADRATIC("largest: 4, smallest: 2, nearest_zero: 0"), 6, (int[]){0, 1, 2, 3, 5, 6});
}

/* flattest passes over the mode that no noise moves (1e-9, D = 0) and takes -0.25. */
static void test_axes_by_name(void **state) {
  static const struct {
    const char *axis, *label;
    double lambda;
  } expected[] = {{"sharpest", "sharpest (mode 1)", 5},
                  {"most_negative", "most_negative (mode 7)", -2},
                  {"flattest", "flattest (mode 6)", -0.25},
                  {"'mode:3'", "eigenvector (mode 3)", 1}};

  (void)state;
  for (size_t k = 0; k < sizeof expected / sizeof *expected; k++) {
    char text[512];
    SgdSliceOptions *slice;
    SgdFrame frame;
    double *hv;
    snprintf(text, sizeof text, QUADRATIC("largest: 7") "slice: {axes: [%s]}\n", expected[k].axis);
    Fixture f = Open(PETSC_COMM_WORLD, text);
    SgdSpectrumNoise(f.s, f.l, f.w, 0.1, 2, SGD_WITH_REPLACEMENT, 100);
    assert_int_equal(SgdSliceRead(f.c, PETSC_FALSE, &slice), 0);
    assert_true(SgdAxesNeedSpectrum(slice));
    assert_int_equal(SgdAxesChoose(f.c, slice, f.l, f.w, f.s, &frame), 0);
    assert_string_equal(frame->name[0], expected[k].label);
    assert_true(fabs(frame->lambda[0] - expected[k].lambda) < 1e-12);
    hv = calloc((size_t)frame->P, sizeof *hv);
    SgdLandscapeHessianApply(f.l, f.w, frame->V, hv);
    for (PetscInt i = 0; i < frame->P; i++) assert_true(fabs(hv[i] - expected[k].lambda * frame->V[i]) < 1e-12);
    free(hv);
    SgdFrameDestroy(&frame);
    Close(&f);
  }
}

static void test_axes_refused(void **state) {
  static const char *const bad[][2] = {{"sharpst", "unknown axis \"sharpst\""},
                                       {"'mode:8'", "there is no such mode among the 7"},
                                       {"'mode:0'", "there is no such mode"},
                                       {"'coordinate:8'", "expected coordinate:1 .. coordinate:7"},
                                       {"sharpest, 'mode:1'", "not orthogonal"}};

  (void)state;
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    char text[512];
    SgdSliceOptions *slice;
    SgdFrame frame = NULL;
    PetscErrorCode ierr;
    snprintf(text, sizeof text, QUADRATIC("largest: 7") "slice: {axes: [%s]}\n", bad[k][0]);
    Fixture f = Open(PETSC_COMM_WORLD, text);
    SgdSpectrumNoise(f.s, f.l, f.w, 0.1, 2, SGD_WITH_REPLACEMENT, 100);
    assert_int_equal(SgdSliceRead(f.c, PETSC_FALSE, &slice), 0);
    CatchStderr();
    ierr = SgdAxesChoose(f.c, slice, f.l, f.w, f.s, &frame);
    ReleaseStderr(bad[k][1]);
    assert_int_equal(SgdExitCode(ierr), SGD_EXIT_CASE);
    SgdFrameDestroy(&frame);
    Close(&f);
  }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_against_dense),
    cmocka_unit_test(test_nearest_zero),
    cmocka_unit_test(test_interval),
    cmocka_unit_test(test_ranks_agree),
    cmocka_unit_test(test_second_difference_of_the_loss),
    cmocka_unit_test(test_known_spectrum),
    cmocka_unit_test(test_axes_by_name),
    cmocka_unit_test(test_axes_refused),
};

BENCH_MAIN(tests)
