/* The grid's slabs, boundaries and ledger. */
#include "model_fixture.h"

static const PetscInt cells[3] = {7, 6, 5};
static const double low[3] = {-1, 0, 2}, high[3] = {2.5, 3, 4};

static SgdGrid MakeGrid(int dim, const SgdBoundary ends[3]) {
  SgdGrid grid;
  assert_int_equal(SgdGridCreate(PETSC_COMM_WORLD, dim, cells, low, high, ends, &grid), 0);
  return grid;
}

static const SgdBoundary mixed[3] = {SGD_ABSORBING, SGD_REFLECTING, SGD_PERIODIC};

/* Slabs of the slowest axis follow each other without a gap and differ by one row at most. */
static void CheckSlabs(int dim) {
  SgdGrid g = MakeGrid(dim, mixed);
  PetscInt next = 0, rows = g->last_row - g->first_row, least, most, total = 1, start[3], width[3];
  PetscMPIInt size;

  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  MPI_Exscan(&rows, &next, 1, MPIU_INT, MPI_SUM, PETSC_COMM_WORLD);
  MPI_Allreduce(&rows, &least, 1, MPIU_INT, MPI_MIN, PETSC_COMM_WORLD);
  MPI_Allreduce(&rows, &most, 1, MPIU_INT, MPI_MAX, PETSC_COMM_WORLD);
  assert_int_equal(g->first_row, next);
  assert_true(most - least <= 1 && least >= 1);
  if (rank == size - 1) assert_int_equal(g->last_row, cells[dim - 1]);
  for (int a = 0; a < dim; a++) total *= cells[a];
  assert_int_equal(g->cells, total);
  assert_int_equal(g->row, total / cells[dim - 1]);
  assert_int_equal(g->first_cell, g->first_row * g->row);
  assert_int_equal(g->last_cell, g->last_row * g->row);
  DMDAGetCorners(g->dm, &start[0], &start[1], &start[2], &width[0], &width[1], &width[2]);
  assert_int_equal(start[dim - 1], g->first_row);
  assert_int_equal(width[dim - 1], rows);
  for (int a = 0; a < dim - 1; a++) assert_int_equal(width[a], cells[a]);
  SgdGridDestroy(&g);
}

static void test_slabs(void **state) {
  (void)state;
  for (int dim = 1; dim <= 3; dim++) CheckSlabs(dim);
}

/* The state vector is owned as the slabs are, with the ledger on the last rank. */
static void test_state_layout(void **state) {
  PetscMPIInt size;

  (void)state;
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  for (int dim = 1; dim <= 3; dim++) {
    SgdGrid g = MakeGrid(dim, mixed);
    PetscInt first, last, length;
    PetscReal norm;
    Vec y;
    assert_int_equal(SgdGridCreateState(g, &y), 0);
    VecGetOwnershipRange(y, &first, &last);
    VecGetSize(y, &length);
    VecNorm(y, NORM_1, &norm);
    assert_int_equal(first, g->first_cell);
    assert_int_equal(last, g->last_cell + (rank == size - 1 ? 2 * dim : 0));
    assert_int_equal(length, g->cells + 2 * dim);
    assert_true(norm == 0);
    VecDestroy(&y);
    SgdGridDestroy(&g);
  }
}

static void test_centres_and_indices(void **state) {
  (void)state;
  for (int dim = 1; dim <= 3; dim++) {
    SgdGrid g = MakeGrid(dim, mixed);
    double volume = 1;
    for (int a = 0; a < dim; a++) volume *= (high[a] - low[a]) / (double)cells[a];
    assert_true(fabs(g->volume / volume - 1) < 1e-14);
    for (PetscInt cell = 0; cell < g->cells; cell++) {
      PetscInt index[3];
      double x[3];
      SgdGridIndex(g, cell, index);
      SgdGridCentre(g, cell, x);
      assert_int_equal(SgdGridTarget(g, index), cell);
      for (int a = 0; a < dim; a++) assert_true(fabs(x[a] - (low[a] + (index[a] + 0.5) * g->h[a])) < 1e-14);
    }
    SgdGridDestroy(&g);
  }
}

/* Walk one cell at a time, turning round at reflecting walls (which takes a step) and coming in again behind periodic
   ones: where a move of `steps` cells ends. */
static PetscInt Walk(SgdBoundary ends, PetscInt n, PetscInt from, PetscInt steps, int *left) {
  PetscInt at = from, way = steps > 0 ? 1 : -1;

  *left = 0;
  for (PetscInt s = 0; s < PetscAbsInt(steps); s++) {
    const PetscInt next = at + way;
    if (next >= 0 && next < n)
      at = next;
    else if (ends == SGD_PERIODIC)
      at = (next + n) % n;
    else if (ends == SGD_REFLECTING)
      way = -way;
    else {
      *left = way;
      return -1;
    }
  }
  return at;
}

