/* Eigenvectors shared out over the ranks: the same eigenpairs, noise and density as where every rank has all of them, on
   any number of ranks; the same file; the same axes. */
#include "spectrum_fixture.h"
#include "solver/hessian/spectrum_file.h"
#include "solver/hessian/spectrum_obtain.h"
#include "solver/hessian/spectrum_vectors.h"
#include "solver/output/parallel_hdf5.h"
#include "solver/problem/axes.h"

#define NETWORK                                                                                                        \
  "landscape: {family: mlp, hidden: [5], l2: 0.01, data: {source: synthetic, samples: 90, features: 6, classes: 3, "   \
  "seed: 2}}\n"
#define QUADRATIC                                                                                                      \
  "landscape: {family: quadratic, rotation_seed: 3, eigenvalues: [5, -2, 0.5, 3, 1.0e-3, -0.25, 1, 7, 9], "            \
  "gradient_noise: [1, 2, 3, 4, 1, 6, 7, 1, 1]}\n"

static Fixture Open(MPI_Comm comm, const char *landscape, const char *spectrum, int from) {
  char text[1024];
  Fixture f;

  snprintf(text, sizeof text, "%sspectrum: {%s, distribute_from: %d}\nsgd: {weight_decay: 0.02}\n", landscape, spectrum,
           from);
  f = FixtureOpen(comm, text);
  SgdLandscapeSetDecay(f.l, 0.02);
  assert_int_equal(SgdSpectrumObtain(f.c, f.l, f.w, f.o, &f.s), 0);
  assert_int_equal(SgdSpectrumNoise(f.s, f.l, f.w, 0.1, 8, SGD_WITH_REPLACEMENT, 100), 0);
  return f;
}

static void CheckMode(const Fixture *f, const Fixture *alone, int k, double *v) {
  const PetscInt P = f->s->P;
  const SgdMode *a = &f->s->mode[k], *b = &alone->s->mode[k];
  const double *u = alone->s->v + (size_t)k * (size_t)P, scale = fabs(alone->s->mode[0].eigenvalue);
  double difference = 0, dot;

  if (!(fabs(a->eigenvalue - b->eigenvalue) <= 1e-10 * scale))
    fail_msg("mode %d: %.15g, alone %.15g", k, a->eigenvalue, b->eigenvalue);
  assert_int_equal(SgdSpectrumWhole(f->s, k, v), 0);
  for (PetscInt i = 0; i < P; i++) difference = PetscMax(difference, fabs(v[i] - u[i]));
  if (!(difference < 1e-6)) fail_msg("mode %d: vectors differ by %g", k, difference);
  assert_int_equal(SgdSpectrumDot(f->s, k, u, &dot), 0);
  assert_true(fabs(dot - 1) < 1e-9);
  assert_true(b->D > 0 && fabs(a->D / b->D - 1) < 1e-6);
}

static void Compare(const char *landscape, const char *spectrum) {
  Fixture f = Open(PETSC_COMM_WORLD, landscape, spectrum, 1), alone = Open(PETSC_COMM_SELF, landscape, spectrum, 0);
  double *v = calloc((size_t)f.s->P, sizeof *v);
  PetscMPIInt size;
  PetscInt sum;

  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  assert_true(f.s->distributed && !alone.s->distributed);
  MPI_Allreduce(&f.s->shares->local, &sum, 1, MPIU_INT, MPI_SUM, PETSC_COMM_WORLD);
  assert_int_equal(sum, f.s->P);
  assert_true(f.s->shares->local <= f.s->P / size + 1);
  assert_int_equal(alone.s->shares->local, alone.s->P);
  assert_int_equal(f.s->count, alone.s->count);
  for (int k = 0; k < f.s->count; k++) CheckMode(&f, &alone, k, v);
  for (int i = 0; i < 2 && f.s->density.points; i++)
    assert_true(fabs(f.s->density.moment[i] - alone.s->density.moment[i]) < 1e-12);
  assert_true(isnan(f.s->dense_error) == isnan(alone.s->dense_error));
  free(v);
  Close(&f);
  Close(&alone);
}

