/* What a landscape of weighted samples holds: the plain one, how samples are drawn and how they count (landscape_weights.c). */
#pragma once
#include "cases/landscapes/landscapeimpl.h"

typedef struct {
  SgdLandscape inner;   /* owned */
  double *p, *f;        /* [N] */
  double *cumulative;   /* [N]: p_0 + .. + p_i */
  const char *by, *use; /* as the case has them */
} SgdWeighted;

extern const SgdLandscapeOps SgdWeightedSamples;
