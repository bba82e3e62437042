#include "solver/modes/modes.h"
#include "cases/base/order.h"
#include "cases/file/case_types.h"
#include "cases/file/choice.h"
#include "cases/file/nearest.h"
#include "operators/linearised/path_adjoint.h"
#include "operators/linearised/path_closure.h"
#include "operators/linearised/path_diagonal.h"
#include "solver/hessian/spectrum_vectors.h"
#include "cases/base/progress.h"
#include "cases/base/blas.h"
#include "solver/ensemble/gaussian_ensemble.h"
#include "solver/ensemble/linear_ensemble.h"

static const cyaml_schema_field_t fields[] = {SGD_INTEGER("refresh", SgdClosureOptions, refresh),
                                              SGD_STRING("method", SgdClosureOptions, method),
                                              SGD_INTEGER("dense_limit", SgdClosureOptions, dense_limit),
                                              SGD_BOOL("coupling", SgdClosureOptions, coupling),
                                              SGD_STRING("coupling_method", SgdClosureOptions, coupling_method),
                                              SGD_INTEGER("coupling_batches", SgdClosureOptions, coupling_batches),
                                              SGD_INTEGER("seed", SgdClosureOptions, seed),
                                              SGD_BOOL("check", SgdClosureOptions, check),
                                              SGD_INTEGER("hessian_batches", SgdClosureOptions, hessian_batches),
                                              SGD_INTEGER("linear", SgdClosureOptions, linear),
                                              SGD_INTEGER("gaussian", SgdClosureOptions, gaussian),
                                              SGD_INTEGER("rotation", SgdClosureOptions, rotation),
                                              SGD_NUMBER("max_relative_error", SgdClosureOptions, max_relative_error),
                                              SGD_NUMBER("min_log_correlation", SgdClosureOptions, min_log_correlation),
                                              SGD_NUMBER("max_coupled_error", SgdClosureOptions, max_coupled_error),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(SgdClosureOptions, fields);
static const char *defaults =
    "refresh: 50\nmethod: auto\ndense_limit: 1000\ncoupling: true\ncoupling_method: replicas\ncoupling_batches: "
    "24\nseed: 1\ncheck: true\n"
    "hessian_batches: 200\nlinear: 0\ngaussian: 0\nrotation: 0\nmax_relative_error: 0\nmin_log_correlation: "
    "0\nmax_coupled_error: "
    "0\n";

#define KEY(name) "closure." name

PetscErrorCode SgdClosureRead(SgdCase c, SgdClosureOptions **options) {
  static const char *const methods[] = {"auto", "dense", "adjoint", NULL}, *const couplings[] = {"replicas", "dense",
                                                                                                 NULL};
  SgdClosureOptions *o;
  int method, coupling;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "closure", &schema, defaults, NULL, &o));
  PetscCall(SgdCaseChoice(c, KEY("method"), methods, o->method, &method));
  PetscCall(SgdCaseChoice(c, KEY("coupling_method"), couplings, o->coupling_method, &coupling));
  o->how = (SgdClosureMethod)method;
  o->dense_coupling = coupling == 1;
  SgdCaseCheck(c, o->refresh >= 1, KEY("refresh"), "must be at least 1, got %d", o->refresh);
  SgdCaseCheck(c, o->coupling_batches >= 2, KEY("coupling_batches"), "must be at least 2, got %d", o->coupling_batches);
  SgdCaseCheck(c, o->hessian_batches == 0 || o->hessian_batches >= 3, KEY("hessian_batches"),
               "must be 0 or at least 3, got %d", o->hessian_batches);
  SgdCaseCheck(c, o->rotation >= 0, KEY("rotation"), "must not be negative, got %d", o->rotation);
  SgdCaseCheck(c, o->linear == 0 || o->linear >= 3, KEY("linear"), "must be 0 or at least 3, got %d", o->linear);
  SgdCaseCheck(c, o->gaussian == 0 || (o->gaussian >= 64 && o->gaussian % SGD_GAUSSIAN_GROUPS == 0), KEY("gaussian"),
               "must be 0, or a multiple of %d from 64 on, got %d", SGD_GAUSSIAN_GROUPS, o->gaussian);
  *options = o;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The k-th mode in the order of |lambda|: order [count]. */
