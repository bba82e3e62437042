#include "cases/networks/transformerimpl.h"
#include "cases/base/blas.h"
#include <stdlib.h>
#include <string.h>

static SgdTransformerLayout LayOutTransformer(const SgdTransformerShape *s) {
  const size_t D = (size_t)s->width, F = (size_t)s->hidden, V = (size_t)s->vocabulary;
  SgdTransformerLayout at = {.token = 0, .query = 0};

  at.position = V * D;
  at.layer = at.position + (size_t)s->context * D;
  at.project = 3 * D * D;
  at.up = at.project + D * D;
  at.up_bias = at.up + F * D;
  at.down = at.up_bias + F;
  at.down_bias = at.down + D * F;
  at.layer_size = at.down_bias + D;
  at.out = at.layer + (size_t)s->layers * at.layer_size;
  at.out_bias = at.out + V * D;
  at.parameters = at.out_bias + V;
  return at;
}

int SgdTransformerParameters(const SgdTransformerShape *shape) {
  return (int)LayOutTransformer(shape).parameters;
}

SgdTransformer *SgdTransformerCreate(const SgdTransformerShape *shape, int block) {
  SgdTransformer *m = calloc(1, sizeof *m);

  if (!m) return NULL;
  m->shape = *shape;
  m->block = block;
  m->at = LayOutTransformer(shape);
  m->workReal = SgdTransformerWorkReal(shape, block);
  m->workDual = SgdTransformerWorkDual(shape, block);
  m->one = calloc(m->at.parameters, sizeof *m->one);
  m->w = calloc(m->at.parameters, sizeof *m->w);
  m->g = calloc(m->at.parameters, sizeof *m->g);
  if (m->workReal && m->workDual && m->one && m->w && m->g) return m;
  SgdTransformerDestroy(m);
  return NULL;
}

void SgdTransformerDestroy(SgdTransformer *m) {
  if (!m) return;
  SgdTransformerWorkFreeReal(m->workReal);
  SgdTransformerWorkFreeDual(m->workDual);
  free(m->one);
  free(m->w);
  free(m->g);
  free(m);
}

static double Dot(const SgdTransformer *m, const double *a, const double *b) {
  return cblas_ddot((int)m->at.parameters, a, 1, b, 1);
}

void SgdTransformerGradient(SgdTransformer *m, const double *w, int n, const int *token, int stride, double *loss,
                            double *g) {
  double total = 0;

  if (g) memset(g, 0, m->at.parameters * sizeof *g);
  for (int first = 0; first < n; first += m->block) {
    const int count = n - first < m->block ? n - first : m->block;
    total += SgdTransformerPassReal(m, w, count, token + (size_t)first * (size_t)stride, stride, NULL, g, NULL);
  }
  if (loss) *loss = total + 0.5 * n * m->shape.l2 * Dot(m, w, w);
  if (g) cblas_daxpy((int)m->at.parameters, n * m->shape.l2, w, 1, g, 1);
}

/* m->w = w + t v, m->g = 0 */
static void Tangent(SgdTransformer *m, const double *w, const double *v) {
  for (size_t i = 0; i < m->at.parameters; i++) m->w[i] = CMPLX(w[i], SGD_DUAL_STEP * v[i]);
  memset(m->g, 0, m->at.parameters * sizeof *m->g);
}

/* H v = d/dt grad(w + t v) */
void SgdTransformerHessianApply(SgdTransformer *m, const double *w, const double *v, int n, const int *token,
                                int stride, double *hv) {
  Tangent(m, w, v);
  for (int first = 0; first < n; first += m->block) {
    const int count = n - first < m->block ? n - first : m->block;
    SgdTransformerPassDual(m, m->w, count, token + (size_t)first * (size_t)stride, stride, NULL, m->g, NULL);
  }
  for (size_t i = 0; i < m->at.parameters; i++) hv[i] = cimag(m->g[i]) / SGD_DUAL_STEP + n * m->shape.l2 * v[i];
}

/* One window: its loss and V grad. */
static void Slopes(SgdTransformer *m, const double *w, int d, const double *V, const int *token, double *loss,
                   double *g) {
  if (g) memset(m->one, 0, m->at.parameters * sizeof *m->one);
  SgdTransformerPassReal(m, w, 1, token, 0, loss, g ? m->one : NULL, NULL);
  for (int j = 0; g && j < d; j++) {
    const double *v = V + (size_t)j * m->at.parameters;
    g[j] = Dot(m, v, m->one) + m->shape.l2 * Dot(m, v, w);
  }
}

/* One window: v.H v. */
static double SampleCurvature(SgdTransformer *m, const double *w, const double *v, const int *token) {
  double sum = m->shape.l2 * Dot(m, v, v);

  Tangent(m, w, v);
  SgdTransformerPassDual(m, m->w, 1, token, 0, NULL, m->g, NULL);
  for (size_t i = 0; i < m->at.parameters; i++) sum += v[i] * (cimag(m->g[i]) / SGD_DUAL_STEP);
  return sum;
}

void SgdTransformerDirectional(SgdTransformer *m, const double *w, int d, const double *V, int n, const int *token,
                               int stride, double *loss, double *g, double *c) {
  const double penalty = 0.5 * m->shape.l2 * Dot(m, w, w);

  for (int i = 0; i < n; i++) {
    const int *window = token + (size_t)i * (size_t)stride;
    if (loss || g) Slopes(m, w, d, V, window, loss ? loss + i : NULL, g ? g + (size_t)i * (size_t)d : NULL);
    if (loss) loss[i] += penalty;
    if (c) c[i] = SampleCurvature(m, w, V, window);
  }
}

int SgdTransformerCorrect(SgdTransformer *m, const double *w, int n, const int *token, int stride) {
  int correct = 0;

  for (int first = 0; first < n; first += m->block) {
    const int count = n - first < m->block ? n - first : m->block;
    SgdTransformerPassReal(m, w, count, token + (size_t)first * (size_t)stride, stride, NULL, NULL, &correct);
  }
  return correct;
}
