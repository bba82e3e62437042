/* exp of a whole vector: argument k ln 2 + r with |r| <= ln 2/2, a Taylor polynomial of degree 12 in r (its remainder is
   below 2e-16 of the value), and k added to the exponent. Arguments are kept within [-700, 700]. Not valid under
   -ffast-math, which would simplify the rounding by a large constant away. */
#pragma once
#include "cases/base/vector.h"
#include <stdint.h>

typedef int64_t SgdIntegerVector __attribute__((vector_size(8 * SGD_LANES)));

SGD_ALWAYS_INLINE SgdVector SgdVectorIota(void) {
  SgdVector v;

  for (int i = 0; i < SGD_LANES; i++) v[i] = i;
  return v;
}

SGD_ALWAYS_INLINE SgdVector SgdVectorExp(SgdVector x) {
  static const double inverse[] = {
      1 / 479001600.0, 1 / 39916800.0, 1 / 3628800.0, 1 / 362880.0, 1 / 40320.0, 1 / 5040.0, 1 / 720.0,
      1 / 120.0,       1 / 24.0,       1 / 6.0,       0.5,          1,           1};
  const SgdVector least = (SgdVector){0} - 700, most = (SgdVector){0} + 700;
  const double magic = 6755399441055744.0; /* 1.5 2^52: adding it rounds to integers, found in the lowest bits */

  x = (SgdVector)(((SgdIntegerVector)x & (x > least)) | ((SgdIntegerVector)least & ~(x > least)));
  x = (SgdVector)(((SgdIntegerVector)x & (x < most)) | ((SgdIntegerVector)most & ~(x < most)));
  const SgdVector k = x * 1.4426950408889634 + magic, n = k - magic;
  const SgdVector r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
  SgdVector p = r * inverse[0] + inverse[1];
  for (int i = 2; i < 13; i++) p = p * r + inverse[i];
  return (SgdVector)((SgdIntegerVector)p + ((SgdIntegerVector)k << 52));
}

SGD_ALWAYS_INLINE double SgdExp(double x) {
  return SgdVectorExp((SgdVector){0} + x)[0];
}
