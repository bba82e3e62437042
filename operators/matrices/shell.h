/* What PETSc's shell matrices ask for differently in its versions. */
#pragma once
#include <petscmat.h>

/* The context that the destructor given to MatShellSetContextDestroy() is called for, from what PETSc hands to it: the
   context itself before 3.23, its address from then on. Every such destructor begins with
     Context *c = SgdShellContext(given);
   PETSc calls it once, when the last duplicate of the matrix is gone. */
static inline void *SgdShellContext(void *given) {
#if PETSC_VERSION_LT(3, 23, 0)
  return given;
#else
  return *(void **)given;
#endif
}
