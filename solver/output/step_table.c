#include "solver/output/step_table.h"
#include "meshes/fields.h"
#include "solver/output/columns.h"
#include "solver/output/text_files.h"
#include <stdio.h>

#define NAME   "moments_every_step.csv"
#define DIGITS 12 /* the sums are plain ones */

struct _p_SgdStepTable {
  SgdGrid grid;
  const char *folder;
  int models;
  const char *const *model;
  double learning_rate;
  const SgdSchedule *schedule;
  PetscInt *written; /* [models] rows */
  FILE *file;        /* NULL on all ranks but 0 */
};

static void Head(FILE *f, int dim) {
  fputs("model,step,tau,mass", f);
  SgdColumnsOfAxes(f, "mean", dim);
  for (int a = 0; a < dim; a++)
    for (int b = a; b < dim; b++) fprintf(f, ",cov_%d%d", a + 1, b + 1);
  fputc('\n', f);
}

PetscErrorCode SgdStepTableOpen(SgdGrid grid, const char *folder, int models, const char *const *model,
                                double learning_rate, const SgdSchedule *schedule, SgdStepTable *table) {
  SgdStepTable t;

  PetscFunctionBegin;
  PetscCall(PetscNew(&t));
  *table = t;
  *t = (struct _p_SgdStepTable){grid, folder, models, model, learning_rate, schedule, NULL, NULL};
  PetscCall(PetscCalloc1(models, &t->written));
  PetscCall(SgdOpenText(grid->comm, folder, NAME, &t->file));
  if (t->file) Head(t->file, grid->dim);
  PetscCall(SgdFlushText(grid->comm, folder, NAME, t->file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Row(const SgdStepTable t, int m, const SgdStepRow *r) {
  const int dim = t->grid->dim;

  fprintf(t->file, "%s,%" PetscInt_FMT ",%.17g", t->model[m], r->step,
          t->schedule ? SgdScheduleTau(t->schedule, r->step) : t->learning_rate * (double)r->step);
  SgdColumnNumbers(t->file, DIGITS, 1, &r->mass);
  SgdColumnNumbers(t->file, DIGITS, dim, r->mean);
  SgdColumnNumbers(t->file, DIGITS, SGD_PAIRS(dim), r->cov);
  fputc('\n', t->file);
}

PetscErrorCode SgdStepTableRows(SgdStepTable t, SgdStepMoments moments, PetscInt step) {
  const SgdStepRow *row;
  PetscInt count;

  PetscFunctionBegin;
  for (int m = 0; m < t->models; m++) {
    PetscCall(SgdStepMomentsRows(moments, m, &count, &row));
    for (; t->written[m] < count && row[t->written[m]].step <= step; t->written[m]++)
      if (t->file) Row(t, m, &row[t->written[m]]);
  }
  PetscCall(SgdFlushText(t->grid->comm, t->folder, NAME, t->file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStepTableClose(SgdStepTable *table) {
  SgdStepTable t = *table;

  PetscFunctionBegin;
  if (!t) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdCloseText(t->grid->comm, t->folder, NAME, &t->file));
  PetscCall(PetscFree(t->written));
  PetscCall(PetscFree(*table));
  PetscFunctionReturn(PETSC_SUCCESS);
}
