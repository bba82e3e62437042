/* Expectations of a case: met, missed (exit 3), or wrong (exit 2). */
#include "model_fixture.h"
#include "solver/measures/expect.h"
#include "history_fixture.h"

/* SgdExpectRead and, if that is fine, SgdExpectCheck; the words must appear on stderr. */
static void Check(const char *text, int exit, const char *words) {
  SgdCase c = OpenText(PETSC_COMM_WORLD, text);
  const SgdHistory h = MakeHistory();
  SgdExpectations e = {0};
  PetscErrorCode ierr;

  CatchStderr();
  ierr = SgdExpectRead(c, &e);
  if (!ierr) ierr = SgdExpectCheck(c, &e, &h, 2);
  ReleaseStderr(words);
  if (SgdExitCode(ierr) != exit) fail_msg("%s: exit %d, not %d", text, SgdExitCode(ierr), exit);
  SgdExpectFree(&e);
  SgdCaseClose(&c);
}

/* langevin at step 25 (the last) is entry 5: its numbers are 500 and some. */
static void test_met(void **state) {
  (void)state;
  Check("name: none\n", SGD_EXIT_DONE, "");
  Check("expect:\n"
        "  - {model: langevin, quantity: mean_2, value: 521.09, tolerance: 0.1}\n"
        "  - {model: master, quantity: cov_12, step: 10, value: 260, tolerance: 1.0e-2, relative: true}\n"
        "  - {model: master, quantity: l1, step: 0, value: 6, tolerance: 1.0e-15}\n",
        SGD_EXIT_DONE, "");
}

static void test_missed(void **state) {
  (void)state;
  Check("expect:\n  - {model: langevin, quantity: mean_2, value: 521.11, tolerance: 0.1}\n", SGD_EXIT_NUMBERS,
        "1 of 1 expectations of the case were missed");
  Check("expect:\n  - {model: master, quantity: l1, step: 0, value: 6, tolerance: 0.1}\n"
        "  - {model: master, quantity: l1, step: 10, value: 6, tolerance: 0.1}\n"
        "  - {model: langevin, quantity: l1, step: 10, value: 200, tolerance: 1.0e-2, relative: true}\n",
        SGD_EXIT_NUMBERS, "2 of 3 expectations");
}

/* What is not a number meets nothing. */
static void test_nan_is_a_miss(void **state) {
  SgdCase c = OpenText(PETSC_COMM_WORLD, "expect:\n  - {model: master, quantity: kl, value: 0, tolerance: 1.0e+9}\n");
  const SgdHistory h = MakeHistory();
  SgdExpectations e;
  PetscErrorCode ierr;

  (void)state;
  assert_int_equal(SgdExpectRead(c, &e), 0);
  history_distances[4].kl = NAN;
  CatchStderr();
  ierr = SgdExpectCheck(c, &e, &h, 2);
  ReleaseStderr("1 of 1 expectations");
  assert_int_equal(SgdExitCode(ierr), SGD_EXIT_NUMBERS);
  SgdExpectFree(&e);
  SgdCaseClose(&c);
}

static void test_wrong(void **state) {
  (void)state;
  Check("expect:\n  - {model: nobody, quantity: l1, value: 6, tolerance: 1}\n", SGD_EXIT_CASE,
        "no model is named \"nobody\"");
  Check("expect:\n  - {model: master, quantity: l1, step: 11, value: 6, tolerance: 1}\n", SGD_EXIT_CASE,
        "step 11 is not an output step");
  Check("expect:\n  - {model: master, quantity: mean_3, value: 6, tolerance: 1}\n", SGD_EXIT_CASE,
        "unknown quantity \"mean_3\"");
  Check("expect:\n  - {model: master, quantity: l1, value: 6, tolerance: 0}\n", SGD_EXIT_CASE,
        "tolerance must be positive");
  Check("expect:\n  - {model: master, quantity: l1, value: 6}\n", SGD_EXIT_CASE, "tolerance");
  Check("expect:\n  - {model: master, quantity: l1, values: 6, tolerance: 1}\n", SGD_EXIT_CASE, "values");
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_met), cmocka_unit_test(test_missed),
                                          cmocka_unit_test(test_nan_is_a_miss), cmocka_unit_test(test_wrong)};

BENCH_MAIN(tests)
