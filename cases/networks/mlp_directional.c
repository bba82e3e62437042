/* Derivatives of each sample's loss along given directions, by forward Taylor mode (jets of order 1 and 2). */
#include "cases/networks/mlpimpl.h"
#include "cases/base/blas.h"

/* z2_l = W_l a2_{l-1} + 2 V_l a1_{l-1},   a2 = phi'' z1^2 + phi' z2,   a1_0 = a2_0 = 0 */
static void SecondOrder(SgdMLP *m, const double *w, const double *v, int n) {
  for (int l = 1; l <= m->layers; l++) {
    SgdMLPLayer *y = &m->layer[l];
    const int in = m->width[l - 1], out = m->width[l], count = n * out;
    if (l == 1)
      for (int k = 0; k < count; k++) y->z2[k] = 0.0;
    else {
      SgdMLPLinear(n, in, out, m->layer[l - 1].a1, SgdMLPWeight(m, v, l), NULL, 0.0, y->z2);
      cblas_dscal(count, 2.0, y->z2, 1);
      SgdMLPLinear(n, in, out, m->layer[l - 1].a2, SgdMLPWeight(m, w, l), NULL, 1.0, y->z2);
    }
    if (l < m->layers)
      for (int k = 0; k < count; k++) y->a2[k] = y->phi2[k] * y->z1[k] * y->z1[k] + y->phi1[k] * y->z2[k];
  }
}

/* l' = p.z1 - z1_y */
static void Slope(const SgdMLP *m, int n, const int *label, int stride, double penalty, double *g) {
  const SgdMLPLayer *top = &m->layer[m->layers];
  const int classes = m->width[m->layers];

  for (int i = 0; i < n; i++) {
    const double *p = top->a + (size_t)i * (size_t)classes, *z1 = top->z1 + (size_t)i * (size_t)classes;
    double mean = 0.0;
    for (int k = 0; k < classes; k++) mean += p[k] * (z1[k] - z1[label[i]]);
    g[(size_t)i * (size_t)stride] = mean + penalty;
  }
}

/* l'' = p.z2 - z2_y + p.(z1 - p.z1)^2 */
static void SampleCurvature(const SgdMLP *m, int n, const int *label, double penalty, double *c) {
  const SgdMLPLayer *top = &m->layer[m->layers];
  const int classes = m->width[m->layers];

  for (int i = 0; i < n; i++) {
    const size_t row = (size_t)i * (size_t)classes;
    const double *p = top->a + row, *z1 = top->z1 + row, *z2 = top->z2 + row;
    double mean = 0.0, sum = 0.0;
    for (int k = 0; k < classes; k++) mean += p[k] * z1[k];
    for (int k = 0; k < classes; k++) sum += p[k] * (z2[k] - z2[label[i]] + (z1[k] - mean) * (z1[k] - mean));
    c[i] = sum + penalty;
  }
}

static void Block(SgdMLP *m, const double *w, int d, const double *V, int n, const double *x, const int *label,
                  double *loss, double *g, double *c) {
  const size_t P = (size_t)m->parameters;
  const double penalty = SgdMLPPenalty(m, w);

  SgdMLPForward(m, w, n, x, c ? 2 : 1);
  SgdMLPSoftmax(n, m->width[m->layers], label, m->layer[m->layers].a, loss);
  for (int i = 0; loss && i < n; i++) loss[i] += penalty;
  for (int j = 0; j < d; j++) {
    const double *v = V + (size_t)j * P;
    SgdMLPForwardTangent(m, w, v, n, x);
    if (g) Slope(m, n, label, d, m->l2 * cblas_ddot(m->parameters, w, 1, v, 1), g + j);
    if (!c || j > 0) continue;
    SecondOrder(m, w, v, n);
    SampleCurvature(m, n, label, m->l2 * cblas_ddot(m->parameters, v, 1, v, 1), c);
  }
}

void SgdMLPDirectional(SgdMLP *m, const double *w, int d, const double *V, int n, const double *x, const int *label,
                       double *loss, double *g, double *c) {
  for (int first = 0; first < n; first += m->block) {
    const int count = n - first < m->block ? n - first : m->block;
    const size_t i = (size_t)first;
    Block(m, w, d, V, count, x + i * (size_t)m->width[0], label + first, loss ? loss + i : NULL,
          g ? g + i * (size_t)d : NULL, c ? c + i : NULL);
  }
}
