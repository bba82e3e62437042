/* The sample of a law's values that an expansion is chosen on, shared by law_expansion.c (the choice) and law_weights.c
   (the weights u_r at every cell). */
#pragma once
#include "operators/noise/law_expansion.h"
#include "operators/noise/law_table.h"
#include <petscblaslapack.h>

#define SGD_LAW_NODES 257 /* at most an axis */

typedef struct {
  SgdNoiseLaw law;
  SgdGrid grid;
  const SgdLawAccuracy *want;
  SgdLawTable
      table; /* what the law is taken from between the cells of verification; NULL: it is computed at each place */
  SgdCellRange range;      /* where the law is expanded; beyond it is that of the nearest place within */
  int cells, check, modes; /* sampled; the last `check` cells verify */
  PetscInt *cell;          /* [cells] */
  double (*q)[3], dq[3];   /* [modes], and what they are multiples of */
  int most[3];             /* largest multiple */
  double *heed;            /* [cells] how much an error there counts */
  double *phi;             /* [cells][2 modes], real and imaginary parts, the same on every rank */
  int terms, *row, *column;
  double left;          /* error of the cross approximation on its own cells */
  double *Phi;          /* [terms][terms], factored */
  PetscBLASInt *pivots; /* [terms] */
} SgdLawSample;

/* The law's value at the pivot modes, where it is settled: phi [terms]. */
PETSC_INTERN PetscErrorCode SgdLawPivotValues(const SgdLawSample *x, double *phi);
/* u from phi at the pivot modes, in place, for `count` places: Phi^T u = phi. */
PETSC_INTERN void SgdLawSolve(const SgdLawSample *x, int count, double *u);
/* The error of weights u [check][terms] on the cells of verification: error[0] as heeded, error[1] as it is. */
PETSC_INTERN void SgdLawVerify(const SgdLawSample *x, const double *u, double error[2]);
/* The centre of a cell, or of the nearest one in range. */
PETSC_INTERN void SgdLawPlaceOfCell(const SgdLawSample *x, PetscInt cell, double place[]);
/* e->weight by the table. Collective. */
PETSC_INTERN PetscErrorCode SgdLawWeightsByTable(const SgdLawSample *x, double *weight);
/* e->weight, e->nodes, e->error, e->elsewhere. Collective. */
PETSC_INTERN PetscErrorCode SgdLawWeights(const SgdLawSample *x, SgdLawExpansion *e);
/* Fewer terms that leave at most `error` on the sample, as heeded: e->terms, mix, weight, error, elsewhere. Collective in
   that all ranks do the same. */
PETSC_INTERN PetscErrorCode SgdLawCompress(const SgdLawSample *x, double error, SgdLawExpansion *e);
