/* How a step's gradient G moves the parameters. A new optimizer is one file optimizer_<name>.c and one line in
   optimizers.def. Plain C on arrays. */
#pragma once
#include "cases/base/base.h"

typedef struct {
  double learning_rate; /* eta */
  double momentum;      /* heavy_ball: beta; adam: beta_1 */
  double decay;         /* rmsprop, adam: the memory beta_2 of the squared gradient */
  double epsilon;       /* rmsprop, adam: added to the root of it */
} SgdOptimizerRates;

typedef struct {
  const char *name;
  /* Step n = 0, 1, ...: w [P] with gradient g [P]; m and v [P] are the optimizer's memory, zero before step 0. */
  void (*step)(const SgdOptimizerRates *r, PetscInt n, PetscInt P, const double *g, double *w, double *m, double *v);
} SgdOptimizer;

/* NULL where there is none of that name. */
const SgdOptimizer *SgdOptimizerFind(const char *name);
/* NULL-terminated. */
const char *const *SgdOptimizerNames(void);

#define SGD_OPTIMIZER(ops) extern const SgdOptimizer ops;
#include "solver/ensemble/optimizers.def"
#undef SGD_OPTIMIZER
