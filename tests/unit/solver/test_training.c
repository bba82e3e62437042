/* The reference point: trained, minimised, given, saved and loaded; the same bits on any number of ranks. */
#include "landscape_fixture.h"
#include "solver/reference_point/training.h"
#include <math.h>

#define NETWORK                                                                                                        \
  "landscape: {family: mlp, hidden: [4], l2: 0.01, data: {source: synthetic, samples: 120, features: 5, classes: "     \
  "3}}\n"
#define QUADRATIC "landscape: {family: quadratic, eigenvalues: [3, 1], minimum: [1, -2], gradient_noise: [1, 1]}\n"

enum { P = 4 * 6 + 3 * 5 };

/* Section reference_point, read and done. */
static PetscErrorCode Train(SgdCase c, SgdLandscape l, double *w) {
  SgdTrainingOptions *o;
  SgdTrained trained;
  PetscErrorCode ierr = SgdTrainingRead(c, l, &o);

  return ierr ? ierr : SgdTrainingRun(l, o, w, &trained);
}

static void Run(MPI_Comm comm, const char *text, double *w, double *gradient_norm) {
  SgdCase c = OpenText(comm, text);
  SgdLandscape l;
  double g[P], sum = 0;

  assert_int_equal(SgdLandscapeCreate(c, &l), 0);
  assert_true(SgdLandscapeDimension(l) <= P);
  assert_int_equal(Train(c, l, w), 0);
  assert_int_equal(SgdLandscapeGradient(l, w, NULL, g), 0);
  for (PetscInt i = 0; i < SgdLandscapeDimension(l); i++) sum += g[i] * g[i];
  *gradient_norm = sqrt(sum);
  assert_int_equal(SgdLandscapeDestroy(&l), 0);
  assert_int_equal(SgdCaseClose(&c), 0);
}

static void ExpectBad(const char *text, SgdExit exit, const char *words) {
  SgdCase c = OpenText(PETSC_COMM_WORLD, text);
  SgdLandscape l;
  double w[P];

  assert_int_equal(SgdLandscapeCreate(c, &l), 0);
  CatchStderr();
  const PetscErrorCode ierr = Train(c, l, w);
  ReleaseStderr(words);
  assert_int_equal(SgdExitCode(ierr), exit);
  assert_int_equal(SgdLandscapeDestroy(&l), 0);
  assert_int_equal(SgdCaseClose(&c), 0);
}

static void test_start_alone(void **state) {
  SgdCase c = OpenText(PETSC_COMM_WORLD, NETWORK);
  SgdLandscape l;
  double w[P], start[P];

  (void)state;
  assert_int_equal(SgdLandscapeCreate(c, &l), 0);
  assert_int_equal(Train(c, l, w), 0);
  assert_int_equal(SgdLandscapeStart(l, 1, start), 0);
  assert_memory_equal(w, start, sizeof w);
  assert_int_equal(SgdLandscapeDestroy(&l), 0);
  assert_int_equal(SgdCaseClose(&c), 0);
}

static void test_minimum_and_its_bits(void **state) {
  const char *text = NETWORK "reference_point: {steps: 300, learning_rate: 0.1, minimize: true, gradient_norm: 1e-9}\n";
  double w[P], alone[P], norm;

  (void)state;
  Run(PETSC_COMM_WORLD, text, w, &norm);
  assert_true(norm <= 1e-9);
  Run(PETSC_COMM_SELF, text, alone, &norm);
  assert_memory_equal(w, alone, sizeof w);
}

static void test_training_follows_its_seed(void **state) {
  double a[P], b[P], norm, before;

  (void)state;
  Run(PETSC_COMM_WORLD, NETWORK, a, &before);
  Run(PETSC_COMM_WORLD, NETWORK "reference_point: {steps: 2000, batch_size: 16}\n", a, &norm);
  assert_true(norm < before);
  Run(PETSC_COMM_WORLD, NETWORK "reference_point: {steps: 2000, batch_size: 16, seed: 2}\n", b, &norm);
  assert_true(a[0] != b[0]);
}

static void test_closed_form_minimum_and_point(void **state) {
  double w[P], norm;

  (void)state;
  Run(PETSC_COMM_WORLD, QUADRATIC "reference_point: {point: [7, 9], minimize: true}\n", w, &norm);
  assert_true(fabs(w[0] - 1) < 1e-8 && fabs(w[1] + 2) < 1e-8);
  Run(PETSC_COMM_WORLD, QUADRATIC "reference_point: {point: [7, 9]}\n", w, &norm);
  assert_true(w[0] == 7 && w[1] == 9);
}

