/* A growing ensemble of SGD trajectories of the landscape itself: few early, many late. Modes forget, so what a member's
   distant past was matters little to where it is at the end; each is doubled at a few steps before the end, and the
   copies draw batches of their own. All descend from M0 ancestors, drawn from the initial density on the slice (at the
   reference point beyond it), and the ancestors are independent: errors are taken over them (measures/jackknife.h).

   When to double. r_a(s), the correlation of a coordinate with itself s steps before, is measured over the ancestors at
   half of the way; |r| = exp(-s/T) there gives the memory T of the slowest axis. For a Gaussian law r^4 is the share of
   Var(a^2) that was decided s steps before the end; an error of least cost then has N(s) ~ exp(-2 s/T) members. Where
   r^4 over that half is above 0.9 doubling is of no use, and none is done.

   A member's batch is keyed by (seed, member, step), ranks own the descendants of whole ancestors: the ensemble is the
   same bit for bit on any number of ranks. */
#pragma once
#include "cases/landscapes/landscape_draw.h"
#include "operators/models/model_network.h"
#include "solver/restart/checkpoint.h"
#include "solver/restart/watch.h"
#include "solver/settings/schedule.h"

typedef struct {
  SgdLandscape landscape;
  const double *w_ref;         /* [P] */
  int dim;                     /* d, axes of the slice */
  const double *V;             /* [d][P] */
  const double *mean0, *std0;  /* [d] of the initial density; NULL: all start at w_ref */
  const SgdSchedule *schedule; /* learning rate and batch over the steps */
  SgdDrawLaw law;
  const SgdNetworkOptions *options;
} SgdGrowingContext;

typedef struct _p_SgdGrowing *SgdGrowing;

/* All at step 0. What the context points to outlives it. Collective, as all of these. */
PETSC_INTERN PetscErrorCode SgdGrowingCreate(const SgdGrowingContext *context, SgdGrowing *growing);
/* Every member to step n, or until the watch says pause; the same call then goes on. */
PETSC_INTERN PetscErrorCode SgdGrowingTo(SgdGrowing growing, PetscInt n, SgdWatch *watch);
PETSC_INTERN PetscErrorCode SgdGrowingCheckpoint(SgdGrowing growing, SgdCheckpoint c, const char *name);
/* Steps done, and members now. */
PETSC_INTERN PetscInt SgdGrowingStep(SgdGrowing growing);
PETSC_INTERN int SgdGrowingCount(SgdGrowing growing);
/* This rank's members are first .. first + local - 1; w [local][P] their parameters. */
PETSC_INTERN const double *SgdGrowingMembers(SgdGrowing growing, int *first, int *local);
/* Coordinates a [d] = V (w - w_ref) of a member. */
PETSC_INTERN void SgdGrowingPlace(SgdGrowing growing, const double *w, double a[]);
/* rows [local][columns] of all ranks, in the order of the members, into all [count][columns] on every rank. */
PETSC_INTERN PetscErrorCode SgdGrowingGather(SgdGrowing growing, int columns, const double *rows, double *all);
/* Gradients of single samples (closed forms: of the whole) that the walk takes from step n to the end: at most, as long
   as the memory is not measured. */
PETSC_INTERN double SgdGrowingCost(SgdGrowing growing, PetscInt n);
/* What it will cost, before it starts. */
PETSC_INTERN PetscErrorCode SgdGrowingView(SgdGrowing growing);
PETSC_INTERN PetscErrorCode SgdGrowingDestroy(SgdGrowing *growing);
