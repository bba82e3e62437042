#include "solver/long_time/step_logarithm.h"
#include <petscblaslapack.h>
#include <math.h>

#define VISITED 1e-7  /* of the largest density: cells beyond are left out */
#define WINDOW  2.5   /* w, cells */
#define REACH   11    /* cells to either end within which the coefficients see the cut */
#define ROUNDED 1e-12 /* waves that shrink below this in one step are rounding */

static double Place(SgdGrid grid, PetscInt cell) {
  return grid->min[0] + ((double)cell + 0.5) * grid->h[0];
}

/* The longest run of cells that are visited, around the most visited one. */
static void Choose(const double visits[], PetscInt cells, SgdStepLogarithm *l) {
  PetscInt top = 0, last;

  for (PetscInt i = 0; i < cells; i++)
    if (visits[i] > visits[top]) top = i;
  for (l->first = top; l->first > 0 && visits[l->first - 1] > VISITED * visits[top];) l->first--;
  for (last = top; last < cells - 1 && visits[last + 1] > VISITED * visits[top];) last++;
  l->count = last + 1 - l->first;
}

/* Of the steps from the cells: the narrowest noise, in cells, and where; the least slope of the mean step. */
typedef struct {
  double noise, slope;
  PetscInt where;
} Steps;

static Steps Measure(const SgdStepMatrix *m, const SgdStepLogarithm *l) {
  Steps s = {PETSC_MAX_REAL, PETSC_MAX_REAL, l->first};
  double last = NAN;

  for (PetscInt j = l->first; j < l->first + l->count; j++) {
    const double *column = m->a + j * m->n;
    double sum = 0, mean = 0, square = 0;
    for (PetscInt i = 0; i < m->cells; i++) {
      sum += column[i];
      mean += column[i] * (double)(i - j);
      square += column[i] * (double)(i - j) * (double)(i - j);
    }
    if (!(sum > 0.999)) continue;
    mean /= sum;
    const double deviation = sqrt(PetscMax(square / sum - mean * mean, 0));
    if (deviation < s.noise) {
      s.noise = deviation;
      s.where = j;
    }
    if (!PetscIsNanReal(last)) s.slope = PetscMin(s.slope, (double)j + mean - last);
    last = (double)j + mean;
  }
  return s;
}

