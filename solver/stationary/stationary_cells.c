/* What the cells' width leaves open in the results of models of a finite order: the same state on half the cells per
   axis. An error that falls with the width to the power q is the difference over 2^q - 1; half as much again is said of
   it, so that it bounds where the order is not reached yet. */
#include "solver/stationary/stationaryimpl.h"

#define WELL_KNOWN 1e-4 /* relative, needs no word */

static double ErrorOf(double fine, double coarse, int order) {
  return 1.5 * PetscAbsReal(fine - coarse) / (pow(2, order) - 1);
}

/* The set of the half grid nearest to set i. */
static int Nearest(const SgdBasins *b, int i, const SgdBasins *half, int dim) {
  double least = PETSC_MAX_REAL;
  int best = 0;

  for (int j = 0; j < half->count; j++) {
    double r = 0;
    for (int a = 0; a < dim; a++) r += PetscSqr(half->centre[j][a] - b->centre[i][a]);
    if (r < least) best = j;
    least = PetscMin(least, r);
  }
  return best;
}

/* The error of rates and masses, onto their doubts: those of the rounding are far below. */
static void Doubt(SgdBasins *b, const SgdBasins *half, int dim, int order) {
  int at[SGD_MOST_BASINS];

  for (int i = 0; i < b->count; i++) at[i] = Nearest(b, i, half, dim);
  for (int i = 0; i < b->count; i++) {
    b->mass_doubt[i] +=
        ErrorOf(b->mass[i], half->mass[at[i]], order) / PetscMax(PetscAbsReal(b->mass[i]), PETSC_SMALL * PETSC_SMALL);
    for (int j = 0; j < b->count; j++) b->doubt[i][j] += ErrorOf(b->rate[i][j], half->rate[at[i]][at[j]], order);
  }
}

static void Compare(SgdStationaryState *s, const SgdStationaryState *half, int dim, int order) {
  s->cells_known = (PetscBool)(s->basins.count == half->basins.count && half->basins.found);
  s->cells_error = ErrorOf(s->rate, half->rate, order) / s->rate;
  if (s->cells_known) Doubt(&s->basins, &half->basins, dim, order);
  for (int k = 0; k < s->passages; k++)
    s->passage[k].cells = ErrorOf(s->passage[k].steps, half->passage[k].steps, order);
}

static PetscBool CanHalve(SgdGrid grid) {
  for (int a = 0; a < grid->dim; a++)
    if (grid->n[a] % 2 || grid->n[a] < 16) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* The model alone on the half grid. NULL passages where its regions have no cell there: the times are then not compared. */
static PetscErrorCode HalfState(const SgdModels *models, int m, const SgdEigenpairsOptions *o,
                                const SgdPassages *passages, SgdStationaryState *s) {
  const SgdModels one = {.context = models->context, .grid = models->grid, .count = 1, .model = &models->model[m]};
  SgdHalfModels half;
  PetscErrorCode ierr = PETSC_SUCCESS;

  PetscFunctionBegin;
  *s = (SgdStationaryState){0};
  PetscCall(SgdHalfModelsCreate(&one, &half));
  if (!half.models.failed[0]) ierr = SgdStationaryCompute(&half.models, half.models.model[0], o, s);
  if (!ierr && s->e) ierr = SgdPassagesCompute(&half.models, half.models.model[0], passages, s);
  PetscCall(SgdHalfModelsDestroy(&half));
  if (ierr && SgdExitCode(ierr) != SGD_EXIT_NUMBERS) PetscCall(ierr);
  if (ierr) *s = (SgdStationaryState){0};
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCellsErrorFind(const SgdModels *models, int m, const SgdEigenpairsOptions *o,
                                 const SgdPassages *passages, SgdStationaryState *s) {
  const int order = SgdModelOrder(models->model[m]), dim = models->grid->dim;
  SgdStationaryState half;

  PetscFunctionBegin;
  s->cells_error = NAN;
  s->cells_known = PETSC_FALSE;
  if (!order || !CanHalve(models->grid)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(HalfState(models, m, o, passages, &half));
  if (!half.e) PetscFunctionReturn(PETSC_SUCCESS);
  Compare(s, &half, dim, order);
  PetscCall(SgdStationaryFree(&half));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCellsErrorView(const SgdModels *models, int m, const SgdStationaryState *s) {
  const char *name = SgdModelName(models->model[m]);
  const MPI_Comm comm = models->grid->comm;

  PetscFunctionBegin;
  if (!SgdModelOrder(models->model[m]) || s->cells_error <= WELL_KNOWN) PetscFunctionReturn(PETSC_SUCCESS);
  if (PetscIsNanReal(s->cells_error))
    PetscCall(
        SgdWarn(comm,
                "model %s: what the cells' width does to its rates is not known: half the cells (slice.cells, even "
                "and at least 16 an axis) give no state to compare with",
                name));
  else if (s->cells_error > 0.01)
    PetscCall(SgdWarn(comm,
                      "model %s: its slowest rate is known to %.2g %% only, by half the cells per axis: raise "
                      "slice.cells (the error falls with their width to the power %d)",
                      name, 100 * s->cells_error, SgdModelOrder(models->model[m])));
  else
    PetscCall(SgdSay(comm, "    slowest rate not resolved to better than %.2g %%: by half the cells per axis\n",
                     100 * s->cells_error));
  if (s->basins.count && !s->cells_known && !PetscIsNanReal(s->cells_error))
    PetscCall(SgdWarn(comm,
                      "model %s: half the cells per axis show other metastable sets: masses and rates of the sets are "
                      "not known to hold for finer cells; raise slice.cells",
                      name));
  PetscFunctionReturn(PETSC_SUCCESS);
}
