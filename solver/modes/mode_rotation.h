/* How far the sharpest eigenvectors of the mean Hessian turn along SGD's mean path: what a theory in the eigenbasis of the
   start takes to stay put. */
#pragma once
#include "operators/linearised/path.h"
#include "solver/hessian/spectrum.h"

typedef struct {
  int steps, modes;   /* steps along the path */
  double *own;        /* [modes] |v_k(0) . v_k(n)|, k by eigenvalue at both ends */
  double *within;     /* [modes] length of v_k(0) in the span of the sharpest `modes` at n */
  double *eigenvalue; /* [modes] at n */
} SgdModeRotation;

/* The `modes` sharpest at the start against those after `steps` steps of gradient descent. Collective. */
PETSC_INTERN PetscErrorCode SgdModeRotationCompute(SgdLandscape l, const double *w_ref, double eta, int steps,
                                                   const SgdSpectrumOptions *o, int modes, SgdModeRotation *r);
PETSC_INTERN PetscErrorCode SgdModeRotationView(const SgdModeRotation *r, MPI_Comm comm);
/* modes_rotation.csv: step,mode,eigenvalue,own,within. */
PETSC_INTERN PetscErrorCode SgdModeRotationWrite(int count, const SgdModeRotation r[], MPI_Comm comm,
                                                 const char *folder);
PETSC_INTERN PetscErrorCode SgdModeRotationFree(SgdModeRotation *r);
