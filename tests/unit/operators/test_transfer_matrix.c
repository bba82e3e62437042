/* Operators built from transfers conserve mass exactly and know the three boundaries. */
#include "model_fixture.h"
#include "operators/matrices/transfer_matrix.h"

static SgdGrid MakeGrid(int dim) {
  const PetscInt n[3] = {5, 6, 4};
  const double min[3] = {0, 0, 0}, max[3] = {5, 6, 4};
  const SgdBoundary ends[3] = {SGD_ABSORBING, SGD_REFLECTING, SGD_PERIODIC};
  SgdGrid grid;

  assert_int_equal(SgdGridCreate(PETSC_COMM_WORLD, dim, n, min, max, ends, &grid), 0);
  return grid;
}

/* Sixteen transfers a cell, up to three cells far, with rates of either sign that are multiples of 1/1024: sums are
   exact, so the columns must be too. */
static SgdTransfers RandomTransfers(SgdGrid grid) {
  SgdTransfers t;
  PetscInt index[3];

  assert_int_equal(SgdTransfersCreate(grid, &t), 0);
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++)
    for (int k = 0; k < 16; k++) {
      int offset[3];
      for (int a = 0; a < 3; a++)
        offset[a] = (int)floor(7 * SgdRandomUniform(1, (uint64_t)(3 * k + a), (uint64_t)cell)) - 3;
      const double rate = floor(2048 * SgdRandomUniform(2, (uint64_t)k, (uint64_t)cell) - 1024) / 1024;
      SgdGridIndex(grid, cell, index);
      assert_int_equal(SgdTransfersAdd(t, index, offset, rate), 0);
    }
  return t;
}

static void test_columns(void **state) {
  (void)state;
  for (int dim = 1; dim <= 3; dim++) {
    SgdGrid grid = MakeGrid(dim);
    SgdTransfers t = RandomTransfers(grid);
    Mat A;
    assert_int_equal(SgdTransfersAssemble(t, 1, 0.25, &A), 0);
    CheckColumnSums(grid, A, 1, 0);
    CheckAdjoint(grid, A, 1e-13);
    MatDestroy(&A);
    assert_int_equal(SgdTransfersAssemble(t, 0, -0.5, &A), 0); /* again, with other numbers */
    CheckColumnSums(grid, A, 0, 0);
    MatDestroy(&A);
    SgdTransfersDestroy(&t);
    SgdGridDestroy(&grid);
  }
}

/* One transfer of rate 3 out of cell `from`: A e_from = -3 e_from + 3 e_to (nothing if it is mirrored onto itself). */
static void CheckOne(SgdGrid grid, PetscInt from, const int offset[3], PetscInt to) {
  SgdTransfers t;
  PetscInt index[3] = {0, 0, 0}, first, last;
  const PetscScalar *array;
  Vec e, y;
  Mat A;

  SgdTransfersCreate(grid, &t);
  SgdGridIndex(grid, from, index);
  if (from >= grid->first_cell && from < grid->last_cell) SgdTransfersAdd(t, index, offset, 3);
  assert_int_equal(SgdTransfersAssemble(t, 0, 1, &A), 0);
  SgdGridCreateState(grid, &e);
  if (!rank) VecSetValue(e, from, 1, INSERT_VALUES);
  VecAssemblyBegin(e);
  VecAssemblyEnd(e);
  Apply(A, e, &y);
  VecGetOwnershipRange(y, &first, &last);
  VecGetArrayRead(y, &array);
  for (PetscInt i = first; i < last; i++) {
    const double expected = from == to ? 0 : (i == from ? -3 : (i == to ? 3 : 0));
    assert_true(array[i - first] == expected);
  }
  VecRestoreArrayRead(y, &array);
  VecDestroy(&e);
  VecDestroy(&y);
  MatDestroy(&A);
  SgdTransfersDestroy(&t);
}

/* In three dimensions: absorbing axis 0 (5 cells), reflecting axis 1 (6), periodic axis 2 (4). */
static void test_boundaries(void **state) {
  SgdGrid g = MakeGrid(3);
  const PetscInt corner = 0, far = 5 * 6 * 4 - 1;

  (void)state;
  CheckOne(g, corner, (int[3]){1, 1, 1}, 1 + 5 * (1 + 6 * 1));
  CheckOne(g, corner, (int[3]){-1, 0, 0}, g->cells + 0);
  CheckOne(g, far, (int[3]){2, 1, 1}, g->cells + 1);
  CheckOne(g, corner, (int[3]){0, -1, 0}, corner); /* mirrored onto itself */
  CheckOne(g, corner, (int[3]){0, -2, 0}, 5);
  CheckOne(g, corner, (int[3]){1, -1, 0}, 1);
  CheckOne(g, far, (int[3]){0, 2, 0}, far - 5);
  CheckOne(g, corner, (int[3]){0, 0, -1}, 5 * 6 * 3);
  CheckOne(g, far, (int[3]){0, 0, 1}, 5 * 6 - 1);
  SgdGridDestroy(&g);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_columns), cmocka_unit_test(test_boundaries)};

BENCH_MAIN(tests)
