/* How well are interpolated fields known where the mass is? The landscape itself is asked at the centres of a few cells
   drawn from the density, and the fields' errors there are set against what the drift does over the horizon. */
#pragma once
#include "meshes/fields.h"

#define SGD_FIELD_POINTS 12

/* Raise fields->drift_error and fields->noise_error to, along the worst axis and in the root mean square over the points,
     |g - g_true| / sqrt(g^2 + C/steps)      and      |C - C_true| / C:
   an error of the drift counts against the drift, or against what the noise alone does in `steps` steps where there is
   next to none. The cells are drawn by counter-based numbers of `stream`, in proportion to |y|. context: what the fields
   were made of. Nothing is done where they were not interpolated. Collective. */
PETSC_INTERN PetscErrorCode SgdFieldErrorAtMass(SgdFields fields, const SgdFieldsContext *context, Vec y,
                                                PetscInt steps, uint64_t stream);
