/* A linear solve keeps the mass to rounding, however loose the solver. */
#include "model_fixture.h"
#include "operators/matrices/conservative_solve.h"
#include "operators/fokker_planck/implicit_map.h"
#include "operators/matrices/transfer_matrix.h"

enum { N = 40 };

static SgdGrid MakeGrid(void) {
  const PetscInt n[2] = {N, N};
  const double min[2] = {0, 0}, max[2] = {1, 1};
  const SgdBoundary ends[2] = {SGD_ABSORBING, SGD_REFLECTING};
  SgdGrid grid;

  assert_int_equal(SgdGridCreate(PETSC_COMM_WORLD, 2, n, min, max, ends, &grid), 0);
  return grid;
}

/* shift I + scale (diffusion, rate 1 to the four neighbours, and a drift along axis 1) */
static Mat MakeMatrix(SgdGrid grid, double shift, double scale) {
  static const int offset[4][3] = {{-1, 0, 0}, {1, 0, 0}, {0, -1, 0}, {0, 1, 0}};
  SgdTransfers t;
  PetscInt index[3];
  Mat A;

  SgdTransfersCreate(grid, &t);
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    SgdGridIndex(grid, cell, index);
    for (int k = 0; k < 4; k++) SgdTransfersAdd(t, index, offset[k], k == 3 ? 1.5 : 1);
  }
  assert_int_equal(SgdTransfersAssemble(t, shift, scale, &A), 0);
  SgdTransfersDestroy(&t);
  return A;
}

/* (shift I - L) x = b with columns summing to `shift`: GMRES to one digit loses mass, the step brings it back. */
static void CheckLoose(double shift) {
  SgdGrid grid = MakeGrid();
  Mat A = MakeMatrix(grid, shift, -20);
  Vec b = RandomState(grid, 3, 0), x;
  PetscScalar before, after;
  KSP ksp;
  PC pc;

  KSPCreate(PETSC_COMM_WORLD, &ksp);
  KSPSetOperators(ksp, A, A);
  KSPSetType(ksp, KSPGMRES);
  KSPGetPC(ksp, &pc);
  PCSetType(pc, PCJACOBI);
  KSPSetTolerances(ksp, 0.1, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT);
  VecDuplicate(b, &x);
  assert_int_equal(KSPSolve(ksp, b, x), 0);
  VecSum(x, &before);
  assert_int_equal(SgdConservativeStep(ksp, b, x, shift), 0);
  VecSum(x, &after);
  assert_true(fabs(before * shift - 1) > 1e-6); /* otherwise nothing was tested */
  if (!(fabs(after * shift - 1) <= 2e-15)) fail_msg("mass %.17g", after * shift);
  KSPDestroy(&ksp);
  VecDestroy(&x);
  VecDestroy(&b);
  MatDestroy(&A);
  SgdGridDestroy(&grid);
}

static void test_loose_solver(void **state) {
  (void)state;
  CheckLoose(1);
  CheckLoose(7.5);
}

/* What the defaults solve is a solution, and a second Richardson step leaves it where it is. */
static void test_defaults(void **state) {
  SgdGrid grid = MakeGrid();
  Mat A = MakeMatrix(grid, 1, -20);
  Vec b = RandomState(grid, 3, 0), x, r;
  PetscReal norm;
  KSP ksp;

  (void)state;
  KSPCreate(PETSC_COMM_WORLD, &ksp);
  KSPSetOperators(ksp, A, A);
  assert_int_equal(SgdSolverDefaults(ksp, 2, grid->cells), 0);
  VecDuplicate(b, &x);
  VecDuplicate(b, &r);
  assert_int_equal(KSPSolve(ksp, b, x), 0);
  assert_int_equal(SgdConservativeStep(ksp, b, x, 1), 0);
  MatMult(A, x, r);
  VecAXPY(r, -1, b);
  VecNorm(r, NORM_1, &norm);
  assert_true(norm < 1e-12);
  KSPDestroy(&ksp);
  VecDestroy(&x);
  VecDestroy(&r);
  VecDestroy(&b);
  MatDestroy(&A);
  SgdGridDestroy(&grid);
}

