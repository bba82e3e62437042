#include "cases/noise/batch_draw.h"
#include "cases/base/random.h"

const char *const SgdDrawLawNames[] = {"with_replacement", "without_replacement", "epoch", NULL};

struct _p_SgdBatchDraw {
  PetscInt N, batch;
  SgdDrawLaw law;
  uint64_t seed, purpose;
  PetscInt *index;        /* [batch] */
  PetscInt *order;        /* [N]: the identity between two calls; an epoch's shuffle for that law */
  PetscInt *swap;         /* [batch]: partners of the swaps, to be undone */
  PetscInt64 shuffled[2]; /* trajectory and epoch that `order` holds */
};

PetscErrorCode SgdBatchDrawCreate(PetscInt N, PetscInt batch, SgdDrawLaw law, SgdDrawPurpose purpose, int seed,
                                  SgdBatchDraw *draw) {
  SgdBatchDraw d;

  PetscFunctionBegin;
  PetscCheck(batch >= 1 && batch <= N, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "A batch of %d out of %d", (int)batch,
             (int)N);
  PetscCall(PetscNew(&d));
  *d = (struct _p_SgdBatchDraw){
      .N = N, .batch = batch, .law = law, .seed = (uint64_t)seed, .purpose = (uint64_t)purpose, .shuffled = {-1, -1}};
  PetscCall(PetscMalloc3(batch, &d->index, N, &d->order, batch, &d->swap));
  for (PetscInt i = 0; i < N; i++) d->order[i] = i;
  *draw = d;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdBatchDrawDestroy(SgdBatchDraw *draw) {
  PetscFunctionBegin;
  if (!*draw) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree3((*draw)->index, (*draw)->order, (*draw)->swap));
  PetscCall(PetscFree(*draw));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* out[k] in 0 .. range - 1 - k * shrink, four of them from each block of random bits */
static void Integers(const SgdBatchDraw d, PetscInt trajectory, PetscInt step, PetscInt count, PetscInt range,
                     PetscInt shrink, PetscInt *out) {
  const uint64_t stream = d->purpose << 32 | (uint64_t)trajectory, base = (uint64_t)step << 32;

  for (PetscInt k = 0; k < count; k += 4) {
    const philox4x32_ctr_t bits = SgdRandomBits(d->seed, stream, base + (uint64_t)(k / 4));
    for (PetscInt j = k; j < count && j < k + 4; j++)
      out[j] = (PetscInt)((uint64_t)bits.v[j - k] * (uint64_t)(range - j * shrink) >> 32);
  }
}

static inline void SwapIndices(PetscInt *a, PetscInt i, PetscInt j) {
  const PetscInt kept = a[i];
  a[i] = a[j];
  a[j] = kept;
}

/* The first `batch` steps of a Fisher-Yates shuffle, undone afterwards: O(batch) whatever N. */
static void Distinct(SgdBatchDraw d, PetscInt trajectory, PetscInt step) {
  Integers(d, trajectory, step, d->batch, d->N, 1, d->swap);
  for (PetscInt k = 0; k < d->batch; k++) {
    SwapIndices(d->order, k, k + d->swap[k]);
    d->index[k] = d->order[k];
  }
  for (PetscInt k = d->batch - 1; k >= 0; k--) SwapIndices(d->order, k, k + d->swap[k]);
}

/* A whole Fisher-Yates shuffle, keyed by the epoch. */
static void Shuffle(SgdBatchDraw d, PetscInt trajectory, PetscInt epoch) {
  PetscInt random[4];

  for (PetscInt i = 0; i < d->N; i++) d->order[i] = i;
  for (PetscInt i = 0; i < d->N - 1; i += 4) {
    const philox4x32_ctr_t bits =
        SgdRandomBits(d->seed, d->purpose << 32 | (uint64_t)trajectory, (uint64_t)epoch << 32 | (uint64_t)(i / 4));
    for (PetscInt j = 0; j < 4; j++) random[j] = (PetscInt)((uint64_t)bits.v[j] * (uint64_t)(d->N - i - j) >> 32);
    for (PetscInt j = 0; j < 4 && i + j < d->N - 1; j++) SwapIndices(d->order, i + j, i + j + random[j]);
  }
  d->shuffled[0] = trajectory;
  d->shuffled[1] = epoch;
}

const PetscInt *SgdBatchDrawNext(SgdBatchDraw d, PetscInt trajectory, PetscInt step) {
  const PetscInt per_epoch = d->N / d->batch;

  switch (d->law) {
  case SGD_DRAW_WITH_REPLACEMENT:
    Integers(d, trajectory, step, d->batch, d->N, 0, d->index);
    return d->index;
  case SGD_DRAW_WITHOUT_REPLACEMENT:
    Distinct(d, trajectory, step);
    return d->index;
  case SGD_DRAW_EPOCH:
    break;
  }
  if (d->shuffled[0] != trajectory || d->shuffled[1] != step / per_epoch) Shuffle(d, trajectory, step / per_epoch);
  return d->order + (step % per_epoch) * d->batch;
}
