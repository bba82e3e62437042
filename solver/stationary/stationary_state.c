#include "solver/stationary/stationaryimpl.h"
#include "cases/base/package.h"
#include "solver/long_time/canonical_basis.h"

static PetscErrorCode CellsToState(SgdGrid grid, Vec v, Vec y) {
  const double *from;
  double *to;

  PetscFunctionBegin;
  PetscCall(VecSet(y, 0));
  PetscCall(VecGetArrayRead(v, &from));
  PetscCall(VecGetArray(y, &to));
  PetscCall(PetscArraycpy(to, from, grid->last_cell - grid->first_cell));
  PetscCall(VecRestoreArray(y, &to));
  PetscCall(VecRestoreArrayRead(v, &from));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode StateToCells(SgdGrid grid, Vec y, Vec v) {
  const double *from;
  double *to;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(y, &from));
  PetscCall(VecGetArrayWrite(v, &to));
  PetscCall(PetscArraycpy(to, from, grid->last_cell - grid->first_cell));
  PetscCall(VecRestoreArrayWrite(v, &to));
  PetscCall(VecRestoreArrayRead(y, &from));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The density's eigenvalue is real and positive (Perron); -1, say, is a cycle of two. */
static int Leading(SgdEigenpairs e, SgdModelKind kind) {
  for (int k = 0; k < e->count; k++)
    if (e->im[k] == 0 && (kind == SGD_GENERATOR || e->re[k] > 0)) return k;
  return 0;
}

static void Classify(SgdStationaryState *s, SgdModelKind kind, double eta) {
  const double first = SgdEigenpairsLogMu(s->e, kind, eta, s->leading = Leading(s->e, kind));

  PetscBool slower = PETSC_FALSE; /* than the density: none is, of what keeps densities positive */

  s->degenerate = 0;
  s->second = -1;
  for (int k = 0; k < s->e->count; k++) {
    if (s->e->im[k] == 0 && (kind == SGD_GENERATOR || s->e->re[k] > 0) &&
        PetscAbsReal(SgdEigenpairsLogMu(s->e, kind, eta, k) - first) < 1e-10)
      s->degenerate++;
    if (SgdEigenpairsLogMu(s->e, kind, eta, k) > first + 1e-10) slower = PETSC_TRUE;
    if (k != s->leading && s->second < 0) s->second = k;
  }
  if (slower) s->degenerate = 0;
  s->leak = -expm1(first);
  s->rate = s->second < 0 ? NAN : (first - SgdEigenpairsLogMu(s->e, kind, eta, s->second)) / eta;
}

PetscBool SgdStationarySettles(const SgdStationaryState *s, SgdModelKind kind, double eta) {
  return (PetscBool)(s->rate * eta > (kind == SGD_MAP ? 1e-13 : 0));
}

/* p: the projection of the uniform density onto the leading eigenspace. For one eigenvector that is the eigenvector
   itself, with its sign; for wells without contact their densities side by side, none negative. */
static PetscErrorCode Density(SgdStationaryState *s, SgdGrid grid) {
  const int first = s->leading, n = s->degenerate;
  double sum, dot;
  Vec *q;

  PetscFunctionBegin;
  PetscCall(VecDuplicateVecs(s->e->v[first], n + 1, &q));
  PetscCall(VecSet(q[n], 1)); /* what is left where no leading eigenvalue was found: uniform, and not resolved */
  for (int k = 0; k < n; k++) {
    PetscCall(VecCopy(s->e->v[first + k], q[k]));
    PetscCall(SgdOrthonormalTo(q[k], k, q));
  }
  for (int k = 0; k < n; k++) {
    PetscCall(VecSum(q[k], &dot));
    PetscCall(VecScale(q[k], dot));
    if (k) PetscCall(VecAXPY(q[0], 1, q[k]));
  }
  PetscCall(VecSum(q[0], &sum));
  PetscCall(VecScale(q[0], 1 / sum));
  PetscCall(VecCopy(q[0], s->e->v[first]));
  PetscCall(SgdGridCreateState(grid, &s->p));
  PetscCall(CellsToState(grid, q[0], s->p));
  PetscCall(VecDestroyVecs(n + 1, &q));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mass and centre of p where the second eigenfunction is negative and where it is positive. */
static PetscErrorCode MetastableSets(SgdStationaryState *s, SgdGrid grid) {
  double sum[8] = {0}, x[3];
  const double *p, *v;

  PetscFunctionBegin;
  s->mass[0] = s->mass[1] = NAN;
  s->sign = s->second >= 0 && s->e->im[s->second] == 0 ? s->e->v[s->second] : NULL;
  if (!s->sign) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecGetArrayRead(s->p, &p));
  PetscCall(VecGetArrayRead(s->sign, &v));
  for (PetscInt i = 0; i < grid->last_cell - grid->first_cell; i++) {
    const int side = v[i] > 0;
    SgdGridCentre(grid, grid->first_cell + i, x);
    sum[4 * side] += p[i];
    for (int a = 0; a < grid->dim; a++) sum[4 * side + 1 + a] += p[i] * x[a];
  }
  PetscCall(VecRestoreArrayRead(s->sign, &v));
  PetscCall(VecRestoreArrayRead(s->p, &p));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, 8, MPI_DOUBLE, MPI_SUM, grid->comm));
  for (int side = 0; side < 2; side++) {
    s->mass[side] = sum[4 * side];
    for (int a = 0; a < grid->dim; a++) s->centre[side][a] = sum[4 * side + 1 + a] / sum[4 * side];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Without a leading eigenvalue there is nothing to say of a density. */
static void NoDensity(SgdStationaryState *s) {
  for (int a = 0; a < 3; a++) s->moments.mean[a] = s->moments.skewness[a] = s->moments.kurtosis[a] = NAN;
  for (int k = 0; k < 6; k++) s->moments.cov[k] = NAN;
  s->moments.min_density = s->rate = s->work = s->heat = s->heat_langevin = NAN;
  s->sign = NULL;
}

PetscErrorCode SgdStationaryCompute(const SgdModels *models, SgdModel m, const SgdEigenpairsOptions *o,
                                    SgdStationaryState *s) {
  const double eta = models->context.sgd->learning_rate;

  PetscFunctionBegin;
  SgdLogged(SGD_Eigenpairs, SgdEigenpairsCompute(m, models->grid, eta, o, &s->e));
  Classify(s, SgdModelGetKind(m), eta);
  PetscCall(Density(s, models->grid));
  PetscCall(SgdStationaryModes(s, models->grid, SgdModelGetKind(m), eta));
  PetscCall(MetastableSets(s, models->grid));
  s->basins = (SgdBasins){.found = PETSC_TRUE};
  if (s->degenerate) PetscCall(SgdBasinsFind(m, models->grid, eta, s->e, s->p, o, &s->basins));
  PetscCall(StateToCells(models->grid, s->p, s->e->v[s->leading])); /* its masses may have moved */
  PetscCall(SgdMomentsCompute(models->grid, s->p, &s->moments));
  PetscCall(SgdBalanceFind(m, models->fields, models->context.sgd, s));
  if (!s->degenerate) NoDensity(s);
  PetscCall(SgdCertificateFind(m, s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStationaryFree(SgdStationaryState *s) {
  PetscFunctionBegin;
  PetscCall(VecDestroy(&s->p));
  PetscCall(PetscFree2(s->error, s->extrapolated));
  PetscCall(SgdBasinsFree(&s->basins));
  for (int k = 0; k < s->passages; k++) PetscCall(SgdPassageFree(&s->passage[k].field));
  PetscCall(SgdEigenpairsDestroy(&s->e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdFlatAxesFind(const SgdModels *models, SgdFlatAxes *flat, PetscBool *any) {
  SgdFields f = models->fields;
  SgdGrid grid = models->grid;
  const double eta = models->context.sgd->learning_rate, origin[3] = {0, 0, 0};
  double C1[9], g[3], loss, outside, *w;

  PetscFunctionBegin;
  *any = PETSC_FALSE;
  PetscCall(PetscMalloc1(models->context.slice->frame->P, &w));
  SgdFramePoint(models->context.slice->frame, origin, w);
  PetscCall(SgdLandscapePoint(models->context.landscape, w, grid->dim, models->context.slice->frame->V, &loss, g, C1,
                              &outside));
  PetscCall(PetscFree(w));
  for (int a = 0; a < grid->dim; a++) {
    double most = 0;
    for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++) most = PetscMax(most, PetscAbsReal(f->g[a][i]));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, grid->comm));
    flat->diffusion[a] = 0.5 * eta * C1[a * grid->dim + a] *
                         SgdLandscapeBatchFactor(models->context.landscape, models->context.sgd->batch_size,
                                                 SgdSettingsSampling(models->context.sgd));
    flat->flat[a] =
        (PetscBool)(grid->boundary[a] != SGD_PERIODIC && most * (grid->max[a] - grid->min[a]) < flat->diffusion[a]);
    if (flat->flat[a]) *any = PETSC_TRUE;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
