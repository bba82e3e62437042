#include "operators/nufft/row_exchange.h"

/* Rows of one rank's window that another owns, for one shift of the window by whole periods. */
typedef struct {
  PetscMPIInt *window_count, *window_start; /* of my window, by owner */
  PetscMPIInt *slab_count, *slab_start;     /* of this rank's slab, by the rank that touches it */
  PetscMPIInt *packed_start;
} Shift;

struct _p_SgdRowExchange {
  MPI_Comm comm;
  PetscMPIInt ranks;
  int shifts;
  Shift shift[3];
  double bytes;
  double *packed; /* what the others add to my slab */
};

static int Overlap(int a, int b, int c, int d, int *begin) {
  *begin = PetscMax(a, c);
  return PetscMax(0, PetscMin(b, d) - *begin);
}

/* windows [2 ranks]: low and high of each. The window's row i + s is the array's row i. */
static PetscErrorCode MakeShift(Shift *k, int s, PetscMPIInt rank, PetscMPIInt ranks, const int first[],
                                const int windows[], PetscInt width, PetscInt *received) {
  const int w = (int)width;
  PetscMPIInt sum = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc5(ranks, &k->window_count, ranks, &k->window_start, ranks, &k->slab_count, ranks, &k->slab_start,
                         ranks, &k->packed_start));
  for (PetscMPIInt r = 0; r < ranks; r++) {
    int begin;
    k->window_count[r] = w * Overlap(windows[2 * rank] - s, windows[2 * rank + 1] - s, first[r], first[r + 1], &begin);
    k->window_start[r] = k->window_count[r] ? w * (begin + s - windows[2 * rank]) : 0;
    k->slab_count[r] = w * Overlap(windows[2 * r] - s, windows[2 * r + 1] - s, first[rank], first[rank + 1], &begin);
    k->slab_start[r] = k->slab_count[r] ? w * (begin - first[rank]) : 0;
    k->packed_start[r] = sum;
    sum += k->slab_count[r];
  }
  *received = PetscMax(*received, sum);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdRowExchangeCreate(MPI_Comm comm, const int first[], int low, int high, PetscInt width,
                                    PetscBool periodic, SgdRowExchange *exchange) {
  SgdRowExchange e;
  PetscMPIInt rank;
  PetscInt received = 0;
  int window[2] = {low, high}, *windows;

  PetscFunctionBegin;
  PetscCall(PetscNew(&e));
  e->comm = comm;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &e->ranks));
  PetscCall(PetscMalloc1(2 * e->ranks, &windows));
  PetscCallMPI(MPI_Allgather(window, 2, MPI_INT, windows, 2, MPI_INT, comm));
  const int rows = first[e->ranks];
  e->shifts = periodic ? 3 : 1;
  for (int k = 0; k < e->shifts; k++)
    PetscCall(MakeShift(&e->shift[k], periodic ? (k - 1) * rows : 0, rank, e->ranks, first, windows, width, &received));
  PetscCall(PetscMalloc1(received, &e->packed));
  e->bytes = 8.0 * (double)received;
  PetscCall(PetscFree(windows));
  *exchange = e;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdRowExchangeDestroy(SgdRowExchange *exchange) {
  SgdRowExchange e = *exchange;

  PetscFunctionBegin;
  if (!e) PetscFunctionReturn(PETSC_SUCCESS);
  for (int k = 0; k < e->shifts; k++)
    PetscCall(PetscFree5(e->shift[k].window_count, e->shift[k].window_start, e->shift[k].slab_count,
                         e->shift[k].slab_start, e->shift[k].packed_start));
  PetscCall(PetscFree(e->packed));
  PetscCall(PetscFree(e));
  *exchange = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdRowExchangeAdd(SgdRowExchange e, const double *window, double *slab) {
  PetscFunctionBegin;
  for (int k = 0; k < e->shifts; k++) {
    const Shift *s = &e->shift[k];
    PetscCallMPI(MPI_Alltoallv(window, s->window_count, s->window_start, MPI_DOUBLE, e->packed, s->slab_count,
                               s->packed_start, MPI_DOUBLE, e->comm));
    for (PetscMPIInt r = 0; r < e->ranks; r++) {
      const double *restrict from = e->packed + s->packed_start[r];
      double *restrict to = slab + s->slab_start[r];
      for (PetscMPIInt i = 0; i < s->slab_count[r]; i++) to[i] += from[i];
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdRowExchangeCopy(SgdRowExchange e, const double *slab, double *window) {
  PetscFunctionBegin;
  for (int k = 0; k < e->shifts; k++) {
    const Shift *s = &e->shift[k];
    PetscCallMPI(MPI_Alltoallv(slab, s->slab_count, s->slab_start, MPI_DOUBLE, window, s->window_count, s->window_start,
                               MPI_DOUBLE, e->comm));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

double SgdRowExchangeBytes(SgdRowExchange e) {
  return e->bytes;
}
