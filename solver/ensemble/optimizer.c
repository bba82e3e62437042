#include "solver/ensemble/optimizer.h"
#include <string.h>

#define SGD_OPTIMIZER(ops) &ops,
static const SgdOptimizer *const optimizers[] = {
#include "solver/ensemble/optimizers.def"
};
#undef SGD_OPTIMIZER
enum { OPTIMIZERS = sizeof optimizers / sizeof *optimizers };

const SgdOptimizer *SgdOptimizerFind(const char *name) {
  for (int i = 0; i < OPTIMIZERS; i++)
    if (!strcmp(optimizers[i]->name, name)) return optimizers[i];
  return NULL;
}

const char *const *SgdOptimizerNames(void) {
  static const char *names[OPTIMIZERS + 1];

  for (int i = 0; i < OPTIMIZERS; i++) names[i] = optimizers[i]->name;
  return names;
}
