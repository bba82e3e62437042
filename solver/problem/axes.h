/* The slice's directions by name: eigenvectors of the spectrum, coordinate axes, or the user's own from a file. */
#pragma once
#include "meshes/frame.h"
#include "meshes/slice.h"
#include "solver/hessian/spectrum.h"

/* Refuse names that are none, parameters and modes beyond the P there are, and one of them twice. */
PETSC_INTERN PetscErrorCode SgdAxesFit(SgdCase c, const SgdSliceOptions *o, PetscInt P);
/* Does the choice need the spectrum? */
PETSC_INTERN PetscBool SgdAxesNeedSpectrum(const SgdSliceOptions *o);
/* sharpest: largest eigenvalue; flattest: smallest |eigenvalue| among the computed modes that the minibatch noise moves
   (D above 1e-6 of the largest D, or an eigenvalue of exactly the same size on both sides of zero); most_negative:
   smallest eigenvalue; mode:K: K-th by eigenvalue, 1 the largest; coordinate:K: the K-th parameter. */
PETSC_INTERN PetscErrorCode SgdAxesChoose(SgdCase c, const SgdSliceOptions *o, SgdLandscape l, const double *w,
                                          SgdSpectrum s, SgdFrame *frame);
