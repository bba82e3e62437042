#include "solver/reference_point/descent.h"
#include "cases/base/progress.h"
#include "cases/base/random.h"
#include <math.h>

/* Keeps the streams of the steps apart from those of other uses of the same seed. */
#define DESCENT_STREAM ((uint64_t)0x5347440000000000)

static void Draw(int seed, PetscInt step, PetscInt samples, PetscInt batch, PetscInt *index) {
  for (PetscInt k = 0; k < batch; k++) {
    const double u = SgdRandomUniform((uint64_t)seed, DESCENT_STREAM + (uint64_t)step, (uint64_t)k);
    index[k] = PetscMin((PetscInt)(u * (double)samples), samples - 1);
  }
}

static PetscErrorCode TellDescent(SgdLandscape l, SgdProgress *progress, PetscInt done, PetscInt steps, double loss) {
  PetscFunctionBegin;
  if (SgdProgressDue(progress)) {
    const double elapsed = SgdProgressElapsed(progress);
    PetscCall(SgdTell(SgdLandscapeComm(l), (double)done / (double)steps,
                      elapsed * (double)(steps - done) / (double)done, "training: step %d of %d, batch loss %.4g",
                      (int)done, (int)steps, loss));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How a descent ended before its last step. */
typedef struct {
  PetscInt failed; /* the step at which something ceased to be finite, or -1 */
  int stop, error; /* the signal that asks for it; errno of what could not be written */
} Ending;

/* One step; is everything finite? */
static PetscErrorCode Step(SgdLandscape l, double learning_rate, PetscInt batch, const PetscInt *index, double *g,
                           double *w, double *loss, PetscBool *finite) {
  const PetscInt P = SgdLandscapeDimension(l);
  double size = 0.0;

  PetscFunctionBegin;
  PetscCall(SgdLandscapeBatchGradient(l, w, batch, index, loss, g));
  for (PetscInt i = 0; i < P; i++) {
    w[i] -= learning_rate * g[i];
    size += fabs(w[i]);
  }
  *finite = (PetscBool)(isfinite(*loss) && isfinite(size));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DescendHere(SgdTrainingState *t, double learning_rate, PetscInt batch, int seed, double *w,
                                  Ending *end) {
  const SgdLandscape l = t->landscape;
  SgdProgress progress = SgdProgressStart();
  PetscBool finite = PETSC_TRUE;
  PetscInt *index;
  double *g, loss;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(batch, &index, SgdLandscapeDimension(l), &g));
  while (t->step < t->steps && finite && !end->stop && !end->error) {
    Draw(seed, t->step, SgdLandscapeSamples(l), batch, index);
    PetscCall(Step(l, learning_rate, batch, index, g, w, &loss, &finite));
    if (!finite) end->failed = t->step;
    t->step++;
    PetscCall(TellDescent(l, &progress, t->step, t->steps, loss));
    if (finite) SgdTrainingStepped(t, w, &end->stop, &end->error);
  }
  PetscCall(PetscFree2(index, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDescend(SgdTrainingState *t, double learning_rate, PetscInt batch, int seed, double *w) {
  const MPI_Comm comm = SgdLandscapeComm(t->landscape);
  Ending end = {.failed = -1};
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) PetscCall(DescendHere(t, learning_rate, batch, seed, w, &end));
  PetscCallMPI(MPI_Bcast(&end.failed, 1, MPIU_INT, 0, comm));
  PetscCallMPI(MPI_Bcast(&t->step, 1, MPIU_INT, 0, comm));
  if (end.failed >= 0)
    PetscCall(SgdFail(comm, SGD_EXIT_NUMBERS,
                      "training: the loss or the parameters are no longer finite at step %d of %d; a learning rate "
                      "below %g may help",
                      (int)end.failed, (int)t->steps, learning_rate));
  PetscCall(SgdTrainingStopped(t, end.stop, end.error));
  PetscCallMPI(MPI_Bcast(w, (PetscMPIInt)SgdLandscapeDimension(t->landscape), MPI_DOUBLE, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
