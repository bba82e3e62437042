/* What of the verdict is not ok, in words. */
#include "solver/measures/verdictimpl.h"

/* The worst axis. */
static int Worst(int dim, const double value[], double sign) {
  int worst = 0;
  for (int a = 1; a < dim; a++)
    if (sign * value[a] > sign * value[worst]) worst = a;
  return worst;
}

static PetscErrorCode Say(MPI_Comm comm, int dim, const char *model, const char *when, const SgdVerdict *v,
                          int judged) {
  const int finest = Worst(dim, v->noise, -1), longest = Worst(dim, v->tail, 1), widest = Worst(dim, v->added, 1);
  const char *how = SgdResolutionNames[v->part[judged]];
  char cure[64] = "no number of cells resolves it";

  switch (judged) {
  case SGD_JUDGED_NOISE:
    if (v->noise[finest] > 0)
      PetscCall(PetscSNPrintf(cure, sizeof cure, "raise slice.cells there %.2g times", NOISE_OK / v->noise[finest]));
    return SgdWarn(comm, "model %s, %s: resolution %s: a step's noise is %.3g cells of axis %d (%g wanted): %s", model,
                   when, how, v->noise[finest], finest + 1, NOISE_OK, cure);
  case SGD_JUDGED_TAIL:
    return SgdWarn(comm,
                   "model %s, %s: resolution %s: the shortest third of the waves along axis %d hold %.2g of the "
                   "density (%.0e wanted): it is as fine as the grid",
                   model, when, how, longest + 1, v->tail[longest], TAIL_OK);
  case SGD_JUDGED_NEGATIVE:
    return SgdWarn(comm, "model %s, %s: resolution %s: negative mass %.2g (%.0e wanted)", model, when, how,
                   v->negative_mass, NEGATIVE_OK);
  case SGD_JUDGED_ALIASING:
    return SgdWarn(comm,
                   "model %s, %s: resolution %s: a step stretches the density faster than its noise fills the gaps "
                   "between cells, for about %.2g of it (%.0e wanted): raise slice.cells",
                   model, when, how, v->aliasing, ALIASING_OK);
  case SGD_JUDGED_STEP:
    return SgdWarn(comm,
                   "model %s, %s: resolution %s: one step misses the model's own mean by %.2g and its second "
                   "moments by %.2g of the step's noise (%.0e wanted)",
                   model, when, how, v->step.mean, v->step.covariance, STEP_OK);
  case SGD_JUDGED_ADDED:
    return SgdWarn(comm,
                   "model %s, %s: resolution %s: upwind fluxes add %.2g of the noise's own variance along axis %d "
                   "(%.0e wanted): raise slice.cells",
                   model, when, how, v->added[widest], widest + 1, ADDED_OK);
  default:
    return SgdWarn(comm,
                   "model %s, %s: %s: %.2g of the density lies in waves beyond the stable band of the expansion "
                   "at the mean (%.0e wanted)",
                   model, when, how, v->beyond_band, BAND_OK);
  }
}

PetscErrorCode SgdVerdictWarn(MPI_Comm comm, int dim, const char *model, const char *when, const SgdVerdict *v,
                              unsigned *warned) {
  PetscFunctionBegin;
  for (int j = 0; j < SGD_JUDGED; j++) {
    const unsigned marginal = 1u << 2 * j, poor = marginal << 1,
                   now = v->part[j] == SGD_RESOLUTION_POOR ? poor : marginal;
    if (v->part[j] == SGD_RESOLUTION_OK || *warned & (now | poor)) continue;
    PetscCall(Say(comm, dim, model, when, v, j));
    *warned |= now;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
