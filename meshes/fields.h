/* The landscape on the grid: loss, mean gradient g_a and single-step noise covariance C_ab (of the minibatch gradient)
   at every cell centre of this rank's rows and of `halo` rows on either side (THEORY.md (3), (7)). */
#pragma once
#include "meshes/grid.h"
#include "meshes/frame.h"
#include "meshes/group_law.h"
#include "meshes/update_rule.h"

typedef struct _p_SgdFields {
  SgdGrid grid;
  PetscInt first_row, last_row;   /* rows held: owned rows and halo, clipped to the box */
  PetscInt first_cell, last_cell; /* the same as natural cell indices; array index = cell - first_cell */
  double *loss;                   /* [held cells] */
  double *g[3];                   /* g[a][held cells], projected mean gradient */
  double *C[6];               /* upper triangle by rows: 11; 11,12,22; 11,12,13,22,23,33: covariance of one SGD step */
  double interpolation_error; /* largest error met at test points between nodes, relative to the field's range; 0 if
                                 direct */
  double drift_error,
      noise_error;              /* between nodes, where the mass is (measures/field_error.h); 0 if direct or unknown */
  struct _p_SgdFields *slice;   /* under an update rule g and C are those of the displacement in its states,
                                 -E dz/eta and Cov(dz)/eta^2, and these are the slice's own, whole on every rank;
                                 else NULL */
  struct _p_SgdFields *side[2]; /* of sam: the slice's at a + rho and a - rho; else NULL */
  SgdGroupLaw groups;           /* of also: its groups' law along the slice's axis; else NULL */
  double outside_share; /* largest part of the mean gradient out of the slice over its largest length, on the nodes */
} * SgdFields;

/* index into C[] of the pair (a, b) in dimension dim */
static inline int SgdPair(int dim, int a, int b) {
  int i = a < b ? a : b, j = a < b ? b : a;
  return i * dim - i * (i - 1) / 2 + (j - i);
}
#define SGD_PAIRS(dim) ((dim) * ((dim) + 1) / 2)

typedef struct {
  SgdLandscape landscape;
  SgdFrame frame;
  PetscInt batch;
  SgdSampling sampling;
  double learning_rate, momentum; /* momentum != 0: phase space (a, v) of a slice of one dimension */
  const SgdUpdateRule *rule;      /* of an optimizer on a slice of one dimension; NULL: none */
  PetscInt nodes;                 /* coarse nodes per axis; 0: evaluate at every cell */
  PetscInt halo;                  /* rows of the slowest axis held beyond the owned ones */
} SgdFieldsContext;

/* The batch's gradient at cell a of the slice's axis, under an update rule. */
static inline SgdRuleGradient SgdFieldsRuleGradient(SgdFields f, PetscInt a) {
  SgdRuleGradient G = {.g = f->slice->g[0][a], .variance = f->slice->C[0][a]};

  if (f->groups) G.groups = SgdGroupLawCell(f->groups, a);
  for (int k = 0; k < 2 && f->side[k]; k++) {
    G.side_g[k] = f->side[k]->g[0][a];
    G.side_variance[k] = f->side[k]->C[0][a];
  }
  return G;
}

/* Sample the landscape on the grid. Exit 3 where it is not finite, naming the first place. Collective. */
PETSC_EXTERN PetscErrorCode SgdFieldsCreate(SgdGrid grid, const SgdFieldsContext *context, SgdFields *fields);
/* The landscape itself at a point x [dim], uninterpolated: g [dim] and C [pairs], as the fields hold them. Not collective. */
PETSC_EXTERN PetscErrorCode SgdFieldsExact(const SgdFieldsContext *context, const double x[], double g[], double C[]);
PETSC_EXTERN PetscErrorCode SgdFieldsDestroy(SgdFields *fields);
/* Where the noise covariance, interpolated, is not positive semidefinite on this rank's rows: the lowest eigenvalue
   relative to the trace, over all ranks. Collective. */
PETSC_EXTERN PetscErrorCode SgdFieldsCovarianceFloor(SgdFields fields, double *floor);
/* C times ratio: the same landscape seen with another batch size. */
PETSC_EXTERN PetscErrorCode SgdFieldsScaleNoise(SgdFields fields, double ratio);
