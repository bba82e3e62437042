/* The third stage: the landscape's fields on a grid and the models' operators there, for a piece of the schedule. */
#pragma once
#include "meshes/fields.h"
#include "solver/problem/model_list.h"
#include "solver/problem/slice_stage.h"

/* What fields and models are built from, whatever the grid. */
typedef struct {
  SgdCase kase;
  SgdLandscape landscape;
  const SgdSgdOptions *sgd;
  const SgdSliceStage *slice;
  PetscInt nodes; /* slice.nodes; below zero: automatic */
} SgdModelsContext;

typedef struct {
  SgdModelsContext context;
  SgdGrid grid;
  SgdFields fields;
  int piece; /* of the schedule: whose fields and operators these are */
  int count;
  SgdModel *model;                  /* [count], of the list that it was created with */
  PetscBool failed[SGD_MAX_MODELS]; /* it could not be set up: it has no operator, nothing to view */
} SgdModels;

/* Coarse nodes an axis for a landscape on data, where the case leaves them open. */
PETSC_INTERN PetscInt SgdModelsNodes(int dim);
/* The fields of the first piece. What the context points to, list and grid outlive it. Collective. */
PETSC_INTERN PetscErrorCode SgdModelsCreate(const SgdModelsContext *context, SgdModelList *list, SgdGrid grid,
                                            SgdModels *m);
/* The operators of the present piece. Numbers that cannot be had (exit 3) are told and end that model only. Collective. */
PETSC_INTERN PetscErrorCode SgdModelsSetUp(SgdModels *m);
/* Exit 3 where there is none left. */
PETSC_INTERN PetscErrorCode SgdModelsCheckAny(const SgdModels *m);
/* Fields and operators of a later piece than the present, in place of those. Collective. */
PETSC_INTERN PetscErrorCode SgdModelsEnter(SgdModels *m, int piece);
/* Warn where the fields, interpolated, are not known where the density y is; horizon: the steps over which their noise
   counts; stream: of the points drawn (field_error.h); when: of which density, as "step 40". Collective. */
PETSC_INTERN PetscErrorCode SgdModelsCheckFields(const SgdModels *m, Vec y, PetscInt horizon, uint64_t stream,
                                                 const char *when);
/* The fields in words: how well they are known, and what they leave out. */
PETSC_INTERN PetscErrorCode SgdModelsViewFields(const SgdModels *m);
/* Every model's equation and figures; of a later piece that follows the mean path, only that it has come to it. */
PETSC_INTERN PetscErrorCode SgdModelsView(const SgdModels *m);
PETSC_INTERN PetscErrorCode SgdModelsDestroy(SgdModels *m);

/* The same problem on half the cells per axis (meshes/coarsen.h). */
typedef struct {
  SgdGrid grid;
  SgdModelList list;
  SgdModels models;
} SgdHalfModels;

/* Fields and operators of the schedule's first piece on the half grid. Exit 2 where an axis has an odd number of
   cells. Collective. */
PETSC_INTERN PetscErrorCode SgdHalfModelsCreate(const SgdModels *fine, SgdHalfModels *half);
PETSC_INTERN PetscErrorCode SgdHalfModelsDestroy(SgdHalfModels *half);
