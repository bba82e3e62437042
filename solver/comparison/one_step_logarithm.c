/* The logarithms of the maps, beside the generators: three tables and what is to be said. */
#include "solver/comparison/one_stepimpl.h"
#include "solver/output/text_files.h"
#include <math.h>

#define NO_GENERATOR -0.02 /* of K_4/(h^2 K_2): rounding and the ends stay above */

static double Place(SgdGrid grid, PetscInt cell) {
  return grid->min[0] + ((double)cell + 0.5) * grid->h[0];
}

static PetscErrorCode SayLogarithm(const SgdOneStep *w, int m, const SgdStepLogarithm *l) {
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

static void CellRows(const SgdOneStep *w, FILE *f, int m, const double *const K[4], PetscInt first, PetscInt count) {
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
static PetscErrorCode Generator(const SgdOneStep *w, int m, FILE *cells, FILE *distances) {
  const SgdModels *k = w->models;
  double *own[4] = {NULL, NULL, NULL, NULL};

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(k->grid->cells, &own[0], k->grid->cells, &own[1]));
  PetscCall(SgdOneStepOwn(w, m, own[0], own[1]));
  if (cells) CellRows(w, cells, m, (const double *const *)own, 0, k->grid->cells);
  for (int n = 0; n < k->count; n++) {
    const SgdStepLogarithm *l = &w->log[n];
    if (!l->K[0] || l->refused[0]) continue;
    const double drift = Distance(w->visits, l->first, l->count, l->K[0], own[0]),
                 variance = Distance(w->visits, l->first, l->count, l->K[1], own[1]);
    if (PetscIsNanReal(drift)) {
      PetscCall(SgdWarn(k->grid->comm,
                        "logarithm of %s: %" PetscInt_FMT
                        " cells are visited, too few to see drift and variance between: take "
                        "narrower cells, or a smaller learning rate",
                        SgdModelName(k->model[n]), l->count));
      continue;
    }
    PetscCall(SgdSay(k->grid->comm,
                     "  %s against it: drift off by %.3g, variance by %.3g (root mean square over the visits)\n",
                     SgdModelName(k->model[m]), drift, variance));
    if (distances)
      fprintf(distances, "%s,%s,%.17g,%.17g\n", SgdModelName(k->model[n]), SgdModelName(k->model[m]), drift, variance);
  }
  PetscCall(PetscFree2(own[0], own[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Maps(SgdOneStep *w, FILE *f, FILE *cells) {
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

PetscErrorCode SgdOneStepLogarithms(SgdOneStep *w) {
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