static PetscReal ResidualOfDefaults(int dim) {
  SgdGrid grid = MakeGrid();
  Mat A = MakeMatrix(grid, 1, -20);
  Vec b = RandomState(grid, 3, 0), x, r;
  PetscReal norm;
  KSP ksp;

  KSPCreate(PETSC_COMM_WORLD, &ksp);
  KSPSetOperators(ksp, A, A);
  assert_int_equal(SgdSolverDefaults(ksp, dim, PETSC_MAX_INT), 0);
  VecDuplicate(b, &x);
  VecDuplicate(b, &r);
  assert_int_equal(KSPSolve(ksp, b, x), 0);
  MatMult(A, x, r);
  VecAXPY(r, -1, b);
  VecNorm(r, NORM_1, &norm);
  KSPDestroy(&ksp);
  VecDestroy(&x);
  VecDestroy(&r);
  VecDestroy(&b);
  MatDestroy(&A);
  SgdGridDestroy(&grid);
  return norm;
}

/* Large grids iterate: with hypre, and with a PETSc that has none. */
static void test_multigrid(void **state) {
  PetscErrorCode (*hypre)(PC);

  (void)state;
  assert_int_equal(PetscFunctionListFind(PCList, PCHYPRE, &hypre), 0);
  assert_true(ResidualOfDefaults(2) < 1e-10);
  assert_int_equal(PetscFunctionListAdd(&PCList, PCHYPRE, NULL), 0);
  const PetscReal residual = ResidualOfDefaults(2);
  if (hypre) assert_int_equal(PetscFunctionListAdd(&PCList, PCHYPRE, hypre), 0);
  if (!(residual < 1e-10)) fail_msg("%g", residual);
}

/* The implicit map y' = A^{-1} B y through its options prefix: a loose solver keeps the mass, a tight one the adjoint
   and the equation A y' = B y. */
static void test_implicit_map(void **state) {
  (void)state;
  for (int loose = 0; loose < 2; loose++) {
    SgdGrid grid = MakeGrid();
    Mat A = MakeMatrix(grid, 1, -5), B = MakeMatrix(grid, 1, 0.1), map;
    Vec y = RandomState(grid, 3, 0), next, left, right;
    PetscReal norm;
    PetscScalar sum;
    if (loose) PetscOptionsInsertString(NULL, "-loose_ksp_type gmres -loose_pc_type jacobi -loose_ksp_rtol 0.1");
    assert_int_equal(
        SgdImplicitMapCreate(grid, &(SgdImplicitSystem){.A = A, .B = B}, loose ? "loose_" : "tight_", &map), 0);
    sum = Apply(map, y, &next);
    assert_true(fabs(sum - 1) <= 2e-15);
    Apply(A, next, &left);
    Apply(B, y, &right);
    VecAXPY(left, -1, right);
    VecNorm(left, NORM_1, &norm);
    assert_true(loose ? norm > 1e-6 : norm < 1e-12);
    if (!loose) CheckAdjoint(grid, map, 1e-11);
    if (!loose) CheckColumnSums(grid, map, 1, 1e-12);
    VecDestroy(&y);
    VecDestroy(&next);
    VecDestroy(&left);
    VecDestroy(&right);
    MatDestroy(&map);
    SgdGridDestroy(&grid);
  }
}

/* A solver that cannot do it ends its model with exit code 3, without a trace, so that the others go on. */
static void test_no_solution(void **state) {
  SgdGrid grid = MakeGrid();
  Mat map;
  Vec y = RandomState(grid, 3, 0), next;

  (void)state;
  PetscOptionsInsertString(NULL, "-stuck_ksp_type gmres -stuck_pc_type none -stuck_ksp_max_it 1");
  const SgdImplicitSystem system = {.A = MakeMatrix(grid, 1, -20), .B = MakeMatrix(grid, 1, 0.1)};
  assert_int_equal(SgdImplicitMapCreate(grid, &system, "stuck_", &map), 0);
  VecDuplicate(y, &next);
  assert_int_equal(SgdExitCode(MatMult(map, y, next)), SGD_EXIT_NUMBERS);
  MatDestroy(&map);
  VecDestroy(&next);
  VecDestroy(&y);
  SgdGridDestroy(&grid);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_loose_solver), cmocka_unit_test(test_defaults),
                                          cmocka_unit_test(test_multigrid), cmocka_unit_test(test_implicit_map),
                                          cmocka_unit_test(test_no_solution)};

BENCH_MAIN(tests)