/* The filter's thousands of products are for as many ranks as there are cores. */
static void test_as_alone(void **state) {
  PetscMPIInt size;

  (void)state;
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  Compare(NETWORK, "largest: 6, smallest: 3, tolerance: 1e-12, dense_check: true, density: {probes: 4, steps: 20}");
  if (size <= 2) Compare(NETWORK, "largest: 2, smallest: 1, dense_limit: 0, interval: [0.05, 0.2], tolerance: 1e-12");
  Compare(QUADRATIC, "largest: 3, smallest: 2");
}

/* All eigenpairs are a matter for the dense solver, however many parameters. */
static void test_complete_is_whole(void **state) {
  Fixture f = Open(PETSC_COMM_WORLD, NETWORK, "largest: 1000", 1);

  (void)state;
  assert_true(f.s->complete && !f.s->distributed && f.s->shares->local == f.s->P);
  Close(&f);
}

/* Written by all ranks, read by rank 0 and dealt out; also where the reader keeps whole vectors. */
static void test_file(void **state) {
  char spectrum[256], path[128];
  double *u, *v;

  (void)state;
  SgdH5Piece = 50; /* a vector has some 50 numbers: written in pieces */
  snprintf(path, sizeof path, "%s/shared.h5", folder);
  snprintf(spectrum, sizeof spectrum, "largest: 5, smallest: 2, file: %s", path);
  Fixture f = Open(PETSC_COMM_WORLD, NETWORK, spectrum, 1);
  assert_non_null(strstr(f.s->origin, "computed and written"));
  u = calloc((size_t)f.s->P, sizeof *u);
  v = calloc((size_t)f.s->P, sizeof *v);
  for (int from = 0; from < 2; from++) {
    Fixture g = Open(PETSC_COMM_WORLD, NETWORK, spectrum, from);
    assert_non_null(strstr(g.s->origin, "read from"));
    assert_int_equal(g.s->distributed, from);
    assert_int_equal(g.s->count, f.s->count);
    for (int k = 0; k < f.s->count; k++) {
      assert_int_equal(SgdSpectrumWhole(f.s, k, u), 0);
      if (from)
        assert_int_equal(SgdSpectrumWhole(g.s, k, v), 0);
      else
        memcpy(v, g.s->v + (size_t)k * (size_t)g.s->P, (size_t)g.s->P * sizeof *v);
      assert_memory_equal(u, v, (size_t)f.s->P * sizeof *v);
      assert_true(g.s->mode[k].eigenvalue == f.s->mode[k].eigenvalue);
    }
    Close(&g);
  }
  free(u);
  free(v);
  Close(&f);
}

static void test_axes(void **state) {
  static const char *const names = "slice: {axes: [sharpest, 'mode:2', most_negative]}\n";
  char landscape[1024];
  SgdSliceOptions *slice;
  SgdFrame frame;

  (void)state;
  snprintf(landscape, sizeof landscape, "%s%s", QUADRATIC, names);
  Fixture f = Open(PETSC_COMM_WORLD, landscape, "largest: 3, smallest: 2", 1);
  double hv[9];
  assert_int_equal(SgdSliceRead(f.c, PETSC_FALSE, &slice), 0);
  assert_int_equal(SgdAxesChoose(f.c, slice, f.l, f.w, f.s, &frame), 0);
  for (int a = 0; a < 3; a++) {
    const double *v = frame->V + a * 9;
    assert_true(fabs(frame->lambda[a] - (double[]){9.02, 7.02, -1.98}[a]) < 1e-9);
    assert_int_equal(SgdLandscapeHessianApply(f.l, f.w, v, hv), 0);
    for (int i = 0; i < 9; i++) assert_true(fabs(hv[i] - frame->lambda[a] * v[i]) < 1e-8);
  }
  SgdFrameDestroy(&frame);
  Close(&f);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_as_alone), cmocka_unit_test(test_complete_is_whole),
                                          cmocka_unit_test(test_file), cmocka_unit_test(test_axes)};

BENCH_MAIN(tests)
