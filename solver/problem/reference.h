/* The first stage: where the landscape is looked at. */
#pragma once
#include "solver/hessian/spectrum_obtain.h"
#include "solver/reference_point/training.h"
#include "solver/restart/checkpoint.h"
#include "solver/settings/settings.h"

typedef struct {
  SgdLandscape landscape; /* the case's, which outlives this */
  double *w_ref;          /* [P] */
  SgdTrained trained;     /* figures at w_ref; none after a restart */
  SgdSpectrum spectrum;   /* NULL: not asked for */
} SgdReference;

/* Train and minimise as section `reference_point` says, or take the point from a checkpoint (NULL: a fresh start).
   Collective. */
PETSC_INTERN PetscErrorCode SgdReferenceFind(SgdLandscape l, const SgdTrainingOptions *o, SgdCheckpoint from,
                                             SgdReference *r);
/* The noise takes the shape that section `noise` gives it: on or off modes of the spectrum, which then must be there. */
PETSC_INTERN PetscErrorCode SgdReferenceShapeNoise(SgdReference *r, SgdCase c);
/* The Hessian's spectrum there, with the minibatch noise of each mode, shaped first. Collective. */
PETSC_INTERN PetscErrorCode SgdReferenceSpectrum(SgdReference *r, SgdCase c, const SgdSpectrumOptions *o,
                                                 const SgdSgdOptions *sgd);
/* The point, in words; its spectrum has a view of its own. */
PETSC_INTERN PetscErrorCode SgdReferenceView(const SgdReference *r);
PETSC_INTERN PetscErrorCode SgdReferenceDestroy(SgdReference *r);
