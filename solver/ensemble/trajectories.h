/* The ensemble of SGD trajectories of the landscape itself, from the reference point: the measurement that every
   prediction is compared with. Trajectory t draws its batches from Philox keyed by (seed, t, step), and ranks take
   whole trajectories, so the ensemble is the same on any number of ranks.

   Section `trajectories` of the case:
     count, seed       how many
     optimizer         sgd | heavy_ball | sign_sgd | rmsprop | adam, with the learning rate of section `sgd` and
     momentum, decay, epsilon
     every             steps between records (the end and its half are always recorded)
     method            plain: `count` trajectories; growing: the ensemble of growing.h, `members` and `doublings` of it,
                       grown at `grow` steps before the end, the last step by its law from `samples` gradients
     control           plain: control variates by the linear walk on the same batches (control_variate.h)
     list              modes by number, in place of
     smallest          of least |lambda| among those with noise, in addition to
     random            and so many random directions
     modes, flat       recorded along the `modes` eigenvectors of largest |lambda| and the `flat` noisiest diffusive
   ones The batches follow sgd.sampling: with_replacement, without_replacement, or epoch. */
#pragma once
#include "cases/landscapes/landscape_draw.h"
#include "solver/ensemble/optimizer.h"
#include <stdbool.h>

typedef struct {
  int count, seed, every, modes, flat, smallest, random;
  int *list; /* [list_count] modes by number, from 1, in place of `modes`, `flat` and `smallest`; empty: those */
  unsigned list_count;
  char *method; /* plain, or growing: with */
  int members, doublings, *grow, samples;
  unsigned grow_count;
  char *optimizer;
  double momentum, decay, epsilon;
  bool control;
} SgdTrajectoriesOptions;

typedef struct {
  double learning_rate;
  PetscInt batch;
  SgdDrawLaw law;
  PetscInt steps;
} SgdTrajectoriesStep;

enum { SGD_LOSSES = sizeof(SgdLandscapeLosses) / sizeof(double) };

typedef struct _p_SgdEnsemble {
  int count, records, modes;
  PetscInt *step; /* [records] */
  double *a;      /* [count][records][modes]: V (w_n - w_ref), the same on every rank */
  double *loss;   /* [count][records][SGD_LOSSES]: SgdLandscapeLosses, the same on every rank; NULL: none held out */
  int diverged;   /* trajectories that ceased to be finite: theirs are NaN */
  double seconds; /* of stepping, the slowest rank's */
} * SgdEnsemble;

PETSC_INTERN PetscErrorCode SgdTrajectoriesRead(SgdCase c, SgdTrajectoriesOptions **o);
PETSC_INTERN PetscErrorCode SgdEnsembleDestroy(SgdEnsemble *ensemble);
/* Trajectories that ceased to be finite count as not a number throughout. */
PETSC_INTERN void SgdEnsembleMarkDiverged(SgdEnsemble ensemble);
