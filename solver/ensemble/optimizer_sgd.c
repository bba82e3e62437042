#include "solver/ensemble/optimizer.h"

/* w' = w - eta G */
static void Step_SGD(const SgdOptimizerRates *r, PetscInt n, PetscInt P, const double *g, double *w, double *m,
                     double *v) {
  (void)n, (void)m, (void)v;
  for (PetscInt i = 0; i < P; i++) w[i] -= r->learning_rate * g[i];
}

const SgdOptimizer SgdOptimizerSGD = {"sgd", Step_SGD};
