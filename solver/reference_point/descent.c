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

/* *failed: the step at which something ceased to be finite, or -1. */
static PetscErrorCode DescendHere(SgdLandscape l, PetscInt steps, double learning_rate, PetscInt batch, int seed,
                                  double *w, PetscInt *failed) {
  const PetscInt P = SgdLandscapeDimension(l);
  SgdProgress progress = SgdProgressStart();
  PetscInt *index;
  double *g, loss;

  PetscFunctionBegin;
  *failed = -1;
  PetscCall(PetscMalloc2(batch, &index, P, &g));
  for (PetscInt n = 0; n < steps && *failed < 0; n++) {
    double size = 0.0;
    Draw(seed, n, SgdLandscapeSamples(l), batch, index);
    PetscCall(SgdLandscapeBatchGradient(l, w, batch, index, &loss, g));
    for (PetscInt i = 0; i < P; i++) {
      w[i] -= learning_rate * g[i];
      size += fabs(w[i]);
    }
    if (!isfinite(loss) || !isfinite(size)) *failed = n;
    PetscCall(TellDescent(l, &progress, n + 1, steps, loss));
  }
  PetscCall(PetscFree2(index, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDescend(SgdLandscape l, PetscInt steps, double learning_rate, PetscInt batch, int seed, double *w) {
  const MPI_Comm comm = SgdLandscapeComm(l);
  PetscInt failed = -1;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) PetscCall(DescendHere(l, steps, learning_rate, batch, seed, w, &failed));
  PetscCallMPI(MPI_Bcast(&failed, 1, MPIU_INT, 0, comm));
  if (failed >= 0)
    PetscCall(SgdFail(comm, SGD_EXIT_NUMBERS,
                      "training: the loss or the parameters are no longer finite at step %d of %d; a learning rate "
                      "below %g may help",
                      (int)failed, (int)steps, learning_rate));
  PetscCallMPI(MPI_Bcast(w, (PetscMPIInt)SgdLandscapeDimension(l), MPI_DOUBLE, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
