#include "cases/networks/mlpimpl.h"
#include "cases/base/blas.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LAYER_ARRAYS (sizeof(SgdMLPLayer) / sizeof(double *))

static void LayOut(SgdMLP *m) {
  double *next = m->work;

  m->ones = next;
  next += m->block;
  for (int i = 0; i < m->block; i++) m->ones[i] = 1.0;
  for (int l = 1; l <= m->layers; l++) {
    double **array = (double **)&m->layer[l];
    for (size_t k = 0; k < LAYER_ARRAYS; k++, next += (size_t)m->block * (size_t)m->width[l]) array[k] = next;
  }
}

SgdMLP *SgdMLPCreate(int layers, const int *width, SgdActivation activation, double l2, int block) {
  SgdMLP *m = calloc(1, sizeof *m);
  size_t size = (size_t)block;

  if (!m) return NULL;
  *m = (SgdMLP){.layers = layers, .block = block, .activation = activation, .l2 = l2};
  m->width = malloc((size_t)(layers + 1) * sizeof *m->width);
  m->offset = calloc((size_t)(layers + 1), sizeof *m->offset);
  m->layer = calloc((size_t)(layers + 1), sizeof *m->layer);
  if (m->width && m->offset) {
    memcpy(m->width, width, (size_t)(layers + 1) * sizeof *width);
    for (int l = 1; l <= layers; l++) {
      m->offset[l] = m->parameters;
      m->parameters += width[l] * (width[l - 1] + 1);
      size += LAYER_ARRAYS * (size_t)block * (size_t)width[l];
    }
  }
  m->work = malloc(size * sizeof *m->work);
  if (!m->width || !m->offset || !m->layer || !m->work) {
    SgdMLPDestroy(m);
    return NULL;
  }
  LayOut(m);
  return m;
}

void SgdMLPDestroy(SgdMLP *m) {
  if (!m) return;
  free(m->width);
  free(m->offset);
  free(m->layer);
  free(m->work);
  free(m);
}

int SgdMLPParameters(const SgdMLP *m) {
  return m->parameters;
}

void SgdMLPLinear(int n, int in, int out, const double *a, const double *W, const double *bias, double beta,
                  double *y) {
  if (bias)
    for (int i = 0; i < n; i++) memcpy(y + (size_t)i * (size_t)out, bias, (size_t)out * sizeof *y);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, out, in, 1.0, a, in, W, in, bias ? 1.0 : beta, y, out);
}

void SgdMLPForward(SgdMLP *m, const double *w, int n, const double *x, int order) {
  for (int l = 1; l <= m->layers; l++) {
    SgdMLPLayer *y = &m->layer[l];
    SgdMLPLinear(n, m->width[l - 1], m->width[l], SgdMLPInput(m, x, l), SgdMLPWeight(m, w, l), SgdMLPBias(m, w, l), 0.0,
                 y->a);
    if (l < m->layers)
      SgdActivationApply(m->activation, n * m->width[l], y->a, y->a, order >= 1 ? y->phi1 : NULL,
                         order >= 2 ? y->phi2 : NULL);
  }
}

/* z1_l = W_l a1_{l-1} + V_l a_{l-1} + v_l,  a1_l = phi'(z_l) z1_l,  a1_0 = 0 */
void SgdMLPForwardTangent(SgdMLP *m, const double *w, const double *v, int n, const double *x) {
  for (int l = 1; l <= m->layers; l++) {
    SgdMLPLayer *y = &m->layer[l];
    const int in = m->width[l - 1], out = m->width[l];
    SgdMLPLinear(n, in, out, SgdMLPInput(m, x, l), SgdMLPWeight(m, v, l), SgdMLPBias(m, v, l), 0.0, y->z1);
    if (l > 1) SgdMLPLinear(n, in, out, m->layer[l - 1].a1, SgdMLPWeight(m, w, l), NULL, 1.0, y->z1);
    if (l < m->layers)
      for (int k = 0; k < n * out; k++) y->a1[k] = y->phi1[k] * y->z1[k];
  }
}

double SgdMLPPenalty(const SgdMLP *m, const double *w) {
  return m->l2 == 0.0 ? 0.0 : 0.5 * m->l2 * cblas_ddot(m->parameters, w, 1, w, 1);
}

int SgdMLPCorrect(SgdMLP *m, const double *w, int n, const double *x, const int *label) {
  const int classes = m->width[m->layers];
  int correct = 0;

  for (int first = 0; first < n; first += m->block) {
    const int count = n - first < m->block ? n - first : m->block;
    SgdMLPForward(m, w, count, x + (size_t)first * (size_t)m->width[0], 0);
    for (int i = 0; i < count; i++) {
      const double *z = m->layer[m->layers].a + (size_t)i * (size_t)classes;
      int best = 0;
      for (int k = 1; k < classes; k++) best = z[k] > z[best] ? k : best;
      correct += best == label[first + i];
    }
  }
  return correct;
}
