/* The models of a case, by their names: section `models`, and which of them is the reference. */
#pragma once
#include "operators/models/model.h"

#define SGD_MAX_MODELS 32

typedef struct {
  int count;
  SgdModel model[SGD_MAX_MODELS];
} SgdModelList;

/* Read and check every item of section `models`; nothing is set up. */
PETSC_INTERN PetscErrorCode SgdModelListRead(SgdCase c, SgdModelList *list);
/* The index of the model that compare.reference names; the first where it names none. */
PETSC_INTERN PetscErrorCode SgdModelListReference(const SgdModelList *list, SgdCase c, const char *wanted,
                                                  int *reference);
/* The same models once more, for another grid. */
PETSC_INTERN PetscErrorCode SgdModelListDuplicate(int count, const SgdModel model[], SgdModelList *copy);
PETSC_INTERN PetscErrorCode SgdModelListDestroy(SgdModelList *list);
