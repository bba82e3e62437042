/* The generator of a drift and a diffusion on the grid (Ito),
     d_tau p = -d_i(b_i p) + d_i d_j (D_ij p),
   as transfers of mass with rates that are never negative: densities stay positive and no mass is lost, whatever the
   tensor's rotation (Selling's edges, selling.h). Shared by langevin, log_matched and every other model
   that is a drift b and a diffusion D. */
#pragma once
#include "operators/generators/differentiate.h"
#include <petscmat.h>

typedef enum { SGD_FLUX_MOMENT_EXACT, SGD_FLUX_SCHARFETTER_GUMMEL } SgdFlux;

typedef struct _p_SgdDriftDiffusion {
  SgdFields fields;
  SgdRows rows;     /* rows in which b and D are known; they hold at least this rank's own */
  double *b[3];     /* drift velocity b[a][held cells] */
  double *D[6];     /* diffusion tensor, pairs as in fields.h, [held cells] */
  double *added[3]; /* after Assemble: variance along each axis that the fluxes add to 2 D_aa, per unit of time [owned
                       cells]: upwinding where the drift beats the diffusion of a cell */
} * SgdDriftDiffusion;

/* b = 0, D = 0 on all held cells. */
PETSC_INTERN PetscErrorCode SgdDriftDiffusionCreate(SgdFields f, SgdDriftDiffusion *dd);
PETSC_INTERN PetscErrorCode SgdDriftDiffusionDestroy(SgdDriftDiffusion *dd);
/* Hand dd->added over to the caller, who frees it. */
PETSC_INTERN void SgdDriftDiffusionTakeAdded(SgdDriftDiffusion dd, double *added[3]);
/* Hand b and S = 2 D [held cells] over to the caller, who frees them: own[0 .. dim) and own[dim ..], pairs. */
PETSC_INTERN void SgdDriftDiffusionTakeFields(SgdDriftDiffusion dd, double *own[9]);
/* The generator as AIJ on state vectors. Where D is not positive definite on this rank's rows, exit 3 with the place,
   in the name of `model` and with `advice`. Collective. */
PETSC_INTERN PetscErrorCode SgdDriftDiffusionAssemble(SgdDriftDiffusion dd, SgdFlux flux, const char *model,
                                                      const char *advice, Mat *L);
/* A flux by its name, which the key `flux` of the section gave: moment_exact | scharfetter_gummel. */
PETSC_INTERN PetscErrorCode SgdFluxRead(SgdCase c, const char *section, const char *name, SgdFlux *flux);
