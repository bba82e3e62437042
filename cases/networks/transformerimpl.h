/* The transformer's struct, and the two number types that its passes are compiled for. */
#pragma once
#include "cases/networks/transformer.h"
#include "cases/base/complex.h"
#include <stddef.h>

/* Where each array starts in w (layer: relative to the layer's start). */
typedef struct {
  size_t token, position, layer, layer_size, query, project, up, up_bias, down, down_bias, out, out_bias, parameters;
} SgdTransformerLayout;

struct SgdTransformer {
  SgdTransformerShape shape;
  SgdTransformerLayout at;
  int block;
  void *workReal, *workDual; /* workspaces of either type (transformer_pass.h) */
  double *one;               /* [P] one window's gradient */
  double _Complex *w, *g;    /* [P] parameters and gradient as dual numbers */
};

/* Dual numbers a + b t, t^2 = 0: complex numbers a + i b h with h = 1e-100, whose products' h^2 is far below rounding
   (Squire and Trapp, SIAM Review 40, 1998). So the derivative along a direction is exact to rounding. */
#define SGD_DUAL_STEP 1e-100

/* Forward pass, loss, and, unless g is NULL, g [P] += gradient, summed over n <= block windows; the penalty is the
   caller's. loss [n] and *correct may be NULL. Return the sum of the losses (its real part). */
double SgdTransformerPassReal(SgdTransformer *m, const double *w, int n, const int *token, int stride, double *loss,
                              double *g, int *correct);
double SgdTransformerPassDual(SgdTransformer *m, const double _Complex *w, int n, const int *token, int stride,
                              double *loss, double _Complex *g, int *correct);
/* NULL: out of memory. */
void *SgdTransformerWorkReal(const SgdTransformerShape *shape, int block);
void *SgdTransformerWorkDual(const SgdTransformerShape *shape, int block);
void SgdTransformerWorkFreeReal(void *work);
void SgdTransformerWorkFreeDual(void *work);
