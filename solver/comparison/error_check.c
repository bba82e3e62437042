#include "solver/comparison/error_check.h"
#include "solver/comparison/advance.h"
#include "meshes/coarsen.h"
#include "solver/problem/initial_density.h"
#include "solver/output/columns.h"
#include "solver/output/text_files.h"
#include <stdio.h>

struct _p_SgdErrorCheck {
  const SgdModels *fine;
  SgdHalfModels half;
  SgdAdvance models;
  Vec z; /* a density of the fine grid on the half one */
  const char *folder;
  FILE *file; /* NULL on all ranks but 0 */
};

#define NAME "errors.csv"

static void Head(FILE *f, int dim) {
  fputs("model,step,order,l1,outflow", f);
  SgdColumnsOfMoments(f, dim);
  fputc('\n', f);
}

static void WriteErrorRow(FILE *f, int dim, const char *model, PetscInt step, const SgdErrors *e) {
  fprintf(f, "%s,%" PetscInt_FMT ",%d,%.6g,%.6g", model, step, e->order, e->l1, e->moments.outflow);
  SgdColumnMoments(f, 6, dim, &e->moments);
  fputc('\n', f);
}

static PetscErrorCode StartHalf(SgdErrorCheck c, const SgdLeapOptions *leaps) {
  Vec y0;

  PetscFunctionBegin;
  PetscCall(SgdInitialDensity(c->half.grid, c->fine->context.slice->prediction, &y0));
  PetscCall(VecDuplicate(y0, &c->z));
  PetscCall(SgdAdvanceCreate(&c->half.models, leaps, y0, &c->models));
  PetscCall(VecDestroy(&y0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdErrorCheckCreate(const SgdModels *fine, const SgdLeapOptions *leaps, const char *folder,
                                   SgdErrorCheck *check) {
  SgdErrorCheck c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *check = c;
  c->fine = fine;
  c->folder = folder;
  PetscCall(SgdHalfModelsCreate(fine, &c->half));
  PetscCall(StartHalf(c, leaps));
  PetscCall(SgdOpenText(fine->grid->comm, folder, NAME, &c->file));
  if (c->file) Head(c->file, fine->grid->dim);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sum over cells of |a - b| */
static PetscErrorCode Distance(SgdGrid grid, Vec a, Vec b, double *l1) {
  const PetscScalar *x, *y;

  PetscFunctionBegin;
  *l1 = 0;
  PetscCall(VecGetArrayRead(a, &x));
  PetscCall(VecGetArrayRead(b, &y));
  for (PetscInt i = 0; i < grid->last_cell - grid->first_cell; i++) *l1 += fabs(x[i] - y[i]);
  PetscCall(VecRestoreArrayRead(b, &y));
  PetscCall(VecRestoreArrayRead(a, &x));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, l1, 1, MPI_DOUBLE, MPI_SUM, grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdErrorCheckWatch(SgdErrorCheck c, SgdWatch *watch) {
  SgdAdvanceWatch(c->models, watch);
}

PetscErrorCode SgdErrorCheckAdvance(SgdErrorCheck c, PetscInt step) {
  return SgdAdvanceTo(c->models, step);
}

PetscErrorCode SgdErrorCheckCheckpoint(SgdErrorCheck c, SgdCheckpoint checkpoint) {
  return SgdAdvanceCheckpoint(c->models, checkpoint, "/half");
}

PetscErrorCode SgdErrorCheckRow(SgdErrorCheck c, PetscInt step, const SgdErrors errors[]) {
  PetscFunctionBegin;
  for (int i = 0; c->file && i < c->fine->count; i++)
    WriteErrorRow(c->file, c->fine->grid->dim, SgdModelName(c->fine->model[i]), step, &errors[i]);
  PetscCall(SgdFlushText(c->fine->grid->comm, c->folder, NAME, c->file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdErrorCheckStep(SgdErrorCheck c, PetscInt step, Vec y[], const SgdMoments m[], SgdErrors errors[]) {
  Vec *half = SgdAdvanceStates(c->models);
  SgdGrid grid = c->half.grid;
  SgdMoments moments;
  double l1;

  PetscFunctionBegin;
  for (int i = 0; i < c->fine->count; i++) {
    PetscCall(SgdHalveState(c->fine->grid, y[i], grid, c->z));
    PetscCall(Distance(grid, c->z, half[i], &l1));
    PetscCall(SgdMomentsCompute(grid, half[i], &moments));
    SgdErrorsEstimate(grid->dim, SgdModelOrder(c->fine->model[i]), &m[i], &moments, l1, &errors[i]);
  }
  PetscCall(SgdErrorCheckRow(c, step, errors));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Largest(int count, const double *value) {
  double largest = 0;
  for (int i = 0; i < count; i++) largest = value[i] <= largest ? largest : value[i];
  return largest;
}

PetscErrorCode SgdErrorCheckView(SgdErrorCheck c, const SgdErrors errors[]) {
  const int d = c->fine->grid->dim;

  PetscFunctionBegin;
  PetscCall(SgdSay(c->fine->grid->comm, "Estimated errors of the space discretisation at the last step:\n"));
  for (int i = 0; i < c->fine->count; i++) {
    const SgdErrors *e = &errors[i];
    PetscCall(SgdSay(c->fine->grid->comm, "  %-24s density %.1e (L1), mean %.1e, covariance %.1e, outflow %.1e; %s\n",
                     SgdModelName(c->fine->model[i]), e->l1, Largest(d, e->moments.mean),
                     Largest(SGD_PAIRS(d), e->moments.cov), e->moments.outflow,
                     e->order == 2 ? "a third of the difference (order 2)"
                     : e->order    ? "the difference (order 1)"
                                   : "the half grid's error, a bound (spectral)"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdErrorCheckDestroy(SgdErrorCheck *check) {
  SgdErrorCheck c = *check;

  PetscFunctionBegin;
  if (!c) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdCloseText(c->fine->grid->comm, c->folder, NAME, &c->file));
  PetscCall(SgdAdvanceDestroy(&c->models));
  PetscCall(VecDestroy(&c->z));
  PetscCall(SgdHalfModelsDestroy(&c->half));
  PetscCall(PetscFree(*check));
  PetscFunctionReturn(PETSC_SUCCESS);
}
