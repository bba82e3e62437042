/* Arrays that are read side by side lie apart in a page, and are whole. */
#include "model_fixture.h"
#include "meshes/field_array.h"

enum { ARRAYS = 9, N = 1 << 19 }; /* a grid of 2^k cells in 3D has nine; 4 MB each: the C library maps each by itself */

static void test_places_in_the_page(void **state) {
  double *x[ARRAYS];

  (void)state;
  for (int k = 0; k < ARRAYS; k++) {
    assert_int_equal(SgdFieldArrayCreate(N, &x[k]), 0);
    assert_int_equal((uintptr_t)x[k] % 64, 0);
    for (int j = 0; j < k; j++) {
      const uintptr_t apart = ((uintptr_t)x[k] - (uintptr_t)x[j]) % 4096;
      assert_true(apart >= 128 && apart <= 4096 - 128); /* two lines of the cache */
    }
    for (int i = 0; i < N; i++) x[k][i] = k;
  }
  for (int k = 0; k < ARRAYS; k++) {
    for (int i = 0; i < N; i++) assert_true(x[k][i] == k);
    assert_int_equal(SgdFieldArrayDestroy(&x[k]), 0);
    assert_null(x[k]);
    assert_int_equal(SgdFieldArrayDestroy(&x[k]), 0);
  }
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_places_in_the_page)};

BENCH_MAIN(tests)
