/* The C interface of BLAS, whose header has several names: OpenBLAS, the reference, BLIS and libsci have cblas.h, MKL
   its own. Which library it is, CMake decides: the one PETSc links. */
#pragma once
#if __has_include(<cblas.h>)
#include <cblas.h>
#else
#include <mkl_cblas.h>
#endif

/* One thread for every call from here on, where the library has threads of its own (OpenBLAS): the ranks are the
   parallelism, and sums must not depend on threads. Other libraries take OMP_NUM_THREADS. */
extern void openblas_set_num_threads(int) __attribute__((weak));
static inline void SgdBlasOneThread(void) {
  if (openblas_set_num_threads) openblas_set_num_threads(1);
}
