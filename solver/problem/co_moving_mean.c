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

/* What is kept of the members at step n of piece j. */
static PetscErrorCode Keep(SgdCoMoving c, const SgdSchedule *s, int j, PetscInt n, SgdGrowing growing,
                           const double *mean) {
  const size_t P = (size_t)c->frame->P;

  PetscFunctionBegin;
  if (n == (s->start[j] + s->start[j + 1]) / 2) {
    PetscCall(PetscArraycpy(c->middle + (size_t)j * P, mean, P));
    if (c->complement) PetscCall(SgdComplementKeep(c->complement, j, growing));
  }
  if (c->edge && n == s->start[j]) PetscCall(PetscArraycpy(c->edge + (size_t)j * P, mean, P));
  if (c->edge && n == s->steps) PetscCall(PetscArraycpy(c->edge + (size_t)s->pieces * P, mean, P));
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
      PetscCall(Keep(c, s, j, n, growing, mean));
    }
  const double end = SgdCoMovingDistance(c);
  PetscCall(PetscFree2(mean, local));
  if (!isfinite(end))
    return SgdFail(comm, SGD_EXIT_NUMBERS, "slice.follow: trajectories run away within %d steps (sgd.learning_rate)",
                   s->steps);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Spread(SgdCoMoving c, const SgdGrowingContext *context, const SgdSchedule *s,
                             SgdGrowing growing) {
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)(s->pieces + 1) * (size_t)c->frame->P, &c->edge, s->pieces, &c->way));
  for (int j = 0; j < s->pieces; j++) c->way[j] = s->eta[j] * (double)(s->start[j + 1] - s->start[j]);
  PetscCall(SgdComplementCreate(context, s->pieces, growing, &c->complement));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCoMovingFollowMean(SgdCoMoving c, const SgdSchedule *s, const SgdCoMovingMean *mean) {
  PetscErrorCode ierr;
  SgdGrowing growing;

  PetscFunctionBegin;
  c->mean = *mean;
  c->options = (SgdNetworkOptions){.members = mean->trajectories, .seed = SEED};
  const SgdGrowingContext context = {.landscape = c->landscape,
                                     .w_ref = c->start,
                                     .dim = c->frame->dim,
                                     .V = c->frame->V,
                                     .mean0 = mean->complement ? c->zero : NULL,
                                     .std0 = mean->complement ? c->mean.std0 : NULL,
                                     .schedule = s,
                                     .law = mean->law,
                                     .options = &c->options};
  PetscCall(SgdCoMovingLeave(c));
  PetscCall(SgdGrowingCreate(&context, &growing));
  if (mean->complement) PetscCall(Spread(c, &context, s, growing));
  ierr = WalkMean(c, s, growing);
  if (!mean->complement) PetscCall(SgdGrowingDestroy(&growing));
  PetscFunctionReturn(ierr);
}
