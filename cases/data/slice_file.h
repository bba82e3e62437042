/* A slice exported from another program, as HDF5 (cases/torch/SLICE_FILE.md): loss, mean gradient and noise on a tensor
   of Chebyshev nodes, and their interpolation. Evaluation is plain C on arrays. */
#pragma once
#include "cases/base/base.h"

typedef struct {
  int dim, nodes;           /* d = 1..3 axes; nodes per axis */
  int samples;              /* N behind the noise */
  PetscInt total;           /* nodes^d; node m = i_1 + nodes (i_2 + nodes i_3) */
  double min[3], max[3];    /* the box, in slice coordinates */
  double eigenvalue[3];     /* Hessian eigenvalue of each axis at the origin; NaN where the file does not say */
  char model[64], axes[96]; /* free text, shown in messages */
  double *loss, *g, *C1;    /* [total], [total][d], [total][d][d]: one sample's covariance */
  double *gi;               /* [total][N][d]: each sample's gradient; NULL if the file has none */
} SgdSliceFile;

/* Read on rank 0, check, and share. Collective. Exit 4, naming file and dataset, for what is missing, of another shape,
   not finite, or inconsistent: nodes that are not Chebyshev points in increasing order, C1 that is not symmetric positive
   semidefinite, g that is not the slope of the loss, eigenvalues that are not its curvature (slice_file_check.h), gi
   whose mean and covariance are not g and C1. A warning where the nodes do not resolve the fields. */
PETSC_INTERN PetscErrorCode SgdSliceFileLoad(MPI_Comm comm, const char *path, SgdSliceFile *s);
PETSC_INTERN PetscErrorCode SgdSliceFileDestroy(SgdSliceFile *s);

/* Weights b [total] of the nodes at the point a [d]: f(a) ~ sum_m b[m] f(node m). A point outside the box counts as the
   nearest one in it: a polynomial has no meaning beyond its nodes. */
PETSC_INTERN void SgdSliceFileWeights(const SgdSliceFile *s, const double a[], double *b);
/* ... and of the derivative along v [d]: v.grad f(a) ~ sum_m b[m] f(node m). */
PETSC_INTERN void SgdSliceFileSlopeWeights(const SgdSliceFile *s, const double a[], const double v[], double *b);
/* value [count] = sum_m b[m] f[m stride + .] */
PETSC_INTERN void SgdSliceFileSum(const SgdSliceFile *s, const double *b, PetscInt stride, PetscInt count,
                                  const double *f, double *value);
