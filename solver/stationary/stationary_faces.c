/* What the faces make of a stationary density. Mass leaks out; negative cells that leave take less than nothing, and the
   mass grows. A mirror keeps what would leave: where the stationary density is not small at a reflecting face, the mirror has made
   it (of eta lambda above 2, say, all of it). */
#include "solver/measures/moments.h"
#include "solver/stationary/stationaryimpl.h"

#define MOST_AT_FACE 0.01 /* of the marginal's largest value */

static PetscErrorCode WarnOfAxis(const SgdModels *models, int m, int axis, const double density[]) {
  static const char *const side[2] = {"lower", "upper"};
  const PetscInt n = models->grid->n[axis];
  double most = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++) most = PetscMax(most, density[i]);
  for (int k = 0; k < 2; k++) {
    const double share = density[k ? n - 1 : 0] / most;
    if (share > MOST_AT_FACE)
      PetscCall(SgdWarn(models->grid->comm,
                        "model %s: the stationary density has %.2g of its peak at the reflecting %s face of axis %d: "
                        "it is what the mirror makes of it; widen the box (slice.min, slice.max)",
                        SgdModelName(models->model[m]), share, side[k], axis + 1));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdFacesView(const SgdModels *models, int m, const SgdStationaryState *s) {
  SgdGrid grid = models->grid;
  double *density;

  PetscFunctionBegin;
  for (int a = 0; a < grid->dim; a++) {
    if (grid->boundary[a] != SGD_REFLECTING) continue;
    PetscCall(PetscMalloc1(grid->n[a], &density));
    PetscCall(SgdMarginal(grid, s->p, a, density));
    PetscCall(WarnOfAxis(models, m, a, density));
    PetscCall(PetscFree(density));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLeakView(const SgdModels *models, int m, const SgdStationaryState *s) {
  const MPI_Comm comm = models->grid->comm;
  const char *name = SgdModelName(models->model[m]);
  const double settles = s->rate * models->context.sgd->learning_rate;

  PetscFunctionBegin;
  if (s->leak < -SGD_LEAK_ROUNDING)
    PetscCall(SgdWarn(comm,
                      "model %s: its mass grows by %.2g a step (eigenvalue above one): negative cells, %.2g of the "
                      "mass, leave through the faces; raise slice.cells",
                      name, -s->leak, s->moments.negative_mass));
  if (s->leak > SGD_LEAK_ROUNDING && s->leak > 0.1 * settles)
    PetscCall(SgdWarn(comm,
                      "model %s: mass leaves the box (%.3g a step) almost as fast as the density settles (%.3g): what "
                      "is reported is shaped by the box; widen it",
                      name, s->leak, settles));
  PetscFunctionReturn(PETSC_SUCCESS);
}
