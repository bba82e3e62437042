/* Expressions: values and derivatives against the exact ones, what is refused, and the landscape made of them against
   the polynomial family. */
#include "landscape_fixture.h"
#include "cases/base/formula.h"
#include <math.h>
#include <slepcsys.h>

static SgdFormula Make(const char *text, int dim) {
  const SgdConstant constants[] = {{"k", 3}, {"depth", 0.25}};
  const char *why;
  SgdFormula f;

  assert_int_equal(SgdFormulaCreate(text, dim, 2, constants, &f, &why), 0);
  if (why) fail_msg("%s: %s", text, why);
  return f;
}

static void Near(double x, double exact, double tolerance) {
  if (!(fabs(x - exact) <= tolerance * (1 + fabs(exact)))) fail_msg("%.17g, not %.17g", x, exact);
}

static void DerivativesAreExactToTwelveDigits(void **state) {
  SgdFormula f = Make("sin(k*a1)*exp(-a2) + depth*a1^4", 2);
  const double points[][2] = {{0, 0}, {0.3, -0.7}, {-2, 1.5}, {40, 0.1}};

  (void)state;
  for (int i = 0; i < 4; i++) {
    const double *a = points[i], s = sin(3 * a[0]), c = cos(3 * a[0]), e = exp(-a[1]);
    double error;
    Near(SgdFormulaValue(f, a), s * e + 0.25 * pow(a[0], 4), 1e-14);
    const double slope = SgdFormulaFirst(f, a, 0, &error);
    Near(slope, 3 * c * e + pow(a[0], 3), 1e-11);
    assert_true(error < 1e-8 * (1 + fabs(slope)));
    Near(SgdFormulaFirst(f, a, 1, NULL), -s * e, 1e-9); /* beside a term of 40^4/4, whose rounding is 1e-10 */
    if (i < 3) Near(SgdFormulaSecond(f, a, 0, 0, NULL), -9 * s * e + 3 * a[0] * a[0], 1e-9);
    if (i < 3) Near(SgdFormulaSecond(f, a, 0, 1, NULL), -3 * c * e, 1e-9);
  }
  assert_int_equal(SgdFormulaDestroy(&f), 0);
}

/* Fast waves and kinks, where a fixed step would be wrong without a word. */
static void HardOnesAreRight(void **state) {
  SgdFormula fast = Make("sin(200*a1)", 1), kink = Make("abs(a1)", 1), root = Make("sqrt(a1-5)", 1);
  double a = 0.4, error;

  (void)state;
  Near(SgdFormulaFirst(fast, &a, 0, NULL), 200 * cos(80), 1e-9);
  a = 0.01;
  Near(SgdFormulaFirst(kink, &a, 0, NULL), 1, 1e-12);
  assert_true(isnan(SgdFormulaValue(root, &a)));
  (void)SgdFormulaFirst(fast, &a, 0, &error);
  assert_true(error < 1e-6);
  assert_int_equal(SgdFormulaDestroy(&fast), 0);
  assert_int_equal(SgdFormulaDestroy(&kink), 0);
  assert_int_equal(SgdFormulaDestroy(&root), 0);
}

static void WrongTextIsNamed(void **state) {
  const char *const wrong[] = {"sin(a1", "a1 + b", "a2", "", "1 +", "a1 a1", "sin()"};

  (void)state;
  for (int i = 0; i < 7; i++) {
    const char *why;
    SgdFormula f;
    assert_int_equal(SgdFormulaCreate(wrong[i], 1, 0, NULL, &f, &why), 0);
    if (!why) fail_msg("\"%s\" was taken", wrong[i]);
    assert_int_equal(SgdFormulaDestroy(&f), 0);
  }
}

#define SAME_TERMS                                                                                                     \
  "landscape: {family: polynomial, dimension: 2, terms: [{coefficient: 0.25, powers: [4, 0]}, "                        \
  "{coefficient: -0.5, powers: [2, 0]}, {coefficient: 0.3, powers: [1, 2]}, {coefficient: 1, powers: [0, 2]}], "       \
  "noise_covariance: [1, 0.2, 0.2, 2], noise_terms: [{row: 1, column: 1, coefficient: 0.5, powers: [2, 0]}]}\n"
