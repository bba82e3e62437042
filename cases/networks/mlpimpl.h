/* The network's struct, its workspace for one block of samples, and the forward pass that the kernels share. */
#pragma once
#include "cases/networks/mlp.h"
#include <stddef.h>

/* What a hidden or last layer holds for a block of samples, each [block][width] by rows. */
typedef struct {
  double *a;        /* activation; the logits in the last layer */
  double *phi1;     /* phi'(z) */
  double *phi2;     /* phi''(z) */
  double *delta;    /* d loss / d z */
  double *z1, *z2;  /* first and second directional derivative of z */
  double *a1, *a2;  /* ... and of a */
  double *delta1;   /* directional derivative of delta */
  double *upstream; /* d loss / d a, before the activation's derivative */
} SgdMLPLayer;

struct SgdMLP {
  int layers, block, parameters;
  int *width;  /* [layers + 1] */
  int *offset; /* [layers + 1]: where W_l starts in w, l = 1 .. layers */
  SgdActivation activation;
  double l2;
  double *work;
  double *ones;       /* [block] */
  SgdMLPLayer *layer; /* [layers + 1]; entry 0 is unused */
};

static inline const double *SgdMLPWeight(const SgdMLP *m, const double *w, int l) {
  return w + m->offset[l];
}
static inline const double *SgdMLPBias(const SgdMLP *m, const double *w, int l) {
  return w + m->offset[l] + m->width[l] * m->width[l - 1];
}
/* The input of layer l for a block x [n][width 0]. */
static inline const double *SgdMLPInput(const SgdMLP *m, const double *x, int l) {
  return l == 1 ? x : m->layer[l - 1].a;
}

/* y [n][out] = (beta y) + a W^T, W [out][in]; with a bias instead of beta: every row of y starts as bias [out]. */
void SgdMLPLinear(int n, int in, int out, const double *a, const double *W, const double *bias, double beta, double *y);
/* a_l of every layer for a block of samples; phi' too if order >= 1, phi'' if order >= 2. */
void SgdMLPForward(SgdMLP *m, const double *w, int n, const double *x, int order);
/* After SgdMLPForward: the derivatives z1, a1 of every layer along v [P]. */
void SgdMLPForwardTangent(SgdMLP *m, const double *w, const double *v, int n, const double *x);
/* In place: logits become probabilities; returns the sum of the losses, per sample in loss [n] unless NULL. */
double SgdMLPSoftmax(int n, int classes, const int *label, double *logits, double *loss);
/* y [n][in] = (beta y) + delta W, delta [n][out] of layer l: how slopes travel down through a layer's weights. */
void SgdMLPPullBack(const SgdMLP *m, int l, int n, const double *delta, const double *W, double beta, double *y);
/* (l2/2) |w|^2 */
double SgdMLPPenalty(const SgdMLP *m, const double *w);
