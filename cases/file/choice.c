#include "cases/file/choice.h"
#include "cases/file/nearest.h"

/* "a, b or c" */
static PetscErrorCode List(const char *const names[], char *text, size_t size) {
  PetscFunctionBegin;
  *text = 0;
  for (int k = 0; names[k]; k++) {
    const char *between = !k ? "" : names[k + 1] ? ", " : " or ";
    PetscCall(PetscSNPrintf(text + strlen(text), size - strlen(text), "%s%s", between, names[k]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCaseChoice(SgdCase c, const char *key, const char *const names[], const char *found, int *choice) {
  const char *nearest;
  char list[512];

  PetscFunctionBegin;
  for (*choice = 0; names[*choice]; (*choice)++)
    if (!strcmp(names[*choice], found)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(List(names, list, sizeof list));
  if (!*found) PetscCall(SgdCaseError(c, key, NULL, "missing; expected %s", list));
  nearest = SgdWordNearest(found, *choice, names);
  PetscCall(SgdCaseError(c, key, NULL, "expected %s, found \"%.48s%s\"%s%s%s", list, found,
                         strlen(found) > 48 ? "..." : "", nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                         nearest ? "\"?" : ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCaseChoiceIn(SgdCase c, const char *section, const char *key, const char *const names[],
                               const char *found, int *choice) {
  char path[128];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(path, sizeof path, "%s.%s", section, key));
  PetscCall(SgdCaseChoice(c, path, names, found, choice));
  PetscFunctionReturn(PETSC_SUCCESS);
}
