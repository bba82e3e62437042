/* A history with a different number in every place: two models, three output steps, three dimensions. */
#pragma once
#include "solver/measures/history.h"

enum { MODELS = 2, STEPS = 3 };
static const char *const model_names[MODELS] = {"master", "langevin"};
static PetscInt history_step[STEPS] = {0, 10, 25};
static SgdMoments history_moments[STEPS * MODELS];
static SgdDistances history_distances[STEPS * MODELS];

static inline SgdHistory MakeHistory(void) {
  for (int i = 0; i < STEPS * MODELS; i++) {
    SgdMoments *m = &history_moments[i];
    SgdDistances *d = &history_distances[i];
    const double at = 100 * i;
    m->mass = at + 1, m->outflow = at + 2, m->entropy = at + 3, m->min_density = at + 4, m->negative_mass = at + 5;
    d->l1 = at + 6, d->hellinger = at + 7, d->kl = at + 8, d->mean_error = at + 9, d->cov_error = at + 10;
    for (int a = 0; a < 3; a++) {
      m->mean[a] = at + 20 + a, m->skewness[a] = at + 30 + a, m->kurtosis[a] = at + 40 + a;
      d->w1[a] = at + 50 + a;
    }
    for (int c = 0; c < 6; c++) m->cov[c] = at + 60 + c;
  }
  return (SgdHistory){.models = MODELS,
                      .steps = STEPS,
                      .capacity = STEPS,
                      .model = model_names,
                      .step = history_step,
                      .moments = history_moments,
                      .distances = history_distances};
}
