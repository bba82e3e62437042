/* The matrix-free explicit step against its assembled twin, forward and backward. */
#include "cases/base/instruction_set.h"
#include "operators/fokker_planck/explicit_map.h"
#include "operators/fokker_planck/kramers_moyal.h"
#include "model_fixture.h"

static const double eta = 0.1;

/* Cells of unequal width, coupled drift and a covariance that depends on the place (or not) in each dimension. */
static void Text(int dim, const char *ends, PetscBool constant, char text[1024]) {
  static const char *const quartic[3] = {"[4]", "[4, 0]", "[4, 0, 0]"};
  static const char *const coupling[3] = {"[2]", "[1, 2]", "[1, 2, 1]"};
  static const char *const square[3] = {"[2]", "[2, 0]", "[0, 1, 2]"};
  static const char *const C[3] = {"[1]", "[1, 0.3, 0.3, 0.5]", "[1, 0.3, 0.2, 0.3, 0.5, 0.1, 0.2, 0.1, 0.7]"};
  static const char *const box[3] = {"min: [-2], max: [1.5], cells: [23]",
                                     "min: [-2, -1], max: [1.5, 1], cells: [23, 13]",
                                     "min: [-2, -1, -1.5], max: [1.5, 1, 1.6], cells: [13, 5, 7]"};
  static const char *const axes[3] = {"a", "a, b", "a, b, c"};

  snprintf(text, 1024,
           "landscape: {family: polynomial, dimension: %d, terms: [{coefficient: 0.25, powers: %s}, {coefficient: 0.2, "
           "powers: %s}], noise_covariance: %s%s%s%s}\nslice: {axes: [%s], %s, boundary: [%s]}\n",
           dim, quartic[dim - 1], coupling[dim - 1], C[dim - 1],
           constant ? "" : ", noise_terms: [{coefficient: 0.5, row: 1, column: 1, powers: ",
           constant ? "" : square[dim - 1], constant ? "" : "}]", axes[dim - 1], box[dim - 1], ends);
}

static void CheckClose(Vec got, Vec expected, const char *what) {
  PetscReal error, size;

  VecNorm(expected, NORM_INFINITY, &size);
  VecAXPY(got, -1, expected);
  VecNorm(got, NORM_INFINITY, &error);
  if (!(error <= 1e-14 * size)) fail_msg("%s differ by %g of %g", what, (double)error, (double)size);
}

static void CheckTwins(const char *text) {
  Bench b = BenchOpen(PETSC_COMM_WORLD, text, eta, 1);
  Vec x, forward[2], backward[2];
  PetscScalar mass;
  PetscReal moved;
  Mat A[2];

  BenchFields(&b, 0, 0);
  assert_int_equal(SgdExplicitMapCreate(b.step.fields, eta, &A[0]), 0);
  assert_int_equal(SgdKramersMoyalAssemble(b.step.fields, eta, eta * eta, &A[1]), 0);
  x = RandomState(b.grid, 3, -1);
  for (int k = 0; k < 2; k++) {
    Apply(A[k], x, &forward[k]);
    VecDuplicate(x, &backward[k]);
    assert_int_equal(MatMultTranspose(A[k], x, backward[k]), 0);
  }
  VecSum(forward[0], &mass);
  VecNorm(forward[0], NORM_1, &moved);
  if (!(fabs(mass - 1) <= 1e-15 * moved)) fail_msg("mass is off by %g of %g moved", mass - 1, (double)moved);
  CheckClose(forward[0], forward[1], text);
  CheckClose(backward[0], backward[1], text);
  for (int k = 0; k < 2; k++) {
    VecDestroy(&forward[k]);
    VecDestroy(&backward[k]);
    MatDestroy(&A[k]);
  }
  VecDestroy(&x);
  BenchClose(&b);
}

/* Every kind of end on every axis. */
static void CheckDimension(int dim) {
  static const char *const kind[3] = {"absorbing", "reflecting", "periodic"};
  const int all = dim == 1 ? 3 : (dim == 2 ? 9 : 27);
  char text[1024], ends[64];

  for (int k = 0; k < all; k++)
    for (int constant = 0; constant < 2; constant++) {
      const int digit[3] = {k % 3, k / 3 % 3, k / 9};
      ends[0] = 0;
      for (int a = 0; a < dim; a++)
        snprintf(ends + strlen(ends), sizeof ends - strlen(ends), a ? ", %s" : "%s", kind[digit[a]]);
      Text(dim, ends, (PetscBool)constant, text);
      CheckTwins(text);
    }
}

static void test_one_dimension(void **state) {
  (void)state;
  CheckDimension(1);
}

static void test_two_dimensions(void **state) {
  (void)state;
  CheckDimension(2);
}

static void test_three_dimensions(void **state) {
  (void)state;
  CheckDimension(3);
}

/* Lines of whole vectors and of parts of one, on slabs of few and of many rows, with the vectors of every set. */
static void test_lengths_of_lines(void **state) {
  static const char *const cells[] = {"[4, 9]",  "[5, 9]",  "[6, 8]",  "[7, 9]",   "[8, 5]",
                                      "[17, 5]", "[31, 4]", "[33, 4]", "[1000, 5]"};
  char text[1024];

  (void)state;
  for (int set = 0; set < SGD_INSTRUCTION_SETS; set++)
    for (size_t k = 0; k < sizeof cells / sizeof *cells; k++) {
      SgdInstructionSetForce((SgdInstructionSet)set);
      snprintf(text, sizeof text,
               "landscape: {family: polynomial, dimension: 2, terms: [{coefficient: 0.25, powers: [4, 0]}, "
               "{coefficient: 0.2, powers: [1, 2]}], noise_covariance: [1, 0.3, 0.3, 0.5], noise_terms: [{coefficient: "
               "0.5, powers: [0, 2], row: 1, column: 1}]}\n"
               "slice: {axes: [a, b], min: [-30, -1], max: [40, 1], cells: %s, boundary: [periodic, absorbing]}\n",
               cells[k]);
      CheckTwins(text);
    }
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_dimension), cmocka_unit_test(test_two_dimensions),
                                          cmocka_unit_test(test_three_dimensions),
                                          cmocka_unit_test(test_lengths_of_lines)};

BENCH_MAIN(tests)
