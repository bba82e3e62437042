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

/* The vectors one lane before and one lane behind in memory, of two that follow each other: (a3, b0, b1, b2) and
   (a1, a2, a3, b0). */
#if SGD_LANES == 8
#define SGD_LANES_BEFORE 7, 8, 9, 10, 11, 12, 13, 14
#define SGD_LANES_BEHIND 1, 2, 3, 4, 5, 6, 7, 8
#elif SGD_LANES == 4
#define SGD_LANES_BEFORE 3, 4, 5, 6
#define SGD_LANES_BEHIND 1, 2, 3, 4
#else
#define SGD_LANES_BEFORE 1, 2
#define SGD_LANES_BEHIND 1, 2
#endif
#if defined(__clang__) || __GNUC__ >= 12
#define SGD_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
typedef long long SgdLanes __attribute__((vector_size(8 * SGD_LANES)));
#define SGD_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (SgdLanes){__VA_ARGS__})
#endif
SGD_ALWAYS_INLINE SgdVector SgdVectorBefore(SgdVector a, SgdVector b) {
  return SGD_SHUFFLE(a, b, SGD_LANES_BEFORE);
}
SGD_ALWAYS_INLINE SgdVector SgdVectorBehind(SgdVector a, SgdVector b) {
  return SGD_SHUFFLE(a, b, SGD_LANES_BEHIND);
}
