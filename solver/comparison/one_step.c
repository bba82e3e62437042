#include "solver/comparison/one_step.h"
#include "solver/long_time/path_likelihood.h"
#include "solver/long_time/step_logarithm.h"
#include "solver/output/text_files.h"
#include "solver/problem/initial_density.h"
#include <math.h>

#define NO_GENERATOR -0.02 /* of K_4/(h^2 K_2): rounding and the ends stay above */

typedef struct {
  const SgdSettings *s;
  int reference;
  const SgdModels *models;
  const char *folder;
  SgdStepMatrix matrix[SGD_MAX_MODELS]; /* of models that failed: none */
  double *p0, *visits;                  /* [cells] */
  SgdStepLogarithm log[SGD_MAX_MODELS]; /* of maps */
} Work;

PetscErrorCode SgdOneStepCheck(const SgdModels *models, int reference, const SgdSettings *s) {
  const SgdCheckOptions *check = s->check;
  const char *key = check->logarithm ? "check.logarithm" : "check.likelihood";
  SgdGrid grid = models->grid;

  PetscFunctionBegin;
  if (!check->logarithm && !check->likelihood) PetscFunctionReturn(PETSC_SUCCESS);
  SgdCaseCheck(models->context.kase, grid->dim == 1 && grid->cells <= SGD_STEP_MATRIX_MOST, key,
               "is for one axis of at most %d cells, this grid has %d axes and %" PetscInt_FMT " cells",
               SGD_STEP_MATRIX_MOST, grid->dim, grid->cells);
  SgdCaseCheck(models->context.kase, s->schedule.pieces == 1 && !models->context.slice->co_moving, key,
               "is for a step that stays the same: no schedule, no slice that follows the mean");
  SgdCaseCheck(models->context.kase, !models->failed[reference] && SgdModelOperator(models->model[reference]), key,
               "needs the one-step matrix of the reference, which model %s has not",
               SgdModelName(models->model[reference]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Prepare(Work *w) {
  const SgdModels *k = w->models;
  const double eta = w->s->sgd->learning_rate;
  const PetscScalar *array;
  VecScatter scatter;
  Vec y0, all;

  PetscFunctionBegin;
  for (int m = 0; m < k->count; m++)
    if (!k->failed[m] && SgdModelOperator(k->model[m]))
      PetscCall(SgdStepMatrixCreate(k->model[m], k->grid, eta, &w->matrix[m]));
  PetscCall(PetscMalloc2(k->grid->cells, &w->p0, k->grid->cells, &w->visits));
  PetscCall(SgdInitialDensity(k->grid, k->context.slice->prediction, &y0));
  PetscCall(VecScatterCreateToAll(y0, &scatter, &all));
  PetscCall(VecScatterBegin(scatter, y0, all, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(scatter, y0, all, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecGetArrayRead(all, &array));
  PetscCall(PetscArraycpy(w->p0, array, k->grid->cells));
  PetscCall(VecRestoreArrayRead(all, &array));
  PetscCall(VecScatterDestroy(&scatter));
  PetscCall(VecDestroy(&all));
  PetscCall(VecDestroy(&y0));
  PetscFunctionReturn(SgdPathVisits(&w->matrix[w->reference], w->p0, w->s->sgd->steps, w->visits));
}

/* A generator's own drift and variance at every cell: b, S [cells]; NaN where it has none. */
static PetscErrorCode OwnCoefficients(const Work *w, int m, double *b, double *S) {
  const SgdModels *k = w->models;
  SgdGrid grid = k->grid;
  PetscMPIInt cells;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(b, grid->cells));
  PetscCall(PetscArrayzero(S, grid->cells));
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++)
    if (!SgdModelOwnMoments(k->model[m], cell - k->fields->first_cell, &b[cell], &S[cell])) b[cell] = S[cell] = NAN;
  PetscCall(PetscMPIIntCast(grid->cells, &cells));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, b, cells, MPI_DOUBLE, MPI_SUM, grid->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, S, cells, MPI_DOUBLE, MPI_SUM, grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Place(SgdGrid grid, PetscInt cell) {
  return grid->min[0] + ((double)cell + 0.5) * grid->h[0];
}

static PetscErrorCode SayLogarithm(const Work *w, int m, const SgdStepLogarithm *l) {
  SgdGrid grid = w->models->grid;
  const char *name = SgdModelName(w->models->model[m]);

  PetscFunctionBegin;
  if (l->refused[0]) return SgdWarn(grid->comm, "logarithm of %s refused: %s", name, l->refused);
  PetscCall(SgdSay(
      grid->comm,
      "Logarithm of %s between a = %.4g and %.4g: least eigenvalue %.2g; rates between cells down to %.3g, from %.4g "
      "to %.4g, the negative ones %.2g of the positive: %s\n",
      name, Place(grid, l->first), Place(grid, l->first + l->count - 1), l->least, l->negative, Place(grid, l->from),
      Place(grid, l->to), l->share,
      l->negative < 0 ? "no chain in continuous time on these cells" : "a chain in continuous time"));
  if (l->fourth < NO_GENERATOR)
    PetscCall(
        SgdWarn(grid->comm,
                "logarithm of %s: no generator of a process: its fourth coefficient is negative, %.2g of h^2 times "
                "the second, at a = %.4g",
                name, l->fourth, Place(grid, l->where)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void CellRows(const Work *w, FILE *f, int m, const double *const K[4], PetscInt first, PetscInt count) {
  for (PetscInt i = 0; i < count; i++) {
    fprintf(f, "%s,%.17g,%.6g", SgdModelName(w->models->model[m]), Place(w->models->grid, first + i),
            w->visits[first + i] / w->models->grid->h[0]);
    for (int k = 0; k < 4; k++) K[k] ? fprintf(f, ",%.17g", K[k][i]) : fprintf(f, ",0");
    fprintf(f, "\n");
  }
}

/* sqrt(sum v (x - y)^2/sum v x^2) over the cells where x is known. */
static double Distance(const double visits[], PetscInt first, PetscInt count, const double x[], const double y[]) {
  double off = 0, all = 0;

  for (PetscInt i = 0; i < count; i++) {
    if (PetscIsNanReal(x[i])) continue;
    off += visits[first + i] * PetscSqr(x[i] - y[first + i]);
    all += visits[first + i] * x[i] * x[i];
  }
  return all > 0 ? sqrt(off / all) : NAN;
}

/* Of generator m to every map that has a logarithm; and its own rows. */
static PetscErrorCode Generator(const Work *w, int m, FILE *cells, FILE *distances) {
  const SgdModels *k = w->models;
  double *own[4] = {NULL, NULL, NULL, NULL};

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(k->grid->cells, &own[0], k->grid->cells, &own[1]));
  PetscCall(OwnCoefficients(w, m, own[0], own[1]));
  if (cells) CellRows(w, cells, m, (const double *const *)own, 0, k->grid->cells);
  for (int n = 0; n < k->count; n++) {
    const SgdStepLogarithm *l = &w->log[n];
    if (!l->K[0] || l->refused[0]) continue;
    const double drift = Distance(w->visits, l->first, l->count, l->K[0], own[0]),
                 variance = Distance(w->visits, l->first, l->count, l->K[1], own[1]);
    PetscCall(SgdSay(k->grid->comm,
                     "  %s against it: drift off by %.3g, variance by %.3g (root mean square over the visits)\n",
                     SgdModelName(k->model[m]), drift, variance));
    if (distances)
      fprintf(distances, "%s,%s,%.17g,%.17g\n", SgdModelName(k->model[n]), SgdModelName(k->model[m]), drift, variance);
  }
  PetscCall(PetscFree2(own[0], own[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Maps(Work *w, FILE *f, FILE *cells) {
  const SgdModels *k = w->models;

  PetscFunctionBegin;
  for (int m = 0; m < k->count; m++) {
    SgdStepLogarithm *l = &w->log[m];
    if (!w->matrix[m].a || SgdModelGetKind(k->model[m]) != SGD_MAP) continue;
    PetscCall(SgdStepLogarithmCompute(&w->matrix[m], k->grid, w->s->sgd->learning_rate, w->visits, l));
    PetscCall(SayLogarithm(w, m, l));
    if (f)
      fprintf(f, "%s,%.17g,%.17g,%.6g,%.17g,%.17g,%.17g,%.6g,%.6g,\"%s\"\n", SgdModelName(k->model[m]),
              Place(k->grid, l->first), Place(k->grid, l->first + l->count - 1), l->least, l->negative,
              Place(k->grid, l->from), Place(k->grid, l->to), l->share, l->fourth, l->refused[0] ? l->refused : "ok");
    if (cells && !l->refused[0]) CellRows(w, cells, m, (const double *const *)l->K, l->first, l->count);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteLogarithms(Work *w) {
  static const char *const name[] = {"logarithm.csv", "generators.csv", "logarithm_distances.csv"},
                           *const head[] = {
                               "model,low,high,least_eigenvalue,lowest_rate,from,to,negative_share,fourth,status\n",
                               "model,a,visits,drift,variance,third,fourth\n", "map,generator,drift,variance\n"};
  const SgdModels *k = w->models;
  FILE *file[3];

  PetscFunctionBegin;
  for (int i = 0; i < 3; i++) {
    PetscCall(SgdOpenText(k->grid->comm, w->folder, name[i], &file[i]));
    if (file[i]) fprintf(file[i], "%s", head[i]);
  }
  PetscCall(Maps(w, file[0], file[1]));
  for (int m = 0; m < k->count; m++)
    if (w->matrix[m].a && SgdModelGetKind(k->model[m]) == SGD_GENERATOR) PetscCall(Generator(w, m, file[1], file[2]));
  for (int i = 0; i < 3; i++) PetscCall(SgdCloseText(k->grid->comm, w->folder, name[i], &file[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A generator's cells give its step the fourth cumulant h^2 V beyond its own, which costs about (h^2/V)^2/48 a step. */
static PetscErrorCode WarnOfCells(const Work *w, int m, double gain) {
  const SgdModels *k = w->models;
  const double h = k->grid->h[0];
  double *b, *S, V = 0, all = 0;

  PetscFunctionBegin;
  if (SgdModelGetKind(k->model[m]) != SGD_GENERATOR || SgdModelOrder(k->model[m]) == 0)
    PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc2(k->grid->cells, &b, k->grid->cells, &S));
  PetscCall(OwnCoefficients(w, m, b, S));
  for (PetscInt i = 0; i < k->grid->cells; i++) {
    V += w->visits[i] * S[i] * w->s->sgd->learning_rate;
    all += w->visits[i];
  }
  PetscCall(PetscFree2(b, S));
  const double added = w->s->sgd->steps * PetscSqr(h * h * all / V) / 48;
  if (added > 0.02 * fabs(gain))
    PetscCall(SgdWarn(k->grid->comm,
                      "likelihood of %s: about %.2g of the %.3g lost is the cells': make them narrower (its error "
                      "falls as their fourth power)",
                      SgdModelName(k->model[m]), added, fabs(gain)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Paths that a model gives no probability have the logarithm of zero. */
static PetscErrorCode SayLikelihood(const Work *w, int m, SgdPathLikelihood *s) {
  const MPI_Comm comm = w->models->grid->comm;
  const char *name = SgdModelName(w->models->model[m]);
  const int steps = w->s->sgd->steps;

  PetscFunctionBegin;
  if (s->impossible > 1e-6 * steps) {
    s->mean = s->gain = -INFINITY;
    s->deviation = s->gain_deviation = NAN;
    return SgdWarn(comm, "likelihood of %s: none: it gives no probability to %.3g of a path's %d steps", name,
                   s->impossible, steps);
  }
  PetscCall(SgdSay(comm, "  %s: %.6g +- %.3g over paths; against the reference's own %.4g +- %.3g\n", name, s->mean,
                   s->deviation, s->gain, s->gain_deviation));
  PetscCall(WarnOfCells(w, m, s->gain));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteLikelihoods(Work *w) {
  const SgdModels *k = w->models;
  const PetscInt steps = w->s->sgd->steps;
  SgdPathLikelihood s;
  FILE *f;

  PetscFunctionBegin;
  PetscCall(SgdOpenText(k->grid->comm, w->folder, "likelihood.csv", &f));
  if (f) fprintf(f, "model,mean,deviation,gain,gain_deviation,impossible\n");
  PetscCall(SgdSay(k->grid->comm, "Log-likelihood of the paths of %s, %" PetscInt_FMT " steps:\n",
                   SgdModelName(k->model[w->reference]), steps));
  for (int m = 0; m < k->count; m++) {
    if (!w->matrix[m].a) continue;
    PetscCall(SgdPathLikelihoodCompute(&w->matrix[w->reference], &w->matrix[m], k->grid->h[0], w->p0, steps, &s));
    PetscCall(SayLikelihood(w, m, &s));
    if (f)
      fprintf(f, "%s,%.17g,%.17g,%.17g,%.17g,%.17g\n", SgdModelName(k->model[m]), s.mean, s.deviation, s.gain,
              s.gain_deviation, s.impossible);
  }
  PetscCall(SgdCloseText(k->grid->comm, w->folder, "likelihood.csv", &f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdOneStepWrite(const SgdModels *models, int reference, const SgdSettings *s, const char *folder) {
  const SgdCheckOptions *check = s->check;
  Work w = {.s = s, .reference = reference, .models = models, .folder = folder};

  PetscFunctionBegin;
  if (!check->logarithm && !check->likelihood) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Prepare(&w));
  if (check->logarithm) PetscCall(WriteLogarithms(&w));
  if (check->likelihood) PetscCall(WriteLikelihoods(&w));
  for (int m = 0; m < models->count; m++) {
    PetscCall(SgdStepMatrixFree(&w.matrix[m]));
    PetscCall(SgdStepLogarithmFree(&w.log[m]));
  }
  PetscCall(PetscFree2(w.p0, w.visits));
  PetscFunctionReturn(PETSC_SUCCESS);
}
