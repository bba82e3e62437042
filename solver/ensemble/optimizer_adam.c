/* D. Kingma, J. Ba, ICLR 2015. */
#include "solver/ensemble/optimizer.h"
#include <math.h>

/* m' = beta_1 m + (1 - beta_1) G,   v' = beta_2 v + (1 - beta_2) G^2,
   w' = w - eta mhat/(sqrt(vhat) + epsilon),   mhat = m'/(1 - beta_1^(n+1)),  vhat = v'/(1 - beta_2^(n+1)) */
static void Step_Adam(const SgdOptimizerRates *r, PetscInt n, PetscInt P, const double *g, double *w, double *m,
                      double *v) {
  const double first = 1 - pow(r->momentum, (double)(n + 1)), second = 1 - pow(r->decay, (double)(n + 1));

  for (PetscInt i = 0; i < P; i++) {
    m[i] = r->momentum * m[i] + (1 - r->momentum) * g[i];
    v[i] = r->decay * v[i] + (1 - r->decay) * g[i] * g[i];
    w[i] -= r->learning_rate * (m[i] / first) / (sqrt(v[i] / second) + r->epsilon);
  }
}

const SgdOptimizer SgdOptimizerAdam = {"adam", Step_Adam};
