/* J. Bernstein, Y.-X. Wang, K. Azizzadenesheli, A. Anandkumar, ICML 2018. */
#include "solver/ensemble/optimizer.h"

/* w' = w - eta sign(G) */
static void Step_SignSGD(const SgdOptimizerRates *r, PetscInt n, PetscInt P, const double *g, double *w, double *m,
                         double *v) {
  (void)n, (void)m, (void)v;
  for (PetscInt i = 0; i < P; i++) w[i] -= r->learning_rate * ((g[i] > 0) - (g[i] < 0));
}

const SgdOptimizer SgdOptimizerSignSGD = {"sign_sgd", Step_SignSGD};
