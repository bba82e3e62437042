/* Means over the samples, shared out over the ranks. The samples are cut into BLOCKS parts whatever the number of
   ranks; a rank sums whole parts, all parts' sums meet on every rank, and are added there in the order of the parts. So
   the result is the same bit for bit on any number of ranks, up to BLOCKS of which have work. */
#include "cases/landscapes/landscapeimpl.h"

enum { BLOCKS = 16 };

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

/* all [BLOCKS][width]: this rank's blocks are filled in, the others' arrive. */
static PetscErrorCode Gather(MPI_Comm comm, PetscInt width, double *all) {
  PetscMPIInt size, *count, *start;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMalloc2(size, &count, size, &start));
  for (PetscMPIInt r = 0; r < size; r++) {
    start[r] = (PetscMPIInt)(FirstBlock(r, size) * width);
    count[r] = (PetscMPIInt)(FirstBlock(r + 1, size) * width) - start[r];
  }
  PetscCallMPI(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, count, start, MPI_DOUBLE, comm));
  PetscCall(PetscFree2(count, start));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* mean = (1/N) sum over blocks, in their order */
static PetscErrorCode MeanOverSamples(const Sum *s, double *loss, double *vector) {
  PetscMPIInt rank, size;
  const double N = (double)s->l->samples;
  double *all;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(s->l->comm, &rank));
  PetscCallMPI(MPI_Comm_size(s->l->comm, &size));
  PetscCall(PetscMalloc1(BLOCKS * s->width, &all));
  for (int b = FirstBlock(rank, size); b < FirstBlock(rank + 1, size); b++) SumBlock(s, b, all + b * s->width);
  PetscCall(Gather(s->l->comm, s->width, all));
  for (int b = 1; b < BLOCKS; b++)
    for (PetscInt i = 0; i < s->width; i++) all[i] += all[b * s->width + i];
  if (loss) *loss = all[0] / N;
  for (PetscInt i = 1; i < s->width; i++) vector[i - 1] = all[i] / N;
  PetscCall(PetscFree(all));
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
