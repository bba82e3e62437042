/* A landscape on a grid of nodes, as HDF5 of the format "sgdfp-landscape-1" (postprocess/sgdfp/landscape.py writes it):
     attributes format, dimension (d = 1..3)      /nodes_1 .. /nodes_d [n_a], uniform or Chebyshev of the second kind
     /loss [n_1]..[n_d]                           /gradient [..][d] (else the slope of the loss's interpolant)
     /covariance [..][d][d] of one draw           /third [..][1][1][1] its third cumulant (d = 1 only; else Gaussian)
   Chebyshev axes are interpolated by the barycentric formula (chebyshev.h), uniform ones by splines (spline.h). */
#pragma once
#include "cases/base/base.h"
#include "cases/base/spline.h"

#define SGD_TABULATED_NODES     4097 /* of an axis, at most */
#define SGD_TABULATED_CHEBYSHEV 513

typedef struct {
  int dim;
  PetscInt n[3], total; /* nodes an axis; their product */
  double min[3], max[3];
  PetscBool uniform[3];
  PetscBool own_gradient;               /* the file has it */
  double *loss, *g, *C1, *third;        /* [total], [total][d], [total][d][d], [total] or NULL: as they are stored */
  double loss_error, g_error, C1_error; /* estimated errors of interpolation, relative to the largest value */
  double slope_error;                   /* largest |g - slope of the loss| at the nodes, relative to the largest g */
  char unknown[256];                    /* names in the file that are not read, in words; "": none */
} SgdTabulated;

/* Read on rank 0, check, share, and prepare for interpolation. Collective. Exit 4 with file and dataset for what is
   missing, of another shape, not finite or no covariance. */
PETSC_INTERN PetscErrorCode SgdTabulatedLoad(MPI_Comm comm, const char *path, SgdTabulated *t);
PETSC_INTERN PetscErrorCode SgdTabulatedDestroy(SgdTabulated *t);
/* Values at the nodes, `width` numbers a node, to what Value reads, in place. */
PETSC_INTERN PetscErrorCode SgdTabulatedPrepare(const SgdTabulated *t, PetscInt width, double *f);
/* value [width] = f(a), or its derivative along axis `slope` (-1: none). A point outside the box counts as the nearest
   one in it. */
PETSC_INTERN void SgdTabulatedValue(const SgdTabulated *t, const double a[], int slope, PetscInt width, const double *f,
                                    double *value);
/* The place of node m. a [d] */
PETSC_INTERN void SgdTabulatedNode(const SgdTabulated *t, PetscInt m, double a[]);
/* Largest estimated error of interpolating f [total][width], values at the nodes, relative to its largest magnitude:
   Chebyshev axes by their last coefficients, uniform ones by leaving out nodes. */
PETSC_INTERN PetscErrorCode SgdTabulatedError(const SgdTabulated *t, PetscInt width, const double *f, double *error);
