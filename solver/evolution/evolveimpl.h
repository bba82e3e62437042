/* What the parts of an evolution share: its course (evolve.c), the choice of an integrator (evolve_integrator.c), and
   what it leaves in a checkpoint (evolve_checkpoint.c). */
#pragma once
#include "solver/evolution/evolve.h"
#include <petscts.h>

struct _p_SgdEvolution {
  SgdModel model;
  double eta, shift;
  PetscBool exact;        /* exponentials: steps end where they are told to, without an adaptor */
  double rate;            /* of uniformisation, per SGD step */
  PetscInt stretch;       /* of an exponential: SGD steps at a time */
  PetscBool given;        /* the options name the integrator */
  const char *usual;      /* the exponential of short stretches */
  PetscInt factored;      /* the stretch, in SGD steps, of the last rational propagator */
  PetscInt rational_from; /* SGD steps of a stretch from which on rational Krylov is cheaper */
  PetscBool given_up;     /* the stretch under way: a signal wants the state before it */
  PetscInt step;          /* SGD steps done */
  PetscInt wait;          /* the step at which to try again to leap */
  SgdWatch *watch;
  SgdStepMoments record; /* NULL: moments are not noted on the way */
  int number;            /* of the model there */
  PetscInt from;         /* SGD steps before this evolution's first */
  TS ts;
  Vec y;
  SgdGrid grid;
  const SgdLeapOptions *leaps; /* NULL: every step is taken */
  SgdLeap leap;                /* NULL until it is first wanted */
  Mat L, J;                    /* generator; shift I - L */
};

/* Between two products of a long exponential (its ts's look). Collective. */
PETSC_INTERN PetscErrorCode SgdEvolutionLook(TS ts, PetscBool *stop);
/* The integrator of a generator for a stretch of so many SGD steps, where the options name none. Collective. */
PETSC_INTERN PetscErrorCode SgdEvolutionChoose(SgdEvolution e, PetscInt steps);
/* The integrator of a generator, with what it needs. Collective. */
PETSC_INTERN PetscErrorCode SgdEvolutionSetUpGenerator(SgdEvolution e, SgdGrid grid);
