#include "solver/comparison/estimate_network.h"
#include "operators/models/model_network.h"

#define REPEATS 3 /* of which the least counts: the first finds the data cold */

/* Seconds of a gradient of the samples 0 .. batch-1, of all samples, and of a product with the Hessian. */
typedef struct {
  double batch[2], whole, product; /* batch: of training, of the trajectories */
} Times;

static PetscErrorCode TimeBatch(SgdLandscape l, const double *w, PetscInt batch, double *g, double *seconds) {
  const PetscInt samples = SgdLandscapeSamples(l);
  PetscInt *index;

  PetscFunctionBegin;
  *seconds = PETSC_MAX_REAL;
  PetscCall(PetscMalloc1(batch, &index));
  for (PetscInt k = 0; k < batch; k++) index[k] = k % samples;
  for (int k = 0; k < REPEATS; k++) {
    const double start = MPI_Wtime();
    PetscCall(SgdLandscapeBatchGradient(l, w, batch, index, NULL, g));
    *seconds = PetscMin(*seconds, MPI_Wtime() - start);
  }
  PetscCall(PetscFree(index));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective, as the two products are. */
static PetscErrorCode TimeWhole(SgdLandscape l, const double *w, double *g, Times *t) {
  double start, loss;

  PetscFunctionBegin;
  t->whole = t->product = PETSC_MAX_REAL;
  for (int k = 0; k < REPEATS; k++) {
    start = MPI_Wtime();
    PetscCall(SgdLandscapeGradient(l, w, &loss, g));
    t->whole = PetscMin(t->whole, MPI_Wtime() - start);
    start = MPI_Wtime();
    PetscCall(SgdLandscapeHessianApply(l, w, w, g));
    t->product = PetscMin(t->product, MPI_Wtime() - start);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Measure(MPI_Comm comm, SgdLandscape l, PetscInt training, PetscInt trajectories, Times *t) {
  const PetscInt P = SgdLandscapeDimension(l);
  double *w, *g;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(P, &w, P, &g));
  PetscCall(SgdLandscapeStart(l, 1, w));
  PetscCall(TimeBatch(l, w, training, g, &t->batch[0]));
  PetscCall(TimeBatch(l, w, trajectories, g, &t->batch[1]));
  PetscCall(TimeWhole(l, w, g, t));
  PetscCall(PetscFree2(w, g));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, t, sizeof *t / sizeof(double), MPI_DOUBLE, MPI_MAX, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ViewTraining(MPI_Comm comm, const SgdTrainingOptions *o, const Times *t) {
  PetscFunctionBegin;
  if (o->steps)
    PetscCall(SgdSay(comm, "  training: %.2g s a step of batch %d, %.2g s for %d steps; fewer: reference_point.steps\n",
                     t->batch[0], o->batch_size, t->batch[0] * o->steps, o->steps));
  if (o->minimize)
    PetscCall(SgdSay(comm,
                     "  minimiser: %.2g s a gradient and %.2g s a product with the Hessian of all samples, at most %d "
                     "iterations of some tens; spectrum: as many products as it has modes, and some tens\n",
                     t->whole, t->product, o->max_iterations));
  else
    PetscCall(SgdSay(
        comm, "  spectrum: %.2g s a product with the Hessian of all samples, as many as it has modes and some tens\n",
        t->product));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The ancestors take every step; how late they are doubled the memory measured decides, so 2^doublings is a bound. */
static PetscErrorCode ViewTrajectories(MPI_Comm comm, const SgdSgdOptions *sgd, SgdModel model, const Times *t) {
  const SgdNetworkOptions *o = SgdModelNetworkOptions(model);
  PetscMPIInt ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  const double step = t->batch[1] * ceil((double)o->members / ranks);
  PetscCall(SgdSay(comm,
                   "  %s: about %.2g s a step of %d trajectories, %.2g s for %d steps; up to %d times as much where it "
                   "grows early; fewer: members, doublings\n",
                   SgdModelName(model), step, o->members, step * sgd->steps, sgd->steps, 1 << o->doublings));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEstimateNetwork(MPI_Comm comm, SgdLandscape l, const SgdTrainingOptions *training,
                                  const SgdSgdOptions *sgd, const SgdModelList *models) {
  PetscMPIInt ranks;
  Times t;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  PetscCall(Measure(comm, l, PetscMax(1, training->batch_size), PetscMax(1, sgd->batch_size), &t));
  PetscCall(SgdSay(comm, "Estimate, from gradients measured where training begins, on %d rank%s:\n", ranks,
                   ranks > 1 ? "s" : ""));
  PetscCall(ViewTraining(comm, training, &t));
  for (int m = 0; m < models->count; m++)
    if (SgdModelGetKind(models->model[m]) == SGD_ENSEMBLE) PetscCall(ViewTrajectories(comm, sgd, models->model[m], &t));
  PetscFunctionReturn(PETSC_SUCCESS);
}