/* The least |eigenvalue|; *lowest: the most negative one on the real axis, or 0. */
static PetscErrorCode Eigenvalues(PetscInt n, const double *A, double *least, double *lowest) {
  PetscBLASInt order, room, info = 0, one = 1;
  double *copy, *re, *im, *work, none;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(n, &order));
  room = 8 * order;
  PetscCall(PetscMalloc4(n * n, &copy, n, &re, n, &im, 8 * n, &work));
  PetscCall(PetscArraycpy(copy, A, n * n));
  LAPACKgeev_("N", "N", &order, copy, &order, re, im, &none, &one, &none, &one, work, &room, &info);
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK's geev: %d", (int)info);
  *least = PETSC_MAX_REAL;
  *lowest = 0;
  for (PetscInt i = 0; i < n; i++) {
    *least = PetscMin(*least, hypot(re[i], im[i]));
    if (re[i] < 0 && fabs(im[i]) <= 1e-12 * fabs(re[i])) *lowest = PetscMin(*lowest, re[i]);
  }
  PetscCall(PetscFree4(copy, re, im, work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Why there is none, in l->refused, or "". Negative eigenvalues of a mean step that does not turn over are rounding: of a box many times as
   wide as the noise spreads the eigenvalues are not determined by sixteen digits. */
static PetscErrorCode Judge(const SgdStepMatrix *m, SgdGrid grid, const double *A, SgdStepLogarithm *l) {
  const Steps s = Measure(m, l);
  double lowest = 0;

  PetscFunctionBegin;
  if (s.noise < SGD_LOGARITHM_LEAST) {
    PetscCall(
        PetscSNPrintf(l->refused, sizeof l->refused,
                      "not resolved: a step's noise at a = %.4g is %.2g cells wide (%.2g wanted), so the matrix is "
                      "the cells', not the law's: take cells of %.3g or less",
                      Place(grid, s.where), s.noise, SGD_LOGARITHM_LEAST, grid->h[0] * s.noise / SGD_LOGARITHM_LEAST));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(Eigenvalues(l->count, A, &l->least, &lowest));
  if (lowest < 0 && s.slope < 0)
    PetscCall(
        PetscSNPrintf(l->refused, sizeof l->refused,
                      "no real logarithm: the mean step turns over (slope %.3g, eigenvalue %.3g), which no motion in "
                      "continuous time does",
                      s.slope, lowest));
  else if (lowest < 0 || l->least < ROUNDED)
    PetscCall(
        PetscSNPrintf(l->refused, sizeof l->refused,
                      "lost to rounding: eigenvalues down to %.1g between a = %.4g and %.4g, of either sign: take a "
                      "narrower start or box, or cells of %.3g",
                      lowest < 0 ? lowest : l->least, Place(grid, l->first), Place(grid, l->first + l->count - 1),
                      grid->h[0] * s.noise / 1.3));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Coefficients(SgdGrid grid, const double *L, const double visits[], SgdStepLogarithm *l) {
  const double h = grid->h[0];
  double top = 0;

  for (PetscInt j = 0; j < l->count; j++) top = PetscMax(top, visits[l->first + j]);
  for (PetscInt j = 0; j < l->count; j++) {
    const PetscBool near = (PetscBool)(j < REACH || j >= l->count - REACH);
    for (int k = 0; k < 4; k++) l->K[k][j] = near ? NAN : 0;
    for (PetscInt i = 0; i < l->count && !near; i++) {
      const double d = (double)(i - j), s = d * d / (2 * WINDOW * WINDOW),
                   f = (1 + s * (1 + s * (0.5 + s / 6))) * exp(-s) * L[j * l->count + i];
      for (int k = 0; k < 4; k++) l->K[k][j] += f * pow(d * h, k + 1);
    }
    const double fourth = near ? 0 : l->K[3][j] / (h * h * l->K[1][j]) * visits[l->first + j] / top;
    if (!(fourth < l->fourth)) continue;
    l->fourth = fourth;
    l->where = l->first + j;
  }
}

static void Rates(const double *L, const double visits[], SgdStepLogarithm *l) {
  double sum[2] = {0, 0};

  for (PetscInt j = 0; j < l->count; j++)
    for (PetscInt i = 0; i < l->count; i++) {
      const double rate = L[j * l->count + i];
      if (i == j) continue;
      sum[rate < 0] += fabs(rate) * visits[l->first + j];
      if (rate >= l->negative) continue;
      l->negative = rate;
      l->from = l->first + j;
      l->to = l->first + i;
    }
  l->share = sum[0] > 0 ? sum[1] / sum[0] : 0;
}

PetscErrorCode SgdStepLogarithmCompute(const SgdStepMatrix *m, SgdGrid grid, double eta, const double visits[],
                                       SgdStepLogarithm *l) {
  PetscBool failed = PETSC_FALSE;
  double *A, *L;

  PetscFunctionBegin;
  *l = (SgdStepLogarithm){0};
  Choose(visits, m->cells, l);
  PetscCall(PetscMalloc2(l->count * l->count, &A, l->count * l->count, &L));
  for (int k = 0; k < 4; k++) PetscCall(PetscMalloc1(l->count, &l->K[k]));
  for (PetscInt j = 0; j < l->count; j++)
    PetscCall(PetscArraycpy(A + j * l->count, m->a + (l->first + j) * m->n + l->first, l->count));
  PetscCall(Judge(m, grid, A, l));
  if (!l->refused[0]) PetscCall(SgdDenseLogarithm(l->count, A, L, &failed));
  if (failed) PetscCall(PetscStrncpy(l->refused, "the matrix's logarithm did not succeed", sizeof l->refused));
  if (!l->refused[0]) {
    for (PetscInt i = 0; i < l->count * l->count; i++) L[i] /= eta;
    Coefficients(grid, L, visits, l);
    Rates(L, visits, l);
  }
  PetscCall(PetscFree2(A, L));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStepLogarithmFree(SgdStepLogarithm *l) {
  PetscFunctionBegin;
  for (int k = 0; k < 4; k++) PetscCall(PetscFree(l->K[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
