#include "operators/step/report.h"
#include <stdarg.h>

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

PetscErrorCode SgdReportNote(SgdReport *r, const char *format, ...) {
  const size_t used = strlen(r->notes), room = sizeof r->notes - used;
  va_list args;

  PetscFunctionBegin;
  if (room < 3) PetscFunctionReturn(PETSC_SUCCESS);
  va_start(args, format);
  vsnprintf(r->notes + used, room - 1, format, args);
  va_end(args);
  PetscCall(PetscStrlcat(r->notes, "\n", sizeof r->notes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdReportClear(SgdReport *r) {
  r->figures = 0;
  *r->notes = '\0';
}
