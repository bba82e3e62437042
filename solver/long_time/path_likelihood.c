#include "solver/long_time/path_likelihood.h"
#include <math.h>

#define LEAST 1e-13 /* rarer steps of the reference are left out, for all models alike */

PetscErrorCode SgdPathVisits(const SgdStepMatrix *A, const double p0[], PetscInt steps, double visits[]) {
  double *p, *next;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(A->cells, &p, A->cells, &next));
  PetscCall(PetscArraycpy(p, p0, A->cells));
  PetscCall(PetscArrayzero(visits, A->cells));
  for (PetscInt n = 0; n < steps; n++) {
    PetscCall(PetscArrayzero(next, A->cells));
    for (PetscInt j = 0; j < A->cells; j++) {
      visits[j] += p[j] / (double)steps;
      for (PetscInt i = 0; i < A->cells; i++) next[i] += A->a[j * A->n + i] * p[j];
    }
    PetscCall(PetscArraycpy(p, next, A->cells));
  }
  PetscCall(PetscFree2(p, next));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of all steps from j, constant in time: A f [cells][cells], sums of A f and A f^2, and of A where K has nothing. */
typedef struct {
  double *af, *first, *second, *impossible;
} Sums;

/* f = ln K/h, less ln A/h with `less`. */
static PetscErrorCode Prepare(const SgdStepMatrix *A, const SgdStepMatrix *K, double h, PetscBool less, Sums *s) {
  const PetscInt cells = A->cells;

  PetscFunctionBegin;
  PetscCall(PetscCalloc4(cells * cells, &s->af, cells, &s->first, cells, &s->second, cells, &s->impossible));
  for (PetscInt j = 0; j < cells; j++)
    for (PetscInt i = 0; i < cells; i++) {
      const double a = A->a[j * A->n + i], k = K->a[j * K->n + i];
      if (a < LEAST) continue;
      if (!(k > LEAST * LEAST)) {
        s->impossible[j] += a;
        continue;
      }
      const double f = less ? log(k / a) : log(k / h);
      s->af[j * cells + i] = a * f;
      s->first[j] += a * f;
      s->second[j] += a * f * f;
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One step back: u, v and w (impossible steps) from now on, [3][cells]. */
static void Back(const SgdStepMatrix *A, const Sums *s, const double *later, double *now) {
  const PetscInt cells = A->cells;
  const double *u = later, *v = later + cells, *w = later + 2 * cells;

  for (PetscInt j = 0; j < cells; j++) {
    const double *a = A->a + j * A->n, *af = s->af + j * cells;
    double U = s->first[j], V = s->second[j], W = s->impossible[j];
    for (PetscInt i = 0; i < cells; i++) {
      U += a[i] * u[i];
      V += a[i] * v[i] + 2 * af[i] * u[i];
      W += a[i] * w[i];
    }
    now[j] = U;
    now[cells + j] = V;
    now[2 * cells + j] = W;
  }
}

/* Over all steps; mean and deviation over p0, and the expected number of impossible steps. */
static PetscErrorCode Backward(const SgdStepMatrix *A, const Sums *s, const double p0[], PetscInt steps, double *mean,
                               double *deviation, double *impossible) {
  const PetscInt cells = A->cells;
  double *later, *now, sum[3] = {0, 0, 0}, mass = 0;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(3 * cells, &later, 3 * cells, &now));
  for (PetscInt n = 0; n < steps; n++) {
    Back(A, s, later, now);
    PetscCall(PetscArraycpy(later, now, 3 * cells));
  }
  for (PetscInt j = 0; j < cells; j++) {
    mass += p0[j];
    for (int k = 0; k < 3; k++) sum[k] += p0[j] * later[k * cells + j];
  }
  *mean = sum[0] / mass;
  *deviation = sqrt(PetscMax(sum[1] / mass - *mean * *mean, 0));
  *impossible = sum[2] / mass;
  PetscCall(PetscFree2(later, now));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathLikelihoodCompute(const SgdStepMatrix *A, const SgdStepMatrix *K, double h, const double p0[],
                                        PetscInt steps, SgdPathLikelihood *s) {
  double *mean[] = {&s->mean, &s->gain}, *deviation[] = {&s->deviation, &s->gain_deviation};
  Sums sums;

  PetscFunctionBegin;
  for (int less = 0; less < 2; less++) {
    PetscCall(Prepare(A, K, h, (PetscBool)less, &sums));
    PetscCall(Backward(A, &sums, p0, steps, mean[less], deviation[less], &s->impossible));
    PetscCall(PetscFree4(sums.af, sums.first, sums.second, sums.impossible));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
