#include "cases/noise/batch_list.h"
#include <math.h>

double SgdBatchListCount(PetscInt N, PetscInt B, SgdSampling sampling) {
  const double n = (double)N, b = (double)B;

  if (sampling == SGD_WITH_REPLACEMENT) return pow(n, b);
  return round(exp(lgamma(n + 1) - lgamma(b + 1) - lgamma(n - b + 1)));
}

/* The next sequence (with replacement) or the next subset in order (without). */
static void NextBatch(PetscInt *b, PetscInt B, PetscInt N, SgdSampling sampling) {
  PetscInt k = B - 1;

  if (sampling == SGD_WITH_REPLACEMENT) {
    while (k >= 0 && ++b[k] == N) b[k--] = 0;
    return;
  }
  while (k >= 0 && b[k] == N - B + k) k--;
  if (k < 0) return;
  b[k]++;
  for (k++; k < B; k++) b[k] = b[k - 1] + 1;
}

void SgdBatchListAll(PetscInt N, PetscInt B, SgdSampling sampling, PetscInt count, PetscInt *batch) {
  for (PetscInt k = 0; k < B; k++) batch[k] = sampling == SGD_WITH_REPLACEMENT ? 0 : k;
  for (PetscInt i = 1; i < count; i++) {
    for (PetscInt k = 0; k < B; k++) batch[i * B + k] = batch[(i - 1) * B + k];
    NextBatch(batch + i * B, B, N, sampling);
  }
}

double SgdEpochListCount(PetscInt N, PetscInt B) {
  const double rest = (double)(N % B), steps = (double)(N / B);

  return round(exp(lgamma((double)N + 1) - steps * lgamma((double)B + 1) - lgamma(rest + 1)));
}

static inline void SwapPlaces(PetscInt *a, PetscInt i, PetscInt j) {
  const PetscInt kept = a[i];
  a[i] = a[j];
  a[j] = kept;
}

/* The next arrangement of a list with repetitions in lexicographic order. */
static void NextArrangement(PetscInt *a, PetscInt N) {
  PetscInt i = N - 2, j = N - 1;

  while (i >= 0 && a[i] >= a[i + 1]) i--;
  if (i < 0) return;
  while (a[j] <= a[i]) j--;
  SwapPlaces(a, i, j);
  for (i++, j = N - 1; i < j; i++, j--) SwapPlaces(a, i, j);
}

/* An epoch says of each sample which batch it goes to: an arrangement of 0 0 .. 1 1 .. K-1 K-1 .., with K for those
   that sit out. */
PetscErrorCode SgdEpochListAll(PetscInt N, PetscInt B, PetscInt count, PetscInt *batch) {
  const PetscInt K = N / B;
  PetscInt *label, *filled;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(N, &label, K + 1, &filled));
  for (PetscInt i = 0; i < N; i++) label[i] = i / B;
  for (PetscInt e = 0; e < count; e++) {
    for (PetscInt k = 0; k <= K; k++) filled[k] = 0;
    for (PetscInt i = 0; i < N; i++)
      if (label[i] < K) batch[(e * K + label[i]) * B + filled[label[i]]++] = i;
    NextArrangement(label, N);
  }
  PetscCall(PetscFree2(label, filled));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdBatchListDraw(PetscInt N, PetscInt B, SgdDrawLaw law, int seed, PetscInt count, PetscInt steps,
                                PetscInt *batch) {
  SgdBatchDraw draw;

  PetscFunctionBegin;
  PetscCall(SgdBatchDrawCreate(N, B, law, SGD_DRAW_LANDSCAPE, seed, &draw));
  for (PetscInt i = 0; i < count; i++)
    for (PetscInt k = 0; k < steps; k++)
      PetscCall(PetscArraycpy(batch + (i * steps + k) * B, SgdBatchDrawNext(draw, i, k), B));
  PetscCall(SgdBatchDrawDestroy(&draw));
  PetscFunctionReturn(PETSC_SUCCESS);
}
