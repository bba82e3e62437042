#include "solver/comparison/one_step.h"
#include "solver/comparison/one_stepimpl.h"
#include "solver/problem/initial_density.h"
#include <math.h>

PetscErrorCode SgdOneStepFit(SgdCase c, const SgdSettings *s, int axes, PetscBool follows) {
  const char *key = s->check->logarithm ? "check.logarithm" : "check.likelihood";

  PetscFunctionBegin;
  if (!s->check->logarithm && !s->check->likelihood) PetscFunctionReturn(PETSC_SUCCESS);
  SgdCaseCheck(c, axes == 1, key, "is for one axis, this slice has %d", axes);
  SgdCaseCheck(c, s->schedule.pieces == 1 && !follows, key,
               "is for a step that stays the same: no schedule, no slice that follows the mean");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdOneStepCheck(const SgdModels *models, int reference, const SgdSettings *s) {
  const SgdCheckOptions *check = s->check;
  const char *key = check->logarithm ? "check.logarithm" : "check.likelihood";
  SgdGrid grid = models->grid;

  PetscFunctionBegin;
  if (!check->logarithm && !check->likelihood) PetscFunctionReturn(PETSC_SUCCESS);
  SgdCaseCheck(models->context.kase, grid->cells <= SGD_STEP_MATRIX_MOST, key,
               "is for at most %d cells, this grid has %" PetscInt_FMT, SGD_STEP_MATRIX_MOST, grid->cells);
  SgdCaseCheck(models->context.kase, !models->failed[reference] && SgdModelOperator(models->model[reference]), key,
               "needs the one-step matrix of the reference, which model %s has not",
               SgdModelName(models->model[reference]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Prepare(SgdOneStep *w) {
  const SgdModels *k = w->models;
  const double eta = w->s->sgd->learning_rate;
  const PetscScalar *array;
  VecScatter scatter;
  Vec y0, all;

  PetscFunctionBegin;
  for (int m = 0; m < k->count; m++)
    if (!k->failed[m] && SgdModelOperator(k->model[m]))
      PetscCall(SgdStepMatrixCreate(k->model[m], k->grid, eta, &w->matrix[m]));
  PetscCall(PetscMalloc2(k->grid->cells, &w->p0, k->grid->cells, &w->visits));
  PetscCall(SgdInitialDensity(k->grid, k->context.slice->prediction, &y0));
  PetscCall(VecScatterCreateToAll(y0, &scatter, &all));
  PetscCall(VecScatterBegin(scatter, y0, all, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(scatter, y0, all, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecGetArrayRead(all, &array));
  PetscCall(PetscArraycpy(w->p0, array, k->grid->cells));
  PetscCall(VecRestoreArrayRead(all, &array));
  PetscCall(VecScatterDestroy(&scatter));
  PetscCall(VecDestroy(&all));
  PetscCall(VecDestroy(&y0));
  PetscCall(SgdPathVisits(&w->matrix[w->reference], w->p0, w->s->sgd->steps, w->visits));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdOneStepOwn(const SgdOneStep *w, int m, double *b, double *S) {
  const SgdModels *k = w->models;
  SgdGrid grid = k->grid;
  PetscMPIInt cells;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(b, grid->cells));
  PetscCall(PetscArrayzero(S, grid->cells));
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++)
    if (!SgdModelOwnMoments(k->model[m], cell - k->fields->first_cell, &b[cell], &S[cell])) b[cell] = S[cell] = NAN;
  PetscCall(PetscMPIIntCast(grid->cells, &cells));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, b, cells, MPI_DOUBLE, MPI_SUM, grid->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, S, cells, MPI_DOUBLE, MPI_SUM, grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdOneStepWrite(const SgdModels *models, int reference, const SgdSettings *s, const char *folder) {
  const SgdCheckOptions *check = s->check;
  SgdOneStep w = {.s = s, .reference = reference, .models = models, .folder = folder};

  PetscFunctionBegin;
  if (!check->logarithm && !check->likelihood) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Prepare(&w));
  if (check->logarithm) PetscCall(SgdOneStepLogarithms(&w));
  if (check->likelihood) PetscCall(SgdOneStepLikelihoods(&w));
  for (int m = 0; m < models->count; m++) {
    PetscCall(SgdStepMatrixFree(&w.matrix[m]));
    PetscCall(SgdStepLogarithmFree(&w.log[m]));
  }
  PetscCall(PetscFree2(w.p0, w.visits));
  PetscFunctionReturn(PETSC_SUCCESS);
}
