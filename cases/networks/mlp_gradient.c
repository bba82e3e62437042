/* Gradient by reverse mode, Hessian-vector product by differentiating that pass along v (Pearlmutter 1994). */
#include "cases/networks/mlpimpl.h"
#include "cases/base/blas.h"
#include <string.h>

/* y [out][in] += delta^T a, the gradient of a layer's weights over a block; bias [out] += column sums of delta. */
static void Accumulate(const SgdMLP *m, int l, int n, const double *delta, const double *a, double *g, int bias) {
  const int in = m->width[l - 1], out = m->width[l];
  double *gw = g + m->offset[l];

  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, out, in, n, 1.0, delta, out, a, in, 1.0, gw, in);
  if (bias) cblas_dgemv(CblasRowMajor, CblasTrans, n, out, 1.0, delta, out, m->ones, 1, 1.0, gw + (size_t)out * in, 1);
}

void SgdMLPPullBack(const SgdMLP *m, int l, int n, const double *delta, const double *W, double beta, double *y) {
  const int in = m->width[l - 1], out = m->width[l];

  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, in, out, 1.0, delta, out, W, in, beta, y, in);
}

/* delta_L = p - onehot(y); delta_{l-1} = (delta_l W_l) phi'(z_{l-1}); grad W_l = delta_l^T a_{l-1} */
static void Backward(SgdMLP *m, const double *w, int n, const double *x, const int *label, double *g) {
  const int L = m->layers, classes = m->width[L];
  double *delta = m->layer[L].a; /* the probabilities, from Softmax */

  for (int i = 0; i < n; i++) delta[(size_t)i * (size_t)classes + (size_t)label[i]] -= 1.0;
  for (int l = L; l >= 1; l--) {
    Accumulate(m, l, n, delta, SgdMLPInput(m, x, l), g, 1);
    if (l == 1) break;
    SgdMLPLayer *below = &m->layer[l - 1];
    SgdMLPPullBack(m, l, n, delta, SgdMLPWeight(m, w, l), 0.0, below->delta);
    for (int k = 0; k < n * m->width[l - 1]; k++) below->delta[k] *= below->phi1[k];
    delta = below->delta;
  }
}

void SgdMLPGradient(SgdMLP *m, const double *w, int n, const double *x, const int *label, double *loss, double *g) {
  double total = 0.0;

  if (g) memset(g, 0, (size_t)m->parameters * sizeof *g);
  for (int first = 0; first < n; first += m->block) {
    const int count = n - first < m->block ? n - first : m->block;
    const double *part = x + (size_t)first * (size_t)m->width[0];
    SgdMLPForward(m, w, count, part, g ? 1 : 0);
    total += SgdMLPSoftmax(count, m->width[m->layers], label + first, m->layer[m->layers].a, NULL);
    if (g) Backward(m, w, count, part, label + first, g);
  }
  if (loss) *loss = total + n * SgdMLPPenalty(m, w);
  if (g) cblas_daxpy(m->parameters, n * m->l2, w, 1, g, 1);
}

/* delta_L = p - onehot(y),  delta1_L = p (z1 - p.z1) */
static void OutputTangent(SgdMLP *m, int n, const int *label) {
  const SgdMLPLayer *top = &m->layer[m->layers];
  const int classes = m->width[m->layers];

  for (int i = 0; i < n; i++) {
    const size_t row = (size_t)i * (size_t)classes;
    double mean = 0.0;
    for (int k = 0; k < classes; k++) mean += top->a[row + (size_t)k] * top->z1[row + (size_t)k];
    for (int k = 0; k < classes; k++) {
      const double p = top->a[row + (size_t)k];
      top->delta[row + (size_t)k] = p - (k == label[i]);
      top->delta1[row + (size_t)k] = p * (top->z1[row + (size_t)k] - mean);
    }
  }
}

/* upstream = delta_l W_l,                      delta_{l-1} = upstream phi'
   delta1_{l-1} = (delta1_l W_l + delta_l V_l) phi' + upstream phi'' z1_{l-1} */
static void PullBackTangent(SgdMLP *m, int l, const double *w, const double *v, int n) {
  const SgdMLPLayer *y = &m->layer[l], *below = &m->layer[l - 1];

  SgdMLPPullBack(m, l, n, y->delta, SgdMLPWeight(m, w, l), 0.0, below->upstream);
  SgdMLPPullBack(m, l, n, y->delta1, SgdMLPWeight(m, w, l), 0.0, below->delta1);
  SgdMLPPullBack(m, l, n, y->delta, SgdMLPWeight(m, v, l), 1.0, below->delta1);
  for (int k = 0; k < n * m->width[l - 1]; k++) {
    below->delta[k] = below->upstream[k] * below->phi1[k];
    below->delta1[k] = below->delta1[k] * below->phi1[k] + below->upstream[k] * below->phi2[k] * below->z1[k];
  }
}

/* (H v) of W_l = delta1_l^T a_{l-1} + delta_l^T a1_{l-1} */
static void HessianBlock(SgdMLP *m, const double *w, const double *v, int n, const double *x, const int *label,
                         double *hv) {
  SgdMLPForward(m, w, n, x, 2);
  SgdMLPSoftmax(n, m->width[m->layers], label, m->layer[m->layers].a, NULL);
  SgdMLPForwardTangent(m, w, v, n, x);
  OutputTangent(m, n, label);
  for (int l = m->layers; l >= 1; l--) {
    Accumulate(m, l, n, m->layer[l].delta1, SgdMLPInput(m, x, l), hv, 1);
    if (l == 1) break;
    Accumulate(m, l, n, m->layer[l].delta, m->layer[l - 1].a1, hv, 0);
    PullBackTangent(m, l, w, v, n);
  }
}

void SgdMLPHessianApply(SgdMLP *m, const double *w, const double *v, int n, const double *x, const int *label,
                        double *hv) {
  memset(hv, 0, (size_t)m->parameters * sizeof *hv);
  for (int first = 0; first < n; first += m->block) {
    const int count = n - first < m->block ? n - first : m->block;
    HessianBlock(m, w, v, count, x + (size_t)first * (size_t)m->width[0], label + first, hv);
  }
  cblas_daxpy(m->parameters, n * m->l2, v, 1, hv, 1);
}
