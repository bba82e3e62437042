/* Eigenpairs kept in a file: read by the same case, on every rank, bit for bit; computed anew by any other; nothing of
   the user's overwritten. */
#include "model_fixture.h"
#include "solver/hessian/spectrum_file.h"
#include "solver/hessian/spectrum_obtain.h"
#include <sys/stat.h>

typedef struct {
  SgdCase c;
  SgdLandscape l;
  SgdSpectrum s;
  double *w;
  PetscErrorCode ierr;
} Fixture;

/* The network of a data seed, with `largest` pairs in the file. */
static Fixture Open(const char *file, int seed, int largest, double shift) {
  char text[512];
  SgdSpectrumOptions *o;
  Fixture f = {0};

  snprintf(text, sizeof text,
           "landscape: {family: mlp, hidden: [5], l2: 0.01, data: {source: synthetic, samples: 60, features: 6, "
           "classes: 3, seed: %d}}\nspectrum: {largest: %d, smallest: 2, file: %s}\n",
           seed, largest, file);
  f.c = OpenText(PETSC_COMM_WORLD, text);
  assert_int_equal(SgdLandscapeCreate(f.c, &f.l), 0);
  f.w = calloc((size_t)SgdLandscapeDimension(f.l), sizeof *f.w);
  assert_int_equal(SgdLandscapeStart(f.l, 1, f.w), 0);
  f.w[3] += shift;
  assert_int_equal(SgdSpectrumRead(f.c, &o), 0);
  f.ierr = SgdSpectrumObtain(f.c, f.l, f.w, o, &f.s);
  return f;
}

static void Close(Fixture *f) {
  free(f->w);
  assert_int_equal(SgdSpectrumDestroy(&f->s), 0);
  assert_int_equal(SgdLandscapeDestroy(&f->l), 0);
  assert_int_equal(SgdCaseClose(&f->c), 0);
}

/* A mark in the file (an eigenvalue of 42) comes back only if the file was read. */
static void Mark(const char *file, const Fixture *f) {
  const double kept = f->s->mode[0].eigenvalue;

  f->s->mode[0].eigenvalue = 42;
  assert_int_equal(SgdSpectrumSave(f->s, PETSC_COMM_WORLD, file), 0);
  f->s->mode[0].eigenvalue = kept;
}

static void test_same_case_reads(void **state) {
  char file[128];
  Fixture first, second;

  (void)state;
  snprintf(file, sizeof file, "%s/pairs.h5", folder);
  first = Open(file, 2, 4, 0);
  assert_int_equal(first.ierr, 0);
  Mark(file, &first);
  second = Open(file, 2, 4, 0);
  assert_int_equal(second.ierr, 0);
  assert_int_equal(second.s->count, 6);
  assert_true(second.s->mode[0].eigenvalue == 42 && !second.s->complete && isnan(second.s->dense_error));
  for (int k = 0; k < 6; k++) assert_true(second.s->mode[k].residual == first.s->mode[k].residual);
  assert_memory_equal(second.s->v, first.s->v, (size_t)(6 * first.s->P) * sizeof(double));
  assert_string_equal(second.s->key, first.s->key);
  Close(&first);
  Close(&second);
}

/* Other data, other options, another point: each is computed, and takes the file over. */
static void test_other_cases_compute(void **state) {
  static const struct {
    int seed, largest;
    double shift;
  } other[] = {{3, 4, 0}, {2, 5, 0}, {2, 4, 1e-9}};
  char file[128];

  (void)state;
  for (int i = 0; i < 3; i++) {
    snprintf(file, sizeof file, "%s/other_%d.h5", folder, i);
    Fixture f = Open(file, 2, 4, 0);
    assert_int_equal(f.ierr, 0);
    Mark(file, &f);
    Fixture g = Open(file, other[i].seed, other[i].largest, other[i].shift);
    assert_int_equal(g.ierr, 0);
    assert_true(g.s->mode[0].eigenvalue < 20 && strcmp(g.s->key, f.s->key));
    Mark(file, &g);
    Fixture h = Open(file, other[i].seed, other[i].largest, other[i].shift);
    assert_true(h.s->mode[0].eigenvalue == 42);
    Close(&f);
    Close(&g);
    Close(&h);
  }
}

static void test_foreign_file_is_kept(void **state) {
  char file[128];
  struct stat before, after;
  Fixture f;

  (void)state;
  snprintf(file, sizeof file, "%s/thesis.h5", folder);
  if (!rank) {
    FILE *thesis = fopen(file, "w");
    fputs("chapter 1", thesis);
    fclose(thesis);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
  assert_int_equal(stat(file, &before), 0);
  CatchStderr();
  f = Open(file, 2, 4, 0);
  ReleaseStderr("is not a file of eigenpairs");
  assert_int_equal(SgdExitCode(f.ierr), SGD_EXIT_FILES);
  assert_int_equal(stat(file, &after), 0);
  assert_int_equal(after.st_size, 9);
  assert_int_equal(after.st_ino, before.st_ino);
  Close(&f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_same_case_reads),
    cmocka_unit_test(test_other_cases_compute),
    cmocka_unit_test(test_foreign_file_is_kept),
};

BENCH_MAIN(tests)
