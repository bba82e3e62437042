/* What is off a slice that follows the mean of a small ensemble, spread as that ensemble is (slice.complement: ensemble).
   A member's place off the slice is c_j = lean^T a_j + rest_j, `lean` the regression of c on the member's own place a_j on
   the slice; a point a of the slice then has the members at wbar + V^T a + lean^T a + rest_j (SgdMemberScatter), and a step's
   law there is that of a step given a: mean E(g | a), covariance E(C | a) + Cov(g | a). The marginal of SGD on the slice
   follows these conditional laws exactly (Gyongy's mimicking, Probab. Th. Rel. Fields 71 (1986) 501); what is dropped is
   what the regression leaves of the dependence, the members' finite number, and a step's law beyond its covariance. */
#pragma once
#include "meshes/frame.h"
#include "solver/ensemble/growing.h"

typedef struct _p_SgdComplement *SgdComplement;

/* For the members of `growing`, to be kept at `pieces` steps. Collective, as all of these. */
PETSC_INTERN PetscErrorCode SgdComplementCreate(const SgdGrowingContext *context, int pieces, SgdGrowing growing,
                                                SgdComplement *complement);
/* The members as they are now are those of this piece. */
PETSC_INTERN PetscErrorCode SgdComplementKeep(SgdComplement c, int piece, SgdGrowing growing);
/* The landscape's scatter is that of a piece; frame: its origin at the members' mean. */
PETSC_INTERN PetscErrorCode SgdComplementEnter(SgdComplement c, int piece, SgdFrame frame);
/* From now on only the members of a group count, one of SGD_COMPLEMENT_GROUPS, for errors over the groups; -1: all do. */
#define SGD_COMPLEMENT_GROUPS 8
PETSC_INTERN void SgdComplementOnly(SgdComplement c, int group);
PETSC_INTERN PetscErrorCode SgdComplementDestroy(SgdComplement *complement);