static PetscErrorCode OrderByMagnitude(SgdSpectrum s, PetscInt **order) {
  double *size;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(s->count, order));
  PetscCall(PetscMalloc1(s->count, &size));
  for (int i = 0; i < s->count; i++) size[i] = PetscAbsReal(s->mode[i].eigenvalue);
  PetscCall(SgdOrderDescending(s->count, size, *order));
  PetscCall(PetscFree(size));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define STILL 1e-8 /* of the largest noise: directions that the data do not move (a pixel that is always zero) */

/* Those of least |lambda| that have noise; order: by |lambda|, largest first. */
static void PickSmallest(SgdSpectrum s, const PetscInt *order, PetscBool *taken, int smallest, SgdModes *modes) {
  double most = 0;

  for (int i = 0; i < s->count; i++) most = PetscMax(most, s->mode[i].D);
  for (int k = s->count - 1; k >= 0 && smallest > 0; k--) {
    if (taken[order[k]] || !(s->mode[order[k]].D > STILL * most)) continue;
    taken[order[k]] = PETSC_TRUE;
    modes->row[modes->count++] = (SgdModeRow){.mode = (int)order[k], .flat = true};
    smallest--;
  }
}

/* Modes in the order in which the rows take them: first those of largest |lambda|, then diffusive ones, noisiest first,
   then those of least |lambda|. */
