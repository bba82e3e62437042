#include "solver/problem/model_list.h"

PetscErrorCode SgdModelListRead(SgdCase c, SgdModelList *list) {
  char section[32];

  PetscFunctionBegin;
  *list = (SgdModelList){0};
  PetscCall(SgdCaseCount(c, "models", &list->count));
  SgdCaseCheck(c, list->count >= 1, "models",
               "expected a list of at least one model, e.g. [master, discrete_fokker_planck, langevin]");
  SgdCaseCheck(c, list->count <= SGD_MAX_MODELS, "models", "at most %d models, found %d", SGD_MAX_MODELS, list->count);
  for (int m = 0; m < list->count; m++) {
    PetscCall(PetscSNPrintf(section, sizeof section, "models.%d", m));
    PetscCall(SgdModelCreate(c, section, &list->model[m]));
    for (int k = 0; k < m; k++)
      SgdCaseCheck(c, strcmp(SgdModelName(list->model[k]), SgdModelName(list->model[m])), section,
                   "a second model named \"%s\": give it a name of its own", SgdModelName(list->model[m]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelListReference(const SgdModelList *list, SgdCase c, const char *wanted, int *reference) {
  const char *known[SGD_MAX_MODELS + 1] = {NULL};

  PetscFunctionBegin;
  *reference = 0;
  if (!wanted || !*wanted) PetscFunctionReturn(PETSC_SUCCESS);
  for (int m = 0; m < list->count; m++) {
    known[m] = SgdModelName(list->model[m]);
    if (strcmp(known[m], wanted)) continue;
    *reference = m;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(SgdCaseError(c, "compare.reference", known, "\"%s\" is not among the models", wanted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelListDuplicate(int count, const SgdModel model[], SgdModelList *copy) {
  PetscFunctionBegin;
  copy->count = count;
  for (int m = 0; m < count; m++) PetscCall(SgdModelDuplicate(model[m], &copy->model[m]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelListDestroy(SgdModelList *list) {
  PetscFunctionBegin;
  for (int m = 0; m < list->count; m++) PetscCall(SgdModelDestroy(&list->model[m]));
  list->count = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
