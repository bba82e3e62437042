/* verdict.csv: the resolution verdict of every model at every output step. */
#include "solver/output/text_files.h"
#include "solver/output/verdict_table.h"
#include <stdio.h>

struct _p_SgdVerdictTable {
  MPI_Comm comm;
  const char *folder;
  int dim;
  FILE *file; /* NULL on all ranks but 0 */
};

#define NAME "verdict.csv"

PetscErrorCode SgdVerdictTableOpen(MPI_Comm comm, const char *folder, int dim, SgdVerdictTable *table) {
  SgdVerdictTable t;

  PetscFunctionBegin;
  PetscCall(PetscNew(&t));
  *table = t;
  t->comm = comm;
  t->folder = folder;
  t->dim = dim;
  PetscCall(SgdOpenText(comm, folder, NAME, &t->file));
  if (t->file) {
    fputs("model,step", t->file);
    for (int a = 0; a < dim; a++) fprintf(t->file, ",noise_%d", a + 1);
    for (int a = 0; a < dim; a++) fprintf(t->file, ",tail_%d", a + 1);
    for (int a = 0; a < dim; a++) fprintf(t->file, ",added_%d", a + 1);
    fputs(",negative_mass,beyond_band,aliasing,step_mean,step_covariance,step_share,verdict,failure\n", t->file);
  }
  PetscCall(SgdFlushText(comm, folder, NAME, t->file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdVerdictTableRow(SgdVerdictTable t, const char *model, PetscInt step, const SgdVerdict *v) {
  PetscFunctionBegin;
  if (t->file) {
    fprintf(t->file, "%s,%" PetscInt_FMT, model, step);
    for (int a = 0; a < t->dim; a++) fprintf(t->file, ",%.6g", v->noise[a]);
    for (int a = 0; a < t->dim; a++) fprintf(t->file, ",%.6g", v->tail[a]);
    for (int a = 0; a < t->dim; a++) fprintf(t->file, ",%.6g", v->added[a]);
    char reason[128];
    PetscCall(SgdFailureText(v->failure, v->failure_value, reason, sizeof reason));
    for (char *p = reason; *p; p++)
      if (*p == ',') *p = ';';
    fprintf(t->file, ",%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%s,%s\n", v->negative_mass, v->beyond_band, v->aliasing,
            v->step.mean, v->step.covariance, v->step.share, SgdResolutionNames[v->all], reason);
  }
  PetscCall(SgdFlushText(t->comm, t->folder, NAME, t->file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdVerdictTableClose(SgdVerdictTable *table) {
  SgdVerdictTable t = *table;

  PetscFunctionBegin;
  if (!t) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdCloseText(t->comm, t->folder, NAME, &t->file));
  PetscCall(PetscFree(*table));
  PetscFunctionReturn(PETSC_SUCCESS);
}