#define SAME_FORMULA                                                                                                   \
  "landscape: {family: formula, dimension: 2, constants: [\"q = 1/4\", \"r = q + 0.05\"], "                            \
  "loss: \"q*a1^4 - a1^2/2 + r*a1*a2^2 + a2^2\", noise_covariance: [\"1 + a1^2/2\", \"0.2\", \"0.2\", \"2\"]%s}\n"

static void ComparePoint(SgdLandscape l, SgdLandscape m, const double *w) {
  const double V[4] = {0.6, 0.8, -0.8, 0.6};
  double loss[2], g[2][2], C[2][4], outside, hv[2][2];

  assert_int_equal(SgdLandscapePoint(l, w, 2, V, &loss[0], g[0], C[0], &outside), 0);
  assert_int_equal(SgdLandscapePoint(m, w, 2, V, &loss[1], g[1], C[1], &outside), 0);
  assert_int_equal(SgdLandscapeHessianApply(l, w, V, hv[0]), 0);
  assert_int_equal(SgdLandscapeHessianApply(m, w, V, hv[1]), 0);
  Near(loss[0], loss[1], 1e-13);
  for (int i = 0; i < 2; i++) Near(g[0][i], g[1][i], 1e-11);
  for (int i = 0; i < 2; i++) Near(hv[0][i], hv[1][i], 1e-9);
  for (int i = 0; i < 4; i++) Near(C[0][i], C[1][i], 1e-13);
}

static void Compare(const char *more) {
  char text[1024];
  SgdCase c[2];
  SgdLandscape l[2];

  snprintf(text, sizeof text, SAME_FORMULA, more);
  c[0] = OpenText(PETSC_COMM_WORLD, text);
  assert_int_equal(SgdLandscapeCreate(c[0], &l[0]), 0);
  c[1] = OpenText(PETSC_COMM_WORLD, SAME_TERMS);
  assert_int_equal(SgdLandscapeCreate(c[1], &l[1]), 0);
  ComparePoint(l[0], l[1], (double[2]){0.3, -1.2});
  ComparePoint(l[0], l[1], (double[2]){-1.7, 0.4});
  for (int i = 0; i < 2; i++) assert_int_equal(SgdLandscapeDestroy(&l[i]), 0);
  for (int i = 0; i < 2; i++) assert_int_equal(SgdCaseClose(&c[i]), 0);
}

static void TheLandscapeIsThePolynomials(void **state) {
  (void)state;
  Compare("");
  Compare(", gradient: [\"a1^3 - a1 + r*a2^2\", \"2*r*a1*a2 + 2*a2\"]");
}

static void Refused(const char *section, const char *words) {
  SgdCase c = OpenText(PETSC_COMM_WORLD, section);
  SgdLandscape l;

  CatchStderr();
  assert_int_equal(SgdExitCode(SgdLandscapeCreate(c, &l)), SGD_EXIT_CASE);
  ReleaseStderr(words);
  assert_int_equal(SgdCaseClose(&c), 0);
}

static void WrongSectionsAreRefused(void **state) {
  (void)state;
  Refused("landscape: {family: formula, dimension: 1, loss: \"a1^2 +\", noise_covariance: [\"1\"]}\n",
          "landscape.loss");
  Refused("landscape: {family: formula, dimension: 1, loss: \"k*a1^2\", noise_covariance: [\"1\"]}\n", "\"k\"");
  Refused("landscape: {family: formula, dimension: 2, loss: \"a1^2\", noise_covariance: [\"1\"]}\n", "4 expressions");
  Refused("landscape: {family: formula, dimension: 2, loss: \"a1\", noise_covariance: [\"1\", \"a1\", \"0\", \"1\"]}\n",
          "symmetric");
  Refused(
      "landscape: {family: formula, dimension: 1, constants: [\"a1 = 2\"], loss: \"a1\", noise_covariance: [\"1\"]}\n",
      "landscape.constants.0");
  Refused("landscape: {family: formula, dimension: 1, constants: [\"k\"], loss: \"a1\", noise_covariance: [\"1\"]}\n",
          "name = expression");
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(DerivativesAreExactToTwelveDigits),
                                     cmocka_unit_test(HardOnesAreRight), cmocka_unit_test(WrongTextIsNamed),
                                     cmocka_unit_test(TheLandscapeIsThePolynomials),
                                     cmocka_unit_test(WrongSectionsAreRefused)};

  if (SlepcInitialize(&argc, &argv, NULL, NULL) || SgdErrorHandlerPush()) return 1;
  const int failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
