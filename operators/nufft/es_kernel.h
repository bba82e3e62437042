/* The "exponential of semicircle" spreading kernel of the non-uniform FFT (Barnett, Magland, af Klinteberg 2019),
     psi(x) = exp(beta (sqrt(1 - z^2) - 1)),  z = 2 x / width,  |z| <= 1,   x in cells of the grid spread to,
   its Fourier transform, and its evaluation as one polynomial a cell by Horner's rule on all `width` points at once.
   Plain C. */
#pragma once

#define SGD_ES_MAX_WIDTH  16
#define SGD_ES_MAX_DEGREE 20
#define SGD_ES_SHAPES     20

typedef struct {
  int width, degree;
  double beta;
  /* psi(f + j - width/2) = sum_p coefficient[p][j] (2 f - 1)^p for f in [0, 1); columns j >= width are zero */
  double coefficient[SGD_ES_MAX_DEGREE + 1][SGD_ES_MAX_WIDTH];
} SgdEsKernel;

double SgdEsKernelValue(int width, double beta, double x);
/* int psi(x) exp(-i xi x) dx, xi in radians a cell; by Gauss-Legendre quadrature, good to rounding for |xi| <= 20. */
double SgdEsKernelTransform(int width, double beta, double xi);
/* The same for `shapes` <= SGD_ES_SHAPES beta and `count` xi, to [shapes][count]: exponentials and cosines are computed
   once. */
void SgdEsKernelTransforms(int width, int shapes, const double beta[], int count, const double xi[], double *to);
/* Choose the degree such that the errors of the polynomials, summed over the points of a source, stay within `error`;
   returns the sum met (largest degree: SGD_ES_MAX_DEGREE). */
double SgdEsKernelFit(SgdEsKernel *kernel, int width, double beta, double error);
