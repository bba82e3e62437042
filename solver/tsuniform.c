#include "base.h"
#include "tsuniform.h"
#include <petsc/private/tsimpl.h>

/* Longest stretch at once, as Lambda t: the Poisson weights then stay inside double precision. */
#define STRETCH 400.0
#define TAIL    1e-16

typedef struct {
  Mat P;
  double Lambda;
  Vec v, next, sum;
} Uniform;

PetscErrorCode SgdUniformRate(Mat L, double *Lambda) {
  double least;
  Vec diagonal;

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(L, NULL, &diagonal));
  PetscCall(MatGetDiagonal(L, diagonal));
  PetscCall(VecMin(diagonal, NULL, &least));
  PetscCall(VecDestroy(&diagonal));
  *Lambda = -least;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTSUniformSetGenerator(TS ts, Mat L) {
  Uniform *u = ts->data;

  PetscFunctionBegin;
  PetscCall(SgdUniformRate(L, &u->Lambda));
  PetscCall(MatDestroy(&u->P));
  PetscCall(MatDuplicate(L, MAT_COPY_VALUES, &u->P));
  if (u->Lambda > 0) PetscCall(MatScale(u->P, 1 / u->Lambda));
  PetscCall(MatShift(u->P, 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetUp(TS ts) {
  Uniform *u = ts->data;

  PetscFunctionBegin;
  if (u->v) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecDuplicate(ts->vec_sol, &u->v));
  PetscCall(VecDuplicate(ts->vec_sol, &u->next));
  PetscCall(VecDuplicate(ts->vec_sol, &u->sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Poisson(double q, int k) {
  return exp(-q + k * log(q) - lgamma(k + 1.0));
}

/* y <- sum_k Poisson(k; q) P^k y over the weights above TAIL. The sum of y (mass and ledger) is then set to what it
   was: this shares the weights left out among the kept ones, and takes away the rounding of P's columns, 1e-16 each,
   that the products add up. */
static PetscErrorCode Stretch(Uniform *u, double q, Vec y) {
  double before, after;

  PetscFunctionBegin;
  PetscCall(VecSum(y, &before));
  PetscCall(VecCopy(y, u->v));
  PetscCall(VecSet(u->sum, 0));
  for (int k = 0;; k++) {
    const double weight = Poisson(q, k);
    if (k > q && weight < TAIL) break;
    if (k) {
      Vec swap = u->v;
      PetscCall(MatMult(u->P, u->v, u->next));
      u->v = u->next;
      u->next = swap;
    }
    if (weight < TAIL) continue;
    PetscCall(VecAXPY(u->sum, weight, u->v));
  }
  PetscCall(VecSum(u->sum, &after));
  PetscCall(VecAXPBY(y, before / after, 0, u->sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Step(TS ts) {
  Uniform *u = ts->data;
  const double q = u->Lambda * ts->time_step;
  const int stretches = (int)ceil(q / STRETCH);

  PetscFunctionBegin;
  for (int s = 0; s < stretches; s++) PetscCall(Stretch(u, q / stretches, ts->vec_sol));
  ts->ptime += ts->time_step;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Reset(TS ts) {
  Uniform *u = ts->data;

  PetscFunctionBegin;
  PetscCall(MatDestroy(&u->P));
  PetscCall(VecDestroy(&u->v));
  PetscCall(VecDestroy(&u->next));
  PetscCall(VecDestroy(&u->sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(TS ts) {
  PetscFunctionBegin;
  PetscCall(Reset(ts));
  PetscCall(PetscFree(ts->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode View(TS ts, PetscViewer viewer) {
  const Uniform *u = ts->data;
  return PetscViewerASCIIPrintf(viewer, "  uniformisation rate %g per unit of time\n", u->Lambda);
}

static PetscErrorCode CreateUniform(TS ts) {
  Uniform *u;

  PetscFunctionBegin;
  PetscCall(PetscNew(&u));
  ts->data = u;
  ts->ops->setup = SetUp;
  ts->ops->step = Step;
  ts->ops->reset = Reset;
  ts->ops->destroy = Destroy;
  ts->ops->view = View;
  ts->default_adapt_type = TSADAPTNONE;
  ts->usessnes = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTSUniformRegister(void) {
  return TSRegister(TSSGDUNIFORM, CreateUniform);
}
