#include "cases/base/base.h"
#include "solver/evolution/tsuniform.h"
#include "solver/evolution/tsfixed.h"
#include "operators/matrices/uniformised.h"
#include "operators/matrices/banded.h"
#include <petsc/private/tsimpl.h>

#define TAIL  1e-17
#define WATCH 8 /* products between two calls of the look function */

typedef struct {
  Mat P;
  double Lambda;
  Vec v, next, sum;
  PetscErrorCode (*look)(TS ts, PetscBool *stop);
} Uniform;

PetscErrorCode SgdTSUniformSetLook(TS ts, PetscErrorCode (*look)(TS ts, PetscBool *stop)) {
  ((Uniform *)ts->data)->look = look;
  return PETSC_SUCCESS;
}

PetscErrorCode SgdTSUniformSetGenerator(TS ts, Mat L) {
  Uniform *u = ts->data;
  Mat P;

  PetscFunctionBegin;
  PetscCall(MatDestroy(&u->P));
  PetscCall(SgdUniformised(L, &u->Lambda, &P));
  PetscCall(SgdBandedCreate(P, &u->P));
  PetscCall(MatDestroy(&P));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TSSetUp_Uniform(TS ts) {
  Uniform *u = ts->data;

  PetscFunctionBegin;
  if (u->v) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecDuplicate(ts->vec_sol, &u->v));
  PetscCall(VecDuplicate(ts->vec_sol, &u->next));
  PetscCall(VecDuplicate(ts->vec_sol, &u->sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y <- sum_k w_k P^k y, the Poisson weights w_k = e^{-q} q^k/k! above TAIL of the largest, divided by their sum: what
   is left out is shared among what is kept. Relative to the largest they neither overflow nor underflow, whatever q.
   The columns of P sum to one, so mass is conserved to the rounding of the products, which the ledger shows. */
static PetscErrorCode SumSeries(TS ts, double q, Vec y, PetscBool *stop) {
  Uniform *u = ts->data;
  PetscInt low = (PetscInt)q;
  double weight = 1, total = 0;

  PetscFunctionBegin;
  for (; low > 0 && weight > TAIL; low--) weight *= (double)low / q;
  PetscCall(VecCopy(y, u->v));
  PetscCall(VecSet(u->sum, 0));
  for (PetscInt k = 0; k <= q || weight > TAIL; k++) {
    if (k) {
      Vec swap = u->v;
      PetscCall(MatMult(u->P, u->v, u->next));
      u->v = u->next;
      u->next = swap;
    }
    if (u->look && k % WATCH == WATCH - 1) PetscCall(u->look(ts, stop));
    if (*stop) PetscFunctionReturn(PETSC_SUCCESS);
    if (k < low) continue;
    PetscCall(VecAXPY(u->sum, weight, u->v));
    total += weight;
    weight *= q / (double)(k + 1);
  }
  PetscCall(VecAXPBY(y, 1 / total, 0, u->sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TSStep_Uniform(TS ts) {
  const Uniform *u = ts->data;
  PetscBool stop = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(SumSeries(ts, u->Lambda * ts->time_step, ts->vec_sol, &stop));
  if (!stop) ts->ptime += ts->time_step;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TSReset_Uniform(TS ts) {
  Uniform *u = ts->data;

  PetscFunctionBegin;
  PetscCall(MatDestroy(&u->P));
  PetscCall(VecDestroy(&u->v));
  PetscCall(VecDestroy(&u->next));
  PetscCall(VecDestroy(&u->sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TSView_Uniform(TS ts, PetscViewer viewer) {
  const Uniform *u = ts->data;
  return PetscViewerASCIIPrintf(viewer, "  uniformisation rate %g per unit of time\n", u->Lambda);
}

static PetscErrorCode TSCreate_Uniform(TS ts) {
  Uniform *u;

  PetscFunctionBegin;
  PetscCall(PetscNew(&u));
  PetscCall(SgdTSFixed(ts, u, TSSetUp_Uniform, TSStep_Uniform, TSReset_Uniform));
  ts->ops->view = TSView_Uniform;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTSUniformRegister(void) {
  return TSRegister(TSSGDUNIFORM, TSCreate_Uniform);
}
