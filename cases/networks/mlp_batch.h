/* The gradient of one batch of a narrow network, made for many small batches with weights that change every time, as
   trajectories have: samples are taken where they lie, all layers are padded to whole vectors, and nothing is packed
   but the weights. Twin of SgdMLPGradient, which is the better one for wide layers. Plain C. */
#pragma once
#include "cases/networks/activation.h"

typedef struct SgdMLPBatch SgdMLPBatch;

/* Whether this is the faster way for a network of these widths [layers + 1]. */
int SgdMLPBatchSuits(int layers, const int *width);
/* At most `block` samples at a time. NULL: out of memory. */
SgdMLPBatch *SgdMLPBatchCreate(int layers, const int *width, SgdActivation activation, double l2, int block);
void SgdMLPBatchDestroy(SgdMLPBatch *m);
/* Sums over n <= block samples: row [n] points to the features of each, label [n]; *loss (may be NULL) and g [P]. */
void SgdMLPBatchGradient(SgdMLPBatch *m, const double *w, int n, const double *const *row, const int *label,
                         double *loss, double *g);
