#include "solver/hessian/spectrum_vectors.h"
#include "cases/base/blas.h"
#include "cases/base/order.h"

static double *Row(SgdSpectrum s, int k) {
  return s->v + (size_t)k * (size_t)s->local;
}

PetscErrorCode SgdSpectrumLayOut(SgdSpectrum s, Mat H) {
  const MPI_Comm comm = PetscObjectComm((PetscObject)H);
  const PetscInt *range;
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(MatGetSize(H, &s->P, NULL));
  PetscCall(MatGetOwnershipRanges(H, &range));
  PetscCall(PetscCommDuplicate(comm, &s->comm, NULL)); /* outlives H */
  s->first = range[rank];
  s->local = range[rank + 1] - range[rank];
  PetscCall(PetscMalloc1(size, &s->share));
  PetscCall(PetscMalloc1(size, &s->start));
  for (PetscMPIInt r = 0; r < size; r++) {
    s->share[r] = (PetscMPIInt)(range[r + 1] - range[r]);
    s->start[r] = (PetscMPIInt)range[r];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumGrow(SgdSpectrum s, int more) {
  const size_t count = (size_t)(s->count + more);

  PetscFunctionBegin;
  PetscCall(PetscRealloc(count * sizeof *s->mode, &s->mode));
  PetscCall(PetscRealloc(PetscMax(1, count * (size_t)s->local) * sizeof *s->v, &s->v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumWhole(SgdSpectrum s, int k, double *v) {
  PetscFunctionBegin;
  PetscCallMPI(
      MPI_Allgatherv(Row(s, k), (PetscMPIInt)s->local, MPI_DOUBLE, v, s->share, s->start, MPI_DOUBLE, s->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumToFirst(SgdSpectrum s, int k, double *v) {
  PetscFunctionBegin;
  PetscCallMPI(
      MPI_Gatherv(Row(s, k), (PetscMPIInt)s->local, MPI_DOUBLE, v, s->share, s->start, MPI_DOUBLE, 0, s->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumFromFirst(SgdSpectrum s, int k, const double *v) {
  PetscFunctionBegin;
  PetscCallMPI(
      MPI_Scatterv(v, s->share, s->start, MPI_DOUBLE, Row(s, k), (PetscMPIInt)s->local, MPI_DOUBLE, 0, s->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumDealOut(SgdSpectrum s, int first, double *v) {
  PetscMPIInt rank, size, *send, *from, *receive;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(s->comm, &rank));
  PetscCallMPI(MPI_Comm_size(s->comm, &size));
  PetscCall(PetscMalloc3(size, &send, size, &from, size, &receive));
  for (PetscMPIInt r = 0; r < size; r++) {
    send[r] = first + r < s->count ? (PetscMPIInt)s->local : 0;
    from[r] = send[r] ? (PetscMPIInt)(r * s->local) : 0;
    receive[r] = first + rank < s->count ? s->share[r] : 0;
  }
  PetscCallMPI(MPI_Alltoallv(Row(s, first), send, from, MPI_DOUBLE, v, receive, s->start, MPI_DOUBLE, s->comm));
  PetscCall(PetscFree3(send, from, receive));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumDot(SgdSpectrum s, int k, const double *u, double *dot) {
  const double *v = Row(s, k);

  PetscFunctionBegin;
  *dot = 0;
  for (PetscInt i = 0; i < s->local; i++) *dot += u[s->first + i] * v[i];
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, dot, 1, MPI_DOUBLE, MPI_SUM, s->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Modes and vectors in the order [count], in place: the cycles of the permutation, one vector of memory beside them. */
static PetscErrorCode Permute(SgdSpectrum s, PetscInt *order) {
  double *kept;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(s->local, &kept));
  for (int i = 0; i < s->count; i++) {
    const SgdMode mode = s->mode[i];
    int to = i;
    if (order[i] == i) continue;
    PetscCall(PetscArraycpy(kept, Row(s, i), s->local));
    for (int from; (from = (int)order[to]) != i; to = from) {
      s->mode[to] = s->mode[from];
      PetscCall(PetscArraycpy(Row(s, to), Row(s, from), s->local));
      order[to] = to;
    }
    s->mode[to] = mode;
    PetscCall(PetscArraycpy(Row(s, to), kept, s->local));
    order[to] = to;
  }
  PetscCall(PetscFree(kept));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is the vector of mode i among the first `kept`, up to sign? dot [kept] is room. */
static PetscErrorCode Repeated(SgdSpectrum s, int kept, int i, double *dot, PetscBool *repeated) {
  PetscFunctionBegin;
  *repeated = PETSC_FALSE;
  for (int k = 0; k < kept; k++) dot[k] = cblas_ddot((int)s->local, Row(s, k), 1, Row(s, i), 1);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, dot, kept, MPI_DOUBLE, MPI_SUM, s->comm));
  for (int k = 0; k < kept; k++) *repeated = (PetscBool)(*repeated || PetscAbsReal(dot[k]) > 0.9);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The modes are in order: keep the first of each direction. */
static PetscErrorCode Merge(SgdSpectrum s) {
  PetscBool repeated;
  double *dot;
  int kept = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(s->count, &dot));
  for (int i = 0; i < s->count; i++) {
    PetscCall(Repeated(s, kept, i, dot, &repeated));
    if (repeated) continue;
    s->mode[kept] = s->mode[i];
    if (kept != i) PetscCall(PetscArraycpy(Row(s, kept), Row(s, i), s->local));
    kept++;
  }
  s->count = kept;
  PetscCall(PetscFree(dot));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumSort(SgdSpectrum s) {
  PetscInt *order;
  double *key;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(s->count, &order, s->count, &key));
  for (int i = 0; i < s->count; i++) key[i] = s->mode[i].eigenvalue;
  PetscCall(SgdOrderDescending(s->count, key, order));
  PetscCall(Permute(s, order));
  PetscCall(PetscFree2(order, key));
  PetscCall(Merge(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first entry of largest magnitude of this rank's stretch, and its place in the whole vector (P: none). */
static double Leading(SgdSpectrum s, int k, double most, PetscInt *place) {
  const double *v = Row(s, k);

  *place = s->P;
  for (PetscInt i = 0; i < s->local; i++)
    if (PetscAbsReal(v[i]) >= most * (1 - 1e-6)) {
      *place = s->first + i;
      return v[i];
    }
  return 0;
}

PetscErrorCode SgdSpectrumFixSigns(SgdSpectrum s) {
  PetscFunctionBegin;
  for (int k = 0; k < s->count; k++) {
    double most = 0, sign, *v = Row(s, k);
    PetscInt place, first;
    for (PetscInt i = 0; i < s->local; i++) most = PetscMax(most, PetscAbsReal(v[i]));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, s->comm));
    const double leading = Leading(s, k, most, &place);
    PetscCallMPI(MPI_Allreduce(&place, &first, 1, MPIU_INT, MPI_MIN, s->comm));
    sign = place == first && leading < 0 ? -1 : 0;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &sign, 1, MPI_DOUBLE, MPI_SUM, s->comm));
    for (PetscInt i = 0; sign < 0 && i < s->local; i++) v[i] = -v[i];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
