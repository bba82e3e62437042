/* The atoms of a random map: equally likely displacements u_1(a) .. u_M(a) of the parameters in the slice,
     one step of SGD:  u_m(a) = -eta G_m(a),         G_m the mean gradient of batch m (or g + C^{1/2} xi_m);
     an epoch:         u_m(a) = T_mK o .. o T_m1 (a) - a,  T_mk(a) = a - eta G_mk(a),  the K batches of ordering m.
   Which of them: all there are, or M drawn at random once and for all, the ensemble of M fluctuating landscapes. */
#pragma once
#include "operators/step/report.h"
#include "operators/step/step.h"

typedef struct _p_SgdAtoms *SgdAtoms;

/* auto: all while they are at most `most` */
typedef enum { SGD_ATOMS_AUTO, SGD_ATOMS_ALL, SGD_ATOMS_SAMPLED } SgdAtomsChoice;

typedef struct {
  SgdAtomsChoice which;
  int most, count, seed;
  PetscBool epoch;
} SgdAtomsOptions;

/* Refuse atoms that no step of this plan has, with the key (exit 2). */
PETSC_INTERN PetscErrorCode SgdAtomsFit(const SgdStepPlan *plan, SgdReport *report, const SgdAtomsOptions *options);
/* The step is kept. Errors refer to the keys `atoms`, `max_atoms`, `epoch` of the report's section. Collective. */
PETSC_INTERN PetscErrorCode SgdAtomsCreate(const SgdStep *step, SgdReport *report, const SgdAtomsOptions *options,
                                           SgdAtoms *atoms);
PETSC_INTERN PetscErrorCode SgdAtomsDestroy(SgdAtoms *atoms);
PETSC_INTERN int SgdAtomsCount(SgdAtoms atoms);
/* Are they drawn, an ensemble that stands for all there are? */
PETSC_INTERN PetscBool SgdAtomsDrawn(SgdAtoms atoms);
/* What they are, in words. */
PETSC_INTERN const char *SgdAtomsWords(SgdAtoms atoms);
/* The displacements [M][dim] from `place` [dim] (in cells, centres at the integers; near a cell of this rank); valid
   until the next call. Closed forms are interpolated between cells. An epoch that leaves the box on its way ends where
   it left. Not collective. */
PETSC_INTERN PetscErrorCode SgdAtomsAt(SgdAtoms atoms, const double place[], const double **displacement);