/* What is saved is loaded bit for bit; into a landscape of another size it is refused. */
static void test_save_and_load(void **state) {
  double w[P], again[P], norm;
  char text[512];

  (void)state;
  snprintf(text, sizeof text, "%sreference_point: {steps: 50, save: %s/w.h5, dataset: /net/w}\n", NETWORK, folder);
  Run(PETSC_COMM_WORLD, text, w, &norm);
  snprintf(text, sizeof text, "%sreference_point: {file: %s/w.h5, dataset: /net/w}\n", NETWORK, folder);
  Run(PETSC_COMM_WORLD, text, again, &norm);
  assert_memory_equal(w, again, sizeof w);
  snprintf(text, sizeof text, "%sreference_point: {file: %s/w.h5, dataset: /net/w}\n", QUADRATIC, folder);
  ExpectBad(text, SGD_EXIT_FILES, "has the wrong size: the landscape needs one dimension of 2 numbers, found 39");
  snprintf(text, sizeof text, "%sreference_point: {file: %s/w.h5}\n", NETWORK, folder);
  ExpectBad(text, SGD_EXIT_FILES, "dataset 'w': has no such dataset");
  snprintf(text, sizeof text, "%sreference_point: {file: %s/case.yaml}\n", NETWORK, folder);
  ExpectBad(text, SGD_EXIT_FILES, "is not a readable HDF5 file");
  ExpectBad(NETWORK "reference_point: {save: /nowhere/w.h5}\n", SGD_EXIT_FILES, "/nowhere/w.h5");
}

static void test_numbers_that_cannot_be_trusted(void **state) {
  (void)state;
  ExpectBad(NETWORK "reference_point: {minimize: true, max_iterations: 1}\n", SGD_EXIT_NUMBERS,
            "after 1 iterations (DIVERGED_MAXITS), short of gradient_norm 1e-08");
  ExpectBad(NETWORK "reference_point: {steps: 100, learning_rate: 1e300}\n", SGD_EXIT_NUMBERS,
            "no longer finite at step");
  ExpectBad(QUADRATIC "reference_point: {point: [1e200, 1e200], minimize: true}\n", SGD_EXIT_NUMBERS,
            "the start is not finite");
}

static void test_wrong_sections(void **state) {
  (void)state;
  ExpectBad(QUADRATIC "reference_point: {steps: 10}\n", SGD_EXIT_CASE, "no samples to train on");
  ExpectBad(QUADRATIC "reference_point: {point: [1]}\n", SGD_EXIT_CASE, "expected 2 numbers");
  ExpectBad(QUADRATIC "reference_point: {point: [1, 2], file: a.h5}\n", SGD_EXIT_CASE, "either point or file");
  ExpectBad(NETWORK "reference_point: {file: nowhere.h5}\n", SGD_EXIT_FILES, "nowhere.h5");
  ExpectBad(NETWORK "reference_point: {steps: -1}\n", SGD_EXIT_CASE, "reference_point.steps");
  ExpectBad(NETWORK "reference_point: {steps: 1, learning_rate: 0}\n", SGD_EXIT_CASE, "reference_point.learning_rate");
  ExpectBad(NETWORK "reference_point: {steps: 1, batch_size: 0}\n", SGD_EXIT_CASE, "reference_point.batch_size");
  ExpectBad(NETWORK "reference_point: {gradient_norm: 0}\n", SGD_EXIT_CASE, "reference_point.gradient_norm");
  ExpectBad(NETWORK "reference_point: {minimise: true}\n", SGD_EXIT_CASE, "minimize");
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_start_alone),
                                     cmocka_unit_test(test_minimum_and_its_bits),
                                     cmocka_unit_test(test_training_follows_its_seed),
                                     cmocka_unit_test(test_closed_form_minimum_and_point),
                                     cmocka_unit_test(test_save_and_load),
                                     cmocka_unit_test(test_numbers_that_cannot_be_trusted),
                                     cmocka_unit_test(test_wrong_sections)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL) || SgdErrorHandlerPush()) return 1;
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return PetscFinalize() || failed;
}
