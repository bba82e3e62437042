#include "meshes/group_weights.h"
#include "meshes/gauss_hermite.h"
#include <math.h>

void SgdGroupApply(double eta, const SgdGroupWeights *k, const double z[], const double value[], double out[]) {
  const double pi = 1 / (1 + exp(-z[1])), pulled = k->ascent * k->pull;

  out[0] = z[0] - eta * (pi * value[0] + (1 - pi) * value[1]);
  out[1] = z[1] + pulled * (log(k->prior / (1 - k->prior)) - z[1]) + k->ascent * value[2];
}

/* The Gaussian of X = pi_1 G_1 + pi_2 G_2 and D, by Cholesky: X = g + p x, D = d + q x + s y. The map is linear in both. */
static int Gaussian(double eta, const SgdGroupWeights *k, const double z[], const SgdRuleGroups *g, double place[],
                    double weight[]) {
  const double a = 1 / (1 + exp(-z[1])), b = 1 - a, *C = g->cov;
  const double p = sqrt(fmax(a * a * C[0] + 2 * a * b * C[1] + b * b * C[3], 0)),
               q = p > 0 ? (a * C[2] + b * C[4]) / p : 0, s = sqrt(fmax(C[5] - q * q, 0));
  int count = 0;

  for (int i = 0; i < (p > 0 ? SGD_HERMITE_POINTS : 1); i++)
    for (int j = 0; j < (s > 0 ? SGD_HERMITE_POINTS : 1); j++) {
      const double X = a * g->mean[0] + b * g->mean[1] + p * SgdHermitePoint[i],
                   value[3] = {X, X, g->mean[2] + q * SgdHermitePoint[i] + s * SgdHermitePoint[j]};
      weight[count] = (p > 0 ? SgdHermiteWeight[i] : 1) * (s > 0 ? SgdHermiteWeight[j] : 1);
      SgdGroupApply(eta, k, z, value, place + 2 * count++);
    }
  return count;
}

int SgdGroupAtoms(double eta, const SgdGroupWeights *k, const double z[], const SgdRuleGroups *g, double place[],
                  double weight[]) {
  if (!g->batches) return Gaussian(eta, k, z, g, place, weight);
  for (int i = 0; i < g->batches; i++) {
    weight[i] = g->probability[i];
    SgdGroupApply(eta, k, z, g->value + 3 * i, place + 2 * i);
  }
  return g->batches;
}
