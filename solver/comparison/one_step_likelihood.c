/* The likelihood of the reference's paths under every model. */
#include "solver/comparison/one_stepimpl.h"
#include "solver/long_time/path_likelihood.h"
#include "solver/output/text_files.h"
#include <math.h>

/* A generator's cells give its step the fourth cumulant h^2 V beyond its own, which costs about (h^2/V)^2/48 a step. */
static PetscErrorCode WarnOfCells(const SgdOneStep *w, int m, double gain) {
  const SgdModels *k = w->models;
  const double h = k->grid->h[0];
  double *b, *S, V = 0, all = 0;

  PetscFunctionBegin;
  if (SgdModelGetKind(k->model[m]) != SGD_GENERATOR || SgdModelOrder(k->model[m]) == 0)
    PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc2(k->grid->cells, &b, k->grid->cells, &S));
  PetscCall(SgdOneStepOwn(w, m, b, S));
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
static PetscErrorCode SayLikelihood(const SgdOneStep *w, int m, SgdPathLikelihood *s) {
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

PetscErrorCode SgdOneStepLikelihoods(SgdOneStep *w) {
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
