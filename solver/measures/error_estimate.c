#include "solver/measures/error_estimate.h"
#include "meshes/fields.h"

void SgdErrorsEstimate(int dim, int order, const SgdMoments *fine, const SgdMoments *half, double l1, SgdErrors *e) {
  const double factor = order > 0 ? 1 / (pow(2, order) - 1) : 1;

  *e = (SgdErrors){.order = order, .l1 = factor * l1};
  for (int a = 0; a < dim; a++) {
    e->moments.mean[a] = factor * fabs(fine->mean[a] - half->mean[a]);
    e->moments.skewness[a] = factor * fabs(fine->skewness[a] - half->skewness[a]);
    e->moments.kurtosis[a] = factor * fabs(fine->kurtosis[a] - half->kurtosis[a]);
  }
  for (int p = 0; p < SGD_PAIRS(dim); p++) e->moments.cov[p] = factor * fabs(fine->cov[p] - half->cov[p]);
  e->moments.outflow = factor * fabs(fine->outflow - half->outflow);
}
