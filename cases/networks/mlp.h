/* A multilayer perceptron with softmax cross-entropy: loss, gradient, exact Hessian-vector product, and directional
   derivatives of every sample. Plain C on BLAS, no MPI, no PETSc.

     z_l = W_l a_{l-1} + b_l,   a_0 = x,   a_l = phi(z_l) in hidden layers
     loss(x, y) = log sum_k exp(z_L,k) - z_L,y + (l2/2) |w|^2

   Parameters in one vector w: W_1 [width 1][width 0] by rows, b_1, W_2, b_2, ... With one layer it is softmax
   regression. Samples: x [n][width 0] by rows, label [n] in 0 .. width[layers]-1. The penalty counts once a sample. */
#pragma once
#include "cases/networks/activation.h"

typedef struct SgdMLP SgdMLP;

/* width [layers + 1]: inputs, hidden layers, classes. Samples are worked on `block` at a time. NULL: out of memory. */
SgdMLP *SgdMLPCreate(int layers, const int *width, SgdActivation activation, double l2, int block);
void SgdMLPDestroy(SgdMLP *m);
int SgdMLPParameters(const SgdMLP *m); /* P = sum_l width_l (width_{l-1} + 1) */

/* Sums over the samples: *loss and g [P]; either may be NULL. */
void SgdMLPGradient(SgdMLP *m, const double *w, int n, const double *x, const int *label, double *loss, double *g);

/* hv [P] = sum over the samples of H_i(w) v: differentiation forward over reverse (Pearlmutter, Neural Comp. 6, 147
   (1994)). */
void SgdMLPHessianApply(SgdMLP *m, const double *w, const double *v, int n, const double *x, const int *label,
                        double *hv);

/* Per sample, by forward Taylor mode along the d rows of V [d][P]: loss [n], derivatives g [n][d] = V grad l_i, and
   c [n] = v.H_i v along the first row. Any of them may be NULL. */
void SgdMLPDirectional(SgdMLP *m, const double *w, int d, const double *V, int n, const double *x, const int *label,
                       double *loss, double *g, double *c);

/* The whole gradient of each sample: g [n][P]. */
void SgdMLPSampleGradients(SgdMLP *m, const double *w, int n, const double *x, const int *label, double *g);

/* How many samples the network labels right (largest logit; the first of equals). */
int SgdMLPCorrect(SgdMLP *m, const double *w, int n, const double *x, const int *label);
