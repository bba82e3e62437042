/* When a pair of SLEPc's eigensolver counts as converged, and progress lines while it works. */
#pragma once
#include "cases/base/progress.h"
#include <slepceps.h>

typedef struct {
  MPI_Comm comm; /* on whose rank 0 progress is told */
  const char *name;
  PetscInt wanted, beyond; /* pairs; the Krylov space has 2 wanted + beyond vectors */
  double tolerance, scale; /* converged: |H v - lambda v| <= tolerance max(scale, |lambda|) */
  SgdProgress progress;
} SgdSpectrumWatch;

/* Install both on an eigensolver; `watch` must outlive its solve. Every few seconds a line with the converged pairs,
   the residual of the next one and an estimate of the time left: pairs are taken to converge at an even pace, the
   residual of the next one to fall geometrically. */
PETSC_INTERN PetscErrorCode SgdSpectrumWatchSet(EPS eps, SgdSpectrumWatch *watch);
