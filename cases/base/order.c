#include "cases/base/order.h"

/* PETSc's sort does not keep the order of equal keys: their indices are sorted afterwards. */
PetscErrorCode SgdOrderDescending(PetscInt n, const double key[], PetscInt order[]) {
  double *minus;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &minus));
  for (PetscInt i = 0; i < n; i++) {
    minus[i] = -key[i];
    order[i] = i;
  }
  PetscCall(PetscSortRealWithPermutation(n, minus, order));
  for (PetscInt first = 0, last; first < n; first = last) {
    for (last = first + 1; last < n && key[order[last]] == key[order[first]];) last++;
    PetscCall(PetscSortInt(last - first, order + first));
  }
  PetscCall(PetscFree(minus));
  PetscFunctionReturn(PETSC_SUCCESS);
}
