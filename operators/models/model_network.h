/* Model `network`: the density of the landscape's own SGD, all parameters free, seen on the slice. It is measured by a
   growing ensemble of trajectories whose last step is exact (solver/ensemble/growing.h) and so has no operator. */
#pragma once
#include "operators/models/model.h"
#include <stdbool.h>

typedef struct {
  int members;   /* trajectories at the start, the ancestors of all */
  int doublings; /* how often each is doubled on the way */
  int *grow;     /* [grow_count] steps before the end of the run at which, falling; empty: by the memory measured */
  unsigned grow_count;
  int samples; /* single gradients of each member's last step; 0: max(4 B, 32) to B = 32, then 2 B */
  int seed;
  char *law; /* of the last step: gaussian, or exact, the law of its batches; NULL: gaussian */
  bool exact;
} SgdNetworkOptions;

/* Of a model of the kind SGD_ENSEMBLE; they belong to the case. */
PETSC_EXTERN const SgdNetworkOptions *SgdModelNetworkOptions(SgdModel model);
