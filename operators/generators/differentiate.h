/* Derivatives of fields held on the grid (fields.h): five-point differences, fourth order inside, one-sided (fourth
   order still) at the ends of the box, exact for polynomials of degree four. */
#pragma once
#include "meshes/fields.h"

/* Rows of the slowest axis in which a field is known; each derivative along that axis costs two at inner seams. */
typedef struct {
  PetscInt first, last;
} SgdRows;

/* out = d in / d axis. in and out [held cells] as in `f`; `rows` says where `in` is known, and on return where `out`
   is. Exit 2 if the axis has fewer than five cells. All ranks call it. */
PETSC_INTERN PetscErrorCode SgdDifferentiate(SgdFields f, int axis, const double *in, double *out, SgdRows *rows);
