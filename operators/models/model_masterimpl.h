/* What the models that are made of the master equation's map share: its keys (model_master.c). */
#pragma once
#include "operators/master/master.h"
#include "operators/models/modelimpl.h"

typedef struct {
  SgdModelCommon common;
  SgdMasterOptions master;
} SgdModelMasterOptions;

/* Read item `section` into m->options (SgdModelMasterOptions), with `law` where the case names none. */
PETSC_INTERN PetscErrorCode SgdModelMasterRead(SgdModel m, SgdCase c, const char *section, const char *law);

/* Refuse by SgdMasterFit. */
PETSC_INTERN PetscErrorCode SgdModelMasterFit(SgdModel m, const SgdStepPlan *plan);
/* One step's, where the law has a variance and it is that of the fields (a table's is the user's). */
PETSC_INTERN PetscBool SgdModelMasterMoments(SgdModel m, PetscInt i, double b[], double S[]);

static inline const SgdMasterOptions *SgdModelMasterOptionsOf(SgdModel m) {
  return &((const SgdModelMasterOptions *)m->options)->master;
}
