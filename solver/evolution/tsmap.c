#include "cases/base/base.h"
#include "solver/evolution/tsmap.h"
#include "solver/evolution/tsfixed.h"
#include <petsc/private/tsimpl.h>

typedef struct {
  Mat A;
  Vec next, spare; /* the one of the two vectors that is free; the one that is not the user's */
} TSMap;

PetscErrorCode SgdTSMapSetOperator(TS ts, Mat A) {
  TSMap *map = ts->data;

  PetscFunctionBegin;
  PetscCall(PetscObjectReference((PetscObject)A));
  PetscCall(MatDestroy(&map->A));
  map->A = A;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TSSetUp_Map(TS ts) {
  TSMap *map = ts->data;

  PetscFunctionBegin;
  if (!map->next) {
    PetscCall(VecDuplicate(ts->vec_sol, &map->next));
    map->spare = map->next;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Swap(TS ts) {
  TSMap *map = ts->data;
  const Vec next = map->next;

  map->next = ts->vec_sol;
  ts->vec_sol = next;
}

PetscErrorCode SgdTSMapSettle(TS ts) {
  TSMap *map = ts->data;

  PetscFunctionBegin;
  if (ts->vec_sol == map->spare) {
    PetscCall(VecCopy(map->spare, map->next));
    Swap(ts);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y_{n+1} = A y_n, to and fro between two vectors: a copy a step would cost a third of a cheap map. */
static PetscErrorCode TSStep_Map(TS ts) {
  TSMap *map = ts->data;

  PetscFunctionBegin;
  PetscCall(MatMult(map->A, ts->vec_sol, map->next));
  Swap(ts);
  if (ts->steps + 1 >= ts->max_steps) PetscCall(SgdTSMapSettle(ts));
  ts->ptime = ts->time_step * (double)(ts->steps + 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TSReset_Map(TS ts) {
  TSMap *map = ts->data;

  PetscFunctionBegin;
  PetscCall(VecDestroy(&map->next));
  PetscCall(MatDestroy(&map->A));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TSCreate_Map(TS ts) {
  TSMap *map;

  PetscFunctionBegin;
  PetscCall(PetscNew(&map));
  PetscCall(SgdTSFixed(ts, map, TSSetUp_Map, TSStep_Map, TSReset_Map));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTSMapRegister(void) {
  return TSRegister(TSSGDMAP, TSCreate_Map);
}
