/* Numbers in descending order, equal ones as they were: against the plain definition, for many lengths. */
#include "model_fixture.h"
#include "cases/base/order.h"

static void test_descending_and_stable(void **state) {
  (void)state;
  for (PetscInt n = 0; n < 60; n++) {
    double key[60] = {0};
    PetscInt order[60];
    for (PetscInt i = 0; i < n; i++) key[i] = (double)((7 * i * i + 3 * i) % 11) - 5; /* many are equal */
    assert_int_equal(SgdOrderDescending(n, key, order), 0);
    for (PetscInt k = 0; k < n; k++) { /* so many come before order[k] */
      PetscInt before = 0;
      for (PetscInt i = 0; i < n; i++) before += key[i] > key[order[k]] || (key[i] == key[order[k]] && i < order[k]);
      assert_int_equal(before, k);
    }
  }
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_descending_and_stable)};

BENCH_MAIN(tests)
