/* <complex.h> with CMPLX under every compiler: C11 asks for it, glibc gives it to gcc alone. Unlike x + I y it keeps
   the sign of a zero and the other part of an infinity. */
#pragma once
#include <complex.h>

#ifndef CMPLX
#define CMPLX(x, y) ((double _Complex){(double)(x), (double)(y)}) /* two initialisers: clang's own extension */
#endif
