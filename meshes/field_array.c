#include "meshes/field_array.h"

enum {
  PAGE = 4096 / sizeof(double), /* after as many numbers places in the first cache repeat */
  LINE = 64 / sizeof(double),
  APART = 9 * LINE /* no divisor of a page in common: 64 arrays in a row begin at 64 places */
};

PetscErrorCode SgdFieldArrayCreate(PetscInt n, double **x) {
  static int count = 0;
  const size_t place = (size_t)(++count) * APART % PAGE;
  double *all;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n + PAGE + LINE, &all));
  const size_t aligned = (PAGE - (uintptr_t)all / sizeof(double) % PAGE) % LINE;
  *x = all + LINE + aligned + place;
  ((double **)*x)[-1] = all;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdFieldArrayDestroy(double **x) {
  double *all = *x ? ((double **)*x)[-1] : NULL;

  PetscFunctionBegin;
  PetscCall(PetscFree(all));
  *x = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}
