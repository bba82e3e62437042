/* The mean path of SGD, wbar_{n+1} = wbar_n - eta g(wbar_n), cut into intervals of `refresh` steps; the Hessian and the
   noise covariance of an interval are those at its middle step (THEORY.md (8): both change slowly along the path). */
#pragma once
#include "cases/landscapes/landscape.h"
#include "operators/linearised/shares.h"

/* Where the intervals of a path lie, and its learning rate in each. */
typedef struct {
  int intervals;
  const PetscInt *first; /* [intervals + 1] steps; the last is the path's number of steps */
  const double *eta;     /* [intervals] */
  double momentum;       /* beta: v' = beta v - eta g(w), w' = w + v', from v = 0; 0: plain descent */
} SgdPathTimes;

/* What else to do with wbar_n [P] at every step n = 0 .. steps. */
typedef void (*SgdPathVisit)(void *context, PetscInt step, const double *w);

/* Walk the mean path: w [P] from its start to its end; middle [intervals][P]: where it is at each interval's middle
   step (NULL: not wanted). `visit` may be NULL. Collective. Exit 3 if the path runs away; `who` begins the message. */
PETSC_EXTERN PetscErrorCode SgdPathFollow(SgdLandscape l, const SgdPathTimes *times, const char *who, double *w,
                                          double *middle, SgdPathVisit visit, void *context);

typedef struct _p_SgdPath {
  SgdLandscape landscape;
  PetscInt P;
  int steps, refresh, intervals;
  double eta;
  SgdShares shares; /* how its points, and the vectors taken along it, lie over the ranks; NULL: whole on each */
  double *w;        /* [intervals][P], shared out [intervals][local]: wbar at each interval's middle */
  double *end;      /* [P]: wbar after all steps */
  double *room;     /* [P]: the point that is at hand; NULL: not shared out */
} * SgdPath;

/* From w0 [P]. Collective. Exit 3 if the path runs away. */
PETSC_EXTERN PetscErrorCode SgdPathCreate(SgdLandscape l, const double *w0, double eta, int steps, int refresh,
                                          SgdPath *path);
/* The same with its points shared out; `shares` outlive it (NULL: whole on every rank). */
PETSC_EXTERN PetscErrorCode SgdPathCreateShared(SgdLandscape l, const double *w0, double eta, int steps, int refresh,
                                                SgdShares shares, SgdPath *path);
/* w [P]: interval j's middle, valid until the next is asked for. Collective. */
PETSC_INTERN PetscErrorCode SgdPathPoint(SgdPath path, int j, const double **w);
PETSC_EXTERN PetscErrorCode SgdPathDestroy(SgdPath *path);
/* First step of an interval; that of interval `intervals` is the end. */
static inline int SgdPathFirst(SgdPath p, int interval) {
  const int first = interval * p->refresh;
  return first < p->steps ? first : p->steps;
}
