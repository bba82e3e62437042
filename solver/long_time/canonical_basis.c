#include "solver/long_time/canonical_basis.h"

enum { PROBES = 24, MOST = 64 };
#define CLEAR 1e-2 /* a product of this share of the largest possible one is no zero by symmetry */

/* Probe p at x: coordinates from -1 to 1, products of two, waves. */
static double Probe(SgdGrid g, int p, const double x[]) {
  const int d = g->dim, pairs = d * (d - 1) / 2;
  double u[3] = {0, 0, 0}, phase = 0.7 * (p + 1);

  for (int a = 0; a < d; a++) u[a] = 2 * (x[a] - g->min[a]) / (g->max[a] - g->min[a]) - 1;
  if (p < d) return u[p];
  if (p < d + pairs) return d == 2 || p == d ? u[0] * u[1] : u[2] * u[p == d + 1 ? 0 : 1];
  for (int a = 0; a < d; a++) phase += u[a] * (1 + fmod(PETSC_PI * (a + 2) * (p + 1) * (p + 2), 4.7));
  return cos(phase);
}

/* c_k = <probe, v_k>, and the most that it could be, sum |probe v_k|. */
static PetscErrorCode Products(SgdGrid g, int p, int n, Vec v[], double c[], double most[]) {
  double sum[2 * MOST], x[3];
  const PetscScalar *value;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(sum, 2 * n));
  for (int k = 0; k < n; k++) {
    PetscCall(VecGetArrayRead(v[k], &value));
    for (PetscInt i = g->first_cell; i < g->last_cell; i++) {
      SgdGridCentre(g, i, x);
      const double product = Probe(g, p, x) * value[i - g->first_cell];
      sum[k] += product;
      sum[n + k] += PetscAbsReal(product);
    }
    PetscCall(VecRestoreArrayRead(v[k], &value));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, 2 * n, MPI_DOUBLE, MPI_SUM, g->comm));
  PetscCall(PetscArraycpy(c, sum, n));
  PetscCall(PetscArraycpy(most, sum + n, n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Length(int n, const double c[]) {
  double sum = 0;
  for (int k = 0; k < n; k++) sum += c[k] * c[k];
  return sqrt(sum);
}

/* The products with the first probe that is clearly not orthogonal to the space; else with the one that is it least. */
static PetscErrorCode FindProbe(SgdGrid g, int n, Vec v[], double best[]) {
  double c[MOST], most[MOST], largest = -1;

  PetscFunctionBegin;
  for (int p = 0; p < PROBES && largest < CLEAR; p++) {
    PetscCall(Products(g, p, n, v, c, most));
    const double share = Length(n, c) / PetscMax(Length(n, most), PETSC_MACHINE_EPSILON);
    if (share > largest) {
      largest = share;
      PetscCall(PetscArraycpy(best, c, n));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdOrthonormalTo(Vec v, int n, Vec q[]) {
  PetscScalar dot;

  PetscFunctionBegin;
  for (int twice = 0; twice < 2; twice++)
    for (int j = 0; j < n; j++) {
      PetscCall(VecDot(v, q[j], &dot));
      PetscCall(VecAXPY(v, -dot, q[j]));
    }
  PetscCall(VecNormalize(v, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* v[0] becomes the projection of the probe onto the span; the vector that lies most along it makes room. */
static PetscErrorCode Project(int n, Vec v[], const double c[]) {
  int most = 0;
  Vec sum, swap;

  PetscFunctionBegin;
  for (int k = 1; k < n; k++)
    if (PetscAbsReal(c[k]) > PetscAbsReal(c[most])) most = k;
  PetscCall(VecDuplicate(v[0], &sum));
  PetscCall(VecSet(sum, 0));
  PetscCall(VecMAXPY(sum, n, c, v));
  PetscCall(VecCopy(sum, v[most]));
  PetscCall(VecDestroy(&sum));
  swap = v[0];
  v[0] = v[most];
  v[most] = swap;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCanonicalBasis(SgdGrid grid, int n, Vec v[]) {
  double c[MOST];

  PetscFunctionBegin;
  PetscCheck(n <= MOST, grid->comm, PETSC_ERR_SUP, "more than %d functions of one eigenvalue", MOST);
  for (int j = 0; j < n; j++) PetscCall(SgdOrthonormalTo(v[j], j, v));
  for (int j = 0; j < n; j++) {
    PetscCall(FindProbe(grid, n - j, v + j, c));
    PetscCall(Project(n - j, v + j, c));
    for (int k = j; k < n; k++) PetscCall(SgdOrthonormalTo(v[k], k, v));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCanonicalPhase(SgdGrid grid, Vec v, Vec w) {
  Vec both[2] = {v, w}, old;
  double c[2];

  PetscFunctionBegin;
  PetscCall(FindProbe(grid, 2, both, c));
  const double size = hypot(c[0], c[1]), cosine = size > 0 ? c[0] / size : 1, sine = size > 0 ? -c[1] / size : 0;
  PetscCall(VecDuplicate(v, &old));
  PetscCall(VecCopy(v, old));
  PetscCall(VecAXPBY(v, -sine, cosine, w)); /* (v + i w) (cosine + i sine) */
  PetscCall(VecAXPBY(w, sine, cosine, old));
  PetscCall(VecDestroy(&old));
  PetscFunctionReturn(PETSC_SUCCESS);
}
