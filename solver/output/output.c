#include "solver/output/outputimpl.h"

struct _p_SgdOutput {
  SgdOutputContext context;
  SgdDensityFile density;
  SgdTables tables;
  PetscInt count, room, *steps; /* output steps so far */
};

PetscErrorCode SgdOutputOpen(const SgdOutputContext *context, SgdOutput *out) {
  SgdOutput o;

  PetscFunctionBegin;
  PetscCall(PetscNew(&o));
  *out = o;
  o->context = *context;
  PetscCall(SgdMakeFolder(context->grid->comm, context->folder));
  PetscCall(SgdDensityFileOpen(&o->context, &o->density));
  PetscCall(SgdTablesOpen(&o->context, &o->tables));
  if (!context->kept) PetscCall(SgdXdmfWrite(&o->context, 0, NULL, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Remember(SgdOutput o, PetscInt step) {
  PetscFunctionBegin;
  if (o->count == o->room) {
    o->room = PetscMax(16, 2 * o->room);
    PetscCall(PetscRealloc(o->room * sizeof *o->steps, &o->steps));
  }
  o->steps[o->count++] = step;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdOutputDensities(SgdOutput o, PetscInt step, Vec *y) {
  return SgdDensityFileStep(o->density, &o->context, step, y);
}

/* Of the models that failed at output k. */
static PetscErrorCode MarkFailures(SgdOutput o, const SgdHistory *h, int k) {
  char status[200];

  PetscFunctionBegin;
  for (int m = 0; m < h->models; m++) {
    if (SgdHistoryFailed(h, m) != k) continue;
    PetscCall(SgdHistoryStatus(h, m, k, status, sizeof status));
    PetscCall(SgdDensityFileFailure(o->density, o->context.model[m], status));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdOutputRows(SgdOutput o, PetscInt step, Vec *y, const SgdHistory *h, int k) {
  PetscFunctionBegin;
  PetscCall(Remember(o, step));
  PetscCall(MarkFailures(o, h, k));
  PetscCall(SgdTablesStep(o->tables, &o->context, step, y, h, k));
  PetscCall(SgdXdmfWrite(&o->context, o->count, o->steps, h));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdOutputRestartStep(SgdOutput o, PetscInt step, const SgdHistory *h, int k) {
  PetscFunctionBegin;
  PetscCall(Remember(o, step));
  PetscCall(MarkFailures(o, h, k));
  PetscCall(SgdTablesStep(o->tables, &o->context, step, NULL, h, k));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdOutputCertificate(SgdOutput o, int m, const SgdCertificate *worst) {
  return SgdDensityFileCertificate(o->density, o->context.model[m], worst);
}

PetscErrorCode SgdOutputClose(SgdOutput *out) {
  SgdOutput o = *out;

  PetscFunctionBegin;
  if (!o) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdTablesClose(&o->tables, &o->context));
  PetscCall(SgdDensityFileClose(&o->density));
  PetscCall(PetscFree(o->steps));
  PetscCall(PetscFree(*out));
  PetscFunctionReturn(PETSC_SUCCESS);
}
