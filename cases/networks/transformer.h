/* A small causal transformer on characters with softmax cross-entropy: loss, gradient, exact Hessian-vector product,
   and directional derivatives of every sample. Plain C on BLAS, no MPI, no PETSc.

   A sample is a window of T + 1 characters t_0 .. t_T; position i < T sees t_0 .. t_i and predicts t_{i+1}:

     x_i = E[t_i] + S[i]                                        embedding, position
     per layer:  (q, k, v)_i = W_qkv x_i                        H heads of width D/H each
                 p_ij = softmax_{j <= i}(q_i.k_j / sqrt(D/H)),  o_i = sum_j p_ij v_j
                 y_i  = x_i + W_o o_i
                 x_i <- y_i + W_2 phi(W_1 y_i + b_1) + b_2
     loss = (1/T) sum_i [ log sum_c exp(z_ic) - z_i,t_{i+1} ] + (l2/2) |w|^2,   z_i = U x_i + c

   There is no normalisation layer: every function is smooth. Parameters in one vector w, matrices [out][in] by rows:
   E [vocabulary][D], S [T][D], then per layer W_qkv [3 D][D] (q, k, v; in each, head after head), W_o [D][D],
   W_1 [hidden][D], b_1, W_2 [D][hidden], b_2, and U [vocabulary][D], c [vocabulary]. The penalty counts once a sample.

   Source: Vaswani et al., Attention is all you need (2017); derivatives by hand-written reverse mode, and along a
   direction by running that same code on dual numbers (transformer_pass.h). */
#pragma once
#include "cases/networks/activation.h"

typedef struct {
  int vocabulary, context; /* characters known; T */
  int width, heads, layers, hidden;
  SgdActivation activation;
  double l2;
} SgdTransformerShape;

typedef struct SgdTransformer SgdTransformer;

/* Windows are worked on `block` at a time. width must be a multiple of heads. NULL: out of memory. */
SgdTransformer *SgdTransformerCreate(const SgdTransformerShape *shape, int block);
void SgdTransformerDestroy(SgdTransformer *m);
int SgdTransformerParameters(const SgdTransformerShape *shape); /* P */

/* Windows are token + i stride for i = 0 .. n-1, T + 1 characters each. Sums over them: *loss and g [P]; either may be
   NULL. */
void SgdTransformerGradient(SgdTransformer *m, const double *w, int n, const int *token, int stride, double *loss,
                            double *g);
/* hv [P] = sum over the windows of H_i(w) v. */
void SgdTransformerHessianApply(SgdTransformer *m, const double *w, const double *v, int n, const int *token,
                                int stride, double *hv);
/* Per window: loss [n], derivatives g [n][d] along the d rows of V [d][P], and c [n] = v.H_i v along the first row. Any
   of them may be NULL. */
void SgdTransformerDirectional(SgdTransformer *m, const double *w, int d, const double *V, int n, const int *token,
                               int stride, double *loss, double *g, double *c);
/* How many of the n T characters get the largest logit (the first of equals). */
int SgdTransformerCorrect(SgdTransformer *m, const double *w, int n, const int *token, int stride);