static PetscErrorCode Pick(SgdSpectrum s, int largest, int flat, int smallest, SgdModes *modes) {
  PetscInt *order;
  PetscBool *taken;

  PetscFunctionBegin;
  PetscCall(OrderByMagnitude(s, &order));
  PetscCall(PetscCalloc1(s->count, &taken));
  for (int k = 0; k < largest && k < s->count; k++) {
    taken[order[k]] = PETSC_TRUE;
    modes->row[modes->count++].mode = (int)order[k];
  }
  for (int k = 0; k < flat; k++) {
    int best = -1;
    for (int i = 0; i < s->count; i++)
      if (!taken[i] && s->mode[i].prediction.regime == SGD_DIFFUSIVE && (best < 0 || s->mode[i].D > s->mode[best].D))
        best = i;
    if (best < 0) break;
    taken[best] = PETSC_TRUE;
    modes->row[modes->count++] = (SgdModeRow){.mode = best, .flat = true};
  }
  PickSmallest(s, order, taken, smallest, modes);
  PetscCall(PetscFree(order));
  PetscCall(PetscFree(taken));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void NothingPredicted(SgdModeRow *r) {
  r->diagonal = r->path = r->path_half = r->coupled = r->coupled_half = r->coupled_error = r->growth = r->linear =
      r->linear_error = r->linear_growth = r->linear_growth_error = r->gaussian = r->gaussian_error = r->controlled =
          r->controlled_error = r->gaussian_growth = r->gaussian_growth_error = r->growth_error = r->bursts =
              r->bursts_error = r->ancestors = r->ancestors_error = NAN;
}

PetscErrorCode SgdModesTakeVectors(SgdSpectrum s, PetscBool shared, SgdModes *modes) {
  const size_t local = (size_t)s->shares->local;

  PetscFunctionBegin;
  modes->shares = shared && s->distributed ? s->shares : NULL;
  PetscCall(PetscMalloc1((size_t)modes->count * (modes->shares ? local : (size_t)s->P), &modes->V));
  for (int k = 0; k < modes->count; k++) {
    const int mode = modes->row[k].mode;
    NothingPredicted(&modes->row[k]);
    if (modes->shares)
      PetscCall(PetscArraycpy(modes->V + (size_t)k * local, s->v + (size_t)mode * local, local));
    else
      PetscCall(SgdSpectrumWhole(s, mode, modes->V + (size_t)k * (size_t)s->P));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModesChoose(SgdSpectrum s, MPI_Comm comm, int largest, int flat, int smallest, SgdModes *modes) {
  const int wanted = largest + flat + smallest;

  PetscFunctionBegin;
  *modes = (SgdModes){.refresh_error = NAN};
  PetscCall(PetscCalloc1(wanted, &modes->row));
  PetscCall(Pick(s, largest, flat, smallest, modes));
  if (modes->count < wanted)
    PetscCall(SgdWarn(comm,
                      "trajectories.modes, flat and smallest ask for %d modes, the spectrum gives %d: raise "
                      "spectrum.largest, smallest or nearest_zero",
                      wanted, modes->count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModesChooseListed(SgdSpectrum s, SgdCase c, int count, const int list[], SgdModes *modes) {
  PetscFunctionBegin;
  *modes = (SgdModes){.refresh_error = NAN};
  PetscCall(PetscCalloc1(count, &modes->row));
  for (int k = 0; k < count; k++) {
    SgdCaseCheck(c, list[k] >= 1 && list[k] <= s->count, "trajectories.list",
                 "%d: there is no such mode among the %d computed (section spectrum)", list[k], s->count);
    const bool flat = s->mode[list[k] - 1].prediction.regime == SGD_DIFFUSIVE;
    modes->row[modes->count++] = (SgdModeRow){.mode = list[k] - 1, .flat = flat};
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModesDestroy(SgdModes *modes) {
  PetscFunctionBegin;
  PetscCall(PetscFree(modes->row));
  PetscCall(PetscFree(modes->V));
  PetscCall(PetscFree(modes->cov));
  PetscCall(PetscFree(modes->cov_error));
  PetscCall(PetscFree(modes->replica));
  PetscCall(PetscFree(modes->without));
  PetscCall(PetscFree(modes->without_half));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest relative change of a variance between two refresh intervals. */
static double Change(int M, const double *fine, const double *coarse) {
  double worst = 0;

  for (int k = 0; k < M; k++) worst = PetscMax(worst, PetscAbsReal(coarse[k] - fine[k]) / fine[k]);
  return worst;
}

/* The same on every second interval of the path tells what its refresh costs. end [M]: without coupling. */
static PetscErrorCode MeasureRefresh(SgdModes *modes, SgdPathFields f, SgdPathClosureOptions options, int steps,
                                     const double end[]) {
  double *coarse;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(modes->count, &coarse));
  options.coarsen = 2;
  PetscCall(SgdPathClosure(f, &options, 1, &steps, modes->count, modes->V, coarse, NULL));
  modes->refresh_error = Change(modes->count, end, coarse);
  PetscCall(PetscFree(coarse));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Dense(SgdModes *modes, SgdPath path, const SgdSgdOptions *sgd, const SgdClosureOptions *o) {
  const int M = modes->count, steps = path->steps, record[2] = {PetscMax(1, steps / 2), steps};
  const int records = record[0] < steps ? 2 : 1, *at = record + 2 - records;
  SgdPathClosureOptions options = {
      .batch = sgd->batch_size, .sampling = SgdSettingsSampling(sgd), .coarsen = 1, .seed = o->seed};
  SgdPathFields f;
  double *v, *end;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(2 * M, &v));
  end = v + (records - 1) * M;
  PetscCall(SgdPathFieldsCreate(path, &f));
  PetscCall(SgdPathClosure(f, &options, records, at, M, modes->V, v, NULL));
  for (int k = 0; k < M; k++) modes->row[k].path_half = v[k], modes->row[k].path = end[k];
  if (o->check && path->intervals > 1) PetscCall(MeasureRefresh(modes, f, options, steps, end));
  if (modes->coupled && o->dense_coupling) {
    options.coupling_batches = o->coupling_batches;
    PetscCall(SgdPathClosure(f, &options, records, at, M, modes->V, v, NULL));
    for (int k = 0; k < M; k++) modes->row[k].coupled_half = v[k], modes->row[k].coupled = end[k];
  }
  PetscCall(SgdPathFieldsDestroy(&f));
  PetscCall(PetscFree(v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Adjoint(SgdModes *modes, SgdPath path, SgdPath half, const double *w_ref,
                              const SgdSgdOptions *sgd, const SgdClosureOptions *o) {
  const PetscInt batch = sgd->batch_size;
  const SgdSampling sampling = SgdSettingsSampling(sgd);
  const int M = modes->count;
  double *v, *other;
  SgdPath twice;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(M, &v, M, &other));
  PetscCall(SgdPathAdjoint(path, batch, sampling, M, modes->V, v));
  PetscCall(SgdPathAdjoint(half, batch, sampling, M, modes->V, other));
  for (int k = 0; k < M; k++) modes->row[k].path = v[k], modes->row[k].path_half = other[k];
  if (o->check && path->intervals > 1) {
    PetscCall(
        SgdPathCreateShared(path->landscape, w_ref, path->eta, path->steps, 2 * o->refresh, path->shares, &twice));
    PetscCall(SgdPathAdjoint(twice, batch, sampling, M, modes->V, other));
    modes->refresh_error = Change(M, v, other);
    PetscCall(SgdPathDestroy(&twice));
  }
  PetscCall(PetscFree2(v, other));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModesMakeReplicas(SgdModes *modes, int replicas) {
  const size_t M = (size_t)modes->count;

  PetscFunctionBegin;
  modes->replicas = replicas;
  PetscCall(PetscMalloc1(M * M, &modes->cov));
  PetscCall(PetscMalloc1(M * M, &modes->cov_error));
  PetscCall(PetscMalloc1((size_t)replicas * M, &modes->replica));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Replicas(SgdModes *modes, SgdPath path, SgdPath half, const SgdSgdOptions *sgd,
                               const SgdClosureOptions *o) {
  const PetscInt batch = sgd->batch_size;
  const SgdSampling sampling = SgdSettingsSampling(sgd);
  const int M = modes->count;
  double *v, *error;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(M, &v, M, &error));
  SgdPathReplicas out = {.variance = v, .error = error};
  PetscCall(SgdPathAdjointCoupled(half, batch, sampling, o->coupling_batches, o->seed, M, modes->V, &out));
  for (int k = 0; k < M; k++) modes->row[k].coupled_half = v[k];
  PetscCall(SgdModesMakeReplicas(modes, o->coupling_batches));
  out.each = modes->replica;
  out.cov = modes->cov;
  out.cov_error = modes->cov_error;
  PetscCall(SgdPathAdjointCoupled(path, batch, sampling, o->coupling_batches, o->seed, M, modes->V, &out));
  for (int k = 0; k < M; k++) modes->row[k].coupled = v[k], modes->row[k].coupled_error = error[k];
  PetscCall(PetscFree2(v, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Diagonal(SgdModes *modes, SgdPath path, const SgdSgdOptions *sgd) {
  double *v;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(modes->count, &v));
  PetscCall(SgdPathDiagonal(path, sgd->batch_size, SgdSettingsSampling(sgd), modes->count, modes->V, v));
  for (int k = 0; k < modes->count; k++) modes->row[k].diagonal = v[k];
  PetscCall(PetscFree(v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Sampled(SgdModes *modes, SgdPath path, const SgdSgdOptions *sgd, const SgdClosureOptions *o) {
  SgdEnsemble e;

  PetscFunctionBegin;
  if (!o->linear || !SgdLandscapeSamples(path->landscape)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdLinearEnsembleRun(path, sgd->batch_size, sgd->draw, o->linear, o->seed, modes->count, modes->V, &e));
  if (e->diverged)
    PetscCall(SgdWarn(SgdLandscapeComm(path->landscape),
                      "%d of %d trajectories of the linear model ran away and are "
                      "left out",
                      e->diverged, e->count));
  for (int k = 0; k < modes->count && e->count - e->diverged > 2; k++) {
    SgdModeRow *r = &modes->row[k];
    const SgdEnsembleMoments m = SgdEnsembleMoment(e, e->records - 1, k);
    r->linear = m.variance;
    r->linear_error = m.error_jackknife;
    if (e->records > 1) SgdEnsembleGrowth(e, 0, 1, k, &r->linear_growth, &r->linear_growth_error);
  }
  PetscCall(SgdEnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Gaussian(SgdModes *modes, SgdLandscape l, const double *w_ref, const SgdSgdOptions *sgd,
                               const SgdClosureOptions *o) {
  const SgdTrajectoriesStep step = {sgd->learning_rate, sgd->batch_size, sgd->draw, sgd->steps};
  SgdGaussianEnsemble e;

  PetscFunctionBegin;
  if (!o->gaussian) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdGaussianEnsembleRun(l, w_ref, &step, o->gaussian, o->seed, modes->count, modes->V, &e));
  if (e.groups < SGD_GAUSSIAN_GROUPS)
    PetscCall(SgdWarn(SgdLandscapeComm(l), "%d of the %d groups of the Gaussian closure ran away and are left out",
                      SGD_GAUSSIAN_GROUPS - e.groups, SGD_GAUSSIAN_GROUPS));
  for (int k = 0; k < modes->count; k++) {
    SgdModeRow *r = &modes->row[k];
    r->gaussian = e.variance[k];
    r->gaussian_error = e.error[k];
    r->gaussian_growth = e.growth[k];
    r->gaussian_growth_error = e.growth_error[k];
  }
  PetscCall(SgdGaussianEnsembleFree(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModesPredictLinear(SgdModes *modes, SgdLandscape l, const double *w_ref, const SgdSgdOptions *sgd,
                                     const SgdClosureOptions *o) {
  SgdPath path;

  PetscFunctionBegin;
  PetscCall(SgdPathCreateShared(l, w_ref, sgd->learning_rate, sgd->steps, o->refresh, modes->shares, &path));
  PetscCall(Sampled(modes, path, sgd, o));
  PetscCall(SgdPathDestroy(&path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The two predictions from the start alone: Pi_n of the diagonal theory, and eta D/(2 |lambda|). */
static void FromTheStart(SgdModes *modes, SgdSpectrum s, double eta) {
  for (int k = 0; k < modes->count; k++) {
    const SgdMode *m = &s->mode[modes->row[k].mode];
    modes->row[k].start = m->prediction.variance_horizon;
    modes->row[k].proxy = eta * m->D / (2 * PetscAbsReal(m->eigenvalue));
  }
}

/* Rows before the random directions, which come last. */
static int Eigenvectors(const SgdModes *modes) {
  int count = 0;

  while (count < modes->count && !modes->row[count].random) count++;
  return count;
}

PetscErrorCode SgdModesPredict(SgdModes *modes, SgdLandscape l, const double *w_ref, SgdSpectrum s,
                               const SgdSgdOptions *sgd, const SgdClosureOptions *o) {
  const PetscInt P = SgdLandscapeDimension(l);
  SgdProgress watch = SgdProgressStart();
  SgdPath path, half;

  PetscFunctionBegin;
  modes->dense = o->how == SGD_CLOSURE_DENSE || (o->how == SGD_CLOSURE_AUTO && P <= o->dense_limit);
  FromTheStart(modes, s, sgd->learning_rate);
  modes->coupled = o->coupling && SgdLandscapeSamples(l);
  PetscCall(SgdPathCreateShared(l, w_ref, sgd->learning_rate, sgd->steps, o->refresh, modes->shares, &path));
  PetscCall(
      SgdPathCreateShared(l, w_ref, sgd->learning_rate, PetscMax(1, sgd->steps / 2), o->refresh, modes->shares, &half));
  PetscCall(Diagonal(modes, path, sgd));
  cblas_daxpy((int)P, -1.0, w_ref, 1, path->end, 1);
  modes->drift = cblas_dnrm2((int)P, path->end, 1);
  if (modes->dense)
    PetscCall(Dense(modes, path, sgd, o));
  else
    PetscCall(Adjoint(modes, path, half, w_ref, sgd, o));
  if (modes->coupled && (!modes->dense || !o->dense_coupling)) PetscCall(Replicas(modes, path, half, sgd, o));
  PetscCall(Sampled(modes, path, sgd, o));
  PetscCall(Gaussian(modes, l, w_ref, sgd, o));
  PetscCall(SgdPathDestroy(&half));
  PetscCall(SgdPathDestroy(&path));
  if (SgdLandscapeSamples(l) && o->hessian_batches)
    PetscCall(SgdHessianNoise(l, w_ref, sgd->batch_size, SgdSettingsSampling(sgd), o->hessian_batches, o->seed,
                              modes->shares, Eigenvectors(modes), modes->V, &modes->hessian));
  modes->seconds = SgdProgressElapsed(&watch);
  PetscFunctionReturn(PETSC_SUCCESS);
}
