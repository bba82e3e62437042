/* Text and the transformer's landscape on it: characters and windows as they stand in the file, statistics against
   brute force over the windows, the same bits on any number of ranks, and the errors of a wrong section. */
#include "landscape_fixture.h"
#include "cases/data/characters.h"
#include <math.h>

#define SECTION                                                                                                        \
  "landscape: {family: transformer, file: text.txt, context: 6, width: 4, heads: 2, hidden: 5, l2: 0.02%s}\n"
enum { MAX_P = 1000, N = 9 };

static const char *words = "To be, or not to be: that is the question.\nWhether 'tis nobler";

static void WriteText(const char *text) {
  char path[128];

  snprintf(path, sizeof path, "%s/text.txt", folder);
  MPI_Barrier(PETSC_COMM_WORLD);
  if (!rank) {
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
}

static SgdText Load(PetscBool fold, int limit) {
  char path[128];
  SgdText t;

  snprintf(path, sizeof path, "%s/text.txt", folder);
  assert_int_equal(SgdTextLoad(PETSC_COMM_WORLD, path, fold, limit, &t), 0);
  return t;
}

static void test_characters(void **state) {
  SgdText t;

  (void)state;
  WriteText("Abba\n");
  t = Load(PETSC_FALSE, 0);
  assert_int_equal(t.length, 5);
  assert_int_equal(t.vocabulary, 4);
  assert_memory_equal(t.symbol, "\nAab", 4);
  assert_memory_equal(t.token, ((int[]){1, 3, 3, 2, 0}), 5 * sizeof(int));
  SgdTextDestroy(&t);
  t = Load(PETSC_TRUE, 4);
  assert_int_equal(t.vocabulary, 2);
  assert_memory_equal(t.token, ((int[]){0, 1, 1, 0}), 4 * sizeof(int));
  SgdTextDestroy(&t);
}

/* A text longer than a piece of the reader comes back whole. */
static void test_long_text(void **state) {
  enum { LENGTH = 200001 };
  char *text = malloc(LENGTH + 1);
  SgdText t;

  (void)state;
  for (int i = 0; i < LENGTH; i++) text[i] = (char)('a' + i % 7);
  text[LENGTH] = '\0';
  WriteText(text);
  t = Load(PETSC_FALSE, 0);
  assert_int_equal(t.length, LENGTH);
  for (int i = 0; i < LENGTH; i++) assert_int_equal(t.token[i], i % 7);
  SgdTextDestroy(&t);
  free(text);
}

static void Open(const char *more, SgdCase *c, SgdLandscape *l, double *w) {
  char section[256];

  WriteText(words);
  snprintf(section, sizeof section, SECTION, more);
  *c = OpenText(PETSC_COMM_WORLD, section);
  assert_int_equal(SgdLandscapeCreate(*c, l), 0);
  assert_true(SgdLandscapeDimension(*l) <= MAX_P);
  assert_int_equal(SgdLandscapeStart(*l, 1, w), 0);
}

static void Close(SgdCase *c, SgdLandscape *l) {
  assert_int_equal(SgdLandscapeDestroy(l), 0);
  assert_int_equal(SgdCaseClose(c), 0);
}

/* 62 characters hold 10 windows of 6 predictions; limit 9 takes the first 9. */
static void test_statistics(void **state) {
  double w[MAX_P], V[2 * MAX_P], g[MAX_P], mean[MAX_P] = {0}, p[2], C[4], C0[4] = {0}, loss, total = 0, one;
  double projected[N][2], mu[2] = {0};
  SgdLandscape l;
  SgdCase c;

  (void)state;
  Open(", limit: 9", &c, &l, w);
  const PetscInt P = SgdLandscapeDimension(l);
  assert_int_equal(SgdLandscapeSamples(l), N);
  for (PetscInt i = 0; i < 2 * P; i++) V[i] = sin(1.0 + (double)i);
  for (PetscInt i = 0; i < N; i++) {
    assert_int_equal(SgdLandscapeBatchGradient(l, w, 1, &i, &one, g), 0);
    total += one / N;
    for (PetscInt k = 0; k < P; k++) mean[k] += g[k] / N;
    for (int d = 0; d < 2; d++) {
      projected[i][d] = 0;
      for (PetscInt k = 0; k < P; k++) projected[i][d] += V[d * P + k] * g[k];
      mu[d] += projected[i][d] / N;
    }
  }
  for (int i = 0; i < N; i++)
    for (int k = 0; k < 4; k++) C0[k] += (projected[i][k / 2] - mu[k / 2]) * (projected[i][k % 2] - mu[k % 2]) / N;
  assert_int_equal(SgdLandscapeGradient(l, w, &loss, g), 0);
  assert_true(fabs(loss - total) < 1e-13);
  for (PetscInt k = 0; k < P; k++) assert_true(fabs(g[k] - mean[k]) < 1e-14);
  assert_int_equal(SgdLandscapePoint(l, w, 2, V, &loss, p, C, NULL), 0);
  for (int d = 0; d < 2; d++) assert_true(fabs(p[d] - mu[d]) < 1e-12);
  for (int k = 0; k < 4; k++) assert_true(fabs(C[k] - C0[k]) < 1e-11);
  Close(&c, &l);
}

/* The sum in 16 parts, done serially (landscape_sum.c): the same bits. */
static void test_same_bits_on_any_number_of_ranks(void **state) {
  double w[MAX_P], hv[MAX_P], sum[MAX_P] = {0}, part[MAX_P];
  SgdLandscape l;
  SgdCase c;

  (void)state;
  Open("", &c, &l, w);
  assert_int_equal(SgdLandscapeSamples(l), 10);
  assert_int_equal(SgdLandscapeHessianApply(l, w, w, hv), 0);
  for (int b = 0; b < 16; b++) {
    l->ops->hessian_apply(l, w, w, 10 * b / 16, 10 * (b + 1) / 16, part);
    for (PetscInt k = 0; k < SgdLandscapeDimension(l); k++) sum[k] += part[k];
  }
  for (PetscInt k = 0; k < SgdLandscapeDimension(l); k++) assert_true(hv[k] == sum[k] / 10);
  Close(&c, &l);
}

/* A fresh network knows nothing: its loss is that of equal probabilities, log(vocabulary), to what its random start
 * adds.
 */
static void test_start(void **state) {
  double w[MAX_P], again[MAX_P], loss, accuracy;
  SgdLandscape l;
  SgdCase c;

  (void)state;
  Open(", fold_case: true", &c, &l, w);
  assert_int_equal(SgdLandscapeStart(l, 1, again), 0);
  assert_memory_equal(w, again, (size_t)SgdLandscapeDimension(l) * sizeof *w);
  assert_int_equal(SgdLandscapeStart(l, 2, again), 0);
  assert_true(w[0] != again[0]);
  for (PetscInt k = 0; k < SgdLandscapeDimension(l); k++) w[k] = 0;
  assert_int_equal(SgdLandscapeGradient(l, w, &loss, NULL), 0);
  assert_true(fabs(loss - log(20)) < 1e-13);
  assert_true(SgdLandscapeAccuracy(l, again, &accuracy) && accuracy >= 0 && accuracy <= 1);
  Close(&c, &l);
}

static void ExpectError(const char *text, const char *more, int exit, const char *message) {
  char section[256];
  SgdLandscape l;
  PetscErrorCode ierr;
  SgdCase c;

  WriteText(text);
  snprintf(section, sizeof section, SECTION, more);
  c = OpenText(PETSC_COMM_WORLD, section);
  CatchStderr();
  ierr = SgdLandscapeCreate(c, &l);
  ReleaseStderr(message);
  assert_int_equal(SgdExitCode(ierr), exit);
  assert_int_equal(SgdCaseClose(&c), 0);
}

static void test_errors(void **state) {
  (void)state;
  ExpectError("", "", SGD_EXIT_FILES, "is empty");
  ExpectError("abcdef", "", SGD_EXIT_CASE, "6 characters are too few");
  ExpectError("aaaaaaaaaaaaaaa", "", SGD_EXIT_CASE, "nothing to learn");
  ExpectError(words, ", layers: 0", SGD_EXIT_CASE, "landscape.layers: expected 1 .. 64");
  ExpectError(words, ", limit: -1", SGD_EXIT_CASE, "landscape.limit");
  ExpectError(words, ", head: 2", SGD_EXIT_CASE, "did you mean");
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_characters), cmocka_unit_test(test_long_text),
      cmocka_unit_test(test_statistics), cmocka_unit_test(test_same_bits_on_any_number_of_ranks),
      cmocka_unit_test(test_start),      cmocka_unit_test(test_errors)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL) || SgdErrorHandlerPush()) return 1;
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return PetscFinalize() || failed;
}
