/* A slice that follows the mean path (THEORY.md (8), (9)): a = V^T (w - wbar_n), where
     wbar_{n+1} = wbar_n - eta g(wbar_n)
   is SGD's own mean path from the reference point, the same for every model. Seen from it SGD is
     a_{n+1} = a_n - eta V^T [ G(wbar_n + V a_n) - g(wbar_n) ],
   SGD on the landscape tilted by g(wbar_n) on a frame with its origin at wbar_n: so every model serves as it
   is. What is out of the slice moves with the mean and does not spread.

   Landscape and frame are constant in time on the pieces of a schedule, cut to at most slice.refresh steps: those of
   the path's place at the piece's middle step, an error of second order in the refresh. */
#pragma once
#include "meshes/frame.h"
#include "solver/problem/complement.h"
#include "solver/settings/settings.h"

/* Whose mean a slice follows in place of gradient descent's path. */
typedef struct {
  int trajectories; /* 0: the path */
  SgdDrawLaw law;   /* of their batches */
  /* The slice's complement is spread as the trajectories are (complement.h), which then start with this spread along the
     axes; else they start at the reference point, and the complement rests at their mean. */
  PetscBool complement;
  double std0[3];
} SgdCoMovingMean;

typedef struct _p_SgdCoMoving {
  SgdLandscape landscape;
  SgdFrame frame;
  int pieces, steps, columns;
  SgdCoMovingMean mean;      /* trajectories 0: the mean path is followed */
  SgdNetworkOptions options; /* of the trajectories */
  double zero[3];
  SgdComplement complement; /* NULL: it rests on the path */
  double *edge;             /* [pieces + 1][P] mean where each piece begins; only with a complement that spreads */
  double *way;              /* [pieces] eta times the steps of each */
  double *start;            /* [P] the reference point, where the path begins */
  double *middle;           /* [pieces][P] mean path at each piece's middle step */
  double *place;            /* [steps + 1][columns = 1 + d]: |wbar_n - w_ref|, V^T (wbar_n - w_ref) */
  double gradient_norm;     /* at the reference point */
  double refresh_change;    /* largest relative change of a predicted variance with a refresh twice as long: three times
                            the error of the refresh as it is */
  double whole[3];          /* variance of the whole network along each axis at the end, from a spread of zero (path
                            closure); NaN where it is not known */
  double alone[3];          /* the same of the slice alone */
  double spread[3], spread_error[3]; /* with a complement that spreads: variance at the end, linearised, and what the
                                        members' finite number leaves in doubt of it (jackknife over groups) */
} * SgdCoMoving;

/* Walk the path from the frame's origin; `schedule` is already cut. Collective. Exit 3 if it runs away. */
PETSC_INTERN PetscErrorCode SgdCoMovingCreate(SgdLandscape l, SgdFrame frame, const SgdSchedule *schedule,
                                              double momentum, SgdCoMoving *c);
/* In place of the path the mean of a few trajectories of SGD from the reference point; it scatters by their spread over
   the root of their number. Collective. Exit 3 if they run away. */
PETSC_INTERN PetscErrorCode SgdCoMovingFollowMean(SgdCoMoving c, const SgdSchedule *schedule,
                                                  const SgdCoMovingMean *mean);
/* Landscape and frame as they are in a piece. NULL: a frozen slice, nothing to do. Collective. */
PETSC_INTERN PetscErrorCode SgdCoMovingEnter(SgdCoMoving c, int piece);
/* Both as they were: no tilt, the frame at the reference point. NULL: nothing to do. */
PETSC_INTERN PetscErrorCode SgdCoMovingLeave(SgdCoMoving c);
/* Calls SgdCoMovingLeave first. */
PETSC_INTERN PetscErrorCode SgdCoMovingDestroy(SgdCoMoving *c);
/* Row n of `place` for the path at w [P]; the frame is at the reference point. */
PETSC_INTERN void SgdCoMovingPut(SgdCoMoving c, PetscInt n, const double *w);
/* |wbar_n - w_ref| at the end. */
static inline double SgdCoMovingDistance(SgdCoMoving c) {
  return c->place[(size_t)c->steps * (size_t)c->columns];
}
/* Compute refresh_change, whole and alone. `cut`: the pieces it was created with; `uncut`: the case's own. Collective.
 */
PETSC_INTERN PetscErrorCode SgdCoMovingEstimate(SgdCoMoving c, const SgdSgdOptions *sgd,
                                                const SgdInitialOptions *initial, const SgdSchedule *cut,
                                                const SgdSchedule *uncut, int refresh);
/* What the path does and what the slice drops, in words. spread: the narrowest at the end. */
PETSC_INTERN PetscErrorCode SgdCoMovingView(SgdCoMoving c, int refresh, double spread);
/* mean_path.csv: step, tau, |wbar_n - w_ref|, V^T (wbar_n - w_ref). */
PETSC_INTERN PetscErrorCode SgdCoMovingWrite(SgdCoMoving c, const SgdSchedule *schedule, MPI_Comm comm,
                                             const char *folder);
