/* The whole gradient of every sample by itself: the rows whose covariance is the minibatch noise. */
#include "cases/networks/mlpimpl.h"
#include <string.h>

/* delta_L = p - onehot(y); delta_{l-1} = (delta_l W_l) phi'(z_{l-1}); stored in every layer's delta */
static void Deltas(SgdMLP *m, const double *w, int n, const int *label) {
  const int L = m->layers, classes = m->width[L];

  memcpy(m->layer[L].delta, m->layer[L].a, (size_t)n * (size_t)classes * sizeof(double));
  for (int i = 0; i < n; i++) m->layer[L].delta[(size_t)i * (size_t)classes + (size_t)label[i]] -= 1.0;
  for (int l = L; l > 1; l--) {
    SgdMLPLayer *below = &m->layer[l - 1];
    SgdMLPPullBack(m, l, n, m->layer[l].delta, SgdMLPWeight(m, w, l), 0.0, below->delta);
    for (int k = 0; k < n * m->width[l - 1]; k++) below->delta[k] *= below->phi1[k];
  }
}

/* grad W_l = delta_l a_{l-1}^T, grad b_l = delta_l, and the penalty's l2 w */
static void WriteSampleRow(const SgdMLP *m, const double *w, const double *x, int i, double *g) {
  for (int l = 1; l <= m->layers; l++) {
    const int in = m->width[l - 1], out = m->width[l];
    const double *a = SgdMLPInput(m, x, l) + (size_t)i * (size_t)in,
                 *delta = m->layer[l].delta + (size_t)i * (size_t)out;
    double *gw = g + m->offset[l], *gb = gw + (size_t)out * (size_t)in;
    for (int j = 0; j < out; j++) {
      for (int k = 0; k < in; k++) gw[(size_t)j * (size_t)in + (size_t)k] = delta[j] * a[k];
      gb[j] = delta[j];
    }
  }
  for (int p = 0; p < m->parameters; p++) g[p] += m->l2 * w[p];
}

void SgdMLPSampleGradients(SgdMLP *m, const double *w, int n, const double *x, const int *label, double *g) {
  for (int first = 0; first < n; first += m->block) {
    const int count = n - first < m->block ? n - first : m->block;
    const double *part = x + (size_t)first * (size_t)m->width[0];
    SgdMLPForward(m, w, count, part, 1);
    SgdMLPSoftmax(count, m->width[m->layers], label + first, m->layer[m->layers].a, NULL);
    Deltas(m, w, count, label + first);
    for (int i = 0; i < count; i++) WriteSampleRow(m, w, part, i, g + (size_t)(first + i) * (size_t)m->parameters);
  }
}
