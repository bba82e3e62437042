#include "solver/modes/modes_memory.h"
#include "operators/linearised/path_adjoint.h"
#include "solver/ensemble/gaussian_ensemble.h"
#include <string.h>

enum { WHOLE = 12 }; /* vectors that a rank has whole at a time while the others are shared out */

PetscBool SgdModesShared(const SgdSpectrumOptions *s, const SgdClosureOptions *o, const SgdTrajectoriesOptions *t,
                         PetscInt P, const char **whole) {
  *whole = NULL;
  if (!SgdSpectrumDistributed(s, P)) return PETSC_FALSE;
  if (o->how == SGD_CLOSURE_DENSE || (o->how == SGD_CLOSURE_AUTO && P <= o->dense_limit)) *whole = "closure.method";
  if (o->linear) *whole = "closure.linear";
  if (o->gaussian) *whole = "closure.gaussian";
  if (t->control) *whole = "trajectories.control";
  if (strcmp(t->method, "growing") == 0) *whole = "trajectories.method";
  return *whole ? PETSC_FALSE : PETSC_TRUE;
}

double SgdModesMemory(PetscInt P, PetscInt samples, int modes, int steps, const SgdClosureOptions *o, int ranks) {
  const double one = 8.0 * (double)P, points = ceil((double)steps / o->refresh);
  const double gradients = ranks == 1 && SgdPathAdjointKeeps(P, samples) ? (double)samples : 0;
  const double paths = 1 + 0.5 + (o->check ? 0.5 : 0); /* the whole, to half of the steps, every second point */
  const double vectors = 2.0 * modes + paths * points + 2.0 * o->rotation;

  if (ranks > 1) return one * (WHOLE + vectors / ranks);
  return one * (vectors + gradients + (double)o->gaussian / SGD_GAUSSIAN_GROUPS);
}

PetscErrorCode SgdModesCheckMemory(SgdCase c, PetscInt P, PetscInt samples, int modes, int steps,
                                   const SgdClosureOptions *o, PetscBool shared, const char *whole, double free) {
  PetscMPIInt ranks;
  char why[96] = "";

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(SgdCaseComm(c), &ranks));
  const double each = SgdModesMemory(P, samples, modes, steps, o, shared ? ranks : 1);
  if (whole) PetscCall(PetscSNPrintf(why, sizeof why, ", on which %s wants them whole", whole));
  SgdCaseCheck(c, each * ranks <= free, "closure.refresh",
               "%d modes of %" PetscInt_FMT " parameters and %.0f points of the mean path take %.3g GB on each of %d "
               "ranks%s, more than the nodes have free (%.3g GB in all): raise closure.refresh, ask for fewer "
               "trajectories.modes, flat and smallest, or take fewer ranks a node",
               modes, P, ceil((double)steps / o->refresh), 1e-9 * each, ranks, why, 1e-9 * free);
  PetscFunctionReturn(PETSC_SUCCESS);
}
