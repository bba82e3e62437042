#include "leap.h"
#include "case_types.h"
#include <complex.h>

#define MAX_COLUMNS 200

/* A column of V is v_i, or for a complex pair v_i and w_i: p = Re sum_i z_i (v_i + i w_i), z_i = alpha_i - i beta_i. */
struct _p_SgdLeap {
  SgdGrid grid;
  double eta, tolerance;
  PetscBool map;
  SgdEigenpairs e;
  int columns, mode[MAX_COLUMNS]; /* the eigenpair of each column; imaginary parts follow real ones */
  PetscBool imaginary[MAX_COLUMNS];
  Vec Q[MAX_COLUMNS], work;
  double R[MAX_COLUMNS][MAX_COLUMNS]; /* V = Q R */
  double lost[MAX_COLUMNS][6];        /* what a column loses through each face, per step or unit of tau */
};

static const cyaml_schema_field_t fields[] = {SGD_INTEGER("eigenpairs", SgdLeapOptions, eigenpairs),
                                              SGD_NUMBER("tolerance", SgdLeapOptions, tolerance), CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(SgdLeapOptions, fields);

PetscErrorCode SgdLeapRead(SgdCase c, SgdLeapOptions **o) {
  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "leaps", &schema, "eigenpairs: 0\ntolerance: 1.0e-9\n", NULL, o));
  SgdCaseCheck(c, (*o)->eigenpairs >= 0 && (*o)->eigenpairs <= MAX_COLUMNS / 2, "leaps.eigenpairs",
               "expected 0 (no leaps) .. %d, got %d", MAX_COLUMNS / 2, (*o)->eigenpairs);
  SgdCaseCheck(c, (*o)->tolerance > 0 && (*o)->tolerance <= 1e-2, "leaps.tolerance", "expected up to 0.01, got %g",
               (*o)->tolerance);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CopyCells(SgdGrid grid, Vec from, Vec to) {
  const double *x;
  double *y;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(from, &x));
  PetscCall(VecGetArray(to, &y));
  PetscCall(PetscArraycpy(y, x, grid->last_cell - grid->first_cell));
  PetscCall(VecRestoreArray(to, &y));
  PetscCall(VecRestoreArrayRead(from, &x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* V = Q R by Gram-Schmidt, twice; and what the column loses through each face. */
static PetscErrorCode AddColumn(SgdLeap l, Mat A, Vec v, int mode, PetscBool imaginary) {
  const int n = l->columns;
  double dots[MAX_COLUMNS];
  Vec state, image;

  PetscFunctionBegin;
  l->mode[n] = mode;
  l->imaginary[n] = imaginary;
  PetscCall(VecDuplicate(v, &l->Q[n]));
  PetscCall(VecCopy(v, l->Q[n]));
  for (int twice = 0; twice < 2; twice++) {
    PetscCall(VecMDot(l->Q[n], n, l->Q, dots));
    for (int k = 0; k < n; k++) {
      l->R[k][n] += dots[k];
      dots[k] = -dots[k];
    }
    PetscCall(VecMAXPY(l->Q[n], n, dots, l->Q));
  }
  PetscCall(VecNormalize(l->Q[n], &l->R[n][n]));
  PetscCall(SgdGridCreateState(l->grid, &state));
  PetscCall(VecDuplicate(state, &image));
  PetscCall(CopyCells(l->grid, v, state));
  PetscCall(MatMult(A, state, image));
  PetscCall(SgdGridLedger(l->grid, image, l->lost[n]));
  PetscCall(VecDestroy(&state));
  PetscCall(VecDestroy(&image));
  l->columns++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLeapCreate(SgdModel model, SgdGrid grid, double eta, const SgdLeapOptions *o, SgdLeap *leap) {
  const SgdEigenpairsOptions pairs = {.eigenpairs = o->eigenpairs, .tolerance = 1e-12};
  SgdLeap l;

  PetscFunctionBegin;
  PetscCall(PetscNew(&l));
  l->grid = grid;
  l->eta = eta;
  l->tolerance = o->tolerance;
  l->map = (PetscBool)(SgdModelGetKind(model) == SGD_MAP);
  PetscCall(SgdEigenpairsCompute(model, grid, eta, &pairs, &l->e));
  for (int k = 0; k < l->e->count; k++) {
    if (l->e->im[k] < 0) continue; /* the other of a pair */
    PetscCall(AddColumn(l, SgdModelOperator(model), l->e->v[k], k, PETSC_FALSE));
    if (l->e->im[k] > 0) PetscCall(AddColumn(l, SgdModelOperator(model), l->e->w[k], k, PETSC_TRUE));
  }
  PetscCall(VecDuplicate(l->Q[0], &l->work));
  *leap = l;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLeapDestroy(SgdLeap *leap) {
  SgdLeap l = *leap;

  PetscFunctionBegin;
  if (!l) PetscFunctionReturn(PETSC_SUCCESS);
  for (int k = 0; k < l->columns; k++) PetscCall(VecDestroy(&l->Q[k]));
  PetscCall(VecDestroy(&l->work));
  PetscCall(SgdEigenpairsDestroy(&l->e));
  PetscCall(PetscFree(*leap));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscInt SgdLeapPause(SgdLeap l) {
  const double decay = -SgdEigenpairsLogMu(l->e, l->map ? SGD_MAP : SGD_GENERATOR, l->eta, l->e->count - 1);
  return (PetscInt)PetscMax(1, PetscMin(1e6, ceil(log(10) / decay)));
}

/* Coefficients of y's cells in V, and the 1-norm of the rest. */
static PetscErrorCode Coefficients(SgdLeap l, Vec y, double c[], double *residual) {
  double minus[MAX_COLUMNS];

  PetscFunctionBegin;
  {
    const double *x;
    double *w;
    PetscCall(VecGetArrayRead(y, &x));
    PetscCall(VecGetArray(l->work, &w));
    PetscCall(PetscArraycpy(w, x, l->grid->last_cell - l->grid->first_cell));
    PetscCall(VecRestoreArray(l->work, &w));
    PetscCall(VecRestoreArrayRead(y, &x));
  }
  PetscCall(VecMDot(l->work, l->columns, l->Q, c));
  for (int k = 0; k < l->columns; k++) minus[k] = -c[k];
  PetscCall(VecMAXPY(l->work, l->columns, minus, l->Q));
  PetscCall(VecNorm(l->work, NORM_1, residual));
  for (int k = l->columns - 1; k >= 0; k--) {
    for (int j = k + 1; j < l->columns; j++) c[k] -= l->R[k][j] * c[j];
    c[k] /= l->R[k][k];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* mu^n, and sum_{j<n} mu^j (map) or the integral of exp(lambda tau) over n steps (generator). */
static double _Complex Power(SgdLeap l, int mode, PetscInt n, double _Complex *sum) {
  const double _Complex s = CMPLX(l->e->re[mode], l->e->im[mode]), one = 1;
  const double time = l->eta * (double)n;
  const double _Complex power = l->map ? cpow(s, (double)n) : cexp(s * time);
  const double _Complex gap = l->map ? s - one : s;

  if (cabs(gap) * (l->map ? (double)n : time) < 1e-7)
    *sum = l->map ? (double)n : time;
  else
    *sum = (power - one) / gap;
  return power;
}

/* The cells after n steps in the modes' coordinates, and what has left meanwhile. */
static void Move(SgdLeap l, PetscInt n, double c[], double lost[6]) {
  for (int k = 0; k < l->columns; k++) {
    const PetscBool pair = (PetscBool)(k + 1 < l->columns && l->imaginary[k + 1]);
    double _Complex sum, z = CMPLX(c[k], pair ? -c[k + 1] : 0);
    const double _Complex power = Power(l, l->mode[k], n, &sum);
    for (int f = 0; f < l->grid->ledger; f++)
      lost[f] += creal(z * sum * CMPLX(l->lost[k][f], pair ? l->lost[k + 1][f] : 0));
    z *= power;
    c[k] = creal(z);
    if (pair) c[++k] = -cimag(z);
  }
}

/* Back to the cells: V c = Q (R c); the ledger takes the rest of the mass, in the faces' shares. */
static PetscErrorCode Write(SgdLeap l, const double c[], const double lost[6], Vec y) {
  double q[MAX_COLUMNS], before, after, total = 0;
  PetscInt index[6];
  double share[6];

  PetscFunctionBegin;
  for (int k = 0; k < l->columns; k++) {
    q[k] = 0;
    for (int j = k; j < l->columns; j++) q[k] += l->R[k][j] * c[j];
  }
  PetscCall(VecSum(y, &before));
  PetscCall(VecSet(l->work, 0));
  PetscCall(VecMAXPY(l->work, l->columns, q, l->Q));
  PetscCall(CopyCells(l->grid, l->work, y));
  PetscCall(VecSum(y, &after));
  for (int f = 0; f < l->grid->ledger; f++) total += PetscMax(0, lost[f]);
  for (int f = 0; f < l->grid->ledger; f++) {
    index[f] = SgdGridLedgerIndex(l->grid, f);
    share[f] = (before - after) * (total > 0 ? PetscMax(0, lost[f]) / total : 1.0 / l->grid->ledger);
  }
  PetscMPIInt rank;
  PetscCallMPI(MPI_Comm_rank(l->grid->comm, &rank));
  if (!rank) PetscCall(VecSetValues(y, l->grid->ledger, index, share, ADD_VALUES));
  PetscCall(VecAssemblyBegin(y));
  PetscCall(VecAssemblyEnd(y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLeapTry(SgdLeap l, Vec y, PetscInt n, PetscBool *done, double *residual) {
  double c[MAX_COLUMNS], lost[6] = {0};

  PetscFunctionBegin;
  PetscCall(Coefficients(l, y, c, residual));
  *done = (PetscBool)(*residual <= l->tolerance);
  if (!*done) PetscFunctionReturn(PETSC_SUCCESS);
  Move(l, n, c, lost);
  PetscCall(Write(l, c, lost, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}
