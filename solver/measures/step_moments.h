/* Mean and covariance of every model between two output steps, cheap enough to be taken after each step: sums over the
   rank's own cells, added up over the ranks at the next output step only.

   A map stands on every SGD step; an exponential only where its stretches end, and a leap where it lands: what lies
   between was never computed, and has no row. Of long runs (more than SGD_STEPS_SHOWN steps) the first hundred steps are
   kept, and then every n-th. Everything about the mean at the last output step, so that a narrow density far from the
   middle of the box loses no digits. */
#pragma once
#include "meshes/grid.h"

#define SGD_STEPS_SHOWN 10000

typedef struct {
  PetscInt step;
  double mass, mean[3], cov[6]; /* of the mass inside; upper triangle by rows */
} SgdStepRow;

typedef struct _p_SgdStepMoments *SgdStepMoments;

/* Of `models` models over so many SGD steps; the grid outlives it. */
PETSC_INTERN PetscErrorCode SgdStepMomentsCreate(SgdGrid grid, int models, PetscInt steps, SgdStepMoments *s);
PETSC_INTERN PetscErrorCode SgdStepMomentsDestroy(SgdStepMoments *s);
/* Model m's state y at an SGD step, unless that is noted already or one of those left out. s NULL: nothing. Not
   collective. */
PETSC_INTERN PetscErrorCode SgdStepMomentsAdd(SgdStepMoments s, int m, PetscInt step, Vec y);
/* At an output step, which is always noted: y NULL where the model has failed. Collective. */
PETSC_INTERN PetscErrorCode SgdStepMomentsOutput(SgdStepMoments s, int m, PetscInt step, Vec y);
/* Add up over the ranks; the rows so far of model m, on every rank, valid until the next call. Collective. */
PETSC_INTERN PetscErrorCode SgdStepMomentsRows(SgdStepMoments s, int m, PetscInt *count, const SgdStepRow **rows);
/* Restart: rows as SgdStepMomentsRows gave them, of model m, whose last output step was `output`. */
PETSC_INTERN PetscErrorCode SgdStepMomentsSetRows(SgdStepMoments s, int m, PetscInt count, const SgdStepRow *rows,
                                                  PetscInt output);
