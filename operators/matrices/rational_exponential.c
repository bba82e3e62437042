#include "operators/matrices/rational_exponential.h"
#include "operators/matrices/compensated.h"
#include "operators/matrices/shifted_solve.h"
#include "operators/matrices/uniformised.h"
#include <slepcfn.h>

#define MOST  80 /* vectors of the space */
#define LEAST 4  /* solves before the error is first looked at */

struct _p_SgdRational {
  Mat P, shifted; /* of the uniformised chain; 1 - g L = 1 + q - q P */
  double Lambda, q, s;
  SgdShiftedSolve solver;
  SgdCompensated product; /* with the shifted matrix */
  FN exponential;
  double tolerance, error;
  PetscInt solves, factorisations;
  Vec w, rest, V[MOST + 1];
  double H[MOST + 1][MOST]; /* R V = V H */
};

PetscErrorCode SgdRationalCreate(Mat L, const char *prefix, SgdGrid grid, SgdRational *rational) {
  SgdRational r;

  PetscFunctionBegin;
  PetscCall(PetscNew(&r));
  *rational = r;
  r->tolerance = 1e-12;
  PetscCall(SgdUniformised(L, &r->Lambda, &r->P));
  PetscCall(MatDuplicate(r->P, MAT_COPY_VALUES, &r->shifted));
  PetscCall(SgdCompensatedCreate(r->shifted, &r->product));
  PetscCall(MatCreateVecs(L, &r->w, &r->rest));
  PetscCall(SgdShiftedSolveCreate(grid, prefix, &r->solver));
  PetscCall(FNCreate(PETSC_COMM_SELF, &r->exponential));
  PetscCall(FNSetType(r->exponential, FNEXP));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdRationalDestroy(SgdRational *rational) {
  SgdRational r = *rational;

  PetscFunctionBegin;
  if (!r) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatDestroy(&r->P));
  PetscCall(MatDestroy(&r->shifted));
  PetscCall(SgdCompensatedDestroy(&r->product));
  PetscCall(VecDestroy(&r->w));
  PetscCall(VecDestroy(&r->rest));
  for (int k = 0; k <= MOST; k++) PetscCall(VecDestroy(&r->V[k]));
  PetscCall(SgdShiftedSolveDestroy(&r->solver));
  PetscCall(FNDestroy(&r->exponential));
  PetscCall(PetscFree(*rational));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdRationalSetTolerance(SgdRational r, double tolerance) {
  r->tolerance = tolerance;
}

PetscBool SgdRationalCycles(SgdRational r, PetscInt *cycles) {
  return SgdShiftedSolveCycles(r->solver, cycles);
}

void SgdRationalStatistics(SgdRational r, PetscInt *solves, PetscInt *factorisations, double *error) {
  *solves = r->solves;
  *factorisations = r->factorisations;
  *error = r->error;
}

/* The pole for stretches of t: q = g Lambda is a power of two, so that the columns of the shifted matrix sum to one
   exactly, as those of P do. A factorisation lasts as long as q does. */
static PetscErrorCode Shift(SgdRational r, double t) {
  const double q = exp2(rint(log2(r->Lambda * t / SGD_RATIONAL_POLE)));

  PetscFunctionBegin;
  r->s = r->Lambda * t / q;
  if (q == r->q) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatCopy(r->P, r->shifted, SAME_NONZERO_PATTERN));
  PetscCall(MatScale(r->shifted, -q));
  PetscCall(MatShift(r->shifted, 1 + q));
  PetscCall(SgdShiftedSolveSetSystem(r->solver, r->shifted));
  r->q = q;
  r->factorisations++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x = R b, with the sum of b: one more step of Richardson's iteration with an exact residual (conservative_solve.h) */
static PetscErrorCode Resolve(SgdRational r, Vec b, Vec x) {
  PetscFunctionBegin;
  PetscCall(SgdShiftedSolveApply(r->solver, b, x));
  PetscCall(SgdCompensatedResidual(r->product, b, -1, x, r->rest));
  PetscCall(VecAXPY(x, 1, r->rest));
  r->solves++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What an iterative solver is to leave: the later a vector of the space, the less it counts (A. Bouras, V. Fraysse, SIAM J.
   Matrix Anal. Appl. 26 (2005) 660). A tolerance from the options stays. */
static PetscErrorCode SetAccuracy(SgdRational r, double accuracy) {
  return SgdShiftedSolveSetTolerance(r->solver, PetscMax(1e-13, PetscMin(1e-3, 0.1 * accuracy)));
}

/* V_{j+1} from R V_j by Gram-Schmidt, twice; *last where nothing is left of it */
static PetscErrorCode Expand(SgdRational r, int j, PetscBool *last) {
  double dot[MOST];
  PetscReal before, after;

  PetscFunctionBegin;
  if (!r->V[j + 1]) PetscCall(VecDuplicate(r->w, &r->V[j + 1]));
  PetscCall(Resolve(r, r->V[j], r->V[j + 1]));
  PetscCall(VecNorm(r->V[j + 1], NORM_2, &before));
  for (int i = 0; i <= j; i++) r->H[i][j] = 0;
  for (int twice = 0; twice < 2; twice++) {
    PetscCall(VecMDot(r->V[j + 1], j + 1, r->V, dot));
    for (int i = 0; i <= j; i++) {
      r->H[i][j] += dot[i];
      dot[i] = -dot[i];
    }
    PetscCall(VecMAXPY(r->V[j + 1], j + 1, dot, r->V));
  }
  PetscCall(VecNorm(r->V[j + 1], NORM_2, &after));
  r->H[j + 1][j] = after;
  *last = (PetscBool)(after <= 1e-14 * before);
  if (!*last) PetscCall(VecScale(r->V[j + 1], 1 / after));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The inverse of the leading n x n block of H, by PETSc's dense factorisation. */
static PetscErrorCode InvertSmall(SgdRational r, int n, double inverse[]) {
  Mat H, one, X;
  const double *x;

  PetscFunctionBegin;
  PetscCall(MatCreateSeqDense(PETSC_COMM_SELF, n, n, NULL, &H));
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) PetscCall(MatSetValue(H, i, j, i > j + 1 ? 0 : r->H[i][j], INSERT_VALUES));
  PetscCall(MatAssemblyBegin(H, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(H, MAT_FINAL_ASSEMBLY));
  PetscCall(MatDuplicate(H, MAT_DO_NOT_COPY_VALUES, &one));
  PetscCall(MatZeroEntries(one));
  PetscCall(MatShift(one, 1));
  PetscCall(MatDuplicate(one, MAT_COPY_VALUES, &X));
  PetscCall(MatLUFactor(H, NULL, NULL, NULL));
  PetscCall(MatMatSolve(H, one, X));
  PetscCall(MatDenseGetArrayRead(X, &x));
  for (int k = 0; k < n * n; k++) inverse[k] = x[k];
  PetscCall(MatDenseRestoreArrayRead(X, &x));
  PetscCall(MatDestroy(&H));
  PetscCall(MatDestroy(&one));
  PetscCall(MatDestroy(&X));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* c = G e_1 on the space of n vectors: t L is T = s (1 - H^{-1}), and phi_1(T) v is the last column of the exponential of
   T bordered by v = s H^{-1} e_1. */
static PetscErrorCode Small(SgdRational r, int n, double c[]) {
  const double s = r->s;
  double *inverse;
  const double *e;
  Mat T, E;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n * n, &inverse)); /* [column][row] */
  PetscCall(InvertSmall(r, n, inverse));
  PetscCall(MatCreateSeqDense(PETSC_COMM_SELF, n + 1, n + 1, NULL, &T));
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) PetscCall(MatSetValue(T, i, j, s * ((i == j) - inverse[j * n + i]), INSERT_VALUES));
  for (int i = 0; i < n; i++) PetscCall(MatSetValue(T, i, n, s * inverse[i], INSERT_VALUES));
  PetscCall(MatAssemblyBegin(T, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(T, MAT_FINAL_ASSEMBLY));
  PetscCall(MatDuplicate(T, MAT_DO_NOT_COPY_VALUES, &E));
  PetscCall(FNEvaluateFunctionMat(r->exponential, T, E));
  PetscCall(MatDenseGetArrayRead(E, &e));
  for (int i = 0; i < n; i++) c[i] = e[n * (n + 1) + i] - (i == 0);
  PetscCall(MatDenseRestoreArrayRead(E, &e));
  PetscCall(MatDestroy(&T));
  PetscCall(MatDestroy(&E));
  PetscCall(PetscFree(inverse));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Change(int n, const double c[], const double before[]) {
  double sum = 0;

  for (int i = 0; i < n; i++) sum += PetscSqr(c[i] - before[i]);
  return sqrt(sum);
}

/* What the last vector changed is the error before it; the one before guards against an accident. */
static PetscBool Settled(const double change[2], double small) {
  return (PetscBool)(change[1] <= small && change[0] <= 30 * small);
}

/* The space of V_0 until a vector changes less than `small`; c: n coefficients */
static PetscErrorCode GrowSpace(SgdRational r, double small, int *n, double c[],
                                PetscErrorCode (*look)(void *, PetscBool *), void *context, PetscBool *stop) {
  double before[MOST + 1] = {0}, change[2] = {PETSC_MAX_REAL, PETSC_MAX_REAL};
  PetscBool last = PETSC_FALSE;

  PetscFunctionBegin;
  for (*n = 1; *n <= MOST && !last && !Settled(change, small); (*n)++) {
    if (look) PetscCall(look(context, stop));
    if (*stop) PetscFunctionReturn(PETSC_SUCCESS);
    PetscCall(Expand(r, *n - 1, &last));
    if (*n < LEAST && !last) continue;
    PetscCall(Small(r, *n, c));
    change[0] = change[1];
    change[1] = last ? 0 : Change(*n, c, before);
    PetscCall(SetAccuracy(r, small / PetscMax(change[1], small)));
    PetscCall(PetscArraycpy(before, c, *n));
  }
  (*n)--;
  r->error = PetscMax(r->error, change[1] / small * r->tolerance);
  if (!last && !Settled(change, small))
    return SgdFail(PetscObjectComm((PetscObject)r->P), SGD_EXIT_NUMBERS,
                   "the exponential of a generator did not converge: %d solves leave %.1e where %.1e is asked; take "
                   "another integrator (petsc: <model>_ts_type: sgdchebyshev)",
                   MOST, change[1] / small * r->tolerance, r->tolerance);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdRationalApply(SgdRational r, double t, Vec y, PetscErrorCode (*look)(void *, PetscBool *),
                                void *context, PetscBool *stop) {
  double c[MOST + 1];
  PetscReal size, first;
  int n;

  PetscFunctionBegin;
  PetscCall(Shift(r, t));
  PetscCall(SetAccuracy(r, r->tolerance));
  if (!r->V[0]) PetscCall(VecDuplicate(y, &r->V[0]));
  PetscCall(Resolve(r, y, r->w));
  PetscCall(VecWAXPY(r->V[0], -1, y, r->w));
  PetscCall(VecNorm(y, NORM_2, &size));
  PetscCall(VecNorm(r->V[0], NORM_2, &first));
  if (first > 1e-16 * size) {
    PetscCall(VecScale(r->V[0], 1 / first));
    PetscCall(GrowSpace(r, r->tolerance * size / first, &n, c, look, context, stop));
    if (*stop) PetscFunctionReturn(PETSC_SUCCESS);
    for (int i = 0; i < n; i++) c[i] *= first;
    PetscCall(VecMAXPY(r->w, n, c, r->V));
  }
  PetscCall(VecCopy(r->w, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}
