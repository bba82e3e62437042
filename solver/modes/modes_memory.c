#include "solver/modes/modes_memory.h"
#include "operators/linearised/path_adjoint.h"
#include "solver/ensemble/gaussian_ensemble.h"

double SgdModesMemory(PetscInt P, PetscInt samples, int modes, int steps, const SgdClosureOptions *o) {
  const double one = 8.0 * (double)P, points = ceil((double)steps / o->refresh);
  const double gradients = SgdPathAdjointKeeps(P, samples) ? (double)samples : 0;
  const double paths = 1 + 0.5 + (o->check ? 0.5 : 0); /* the whole, to half of the steps, every second point */

  return one *
         (2.0 * modes + gradients + paths * points + 2.0 * o->rotation + (double)o->gaussian / SGD_GAUSSIAN_GROUPS);
}

PetscErrorCode SgdModesCheckMemory(SgdCase c, PetscInt P, PetscInt samples, int modes, int steps,
                                   const SgdClosureOptions *o, double free) {
  const double each = SgdModesMemory(P, samples, modes, steps, o);
  PetscMPIInt ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(SgdCaseComm(c), &ranks));
  SgdCaseCheck(c, each * ranks <= free, "closure.refresh",
               "%d modes of %" PetscInt_FMT " parameters and %.0f points of the mean path take %.3g GB on each of %d "
               "ranks, more than the nodes have free (%.3g GB in all): raise closure.refresh, ask for fewer "
               "trajectories.modes, flat and smallest, or take fewer ranks a node",
               modes, P, ceil((double)steps / o->refresh), 1e-9 * each, ranks, 1e-9 * free);
  PetscFunctionReturn(PETSC_SUCCESS);
}
