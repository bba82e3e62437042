/* B. Polyak, USSR Comput. Math. Math. Phys. 4 (1964) 1. */
#include "solver/ensemble/optimizer.h"

/* m' = beta m + G,   w' = w - eta m' */
static void Step_HeavyBall(const SgdOptimizerRates *r, PetscInt n, PetscInt P, const double *g, double *w, double *m,
                           double *v) {
  (void)n, (void)v;
  for (PetscInt i = 0; i < P; i++) {
    m[i] = r->momentum * m[i] + g[i];
    w[i] -= r->learning_rate * m[i];
  }
}

const SgdOptimizer SgdOptimizerHeavyBall = {"heavy_ball", Step_HeavyBall};
