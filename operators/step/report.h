/* What a part needs to report: the name that its messages bear, the place in the case that its errors point to, and
   lists for its figures and notes. */
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
  char notes[1536]; /* lines, each with its \n: what set-up has chosen; for views */
  char key[128];    /* SgdReportKey */
} SgdReport;

/* The key `key` of the report's section, in full; valid until the next call. */
PETSC_INTERN const char *SgdReportKey(SgdReport *report, const char *key);
/* One line more among the notes, printf style, without a line's end; what is too long is cut. Set-up itself is silent. */
PETSC_INTERN PetscErrorCode SgdReportNote(SgdReport *report, const char *format, ...) PETSC_ATTRIBUTE_FORMAT(2, 3);
/* Set up anew: no figures, no notes. */
PETSC_INTERN void SgdReportClear(SgdReport *report);
PETSC_INTERN PetscErrorCode SgdReportFigure(SgdReport *report, const char *name, double value, double limit,
                                            PetscBool ok);
