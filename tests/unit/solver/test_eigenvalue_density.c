/* The density by stochastic Lanczos quadrature: its moments against a known spectrum, its integral up to lambda against
   the dense spectrum of a small network within the error bars, the same bits on any number of ranks. */
#include "model_fixture.h"
#include "operators/linearised/hessian.h"
#include "solver/hessian/spectrum.h"

typedef struct {
  SgdCase c;
  SgdLandscape l;
  SgdSpectrum s;
  double *w;
} Fixture;

static Fixture Open(MPI_Comm comm, const char *text) {
  Fixture f = {.c = OpenText(comm, text)};
  SgdSpectrumOptions *o;

  assert_int_equal(SgdLandscapeCreate(f.c, &f.l), 0);
  f.w = calloc((size_t)SgdLandscapeDimension(f.l), sizeof *f.w);
  assert_int_equal(SgdLandscapeStart(f.l, 1, f.w), 0);
  assert_int_equal(SgdSpectrumRead(f.c, &o), 0);
  assert_int_equal(SgdSpectrumCompute(f.l, f.w, o, &f.s), 0);
  return f;
}

static void Close(Fixture *f) {
  free(f->w);
  assert_int_equal(SgdSpectrumDestroy(&f->s), 0);
  assert_int_equal(SgdLandscapeDestroy(&f->l), 0);
  assert_int_equal(SgdCaseClose(&f->c), 0);
}

/* int lambda^power p(lambda) over the grid up to `end`, by the trapezoidal rule. */
static double Integral(const SgdSpectralDensity *d, int power, double end, const double *of) {
  const double h = d->lambda[1] - d->lambda[0];
  double sum = 0;

  for (int i = 0; i < d->points && d->lambda[i] <= end; i++) sum += h * pow(d->lambda[i], power) * of[i];
  return sum;
}

#define QUADRATIC                                                                                                      \
  "landscape: {family: quadratic, rotation_seed: %d, eigenvalues: [5, -2, 0.5, 3, 0.25, -0.25, 1, 4], "                \
  "gradient_noise: [1, 1, 1, 1, 1, 1, 1, 1]}\nspectrum: {density: {probes: %d, width: 0.1}}\n"

/* Unrotated, z.f(H)z is trace f(H) for every vector of signs: mean 11.5/8, mean square 55.375/8, no scatter. Smoothing
   adds width^2 to the second moment. */
static void test_diagonal_is_exact(void **state) {
  char text[512];
  Fixture f;

  (void)state;
  snprintf(text, sizeof text, QUADRATIC, 0, 3);
  f = Open(PETSC_COMM_WORLD, text);
  const SgdSpectralDensity *d = &f.s->density;
  assert_int_equal(d->steps, 8);
  assert_true(fabs(d->moment[0] - 11.5 / 8) < 1e-12 && d->moment_error[0] < 1e-12);
  assert_true(fabs(d->moment[1] - 55.375 / 8) < 1e-12 && d->moment_error[1] < 1e-12);
  assert_true(fabs(Integral(d, 0, 1e9, d->density) - 1) < 1e-8);
  assert_true(fabs(Integral(d, 1, 1e9, d->density) - 11.5 / 8) < 1e-7);
  assert_true(fabs(Integral(d, 2, 1e9, d->density) - 55.375 / 8 - 0.01) < 1e-6);
  assert_true(fabs(Integral(d, 0, 2, d->density) - 5. / 8) < 1e-7); /* -2, -0.25, 0.25, 0.5, 1 */
  for (int i = 0; i < d->points; i++) assert_true(d->standard_error[i] < 1e-10);
  Close(&f);
}

/* Rotated, the probes scatter, and the truth lies within four standard errors that are not zero. */
static void test_error_bars(void **state) {
  char text[512];
  Fixture f;

  (void)state;
  snprintf(text, sizeof text, QUADRATIC, 3, 40);
  f = Open(PETSC_COMM_WORLD, text);
  const SgdSpectralDensity *d = &f.s->density;
  assert_true(d->moment_error[0] > 0.01 && d->moment_error[0] < 0.4);
  assert_true(fabs(d->moment[0] - 11.5 / 8) < 4 * d->moment_error[0]);
  assert_true(fabs(d->moment[1] - 55.375 / 8) < 4 * d->moment_error[1]);
  assert_true(fabs(Integral(d, 0, 1e9, d->density) - 1) < 1e-8);
  for (int i = 0; i < d->points; i++) { /* each eigenvalue is a peak of 1/8 at full height */
    double exact = 0;
    for (int k = 0; k < 8; k++) {
      static const double lambda[8] = {5, -2, 0.5, 3, 0.25, -0.25, 1, 4};
      exact += exp(-50 * pow(d->lambda[i] - lambda[k], 2)) / (sqrt(2 * PETSC_PI) * 0.1) / 8;
    }
    if (!(fabs(d->density[i] - exact) < 4.5 * d->standard_error[i] + 1e-7))
      fail_msg("%g: %g +- %g, exact %g", d->lambda[i], d->density[i], d->standard_error[i], exact);
  }
  Close(&f);
}

#define NETWORK(spectrum)                                                                                              \
  "landscape: {family: mlp, hidden: [5], l2: 0.01, data: {source: synthetic, samples: 90, features: 6, classes: 3, "   \
  "seed: 2}}\nspectrum: {" spectrum "}\n"

/* Share of the eigenvalues below lambda: within four standard errors of the smoothed dense one (errors of neighbouring
   lambdas are fully correlated at worst, so they add). */
static void test_network(void **state) {
  Fixture f = Open(PETSC_COMM_WORLD, NETWORK("largest: 2, density: {probes: 30, steps: 30, width: 0.02}")),
          dense = Open(PETSC_COMM_WORLD, NETWORK("largest: 1000")),
          alone = Open(PETSC_COMM_SELF, NETWORK("largest: 2, density: {probes: 30, steps: 30, width: 0.02}"));
  const SgdSpectralDensity *d = &f.s->density;
  const double P = (double)f.s->P;

  (void)state;
  assert_int_equal(dense.s->density.points, 0);
  assert_true(fabs(Integral(d, 0, 1e9, d->density) - 1) < 1e-8);
  for (int i = 0; i < d->points; i += 5) {
    const double end = d->lambda[i] + 0.5 * (d->lambda[1] - d->lambda[0]);
    double exact = 0;
    for (int k = 0; k < dense.s->count; k++)
      exact += 0.5 * erfc((dense.s->mode[k].eigenvalue - end) / (sqrt(2) * d->width)) / P;
    const double found = Integral(d, 0, end, d->density), error = Integral(d, 0, end, d->standard_error);
    if (!(fabs(found - exact) < PetscMin(4 * error + 1e-4, 0.05)))
      fail_msg("%g: %g +- %g, dense %g", end, found, error, exact);
  }
  assert_memory_equal(d->density, alone.s->density.density, (size_t)d->points * sizeof(double));
  Close(&f);
  Close(&dense);
  Close(&alone);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_diagonal_is_exact),
    cmocka_unit_test(test_error_bars),
    cmocka_unit_test(test_network),
};

BENCH_MAIN(tests)