static void test_fold(void **state) {
  (void)state;
  for (int kind = 0; kind < 3; kind++) {
    const SgdBoundary ends[3] = {(SgdBoundary)kind, (SgdBoundary)kind, (SgdBoundary)kind};
    SgdGrid g = MakeGrid(3, ends);
    for (int a = 0; a < 3; a++)
      for (PetscInt from = 0; from < cells[a]; from++)
        for (PetscInt steps = -23; steps <= 23; steps++) {
          int left, face = -1;
          const PetscInt expected = Walk(ends[a], cells[a], from, steps, &left);
          assert_int_equal(SgdGridFold(g, a, from + steps, &face), expected);
          assert_int_equal(face, left ? 2 * a + (left > 0) : -1);
        }
    SgdGridDestroy(&g);
  }
}

/* By hand, in one to three dimensions: the absorbing axis 0 leaves to the ledger, axis 1 mirrors, axis 2 wraps. */
static void test_targets_by_hand(void **state) {
  SgdGrid g = MakeGrid(3, mixed);
  const PetscInt lower[3] = {-2, 100, 100}, upper[3] = {7, 0, 0}, inside[3] = {3, -1, 5}, mirror[3] = {0, 7, -1};

  (void)state;
  assert_int_equal(SgdGridTarget(g, lower), 210 + 0);
  assert_int_equal(SgdGridTarget(g, upper), 210 + 1);
  assert_int_equal(SgdGridTarget(g, inside), 3 + 7 * (0 + 6 * 0));
  assert_int_equal(SgdGridTarget(g, mirror), 0 + 7 * (4 + 6 * 4));
  assert_int_equal(SgdGridLedgerIndex(g, 5), 215);
  SgdGridDestroy(&g);
  g = MakeGrid(2, (SgdBoundary[3]){SGD_ABSORBING, SGD_ABSORBING, SGD_ABSORBING});
  assert_int_equal(SgdGridTarget(g, (PetscInt[2]){-1, -1}), 42 + 0); /* the first axis left decides */
  assert_int_equal(SgdGridTarget(g, (PetscInt[2]){1, -1}), 42 + 2);
  assert_int_equal(SgdGridTarget(g, (PetscInt[2]){1, 6}), 42 + 3);
  SgdGridDestroy(&g);
}

/* All ranks can read what rank 0 puts into the ledger. */
static void test_ledger(void **state) {
  (void)state;
  for (int dim = 1; dim <= 3; dim++) {
    SgdGrid g = MakeGrid(dim, mixed);
    double lost[6];
    Vec y;
    SgdGridCreateState(g, &y);
    for (int f = 0; f < 2 * dim && !rank; f++) VecSetValue(y, SgdGridLedgerIndex(g, f), 0.1 + f, INSERT_VALUES);
    VecAssemblyBegin(y);
    VecAssemblyEnd(y);
    assert_int_equal(SgdGridLedger(g, y, lost), 0);
    for (int f = 0; f < 2 * dim; f++) assert_true(lost[f] == 0.1 + f);
    VecDestroy(&y);
    SgdGridDestroy(&g);
  }
}

/* More ranks than rows: refused. (On one rank every grid fits.) */
static void test_too_many_ranks(void **state) {
  const PetscInt few[2] = {9, 2};
  PetscErrorCode ierr;
  PetscMPIInt size;
  SgdGrid g;

  (void)state;
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  if (size <= few[1]) skip();
  CatchStderr();
  ierr = SgdGridCreate(PETSC_COMM_WORLD, 2, few, low, high, mixed, &g);
  ReleaseStderr("2 cells along the last axis cannot be shared by 3 ranks");
  assert_int_equal(SgdExitCode(ierr), SGD_EXIT_CASE);
}

/* More cells than indices can number, or than a rank's messages can count. */
static void test_too_many_cells(void **state) {
  const PetscInt many[3] = {8192, 1024, 1024};
  SgdGrid g;

  (void)state;
  CatchStderr();
  PetscErrorCode ierr = SgdGridCreate(PETSC_COMM_WORLD, 3, many, low, high, mixed, &g);
  ReleaseStderr(sizeof(PetscInt) == 4 ? "--with-64-bit-indices" : "at least 16 ranks");
  assert_int_equal(SgdExitCode(ierr), SGD_EXIT_CASE);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_slabs),
    cmocka_unit_test(test_state_layout),
    cmocka_unit_test(test_centres_and_indices),
    cmocka_unit_test(test_fold),
    cmocka_unit_test(test_targets_by_hand),
    cmocka_unit_test(test_ledger),
    cmocka_unit_test(test_too_many_ranks),
    cmocka_unit_test(test_too_many_cells),
};

BENCH_MAIN(tests)
