#include "solver/ensemble/growingimpl.h"

/* |correlation| over the ancestors of coordinate a at step `middle` with itself s steps before. */
static double Correlation(SgdGrowing k, const double *track, PetscInt s, int a) {
  const size_t d = (size_t)k->x.dim, row = (size_t)(k->middle + 1) * d, now = (size_t)k->middle * d + (size_t)a;
  const size_t then = (size_t)(k->middle - s) * d + (size_t)a;
  double x = 0, y = 0, xx = 0, xy = 0, yy = 0;

  for (int j = 0; j < k->ancestors; j++) {
    x += track[(size_t)j * row + now] / k->ancestors;
    y += track[(size_t)j * row + then] / k->ancestors;
  }
  for (int j = 0; j < k->ancestors; j++) {
    const double u = track[(size_t)j * row + now] - x, v = track[(size_t)j * row + then] - y;
    xx += u * u;
    xy += u * v;
    yy += v * v;
  }
  return xx > 0 && yy > 0 ? PetscAbsReal(xy) / sqrt(xx * yy) : 0;
}

#define FORGOTTEN 0.7 /* the correlation at which the memory is read off; lower ones are lost in the noise */

/* T of r(s) = exp(-s/T) along an axis, and r^4 over the whole half. */
static double Memory(SgdGrowing k, const double *track, int a, double *kept) {
  double r = 1;
  PetscInt s = 0;

  while (s < k->middle && r > FORGOTTEN) r = Correlation(k, track, ++s, a);
  *kept = pow(s == k->middle ? r : 0, 4);
  return r < 1 ? -(double)s / log(PetscMax(r, 0.05)) : PETSC_MAX_REAL;
}

static PetscErrorCode Say(SgdGrowing k, double T, PetscBool grows) {
  char steps[160] = "";
  size_t used = 0;

  PetscFunctionBegin;
  for (int i = 0; grows && i < k->x.options->doublings; i++)
    used += (size_t)snprintf(steps + used, sizeof steps - used, "%s%d", i ? ", " : "", (int)k->at[i]);
  PetscCall(SgdSay(k->comm, "    network: memory of the slowest axis %.3g steps at step %d; %s%s\n", T, (int)k->middle,
                   grows ? "doubled at steps " : "so long that doubling is of no use", steps));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* N(s) = M_end exp(-2 s/T): doubling i of D is due where that passes M0 2^(i + 1/2), s = (T/2) ln 2 (D - i - 1/2). */
PetscErrorCode SgdGrowingSettle(SgdGrowing k) {
  const int d = k->x.dim, columns = (int)(k->middle + 1) * d, D = k->x.options->doublings;
  const PetscInt end = k->x.schedule->steps;
  double T = 0, most = 0, kept, *track;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)k->ancestors * (size_t)columns, &track));
  PetscCall(SgdGrowingGather(k, columns, k->track, track));
  for (int a = 0; a < d; a++) {
    T = PetscMax(T, Memory(k, track, a, &kept));
    most = PetscMax(most, kept);
  }
  for (int i = 0; i < D; i++) {
    const double s = PetscMax(D - i + 1, PetscMin(0.5 * T * log(2) * (D - i - 0.5), (double)(end - k->middle)));
    k->at[i] = most > 0.9 ? PETSC_MAX_INT : PetscMax(k->middle, end - (PetscInt)ceil(s));
  }
  k->settled = PETSC_TRUE;
  PetscCall(PetscFree(track));
  PetscCall(Say(k, T, (PetscBool)(most <= 0.9)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
