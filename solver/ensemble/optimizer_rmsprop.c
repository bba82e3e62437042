/* T. Tieleman, G. Hinton, Neural networks for machine learning, lecture 6.5 (2012). */
#include "solver/ensemble/optimizer.h"
#include <math.h>

/* v' = beta_2 v + (1 - beta_2) G^2,   w' = w - eta G/(sqrt(v') + epsilon) */
static void Step_RMSprop(const SgdOptimizerRates *r, PetscInt n, PetscInt P, const double *g, double *w, double *m,
                         double *v) {
  (void)n, (void)m;
  for (PetscInt i = 0; i < P; i++) {
    v[i] = r->decay * v[i] + (1 - r->decay) * g[i] * g[i];
    w[i] -= r->learning_rate * g[i] / (sqrt(v[i]) + r->epsilon);
  }
}

const SgdOptimizer SgdOptimizerRMSprop = {"rmsprop", Step_RMSprop};
