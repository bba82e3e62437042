#include "cases/networks/mlp_batchimpl.h"
#include <stdlib.h>

enum { WIDEST = 64 };

int SgdMLPBatchSuits(int layers, const int *width) {
  for (int l = 1; l <= layers; l++)
    if (width[l] > WIDEST) return 0;
  return 1;
}

/* Count (with NULL) or place the arrays of all layers. */
static size_t LayOutBatch(SgdMLPBatch *m, int block, double *next) {
  size_t total = 0;

  for (int l = 1; l <= m->layers; l++) {
    SgdMLPBatchLayer *y = &m->layer[l];
    const size_t pad = (size_t)y->pad, below = (size_t)m->layer[l - 1].pad;
    double **array[] = {&y->Wt, &y->Gt, &y->W, &y->bias, &y->a, &y->phi1, &y->delta};
    const size_t size[] = {(size_t)y->in * pad, (size_t)(y->in + 1) * pad, (size_t)y->out * below, pad,
                           (size_t)block * pad, (size_t)block * pad,       (size_t)block * pad};
    for (int k = 0; k < 7; k++) {
      if (next) *array[k] = next + total;
      total += size[k];
    }
  }
  return total;
}

SgdMLPBatch *SgdMLPBatchCreate(int layers, const int *width, SgdActivation activation, double l2, int block) {
  SgdMLPBatch *m = calloc(1, sizeof *m);

  if (!m) return NULL;
  *m = (SgdMLPBatch){.layers = layers, .activation = activation, .l2 = l2};
  m->layer = calloc((size_t)layers + 1, sizeof *m->layer);
  m->row = malloc((size_t)block * sizeof *m->row);
  for (int l = 1; m->layer && l <= layers; l++) {
    m->layer[l] = (SgdMLPBatchLayer){.in = width[l - 1],
                                     .out = width[l],
                                     .pad = (width[l] + SGD_MLP_PAD - 1) / SGD_MLP_PAD * SGD_MLP_PAD,
                                     .offset = m->parameters};
    m->parameters += width[l] * (width[l - 1] + 1);
  }
  if (m->layer) m->work = calloc(LayOutBatch(m, block, NULL), sizeof *m->work);
  if (!m->layer || !m->row || !m->work) {
    SgdMLPBatchDestroy(m);
    return NULL;
  }
  LayOutBatch(m, block, m->work);
  return m;
}

void SgdMLPBatchDestroy(SgdMLPBatch *m) {
  if (!m) return;
  free(m->layer);
  free(m->row);
  free(m->work);
  free(m);
}
