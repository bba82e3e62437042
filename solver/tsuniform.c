#include "base.h"
#include "tsuniform.h"
#include "tsfixed.h"
#include "uniformised.h"
#include <petsc/private/tsimpl.h>

/* Longest stretch at once, as Lambda t: the Poisson weights then stay inside double precision. */
#define STRETCH 400.0
#define TAIL    1e-16

typedef struct {
  Mat P;
  double Lambda;
  Vec v, next, sum;
} Uniform;

PetscErrorCode SgdTSUniformSetGenerator(TS ts, Mat L) {
  Uniform *u = ts->data;

  PetscFunctionBegin;
  PetscCall(MatDestroy(&u->P));
  PetscCall(SgdUniformised(L, &u->Lambda, &u->P));
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

/* y <- sum_k w_k P^k y with the Poisson weights above TAIL, divided by their sum: what is left out is shared among what
   is kept. The columns of P sum to one, so mass is conserved to the rounding of the products, which the ledger shows.
 */
static PetscErrorCode Stretch(Uniform *u, double q, Vec y) {
  double total = 0;

  PetscFunctionBegin;
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
    total += weight;
  }
  PetscCall(VecAXPBY(y, 1 / total, 0, u->sum));
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

static PetscErrorCode View(TS ts, PetscViewer viewer) {
  const Uniform *u = ts->data;
  return PetscViewerASCIIPrintf(viewer, "  uniformisation rate %g per unit of time\n", u->Lambda);
}

static PetscErrorCode CreateUniform(TS ts) {
  Uniform *u;

  PetscFunctionBegin;
  PetscCall(PetscNew(&u));
  PetscCall(SgdTSFixed(ts, u, SetUp, Step, Reset));
  ts->ops->view = View;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTSUniformRegister(void) {
  return TSRegister(TSSGDUNIFORM, CreateUniform);
}
