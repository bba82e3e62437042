#include "solver/comparison/stable_scales.h"
#include "solver/measures/stable_fit.h"
#include "solver/output/output.h"
#include "solver/output/text_files.h"
#include <math.h>

#define DEPARTS 0.01 /* no stable law to this, relative; alpha beyond 2 likewise */

PetscErrorCode SgdStableScalesFit(SgdCase c, const SgdSettings *s, int axes) {
  PetscFunctionBegin;
  SgdCaseCheck(c, !s->check->scale || axes == 1, "check.scale", "is for one axis, this slice has %d", axes);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In words, and a row. */
static PetscErrorCode Report(MPI_Comm comm, const char *name, int failed, const SgdStableFit *fit, FILE *f) {
  PetscFunctionBegin;
  if (failed)
    return SgdWarn(comm,
                   "stable scale of %s: none: its characteristic function does not fall from 0.6 to 0.2 on these cells",
                   name);
  PetscCall(SgdSay(
      comm,
      "Stable law of %s: alpha %.6g +- %.1g, scale %.8g +- %.1g (what has left the box), departs from it by %.2g\n",
      name, fit->alpha, fit->alpha_error, fit->scale, fit->scale_error, fit->departure));
  if (fabs(fit->departure) > DEPARTS || fit->alpha > 2 + fit->alpha_error + DEPARTS)
    PetscCall(SgdWarn(comm,
                      "the density of %s is not stable: its characteristic function departs by %.2g, exponent %.4g",
                      name, fit->departure, fit->alpha));
  if (f)
    fprintf(f, "%s,%.17g,%.3g,%.17g,%.3g,%.6g\n", name, fit->alpha, fit->alpha_error, fit->scale, fit->scale_error,
            fit->departure);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStableScalesWrite(const SgdModels *models, const SgdSettings *s, const SgdHistory *h,
                                    const char *folder) {
  SgdGrid grid = models->grid;
  const size_t cells = (size_t)grid->cells;
  double *density, lost;
  SgdStableFit fit;
  FILE *f;

  PetscFunctionBegin;
  if (!s->check->scale) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(cells, &density));
  PetscCall(SgdOpenText(grid->comm, folder, "stable.csv", &f));
  if (f) fprintf(f, "model,alpha,alpha_error,scale,scale_error,departure\n");
  for (int m = 0; m < models->count; m++) {
    if (SgdHistoryFailed(h, m) >= 0) continue;
    PetscCall(SgdOutputReadDensity(grid->comm, folder, SgdModelName(models->model[m]), h->steps - 1, cells, density));
    lost = 1;
    for (size_t i = 0; i < cells; i++) lost -= density[i] *= grid->h[0];
    const int failed =
        SgdStableFitDensity((int)cells, grid->min[0] + 0.5 * grid->h[0], grid->h[0], density, lost, &fit);
    PetscCall(Report(grid->comm, SgdModelName(models->model[m]), failed, &fit, f));
  }
  PetscCall(SgdCloseText(grid->comm, folder, "stable.csv", &f));
  PetscCall(PetscFree(density));
  PetscFunctionReturn(PETSC_SUCCESS);
}
