#include "operators/linearised/shares.h"
#include <petscis.h>

enum { PIECE = 1 << 15 };

PetscErrorCode SgdSharesCreate(MPI_Comm comm, PetscInt P, SgdShares *shares) {
  PetscMPIInt rank, size;
  PetscLayout layout;
  const PetscInt *range;
  SgdShares s;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscNew(&s));
  PetscCall(PetscCommDuplicate(comm, &s->comm, NULL));
  PetscCall(PetscLayoutCreateFromSizes(comm, PETSC_DECIDE, P, 1, &layout));
  PetscCall(PetscLayoutGetRanges(layout, &range));
  PetscCall(PetscMalloc2(size, &s->count, size, &s->start));
  for (PetscMPIInt r = 0; r < size; r++) {
    s->start[r] = (PetscMPIInt)range[r];
    s->count[r] = (PetscMPIInt)(range[r + 1] - range[r]);
  }
  s->P = P;
  s->first = s->start[rank];
  s->local = s->count[rank];
  PetscCall(PetscLayoutDestroy(&layout));
  *shares = s;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSharesDestroy(SgdShares *s) {
  PetscFunctionBegin;
  if (!*s) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree2((*s)->count, (*s)->start));
  PetscCall(PetscCommDestroy(&(*s)->comm));
  PetscCall(PetscFree(*s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSharesGather(SgdShares s, const double *mine, double *whole) {
  PetscFunctionBegin;
  PetscCallMPI(MPI_Allgatherv(mine, (PetscMPIInt)s->local, MPI_DOUBLE, whole, s->count, s->start, MPI_DOUBLE, s->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSharesToFirst(SgdShares s, const double *mine, double *whole) {
  PetscFunctionBegin;
  PetscCallMPI(MPI_Gatherv(mine, (PetscMPIInt)s->local, MPI_DOUBLE, whole, s->count, s->start, MPI_DOUBLE, 0, s->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSharesFromFirst(SgdShares s, const double *whole, double *mine) {
  PetscFunctionBegin;
  PetscCallMPI(
      MPI_Scatterv(whole, s->count, s->start, MPI_DOUBLE, mine, (PetscMPIInt)s->local, MPI_DOUBLE, 0, s->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A piece of every stretch at a time: what MPI sets aside for the sum is as long as what it is given. */
PetscErrorCode SgdSharesScatterSum(SgdShares s, const double *part, double *mine) {
  PetscMPIInt size;
  double *given, *got;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(s->comm, &size));
  const PetscMPIInt longest = s->count[0], piece = PetscMin(longest, 1 + PIECE / size); /* PETSc's: none is longer */
  PetscCall(PetscMalloc2((size_t)piece * (size_t)size, &given, piece, &got));
  for (PetscMPIInt at = 0; at < longest; at += piece) {
    const PetscMPIInt n = PetscMin(piece, longest - at);
    for (PetscMPIInt r = 0; r < size; r++)
      for (PetscMPIInt i = 0; i < n; i++)
        given[(size_t)r * (size_t)n + (size_t)i] = at + i < s->count[r] ? part[s->start[r] + at + i] : 0;
    PetscCallMPI(MPI_Reduce_scatter_block(given, got, n, MPI_DOUBLE, MPI_SUM, s->comm));
    PetscCall(PetscArraycpy(mine + at, got, PetscMax(0, PetscMin(n, s->local - at))));
  }
  PetscCall(PetscFree2(given, got));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSharesDealOut(SgdShares s, int first, int count, const double *V, double *whole) {
  PetscMPIInt rank, size, *send, *from, *receive;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(s->comm, &rank));
  PetscCallMPI(MPI_Comm_size(s->comm, &size));
  PetscCall(PetscMalloc3(size, &send, size, &from, size, &receive));
  for (PetscMPIInt r = 0; r < size; r++) {
    send[r] = first + r < count ? (PetscMPIInt)s->local : 0;
    from[r] = send[r] ? (PetscMPIInt)(r * s->local) : 0;
    receive[r] = first + rank < count ? s->count[r] : 0;
  }
  PetscCallMPI(MPI_Alltoallv(V + (size_t)first * (size_t)s->local, send, from, MPI_DOUBLE, whole, receive, s->start,
                             MPI_DOUBLE, s->comm));
  PetscCall(PetscFree3(send, from, receive));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSharesTakeApart(SgdShares s, PetscBool mine, const double *whole, double *V) {
  const int has = mine;
  PetscMPIInt size, *send, *to, *receive;
  int *others;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(s->comm, &size));
  PetscCall(PetscMalloc4(size, &send, size, &to, size, &receive, size, &others));
  PetscCallMPI(MPI_Allgather(&has, 1, MPI_INT, others, 1, MPI_INT, s->comm));
  for (PetscMPIInt r = 0; r < size; r++) {
    send[r] = mine ? s->count[r] : 0;
    receive[r] = others[r] ? (PetscMPIInt)s->local : 0;
    to[r] = (PetscMPIInt)(r * s->local);
  }
  PetscCallMPI(MPI_Alltoallv(whole, send, s->start, MPI_DOUBLE, V, receive, to, MPI_DOUBLE, s->comm));
  PetscCall(PetscFree4(send, to, receive, others));
  PetscFunctionReturn(PETSC_SUCCESS);
}
