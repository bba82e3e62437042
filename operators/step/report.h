/* What a part needs to report: the name that its messages bear, the place in the case that its errors point to, and a
   list for its figures. */
#pragma once
#include "cases/file/case.h"

#define SGD_MAX_FIGURES 16

/* Resolution, stability, validity. */
typedef struct {
  char name[64];
  double value, limit; /* NaN limit: none */
  PetscBool ok;
} SgdFigure;

typedef struct {
  SgdCase kase; /* NULL: errors name the key alone */
  char name[64], section[64];
  int figures;
  SgdFigure figure[SGD_MAX_FIGURES];
  char key[128]; /* SgdReportKey */
} SgdReport;

/* The key `key` of the report's section, in full; valid until the next call. */
PETSC_INTERN const char *SgdReportKey(SgdReport *report, const char *key);
PETSC_INTERN PetscErrorCode SgdReportFigure(SgdReport *report, const char *name, double value, double limit,
                                            PetscBool ok);
