/* The mean of a small ensemble in place of gradient descent's path: SGD's mean drifts to flatter ground, which the path
   of the mean gradient does not know. */
#include "solver/problem/co_moving.h"
#include "cases/base/blas.h"
#include "cases/base/sum.h"
#include "solver/ensemble/growing.h"

#define SEED 0x6d65616e /* no ensemble of a case shares batches with these */

/* mean [P] over the members of all ranks. */
static PetscErrorCode Mean(SgdGrowing growing, MPI_Comm comm, PetscInt P, SgdSum *local, double *mean) {
  const int count = SgdGrowingCount(growing);
  int first, own;
  const double *w = SgdGrowingMembers(growing, &first, &own);

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(local, P));
  for (int j = 0; j < own; j++)
    for (PetscInt i = 0; i < P; i++) SgdSumAdd(&local[i], w[(size_t)j * (size_t)P + (size_t)i]);
  PetscCall(SgdSumReduce(comm, (int)P, local, mean));
  cblas_dscal((int)P, 1.0 / count, mean, 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WalkMean(SgdCoMoving c, const SgdSchedule *s, SgdGrowing growing) {
  const MPI_Comm comm = SgdLandscapeComm(c->landscape);
  const PetscInt P = c->frame->P;
  double *mean;
  SgdSum *local;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(P, &mean, P, &local));
  for (int j = 0; j < s->pieces; j++)
    for (PetscInt n = s->start[j]; n < s->start[j + 1] + (j == s->pieces - 1); n++) {
      PetscCall(SgdGrowingTo(growing, n, NULL));
      PetscCall(Mean(growing, comm, P, local, mean));
      SgdCoMovingPut(c, n, mean);
      if (n == (s->start[j] + s->start[j + 1]) / 2)
        PetscCall(PetscArraycpy(c->middle + (size_t)j * (size_t)P, mean, P));
    }
  const double end = SgdCoMovingDistance(c);
  PetscCall(PetscFree2(mean, local));
  if (!isfinite(end))
    return SgdFail(comm, SGD_EXIT_NUMBERS, "slice.follow: trajectories run away within %d steps (sgd.learning_rate)",
                   s->steps);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCoMovingFollowMean(SgdCoMoving c, const SgdSchedule *s, int trajectories, SgdDrawLaw law) {
  const SgdNetworkOptions options = {.members = trajectories, .seed = SEED};
  const SgdGrowingContext context = {.landscape = c->landscape,
                                     .w_ref = c->start,
                                     .dim = c->frame->dim,
                                     .V = c->frame->V,
                                     .schedule = s,
                                     .law = law,
                                     .options = &options};
  SgdGrowing growing;

  PetscFunctionBegin;
  c->trajectories = trajectories;
  c->law = law;
  PetscCall(SgdCoMovingLeave(c));
  PetscCall(SgdGrowingCreate(&context, &growing));
  PetscCall(WalkMean(c, s, growing));
  PetscCall(SgdGrowingDestroy(&growing));
  PetscFunctionReturn(PETSC_SUCCESS);
}
