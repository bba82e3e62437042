/* What a batch of a narrow network works on (mlp_batch.h). */
#pragma once
#include "cases/networks/mlp_batch.h"

#define SGD_MLP_PAD 8 /* layers are padded to multiples of this: whole vectors of every instruction set */

typedef struct {
  int in, out, pad, offset; /* widths, out padded to whole vectors; where the weights start in w */
  double *Wt;               /* [in][pad] = W^T */
  double *W;                /* [out][pad of the layer below] */
  double *bias;             /* [pad] */
  double *a, *phi1, *delta; /* [block][pad] */
  double *Gt;               /* [in + 1][pad] */
} SgdMLPBatchLayer;

struct SgdMLPBatch {
  int layers, parameters;
  SgdActivation activation;
  double l2;
  SgdMLPBatchLayer *layer; /* [layers + 1]; entry 0 is the input */
  double *work;
  const double **row; /* [block] */
};
