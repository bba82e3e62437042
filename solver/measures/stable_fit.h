/* Exponent and scale of a density's heavy tails, which have no variance to say how wide they are: of a symmetric alpha-stable law
   |phi(k)| = exp(-|scale k|^alpha), from the waves at which -ln|phi| is a half and three halves. phi is that of the cells' masses, so what
   has left the box bounds the error: |phi| is off by that mass at the most. Plain C. */
#pragma once

typedef struct {
  double alpha, alpha_error; /* error: the most that the lost mass can do */
  double scale, scale_error;
  double departure; /* of -ln|phi| between the two waves from the law, relative: 0 where the density is stable */
} SgdStableFit;

/* mass [n] at a_0, a_0 + h, ..; lost: the mass beyond the box. 0, or 1: no wave where |phi| is known that well. */
int SgdStableFitDensity(int n, double a0, double h, const double mass[], double lost, SgdStableFit *fit);
