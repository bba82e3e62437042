/* Interpolating splines of odd degree k on n > k equidistant nodes, with the not-a-knot ends (de Boor, A Practical Guide
   to Splines, 1978, chapters X and XIII): k - 1 times continuously differentiable; the error of values is of order k + 1
   in the distance of the nodes, that of slopes of order k. */
#pragma once
#include "cases/base/base.h"

#define SGD_SPLINE_DEGREE 7 /* the highest */

typedef struct {
  PetscInt n;
  int degree; /* 7, or less where there are fewer than 8 nodes */
  double min, max;
} SgdSpline;

PETSC_INTERN SgdSpline SgdSplineOn(PetscInt n, double min, double max);
/* s(x) = sum_j b[j] c[first + j], s'(x) = sum_j db[j] c[first + j], j = 0 .. degree (db may be NULL); x in [min, max]. */
PETSC_INTERN void SgdSplineRow(const SgdSpline *s, double x, PetscInt *first, double *b, double *db);
/* Values at the nodes to coefficients, in place: f [n] lies at f[0], f[stride], .. Error: no memory. */
PETSC_INTERN PetscErrorCode SgdSplineSolve(const SgdSpline *s, PetscInt stride, double *f);
