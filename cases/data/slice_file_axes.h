/* The axes /V [d][P] of a slice file, where it has them: they must be orthonormal, else V^T of the gradient moves other
   coordinates than its own. */
#pragma once
#include "cases/data/field_file.h"

/* 1, with the words in r->text, for /V of another shape, not finite, or with rows that are not orthonormal to 1e-6. */
PETSC_INTERN int SgdSliceFileAxes(SgdFieldFile *r, int dim);
