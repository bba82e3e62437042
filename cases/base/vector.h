/* Vectors of doubles as wide as the registers of the instruction set that the including file is compiled for (GCC's and
   Clang's vector extension). Only for files compiled once per set (instruction_set.h): wider ones would be emulated. */
#pragma once

#if defined(__AVX512F__)
#define SGD_LANES 8
#elif defined(__AVX__)
#define SGD_LANES 4
#else
#define SGD_LANES 2
#endif

typedef double SgdVector __attribute__((vector_size(8 * SGD_LANES)));
typedef double SgdLooseVector __attribute__((vector_size(8 * SGD_LANES), aligned(8))); /* anywhere in memory */

#define SGD_ALWAYS_INLINE static inline __attribute__((always_inline))
