#include "solver/long_time/basin_rates.h"
#include "operators/matrices/cells_operator.h"
#include <petscblaslapack.h>

#define M     SGD_MOST_BASINS
#define TERMS 400

/* X := A^{-1} X; [m][m] by columns. */
static PetscErrorCode SolveLinear(int m, const double A[], double X[]) {
  double copy[M * M];
  PetscBLASInt n = m, pivot[M], info;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(copy, A, m * m));
  PetscCallBLAS("LAPACKgesv", LAPACKgesv_(&n, &n, copy, &n, pivot, X, &n, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK gesv failed (%d): dependent slow modes", (int)info);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* out = A B, by columns. */
static void Multiply(int m, const double A[], const double B[], double out[]) {
  for (int j = 0; j < m; j++)
    for (int i = 0; i < m; i++) {
      out[j * m + i] = 0;
      for (int k = 0; k < m; k++) out[j * m + i] += A[k * m + i] * B[j * m + k];
    }
}

/* ln(1 + X) = X - X^2/2 + X^3/3 - ..; false where that does not converge. */
static PetscBool Log1p(int m, const double X[], double out[]) {
  double power[M * M], next[M * M], norm = 0;

  for (int i = 0; i < m; i++) {
    double row = 0;
    for (int j = 0; j < m; j++) row += fabs(X[j * m + i]);
    norm = PetscMax(norm, row);
  }
  if (!(norm < 0.9)) return PETSC_FALSE;
  for (int i = 0; i < m * m; i++) power[i] = out[i] = X[i];
  for (int k = 2; k < TERMS && pow(norm, k) > 1e-20 * norm; k++) {
    Multiply(m, power, X, next);
    for (int i = 0; i < m * m; i++) out[i] += (k % 2 ? 1 : -1) * (power[i] = next[i]) / k;
  }
  return PETSC_TRUE;
}

/* X_kj = v_k . chi_j, by columns */
static PetscErrorCode Overlaps(SgdEigenpairs right, const SgdBasins *b, double X[]) {
  PetscFunctionBegin;
  for (int j = 0; j < b->count; j++) PetscCall(VecMDot(b->chi[j], b->count, right->v, X + j * b->count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* P - 1 */
static PetscErrorCode StepMinusOne(SgdModel model, SgdGrid grid, SgdEigenpairs right, const SgdBasins *b, double X[]) {
  const int m = b->count;
  double overlap[M * M];
  Mat B;
  Vec y;

  PetscFunctionBegin;
  PetscCall(SgdCellsShell(grid, SgdModelOperator(model), PETSC_TRUE, &B));
  PetscCall(VecDuplicate(b->chi[0], &y));
  for (int j = 0; j < m; j++) {
    PetscCall(MatMult(B, b->chi[j], y));
    PetscCall(VecAXPY(y, -1, b->chi[j]));
    PetscCall(VecMDot(y, m, right->v, X + j * m));
  }
  PetscCall(Overlaps(right, b, overlap));
  PetscCall(SolveLinear(m, overlap, X));
  PetscCall(VecDestroy(&y));
  PetscCall(MatDestroy(&B));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* S^{-1} diag(rate) S by columns, given S. */
static PetscErrorCode FromEigenvalues(int m, const double S[], const double rate[], double G[]) {
  PetscFunctionBegin;
  for (int j = 0; j < m; j++)
    for (int k = 0; k < m; k++) G[j * m + k] = rate[k] * S[j * m + k];
  PetscCall(SolveLinear(m, S, G));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdBasinRates(SgdModel model, SgdGrid grid, double eta, SgdEigenpairs right, SgdEigenpairs left,
                             const SgdSimplex *simplex, SgdBasins *b) {
  const SgdModelKind kind = SgdModelGetKind(model);
  const int m = b->count;
  double G[M * M], other[M * M], X[M * M], rate[M];

  PetscFunctionBegin;
  for (int k = 0; k < m; k++) rate[k] = SgdEigenpairsLogMu(left, kind, eta, k) / eta;
  PetscCall(Overlaps(right, b, X));
  PetscCall(FromEigenvalues(m, X, rate, other));
  PetscCall(FromEigenvalues(m, simplex->A, rate, G));
  if (kind == SGD_MAP) {
    PetscCall(StepMinusOne(model, grid, right, b, X));
    if (Log1p(m, X, other))
      for (int i = 0; i < m * m; i++) G[i] = other[i] /= eta;
  }
  for (int i = 0; i < m; i++)
    for (int j = 0; j < m; j++) {
      b->rate[i][j] = G[j * m + i];
      b->doubt[i][j] = PetscAbsReal(G[j * m + i] - other[j * m + i]) + b->rounding / eta;
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The other's sets in this one's order: column i is the largest of row i. */
static void Pair(int m, double T[]) {
  for (int i = 0; i < m; i++) {
    int best = i;
    for (int j = i + 1; j < m; j++)
      if (T[j * m + i] > T[best * m + i]) best = j;
    for (int k = 0; k < m; k++) {
      const double x = T[i * m + k];
      T[i * m + k] = T[best * m + k];
      T[best * m + k] = x;
    }
  }
}

PetscErrorCode SgdBasinRatesCompare(const SgdSimplex *s, const SgdSimplex *o, SgdBasins *b) {
  const int m = b->count;
  double T[M * M], G[M * M], GT[M * M], size[M * M], square[M * M], chi[M];

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(T, m * m));
  for (int i = 0; i < m; i++) {
    SgdSimplexMembership(o, s->corner[i], chi);
    for (int j = 0; j < m; j++) {
      T[j * m + i] = chi[j];
      G[j * m + i] = b->rate[i][j];
      size[j * m + i] = PetscAbsReal(b->rate[i][j]);
    }
  }
  Pair(m, T);
  Multiply(m, G, T, GT);
  PetscCall(SolveLinear(m, T, GT));
  Multiply(m, size, size, square);
  for (int i = 0; i < m; i++)
    for (int j = 0; j < m; j++)
      b->ambiguity[i][j] = PetscMax(PetscAbsReal(GT[j * m + i] - G[j * m + i]), b->settles * square[j * m + i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* pi [m] of sum 1 with pi W balanced, W the rates off the diagonal, none negative beyond overshoots; W is used up. False:
   not connected. */
static PetscBool Balance(int m, double W[][M], double pi[]) {
  double sum = 0;

  for (int k = m - 1; k > 0; k--) {
    double out = 0;
    for (int j = 0; j < k; j++) out += W[k][j];
    if (!(out > 0)) return PETSC_FALSE;
    for (int i = 0; i < k; i++) W[i][k] /= out;
    for (int i = 0; i < k; i++)
      for (int j = 0; j < k; j++) W[i][j] += W[i][k] * W[k][j];
  }
  for (int k = 0; k < m; k++) {
    pi[k] = k == 0;
    for (int i = 0; i < k; i++) pi[k] += pi[i] * W[i][k];
    sum += pi[k];
  }
  for (int k = 0; k < m; k++) pi[k] /= sum;
  return PETSC_TRUE;
}

/* G_ij + sign doubt, or none where that is negative by rounding. What is negative beyond is the overshoot of the
   memberships, and belongs to the balance: pi P = pi holds for chi as it is. */
static double Moved(const SgdBasins *b, int i, int j, int sign) {
  const double rate = b->rate[i][j] + sign * b->doubt[i][j];

  return b->rate[i][j] + b->doubt[i][j] < 0 ? rate : PetscMax(0, rate);
}

/* With rates G + sign doubt; what leaks returns where pi is, until pi is its own source. */
static PetscBool Masses(const SgdBasins *b, int sign, double pi[]) {
  const int m = b->count;
  double W[M][M], last[M], change = 1;

  for (int j = 0; j < m; j++) pi[j] = b->mass[j];
  for (int turn = 0; turn < 10000 && change > 1e-15; turn++) {
    for (int i = 0; i < m; i++) {
      double leak = 0;
      for (int j = 0; j < m; j++) leak -= b->rate[i][j];
      if (leak < b->doubt[i][i]) leak = 0;
      last[i] = pi[i];
      for (int j = 0; j < m; j++) W[i][j] = Moved(b, i, j, sign) + leak * PetscMax(0, pi[j]);
    }
    if (!Balance(m, W, pi)) return PETSC_FALSE;
    change = 0;
    for (int i = 0; i < m; i++) change = PetscMax(change, PetscAbsReal(pi[i] - last[i]) / pi[i]);
  }
  return PETSC_TRUE;
}

/* Rates cannot balance what has none: a set that is left at a known rate and entered at none has a mass below the
   doubtful inflow over that rate; a single set that is not left has the rest; of several the masses depend on the
   start. */
static void BoundMasses(SgdBasins *b) {
  double bound[M] = {0}, all = 0;
  int sinks = 0;

  for (int i = 0; i < b->count; i++) {
    if (!SgdBasinsRateKnown(b, i, i)) sinks++;
    for (int j = 0; j < b->count && SgdBasinsRateKnown(b, i, i); j++)
      if (j != i) bound[i] += (PetscMax(0, b->rate[j][i]) + SgdBasinsRateBound(b, j, i)) / -b->rate[i][i];
    all += bound[i];
  }
  for (int i = 0; i < b->count; i++) {
    if (!SgdBasinsRateKnown(b, i, i)) bound[i] = sinks == 1 ? all : 1;
    b->mass_doubt[i] = bound[i] / PetscMax(PetscAbsReal(b->mass[i]), PETSC_SMALL * PETSC_SMALL);
  }
}

void SgdBasinMasses(SgdBasins *b, PetscBool *connected) {
  double pi[M], more[M], less[M], sum = 0;

  *connected = PETSC_TRUE;
  for (int i = 0; i < b->count; i++) {
    if (!SgdBasinsRateKnown(b, i, i)) *connected = PETSC_FALSE;
    sum += b->mass[i];
  }
  if (!*connected || !Masses(b, 0, pi) || !Masses(b, 1, more) || !Masses(b, -1, less)) {
    *connected = PETSC_FALSE;
    BoundMasses(b);
    return;
  }
  for (int i = 0; i < b->count; i++) {
    b->mass[i] = pi[i] * sum;
    b->mass_doubt[i] = PetscMax(PetscAbsReal(more[i] - pi[i]), PetscAbsReal(less[i] - pi[i])) / pi[i];
  }
}

PetscErrorCode SgdBasinShift(SgdGrid grid, SgdEigenpairs right, const SgdBasins *b, const double shift[], Vec p) {
  const int m = b->count;
  const PetscInt local = grid->last_cell - grid->first_cell;
  double X[M * M], transposed[M * M], coefficient[M * M] = {0}, *to;

  PetscFunctionBegin;
  PetscCall(Overlaps(right, b, X));
  for (int i = 0; i < m; i++)
    for (int j = 0; j < m; j++) transposed[j * m + i] = X[i * m + j];
  PetscCall(PetscArraycpy(coefficient, shift, m)); /* V^T c has masses X^T c = shift */
  PetscCall(SolveLinear(m, transposed, coefficient));
  PetscCall(VecGetArray(p, &to));
  for (int k = 0; k < m; k++) {
    const double *v;
    PetscCall(VecGetArrayRead(right->v[k], &v));
    for (PetscInt i = 0; i < local; i++) to[i] += coefficient[k] * v[i];
    PetscCall(VecRestoreArrayRead(right->v[k], &v));
  }
  PetscCall(VecRestoreArray(p, &to));
  PetscFunctionReturn(PETSC_SUCCESS);
}
