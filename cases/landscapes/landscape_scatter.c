/* The law of a step given the place on the slice, over members that stand for the spread of the rest. */
#include "cases/landscapes/landscapeimpl.h"
#include "cases/base/blas.h"

void SgdLandscapeSetScatter(SgdLandscape l, const SgdMemberScatter *scatter) {
  l->scatter = scatter;
}

PetscBool SgdLandscapeScattered(SgdLandscape l) {
  return (PetscBool)(l->scatter != NULL);
}

/* x [P] = w + lean^T a + rest_j, a = V (w - origin) */
static void Place(const SgdMemberScatter *s, PetscInt P, const double *w, int member, double *x) {
  const double *rest = s->rest + (size_t)member * (size_t)P;

  for (PetscInt i = 0; i < P; i++) x[i] = w[i] - s->origin[i];
  double a[3];
  for (PetscInt k = 0; k < s->d; k++) a[k] = cblas_ddot((int)P, s->V + k * P, 1, x, 1);
  for (PetscInt i = 0; i < P; i++) x[i] = w[i] + rest[i];
  for (PetscInt k = 0; k < s->d; k++) cblas_daxpy((int)P, a[k], s->lean + k * P, 1, x, 1);
}

/* Loss, g [d] and C1 [d][d] of the samples drawn for a member at x; q [samples][d] and [samples]:
   room */
static void OfSamples(SgdLandscape l, const SgdMemberScatter *s, const double *x, PetscInt d, const double *V,
                      int member, double *q, double *loss, double *g, double *C1) {
  const PetscInt n = s->samples, *index = s->index + (size_t)member * (size_t)n;

  SgdLandscapeSome(l, x, d, V, n, index, q + n * d, q);
  *loss = 0;
  for (PetscInt i = 0; i < n; i++) *loss += q[n * d + i] / (double)n;
  SgdLandscapeAddCommon(l, x, loss, NULL);
  SgdLandscapeAddCommonAlong(l, x, d, V, n, q);
  for (PetscInt a = 0; a < d; a++) {
    g[a] = 0;
    for (PetscInt i = 0; i < n; i++) g[a] += q[i * d + a] / (double)n;
  }
  for (PetscInt a = 0; a < d; a++)
    for (PetscInt b = 0; b < d; b++) {
      double sum = 0;
      for (PetscInt i = 0; i < n; i++) sum += (q[i * d + a] - g[a]) * (q[i * d + b] - g[b]);
      C1[a * d + b] = s->whole * sum / (double)(n - 1);
    }
}

/* <C_j> + [Cov(g_j) - what the members' few samples add to it]/f(B): g [used][d] are their gradients */
static void Finish(const SgdMemberScatter *s, PetscInt d, int used, const double *each, double *g, double *C1) {
  for (PetscInt a = 0; a < d; a++) {
    g[a] = 0;
    for (int j = 0; j < used; j++) g[a] += each[j * d + a] / used;
  }
  for (PetscInt a = 0; a < d; a++)
    for (PetscInt b = 0; b < d; b++) {
      double sum = 0;
      for (int j = 0; j < used; j++) sum += (each[j * d + a] - g[a]) * (each[j * d + b] - g[b]);
      const double drawn = s->samples ? s->some * C1[a * d + b] : 0;
      C1[a * d + b] += (sum / (used - 1) - drawn) / s->batch;
    }
}

PetscErrorCode SgdLandscapeScatteredPoint(SgdLandscape l, const double *w, PetscInt d, const double *V, double *loss,
                                          double *g, double *C1, double *outside) {
  const SgdMemberScatter *s = l->scatter;
  const PetscInt P = l->dimension;
  const int used = s->last - s->first;
  double *x, *q, *each, C[9], one, centre[3], total = 0;

  PetscFunctionBegin;
  l->scatter = NULL; /* the members' own laws */
  if (outside) PetscCall(SgdLandscapePoint(l, w, d, V, NULL, centre, C, outside));
  PetscCall(PetscMalloc3(P, &x, PetscMax(1, s->samples * (d + 1)), &q, used * d, &each));
  PetscCall(PetscArrayzero(C1, d * d));
  for (int member = s->first; member < s->last; member++) {
    const int j = member - s->first;
    Place(s, P, w, member, x);
    if (s->samples)
      OfSamples(l, s, x, d, V, member, q, &one, each + j * d, C);
    else
      PetscCall(SgdLandscapePoint(l, x, d, V, &one, each + j * d, C, NULL));
    for (PetscInt i = 0; i < d * d; i++) C1[i] += C[i] / used;
    total += one / used;
  }
  l->scatter = s;
  Finish(s, d, used, each, g, C1);
  if (loss) *loss = total;
  PetscCall(PetscFree3(x, q, each));
  PetscFunctionReturn(PETSC_SUCCESS);
}
