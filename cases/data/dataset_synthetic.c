/* Gaussian blobs: class k has its centre at c_k ~ N(0, 1)^features, sample i is of class i mod classes, x = c + spread
 * n.
 */
#include "cases/data/datasetimpl.h"
#include "cases/base/random.h"

enum { CENTRES, NOISE };

static int DatasetRead_Synthetic(const SgdDatasetOptions *o, SgdDataset *d, SgdDatasetProblem *problem) {
  const int features = o->features;

  d->samples = o->limit > 0 && o->limit < o->samples ? o->limit : o->samples;
  d->features = features;
  if (SgdDatasetAllocate(d, problem)) return 1;
  for (int i = 0; i < d->samples; i++) {
    d->label[i] = i % o->classes;
    for (int j = 0; j < features; j++) {
      const uint64_t at = (uint64_t)i * (uint64_t)features + (uint64_t)j;
      const uint64_t centre = (uint64_t)d->label[i] * (uint64_t)features + (uint64_t)j;
      d->x[at] = SgdRandomNormal((uint64_t)o->seed, CENTRES, centre) +
                 o->spread * SgdRandomNormal((uint64_t)o->seed, NOISE, at);
    }
  }
  return 0;
}

const SgdDatasetFormat SgdDatasetSynthetic = {"synthetic", 0, "samples features classes spread seed",
                                              DatasetRead_Synthetic};
