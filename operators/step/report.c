#include "operators/step/report.h"

const char *SgdReportKey(SgdReport *r, const char *key) {
  snprintf(r->key, sizeof r->key, "%s%s%s", r->section, *r->section ? "." : "", key);
  return r->key;
}

PetscErrorCode SgdReportFigure(SgdReport *r, const char *name, double value, double limit, PetscBool ok) {
  PetscFunctionBegin;
  PetscCheck(r->figures < SGD_MAX_FIGURES, PETSC_COMM_SELF, PETSC_ERR_PLIB, "Too many figures for model %s", r->name);
  SgdFigure *f = &r->figure[r->figures++];
  PetscCall(PetscStrncpy(f->name, name, sizeof f->name));
  f->value = value;
  f->limit = limit;
  f->ok = ok;
  PetscFunctionReturn(PETSC_SUCCESS);
}
