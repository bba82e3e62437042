/* A case's spectrum, from the file of its section where that holds the eigenpairs of this very case. */
#pragma once
#include "cases/file/case.h"
#include "solver/hessian/spectrum.h"

/* The eigenpairs are read from the section's `file` if it holds those of this case, else they are computed and written
   there (s->origin says which). The density is computed in any case. Collective. */
PETSC_INTERN PetscErrorCode SgdSpectrumObtain(SgdCase c, SgdLandscape l, const double *w, const SgdSpectrumOptions *o,
                                              SgdSpectrum *s);
