/* Gauss-Hermite rule of seven points for a normal variable of variance 1: exact for polynomials of degree 13. The first point is
   0, so that the rule of a noise that is not there is its first point with weight 1. Plain C. */
#pragma once

enum { SGD_HERMITE_POINTS = 7 };

extern const double SgdHermitePoint[SGD_HERMITE_POINTS], SgdHermiteWeight[SGD_HERMITE_POINTS];
