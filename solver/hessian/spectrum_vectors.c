#include "solver/hessian/spectrum_vectors.h"
#include "cases/base/blas.h"
#include "cases/base/order.h"

static double *Row(SgdSpectrum s, int k) {
  return s->v + (size_t)k * (size_t)s->shares->local;
}

PetscErrorCode SgdSpectrumLayOut(SgdSpectrum s, Mat H) {
  PetscFunctionBegin;
  PetscCall(MatGetSize(H, &s->P, NULL));
  PetscCall(SgdSharesCreate(PetscObjectComm((PetscObject)H), s->P, &s->shares)); /* outlive H */
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumGrow(SgdSpectrum s, int more) {
  const size_t count = (size_t)(s->count + more);

  PetscFunctionBegin;
  PetscCall(PetscRealloc(count * sizeof *s->mode, &s->mode));
  PetscCall(PetscRealloc(PetscMax(1, count * (size_t)s->shares->local) * sizeof *s->v, &s->v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumWhole(SgdSpectrum s, int k, double *v) {
  return SgdSharesGather(s->shares, Row(s, k), v);
}

PetscErrorCode SgdSpectrumToFirst(SgdSpectrum s, int k, double *v) {
  return SgdSharesToFirst(s->shares, Row(s, k), v);
}

PetscErrorCode SgdSpectrumFromFirst(SgdSpectrum s, int k, const double *v) {
  return SgdSharesFromFirst(s->shares, v, Row(s, k));
}

PetscErrorCode SgdSpectrumDealOut(SgdSpectrum s, int first, double *v) {
  return SgdSharesDealOut(s->shares, first, s->count, s->v, v);
}

PetscErrorCode SgdSpectrumDot(SgdSpectrum s, int k, const double *u, double *dot) {
  const double *v = Row(s, k);

  PetscFunctionBegin;
  *dot = 0;
  for (PetscInt i = 0; i < s->shares->local; i++) *dot += u[s->shares->first + i] * v[i];
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, dot, 1, MPI_DOUBLE, MPI_SUM, s->shares->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Modes and vectors in the order [count], in place: the cycles of the permutation, one vector of memory beside them. */
static PetscErrorCode Permute(SgdSpectrum s, PetscInt *order) {
  double *kept;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(s->shares->local, &kept));
  for (int i = 0; i < s->count; i++) {
    const SgdMode mode = s->mode[i];
    int to = i;
    if (order[i] == i) continue;
    PetscCall(PetscArraycpy(kept, Row(s, i), s->shares->local));
    for (int from; (from = (int)order[to]) != i; to = from) {
      s->mode[to] = s->mode[from];
      PetscCall(PetscArraycpy(Row(s, to), Row(s, from), s->shares->local));
      order[to] = to;
    }
    s->mode[to] = mode;
    PetscCall(PetscArraycpy(Row(s, to), kept, s->shares->local));
    order[to] = to;
  }
  PetscCall(PetscFree(kept));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is the vector of mode i among the first `kept`, up to sign? dot [kept] is room. */
static PetscErrorCode Repeated(SgdSpectrum s, int kept, int i, double *dot, PetscBool *repeated) {
  PetscFunctionBegin;
  *repeated = PETSC_FALSE;
  for (int k = 0; k < kept; k++) dot[k] = cblas_ddot((int)s->shares->local, Row(s, k), 1, Row(s, i), 1);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, dot, kept, MPI_DOUBLE, MPI_SUM, s->shares->comm));
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
    if (kept != i) PetscCall(PetscArraycpy(Row(s, kept), Row(s, i), s->shares->local));
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
  for (PetscInt i = 0; i < s->shares->local; i++)
    if (PetscAbsReal(v[i]) >= most * (1 - 1e-6)) {
      *place = s->shares->first + i;
      return v[i];
    }
  return 0;
}

PetscErrorCode SgdSpectrumFixSigns(SgdSpectrum s) {
  PetscFunctionBegin;
  for (int k = 0; k < s->count; k++) {
    double most = 0, sign, *v = Row(s, k);
    PetscInt place, first;
    for (PetscInt i = 0; i < s->shares->local; i++) most = PetscMax(most, PetscAbsReal(v[i]));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, s->shares->comm));
    const double leading = Leading(s, k, most, &place);
    PetscCallMPI(MPI_Allreduce(&place, &first, 1, MPIU_INT, MPI_MIN, s->shares->comm));
    sign = place == first && leading < 0 ? -1 : 0;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &sign, 1, MPI_DOUBLE, MPI_SUM, s->shares->comm));
    for (PetscInt i = 0; sign < 0 && i < s->shares->local; i++) v[i] = -v[i];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
