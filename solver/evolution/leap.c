#include "solver/evolution/leap.h"
#include "cases/file/case_types.h"
#include "cases/base/complex.h"

#define MAX_COLUMNS 200

#define PAIR_TOLERANCE 1e-14

/* A column of V is v_i, or for a complex pair v_i and w_i: p = Re sum_i z_i (v_i + i w_i), z_i = alpha_i - i beta_i. */
struct _p_SgdLeap {
  SgdGrid grid;
  double eta, tolerance;
  PetscBool map, balanced; /* is mode 0's eigenvalue the ledger's? */
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

/* What a column loses through each face. */
static PetscErrorCode Loss(SgdLeap l, Mat A, Vec v, double lost[6]) {
  Vec state, image;

  PetscFunctionBegin;
  PetscCall(SgdGridCreateState(l->grid, &state));
  PetscCall(VecDuplicate(state, &image));
  PetscCall(CopyCells(l->grid, v, state));
  PetscCall(MatMult(A, state, image));
  PetscCall(SgdGridLedger(l->grid, image, lost));
  PetscCall(VecDestroy(&state));
  PetscCall(VecDestroy(&image));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double SumOf(int n, const double x[]) {
  double sum = 0;
  for (int i = 0; i < n; i++) sum += x[i];
  return sum;
}

/* The ledger of real mode k knows mu_k sum(v_k) = sum(v_k) - loss (maps; lambda_k sum(v_k) = -loss) better than the
   residual does. Mode 0, the density's own: its eigenvalue. The others: their mass, which a trace of v_0 falsifies by
   the residual over 1 - mu_k; wells without contact have no gap and may share it as they like. */
static PetscErrorCode Balance(SgdLeap l, int k) {
  const int column = l->columns;
  const double loss = SumOf((int)l->grid->ledger, l->lost[column]);
  double mass, mass0, size;

  PetscFunctionBegin;
  PetscCall(VecSum(l->e->v[k], &mass));
  PetscCall(VecNorm(l->e->v[k], NORM_1, &size));
  if (k == 0) {
    l->balanced = (PetscBool)(PetscAbsReal(mass) > 0.99 * size);
    if (l->balanced) l->e->re[0] = (l->map ? 1 : 0) - loss / mass;
  } else if (l->balanced) {
    const double gap = (l->map ? 1 : 0) - l->e->re[k];
    PetscCall(VecSum(l->e->v[0], &mass0));
    const double excess = (mass - (gap > 1e-12 ? loss / gap : 0)) / mass0;
    PetscCall(VecAXPY(l->e->v[k], -excess, l->e->v[0]));
    for (int f = 0; f < l->grid->ledger; f++) l->lost[column][f] -= excess * l->lost[0][f];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* V = Q R by Gram-Schmidt, twice. */
static PetscErrorCode AddColumn(SgdLeap l, Mat A, int k, PetscBool imaginary) {
  const int n = l->columns;
  Vec v = imaginary ? l->e->w[k] : l->e->v[k];
  double dots[MAX_COLUMNS];

  PetscFunctionBegin;
  l->mode[n] = k;
  l->imaginary[n] = imaginary;
  PetscCall(Loss(l, A, v, l->lost[n]));
  if (l->e->im[k] == 0) PetscCall(Balance(l, k));
  PetscCall(VecDuplicate(v, &l->Q[n]));
  PetscCall(VecCopy(v, l->Q[n]));
  for (int twice = 0; twice < 2; twice++) {
    PetscCall(VecMDot(l->Q[n], n, l->Q, dots));
    for (int j = 0; j < n; j++) {
      l->R[j][n] += dots[j];
      dots[j] = -dots[j];
    }
    PetscCall(VecMAXPY(l->Q[n], n, dots, l->Q));
  }
  PetscCall(VecNormalize(l->Q[n], &l->R[n][n]));
  l->columns++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLeapCreate(SgdModel model, SgdGrid grid, double eta, const SgdLeapOptions *o, SgdLeap *leap) {
  const SgdEigenpairsOptions pairs = {.eigenpairs = o->eigenpairs, .tolerance = PAIR_TOLERANCE};
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
    PetscCall(AddColumn(l, SgdModelOperator(model), k, PETSC_FALSE));
    if (l->e->im[k] > 0) PetscCall(AddColumn(l, SgdModelOperator(model), k, PETSC_TRUE));
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

PetscInt SgdLeapApplications(SgdLeap l) {
  return l->e->applications;
}

int SgdLeapModes(SgdLeap l) {
  return l->e->count;
}

PetscInt SgdLeapPause(SgdLeap l) {
  const double decay = -SgdEigenpairsLogMu(l->e, l->map ? SGD_MAP : SGD_GENERATOR, l->eta, l->e->count - 1);
  return (PetscInt)PetscMax(1, PetscMin(1e6, ceil(log(10) / decay)));
}

/* Coefficients of y's cells in V, and the 1-norm of the rest. */
static PetscErrorCode Coefficients(SgdLeap l, Vec y, double c[], double *residual) {
  double minus[MAX_COLUMNS];

  PetscFunctionBegin;
  PetscCall(CopyCells(l->grid, y, l->work));
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

static PetscErrorCode AddToLedger(SgdGrid grid, const PetscInt index[], const double share[], Vec y) {
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(grid->comm, &rank));
  if (!rank) PetscCall(VecSetValues(y, grid->ledger, index, share, ADD_VALUES));
  PetscCall(VecAssemblyBegin(y));
  PetscCall(VecAssemblyEnd(y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Back to the cells: V c = Q (R c). The ledger takes what was lost, and in equal parts what rounding leaves of the
 * mass.
 */
static PetscErrorCode WriteState(SgdLeap l, const double c[], const double lost[6], Vec y) {
  double q[MAX_COLUMNS], before, after;
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
  const double rest = before - after - SumOf((int)l->grid->ledger, lost);
  for (int f = 0; f < l->grid->ledger; f++) {
    index[f] = SgdGridLedgerIndex(l->grid, f);
    share[f] = lost[f] + rest / (double)l->grid->ledger;
  }
  PetscCall(AddToLedger(l->grid, index, share, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sum_{j<n} |mu|^j, or the integral of |exp(lambda tau)| over the n steps. */
static double Duration(SgdLeap l, int mode, PetscInt n) {
  const double decay = -SgdEigenpairsLogMu(l->e, l->map ? SGD_MAP : SGD_GENERATOR, l->eta, mode);
  const double steps = decay * (double)n < 1e-7 ? (double)n : -expm1(-decay * (double)n) / -expm1(-decay);

  return l->map ? steps : steps * l->eta;
}

/* |E_i|_1 |c_i| times how long it is kept up. For a generator, E = (L - lambda) v = -(L - shift) r/theta with r the
   residual of the inverted operator, and integration by parts leaves (2 + |lambda - shift| T) |r/theta|. */
static double Drift(SgdLeap l, PetscInt n, const double c[]) {
  double drift = 0;

  for (int k = 0; k < l->columns; k++) {
    const int mode = l->mode[k], lasting = l->balanced && mode == 0 ? PetscMin(1, l->e->count - 1) : mode;
    const double rate = hypot(l->e->re[mode], l->e->im[mode]) + l->e->shift;
    drift += PetscAbsReal(c[k]) * l->e->residual_mass[mode] * ((l->map ? 0 : 2) + rate * Duration(l, lasting, n));
  }
  return drift;
}

PetscErrorCode SgdLeapTry(SgdLeap l, Vec y, PetscInt n, PetscBool *done, double residual[2]) {
  double c[MAX_COLUMNS], lost[6] = {0};

  PetscFunctionBegin;
  residual[1] = 0;
  PetscCall(Coefficients(l, y, c, residual));
  *done = (PetscBool)(residual[0] <= l->tolerance);
  if (!*done) PetscFunctionReturn(PETSC_SUCCESS);
  residual[1] = Drift(l, n, c);
  Move(l, n, c, lost);
  PetscCall(WriteState(l, c, lost, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}
