/* Means over the samples, shared out over the ranks. The samples are cut into BLOCKS parts whatever the number of
   ranks; a rank sums whole parts, all parts' sums meet on every rank, and are added there in the order of the parts. So
   the result is the same bit for bit on any number of ranks, up to BLOCKS of which have work. */
#include "cases/landscapes/landscapeimpl.h"
#include "cases/base/blas.h"

enum { BLOCKS = 16, PIECE = 1 << 16, FEW = 64 };

/* First block of rank r of `size`. */
static int FirstBlock(int r, int size) {
  return (int)((long)r * BLOCKS / size);
}

typedef struct {
  SgdLandscape l;
  const double *w, *v; /* v NULL: loss and gradient; else the Hessian's product with v */
  PetscBool want_loss, want_vector;
  PetscInt width; /* numbers a block sums to: the loss first, then the vector */
} Sum;

static void SumBlock(const Sum *s, int block, double *to) {
  const PetscInt N = s->l->samples;
  const PetscInt first = (PetscInt)((PetscInt64)N * block / BLOCKS);
  const PetscInt last = (PetscInt)((PetscInt64)N * (block + 1) / BLOCKS);

  to[0] = 0.0;
  if (s->v)
    s->l->ops->hessian_apply(s->l, s->w, s->v, first, last, to + 1);
  else
    s->l->ops->gradient(s->l, s->w, first, last, s->want_loss ? to : NULL, s->want_vector ? to + 1 : NULL);
}

/* total [width] = the blocks in their order, one after the other: two vectors of memory. */
static PetscErrorCode SumAlone(const Sum *s, double *total) {
  double *block;

  PetscFunctionBegin;
  SumBlock(s, 0, total);
  PetscCall(PetscMalloc1(s->width, &block));
  for (int b = 1; b < BLOCKS; b++) {
    SumBlock(s, b, block);
    for (PetscInt i = 0; i < s->width; i++) total[i] += block[i];
  }
  PetscCall(PetscFree(block));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* all [BLOCKS][n]: this rank's blocks are filled in, the others' arrive. */
static PetscErrorCode Gather(MPI_Comm comm, PetscInt n, double *all) {
  PetscMPIInt size, *count, *start;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMalloc2(size, &count, size, &start));
  for (PetscMPIInt r = 0; r < size; r++) {
    start[r] = (PetscMPIInt)(FirstBlock(r, size) * n);
    count[r] = (PetscMPIInt)(FirstBlock(r + 1, size) * n) - start[r];
  }
  PetscCallMPI(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, count, start, MPI_DOUBLE, comm));
  PetscCall(PetscFree2(count, start));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* total = all ranks' blocks in their order, from own [last - first][width] of this rank's: a piece of the vector at a
   time, so that no rank holds what the others have summed. */
static PetscErrorCode AddInOrder(const Sum *s, int first, int last, const double *own, double *total) {
  const PetscInt piece = PetscMin(s->width, PIECE);
  double *all;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(BLOCKS * piece, &all));
  for (PetscInt at = 0; at < s->width; at += piece) {
    const PetscInt n = PetscMin(piece, s->width - at);
    for (int b = first; b < last; b++)
      PetscCall(PetscArraycpy(all + b * n, own + (size_t)(b - first) * (size_t)s->width + at, n));
    PetscCall(Gather(s->l->comm, n, all));
    PetscCall(PetscArraycpy(total + at, all, n));
    for (int b = 1; b < BLOCKS; b++)
      for (PetscInt i = 0; i < n; i++) total[at + i] += all[b * n + i];
  }
  PetscCall(PetscFree(all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SumTogether(const Sum *s, double *total) {
  PetscMPIInt rank, size;
  double *own;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(s->l->comm, &rank));
  PetscCallMPI(MPI_Comm_size(s->l->comm, &size));
  const int first = FirstBlock(rank, size), last = FirstBlock(rank + 1, size);
  PetscCall(PetscMalloc1((size_t)(last - first) * (size_t)s->width, &own));
  for (int b = first; b < last; b++) SumBlock(s, b, own + (size_t)(b - first) * (size_t)s->width);
  PetscCall(AddInOrder(s, first, last, own, total));
  PetscCall(PetscFree(own));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* mean = (1/N) sum over blocks, in their order */
static PetscErrorCode MeanOverSamples(const Sum *s, double *loss, double *vector) {
  const double N = (double)s->l->samples;
  PetscMPIInt size;
  double *total;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(s->l->comm, &size));
  PetscCall(PetscMalloc1(s->width, &total));
  PetscCall(size == 1 ? SumAlone(s, total) : SumTogether(s, total));
  if (loss) *loss = total[0] / N;
  for (PetscInt i = 1; i < s->width; i++) vector[i - 1] = total[i] / N;
  PetscCall(PetscFree(total));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLandscapeGradient(SgdLandscape l, const double *w, double *loss, double *g) {
  const Sum sum = {l, w, NULL, (PetscBool) !!loss, (PetscBool) !!g, g ? l->dimension + 1 : 1};

  PetscFunctionBegin;
  if (l->samples)
    PetscCall(MeanOverSamples(&sum, loss, g));
  else
    l->ops->gradient(l, w, 0, 0, loss, g);
  SgdLandscapeAddCommon(l, w, loss, g);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLandscapeHessianApply(SgdLandscape l, const double *w, const double *v, double *hv) {
  const Sum sum = {l, w, v, PETSC_FALSE, PETSC_TRUE, l->dimension + 1};

  PetscFunctionBegin;
  if (l->samples)
    PetscCall(MeanOverSamples(&sum, NULL, hv));
  else
    l->ops->hessian_apply(l, w, v, 0, 0, hv);
  for (PetscInt i = 0; i < l->dimension && l->decay != 0; i++) hv[i] += l->decay * v[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* hv [P] = sum over the samples [first, last) of H_i v, a few samples at a time: a family's workspace grows with them. */
static PetscErrorCode HessianOver(SgdLandscape l, const double *w, const double *v, PetscInt first, PetscInt last,
                                  double *hv) {
  const PetscInt P = l->dimension;
  double *few;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(hv, P));
  PetscCall(PetscMalloc1(P, &few));
  for (PetscInt i = first; i < last; i += FEW) {
    l->ops->hessian_apply(l, w, v, i, PetscMin(i + FEW, last), few);
    cblas_daxpy((int)P, 1.0 / (double)l->samples, few, 1, hv, 1);
  }
  PetscCall(PetscFree(few));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Any split of the samples will do here: as even a one as there is, over any number of ranks. */
PetscErrorCode SgdLandscapeHessianPart(SgdLandscape l, const double *w, const double *v, double *hv) {
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(l->comm, &rank));
  PetscCallMPI(MPI_Comm_size(l->comm, &size));
  const PetscInt first = (PetscInt)((PetscInt64)l->samples * rank / size);
  const PetscInt last = (PetscInt)((PetscInt64)l->samples * (rank + 1) / size);
  if (l->samples || rank)
    PetscCall(HessianOver(l, w, v, first, last, hv));
  else
    l->ops->hessian_apply(l, w, v, 0, 0, hv);
  if (!rank && l->decay != 0) cblas_daxpy((int)l->dimension, l->decay, v, 1, hv, 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}
