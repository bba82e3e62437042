/* Batches are pure functions of their key, and obey the law they are named after. */
#include "cases/noise/batch_draw.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { N = 23, BATCH = 5 };

static SgdBatchDraw Make(SgdDrawLaw law, int seed) {
  SgdBatchDraw d;
  assert_int_equal(SgdBatchDrawCreate(N, BATCH, law, SGD_DRAW_TRAJECTORY, seed, &d), 0);
  return d;
}

static void test_pure_functions(void **state) {
  PetscInt kept[BATCH];

  (void)state;
  for (int law = 0; SgdDrawLawNames[law]; law++) {
    SgdBatchDraw a = Make((SgdDrawLaw)law, 3), b = Make((SgdDrawLaw)law, 3), c = Make((SgdDrawLaw)law, 4);
    int differ = 0;
    for (PetscInt step = 0; step < 40; step++) SgdBatchDrawNext(a, 1, step);
    for (PetscInt step = 39; step >= 0; step--) {
      memcpy(kept, SgdBatchDrawNext(a, 2, step), sizeof kept);
      assert_memory_equal(SgdBatchDrawNext(b, 2, step), kept, sizeof kept);
      differ += !!memcmp(SgdBatchDrawNext(c, 2, step), kept, sizeof kept);
      differ += !!memcmp(SgdBatchDrawNext(a, 7, step), kept, sizeof kept);
    }
    assert_true(differ > 60);
    assert_int_equal(SgdBatchDrawDestroy(&a) + SgdBatchDrawDestroy(&b) + SgdBatchDrawDestroy(&c), 0);
  }
}

/* Every sample is as likely as another: counts within 5 standard deviations. */
static void test_uniform(void **state) {
  const int steps = 20000;

  (void)state;
  for (int law = 0; SgdDrawLawNames[law]; law++) {
    SgdBatchDraw d = Make((SgdDrawLaw)law, 1);
    const double p = (double)BATCH / N, deviation = sqrt(steps * p);
    double count[N] = {0};
    for (PetscInt step = 0; step < steps; step++)
      for (int k = 0; k < BATCH; k++) count[SgdBatchDrawNext(d, 0, step)[k]]++;
    for (int i = 0; i < N; i++) assert_true(PetscAbsReal(count[i] - steps * p) < 5 * deviation);
    assert_int_equal(SgdBatchDrawDestroy(&d), 0);
  }
}

static void ExpectDistinct(int count, const PetscInt *index) {
  int seen[N] = {0};
  for (int k = 0; k < count; k++) {
    assert_true(index[k] >= 0 && index[k] < N);
    assert_false(seen[index[k]]++);
  }
}

static void test_distinct_in_a_batch(void **state) {
  SgdBatchDraw d = Make(SGD_DRAW_WITHOUT_REPLACEMENT, 1);

  (void)state;
  for (PetscInt step = 0; step < 500; step++) ExpectDistinct(BATCH, SgdBatchDrawNext(d, 0, step));
  assert_int_equal(SgdBatchDrawDestroy(&d), 0);
}

static void test_distinct_in_an_epoch(void **state) {
  SgdBatchDraw d = Make(SGD_DRAW_EPOCH, 1);
  PetscInt epoch[N / BATCH * BATCH], last[N / BATCH * BATCH] = {0};

  (void)state;
  for (PetscInt e = 0; e < 50; e++) {
    for (PetscInt k = 0; k < N / BATCH; k++)
      memcpy(epoch + k * BATCH, SgdBatchDrawNext(d, 0, e * (N / BATCH) + k), BATCH * sizeof *epoch);
    ExpectDistinct(N / BATCH * BATCH, epoch);
    assert_memory_not_equal(epoch, last, sizeof epoch);
    memcpy(last, epoch, sizeof epoch);
  }
  assert_int_equal(SgdBatchDrawDestroy(&d), 0);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_pure_functions), cmocka_unit_test(test_uniform),
                                     cmocka_unit_test(test_distinct_in_a_batch),
                                     cmocka_unit_test(test_distinct_in_an_epoch)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() || failed;
}
