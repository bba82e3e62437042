/* Multigrid of the grid: few cycles for every boundary, odd numbers of cells, anisotropy, ranks, and coarse systems whose
   columns sum to what the fine one's do. */
#include "model_fixture.h"
#include "operators/matrices/grid_multigrid.h"
#include "operators/matrices/transfer_matrix.h"

static SgdGrid MakeGrid(int dim, const PetscInt n[3], const SgdBoundary ends[3]) {
  const double min[3] = {0, 0, 0}, max[3] = {1, 1, 1};
  SgdGrid grid;

  assert_int_equal(SgdGridCreate(PETSC_COMM_WORLD, dim, n, min, max, ends, &grid), 0);
  return grid;
}

/* 1 - L: jumps to both neighbours along axis a at `rate[a]`, and a drift up axis 0 that grows with the place. */
static Mat MakeSystem(SgdGrid grid, const double rate[3]) {
  SgdTransfers t;
  Mat A;

  SgdTransfersCreate(grid, &t);
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    PetscInt index[3];
    SgdGridIndex(grid, cell, index);
    for (int a = 0; a < grid->dim; a++)
      for (int sign = -1; sign <= 1; sign += 2) {
        int offset[3] = {0, 0, 0};
        offset[a] = sign;
        const double drift = a == 0 && sign > 0 ? 0.3 * (double)index[0] / (double)grid->n[0] : 0;
        assert_int_equal(SgdTransfersAdd(t, index, offset, rate[a] * (1 + drift)), 0);
      }
  }
  assert_int_equal(SgdTransfersAssemble(t, 1, -1, &A), 0);
  SgdTransfersDestroy(&t);
  return A;
}

/* The largest |sum of a column - 1| of the system on a level. */
static double ColumnError(PC pc, PetscInt level) {
  Vec one, sums;
  double error;
  KSP ksp;
  Mat A;

  if (level)
    PCMGGetSmoother(pc, level, &ksp);
  else
    PCMGGetCoarseSolve(pc, &ksp);
  KSPGetOperators(ksp, &A, NULL);
  MatCreateVecs(A, &sums, &one);
  VecSet(one, 1);
  MatMultTranspose(A, one, sums);
  VecShift(sums, -1);
  VecNorm(sums, NORM_INFINITY, &error);
  VecDestroy(&one);
  VecDestroy(&sums);
  return error;
}

/* GMRES to 1e-10 within `most` cycles on at least `least` levels. */
static void Check(int dim, const PetscInt n[3], SgdBoundary first, SgdBoundary last, const double rate[3],
                  PetscInt least, PetscInt most, PetscBool constant) {
  const SgdBoundary ends[3] = {first, last, last};
  SgdGrid grid = MakeGrid(dim, n, ends);
  Mat A = MakeSystem(grid, rate);
  Vec b = RandomState(grid, 3, 0), x, r;
  PetscInt levels, cycles;
  PetscReal norm, size;
  KSP ksp;
  PC pc;

  KSPCreate(PETSC_COMM_WORLD, &ksp);
  KSPSetOperators(ksp, A, A);
  KSPSetType(ksp, KSPGMRES);
  KSPSetPCSide(ksp, PC_RIGHT);
  KSPSetTolerances(ksp, 1e-10, PETSC_DEFAULT, PETSC_DEFAULT, 100);
  KSPGetPC(ksp, &pc);
  assert_int_equal(SgdGridMultigrid(pc, grid, A, 60, constant), 0);
  VecDuplicate(b, &x);
  VecDuplicate(b, &r);
  assert_int_equal(KSPSolve(ksp, b, x), 0);
  KSPGetIterationNumber(ksp, &cycles);
  PCMGGetLevels(pc, &levels);
  MatMult(A, x, r);
  VecAXPY(r, -1, b);
  VecNorm(r, NORM_2, &norm);
  VecNorm(b, NORM_2, &size);
  print_message("          %d x %d x %d: %d levels, %d cycles\n", (int)n[0], (int)n[1], (int)n[2], (int)levels,
                (int)cycles);
  assert_true(norm <= 2e-10 * size && levels >= least);
  if (cycles > most) fail_msg("%d cycles", (int)cycles);
  for (PetscInt l = 0; l < levels; l++)
    if (!(ColumnError(pc, l) < 1e-11)) fail_msg("columns of level %d off by %.2g", (int)l, ColumnError(pc, l));
  KSPDestroy(&ksp);
  VecDestroy(&r);
  VecDestroy(&x);
  VecDestroy(&b);
  MatDestroy(&A);
  SgdGridDestroy(&grid);
}

static void test_boundaries(void **state) {
  static const PetscInt n[3] = {48, 64, 1}, odd[3] = {45, 51, 1};
  static const double rate[3] = {300, 300, 0};

  (void)state;
  for (SgdBoundary b = SGD_ABSORBING; b <= SGD_PERIODIC; b++) {
    Check(2, n, b, SGD_ABSORBING, rate, 4, 18, PETSC_FALSE);
    Check(2, odd, b, b, rate, 4, 18, PETSC_FALSE);
  }
}

/* Jumps a hundred times faster along one axis: that axis alone is halved until the other catches up. */
static void test_anisotropy(void **state) {
  static const PetscInt n[3] = {48, 51, 1};
  static const double rate[3] = {20, 2000, 0};

  (void)state;
  Check(2, n, SGD_ABSORBING, SGD_REFLECTING, rate, 5, 18, PETSC_FALSE);
}

static void test_other_dimensions(void **state) {
  static const PetscInt line[3] = {1001, 1, 1}, box[3] = {14, 17, 12};
  static const double rate[3] = {200, 100, 300};

  (void)state;
  Check(1, line, SGD_PERIODIC, SGD_PERIODIC, rate, 5, 18, PETSC_FALSE);
  Check(3, box, SGD_ABSORBING, SGD_REFLECTING, rate, 3, 18, PETSC_FALSE);
}

/* The constant prolongation takes more cycles and keeps its columns' sums just so. */
static void test_constant(void **state) {
  static const PetscInt n[3] = {45, 64, 1}, box[3] = {14, 17, 12};
  static const double rate[3] = {300, 200, 300};

  (void)state;
  Check(2, n, SGD_REFLECTING, SGD_PERIODIC, rate, 4, 40, PETSC_TRUE);
  Check(3, box, SGD_PERIODIC, SGD_ABSORBING, rate, 3, 40, PETSC_TRUE);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_boundaries), cmocka_unit_test(test_anisotropy),
                                     cmocka_unit_test(test_other_dimensions), cmocka_unit_test(test_constant)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed;
}
