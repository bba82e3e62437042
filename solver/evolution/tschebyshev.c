#include "cases/base/base.h"
#include "solver/evolution/tschebyshev.h"
#include "solver/evolution/tsfixed.h"
#include "operators/matrices/uniformised.h"
#include "operators/matrices/banded.h"
#include <petsc/private/tsimpl.h>

#define LONGEST 1e6   /* Lambda t of the longest stretch */
#define LARGEST 1.0   /* any term of the series, over the density's peak: rounding is 1e-16 of it */
#define SMALL   1e-17 /* the series ends with terms that are as small as this */
#define TAIL    1e-60 /* coefficients below are not computed */
#define WATCH   8     /* terms between looks at the growth */

typedef struct {
  Mat twoP; /* 2 P */
  double Lambda, longest;
  Vec before, now, work, sum, begin; /* begin: the state when the step began */
  PetscInt products;
  PetscErrorCode (*look)(TS ts, PetscBool *stop);
} Chebyshev;

PetscErrorCode SgdTSChebyshevSetLook(TS ts, PetscErrorCode (*look)(TS ts, PetscBool *stop)) {
  ((Chebyshev *)ts->data)->look = look;
  return PETSC_SUCCESS;
}

PetscErrorCode SgdTSChebyshevSetGenerator(TS ts, Mat L) {
  Chebyshev *c = ts->data;
  Mat P;

  PetscFunctionBegin;
  PetscCall(MatDestroy(&c->twoP));
  PetscCall(SgdUniformised(L, &c->Lambda, &P));
  PetscCall(MatScale(P, 2));
  PetscCall(SgdBandedCreate(P, &c->twoP));
  PetscCall(MatDestroy(&P));
  c->longest = LONGEST;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTSChebyshevGetLongest(TS ts, double *longest) {
  *longest = ((const Chebyshev *)ts->data)->longest;
  return PETSC_SUCCESS;
}

PetscErrorCode SgdTSChebyshevSetLongest(TS ts, double longest) {
  ((Chebyshev *)ts->data)->longest = longest;
  return PETSC_SUCCESS;
}

static PetscErrorCode TSSetUp_Chebyshev(TS ts) {
  Chebyshev *c = ts->data;

  PetscFunctionBegin;
  if (c->sum) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecDuplicate(ts->vec_sol, &c->before));
  PetscCall(VecDuplicate(ts->vec_sol, &c->now));
  PetscCall(VecDuplicate(ts->vec_sol, &c->work));
  PetscCall(VecDuplicate(ts->vec_sol, &c->sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* c_0 = e^{-q} I_0(q), c_k = 2 e^{-q} I_k(q), by Miller's downward recurrence I_{k-1} = I_{k+1} + (2 k/q) I_k, scaled
   by the sum I_0 + 2 (I_1 + I_2 + ..) = e^q. Returns the number of terms above TAIL. */
static PetscErrorCode Coefficients(double q, int *terms, double **coefficient) {
  const int start = (int)(20 + 1.2 * q * (q < 50) + 18 * sqrt(q + 10));
  double above = 0, at = 1e-250, total = 0, *c;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(start + 1, &c));
  for (int k = start; k > 0; k--) {
    const double below = above + 2 * k / q * at;
    c[k] = 2 * at;
    total += c[k];
    above = at;
    at = below;
    if (at > 1e200) { /* scale down what there is */
      for (int j = k; j <= start; j++) c[j] *= 1e-250;
      total *= 1e-250;
      above *= 1e-250;
      at *= 1e-250;
    }
  }
  c[0] = at;
  total += at;
  for (int k = 0; k <= start; k++) c[k] /= total;
  for (*terms = start + 1; *terms > 1 && c[*terms - 1] < TAIL; (*terms)--) continue;
  *coefficient = c;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sum += coefficient T_k and T_{k+1} = 2 P T_k - T_{k-1}; (before, now) = (T_{k-1}, T_k) moves on by one. */
static PetscErrorCode Next(Chebyshev *c, double coefficient) {
  Vec swap = c->before;

  PetscFunctionBegin;
  PetscCall(SgdBandedRecur(c->twoP, c->now, c->before, coefficient, c->sum, c->work));
  c->before = c->now;
  c->now = swap;
  c->products++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sum = exp(q (P - 1)) y, *grown = 0; or the number of terms after which they had grown too much (sum is then of no
   use). What is small in y may grow in T_k y and be taken back by the coefficients: the series is summed until its
   terms, not its coefficients, are small. */
static PetscErrorCode Stretch(TS ts, double q, int *grown, PetscBool *stop) {
  Chebyshev *c = ts->data;
  Vec y = ts->vec_sol;
  PetscBool small = PETSC_FALSE;
  int terms = 0;
  double *coefficient, peak, size;

  PetscFunctionBegin;
  *grown = 0;
  PetscCall(Coefficients(q, &terms, &coefficient));
  PetscCall(VecNorm(y, NORM_INFINITY, &peak));
  PetscCall(VecCopy(y, c->before));
  PetscCall(MatMult(c->twoP, y, c->now));
  PetscCall(VecScale(c->now, 0.5));
  PetscCall(VecSet(c->sum, 0));
  PetscCall(VecAXPY(c->sum, coefficient[0], c->before));
  for (int k = 1; k < terms && !*grown && !small && !*stop; k++) {
    PetscCall(Next(c, coefficient[k]));
    if (k % WATCH && k + 1 < terms) continue;
    if (c->look) PetscCall(c->look(ts, stop));
    PetscCall(VecNorm(c->now, NORM_INFINITY, &size)); /* of T_{k+1} */
    const double term = coefficient[PetscMin(k + 1, terms - 1)] * size;
    small = (PetscBool)(term <= SMALL * peak);
    if (!(term <= LARGEST * peak) || (k + 1 == terms && !small)) *grown = k;
  }
  PetscCall(PetscFree(coefficient));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In stretches as long as the growth allows; a short one (q < 1) is always calm. One that grew too much after k terms
   is tried again shorter: a calm stretch of q takes 8.5 sqrt(q). */
static PetscErrorCode TSStep_Chebyshev(TS ts) {
  Chebyshev *c = ts->data;
  double left = c->Lambda * ts->time_step;
  PetscBool stop = PETSC_FALSE;
  int grown;

  PetscFunctionBegin;
  if (!c->begin) PetscCall(VecDuplicate(ts->vec_sol, &c->begin));
  PetscCall(VecCopy(ts->vec_sol, c->begin));
  while (left > 0) {
    const double q = left / ceil(left / c->longest);
    PetscCall(Stretch(ts, q, &grown, &stop));
    if (stop) {
      PetscCall(VecCopy(c->begin, ts->vec_sol));
      PetscFunctionReturn(PETSC_SUCCESS);
    }
    if (grown && q > 1) {
      c->longest = PetscMin(q / 2, 2 * PetscSqr(grown / 8.5));
      continue;
    }
    PetscCall(VecCopy(c->sum, ts->vec_sol));
    left = q < left ? left - q : 0;
  }
  ts->ptime += ts->time_step;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TSReset_Chebyshev(TS ts) {
  Chebyshev *c = ts->data;

  PetscFunctionBegin;
  PetscCall(MatDestroy(&c->twoP));
  PetscCall(VecDestroy(&c->before));
  PetscCall(VecDestroy(&c->now));
  PetscCall(VecDestroy(&c->work));
  PetscCall(VecDestroy(&c->sum));
  PetscCall(VecDestroy(&c->begin));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TSView_Chebyshev(TS ts, PetscViewer viewer) {
  const Chebyshev *c = ts->data;
  return PetscViewerASCIIPrintf(
      viewer,
      "  uniformisation rate %g per unit of time, longest stretch %g of its inverse, %" PetscInt_FMT
      " products so far\n",
      c->Lambda, c->longest, c->products);
}

static PetscErrorCode TSCreate_Chebyshev(TS ts) {
  Chebyshev *c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  PetscCall(SgdTSFixed(ts, c, TSSetUp_Chebyshev, TSStep_Chebyshev, TSReset_Chebyshev));
  ts->ops->view = TSView_Chebyshev;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTSChebyshevRegister(void) {
  return TSRegister(TSSGDCHEBYSHEV, TSCreate_Chebyshev);
}
