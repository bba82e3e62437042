/* Which samples a batch is made of: a pure function of (seed, purpose, trajectory, step), so that trajectories may be
   dealt out over any number of ranks and batches be asked for in any order. Plain C.
     with_replacement     B independent samples
     without_replacement  B distinct samples, afresh each step
     epoch                the data are shuffled afresh each epoch of floor(N/B) steps and dealt out in their new order;
                          the N mod B samples at its end sit that epoch out. Steps of an epoch are correlated.
   An index is a 32-bit random number scaled to the range: some samples are more likely than others by N/2^32. */
#pragma once
#include "cases/base/base.h"
#include <stdint.h>

/* How a batch is drawn, as far as the law of one step knows. */
typedef enum { SGD_WITH_REPLACEMENT, SGD_WITHOUT_REPLACEMENT } SgdSampling;
typedef enum { SGD_DRAW_WITH_REPLACEMENT, SGD_DRAW_WITHOUT_REPLACEMENT, SGD_DRAW_EPOCH } SgdDrawLaw;
/* Keep the streams of different uses of one seed apart. */
typedef enum {
  SGD_DRAW_TRAJECTORY = 0x5452414a,
  SGD_DRAW_COUPLING = 0x434f5550,
  SGD_DRAW_HESSIAN = 0x48455353,
  SGD_DRAW_LANDSCAPE = 0x4c414e44,
  SGD_DRAW_LAST_STEP = 0x4c415354
} SgdDrawPurpose;

extern const char *const SgdDrawLawNames[]; /* NULL-terminated; the index of a name is its SgdDrawLaw */

typedef struct _p_SgdBatchDraw *SgdBatchDraw;

/* Batches of `batch` out of N samples, 1 <= batch <= N. Not collective. */
PETSC_EXTERN PetscErrorCode SgdBatchDrawCreate(PetscInt N, PetscInt batch, SgdDrawLaw law, SgdDrawPurpose purpose,
                                               int seed, SgdBatchDraw *draw);
/* The batch's sample indices [batch], valid until the next call. */
PETSC_EXTERN const PetscInt *SgdBatchDrawNext(SgdBatchDraw draw, PetscInt trajectory, PetscInt step);
PETSC_EXTERN PetscErrorCode SgdBatchDrawDestroy(SgdBatchDraw *draw);
