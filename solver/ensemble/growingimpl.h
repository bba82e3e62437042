/* Shared by growing.c, which walks the ensemble, and growing_memory.c, which settles when it grows. */
#pragma once
#include "solver/ensemble/growing.h"

struct _p_SgdGrowing {
  SgdGrowingContext x;
  MPI_Comm comm;
  PetscMPIInt rank, size;
  PetscInt P, n;                      /* n: steps done */
  int ancestors, first_own, last_own; /* of all; this rank's are [first_own, last_own) */
  int each;                           /* members an ancestor has now: 2^doublings done */
  double *w;                          /* [(last_own - first_own) each][P] */
  double *g;                          /* [P] */
  SgdLandscapeDraw draw;
  PetscInt batch;    /* of the draw */
  PetscInt at[16];   /* step at which each doubling is due; beyond the end: never */
  PetscBool settled; /* are they known? */
  PetscInt middle;   /* the step at which they are, where they are measured */
  double *track;     /* [own ancestors][middle + 1][d] coordinates up to there; NULL: not measured */
};

/* At step `middle`: measure the memory and set `at`. Collective. */
PETSC_INTERN PetscErrorCode SgdGrowingSettle(SgdGrowing growing);
