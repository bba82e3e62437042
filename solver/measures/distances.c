/* Distances as sums over cells, with m_j = p_j h^d the cell masses of the density and r_j those of the reference:

     L1        = sum_j |m_j - r_j|
     Hellinger = sqrt( 1/2 sum_j (sqrt m_j+ - sqrt r_j+)^2 )
     KL        = sum_{r_j > 0} r_j ln( r_j / max(m_j, floor h^d) ),   floor = 1e-16 max_j r_j / h^d
     W1        = h sum_i |F_i - G_i|,  F_i = (sum_{k <= i} mu_k) / (sum_k mu_k), mu the masses of the marginal

   The first three compare the densities as they are, so mass lost by one model alone counts; W1 compares the shapes
   (each marginal normalised): it is exactly the W1 distance of the marginals with their mass at the cell centres. */
#include "solver/measures/distances.h"
#include "meshes/fields.h"
#include "cases/base/sum.h"
#include <float.h>

#define KL_FLOOR 1e-16 /* of the reference's largest density: where a double cannot tell p from nothing */

enum { L1, HELLINGER, KL, POINTWISE };

static void Pointwise(PetscInt cells, const double *m, const double *r, double floor, SgdSum *sum) {
  for (PetscInt j = 0; j < cells; j++) {
    double s = sqrt(PetscMax(m[j], 0.0)) - sqrt(PetscMax(r[j], 0.0));

    SgdSumAdd(&sum[L1], fabs(m[j] - r[j]));
    SgdSumAdd(&sum[HELLINGER], s * s);
    if (r[j] > 0.0) SgdSumAdd(&sum[KL], r[j] * log(r[j] / PetscMax(m[j], floor)));
  }
}

static PetscErrorCode LargestMass(SgdGrid grid, const double *r, double *largest) {
  PetscFunctionBegin;
  *largest = 0.0;
  for (PetscInt j = 0; j < grid->last_cell - grid->first_cell; j++) *largest = PetscMax(*largest, r[j]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, largest, 1, MPI_DOUBLE, MPI_MAX, grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ComparePointwise(SgdGrid grid, Vec y, Vec reference, SgdDistances *d) {
  const PetscScalar *m, *r;
  double largest, sum[POINTWISE];
  SgdSum local[POINTWISE] = {{0.0, 0.0}};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(y, &m));
  PetscCall(VecGetArrayRead(reference, &r));
  PetscCall(LargestMass(grid, r, &largest));
  /* an empty reference adds nothing to KL; keep its floor above zero */
  d->kl_floor = PetscMax(KL_FLOOR * largest, DBL_MIN) / grid->volume;
  Pointwise(grid->last_cell - grid->first_cell, m, r, d->kl_floor * grid->volume, local);
  PetscCall(SgdSumReduce(grid->comm, POINTWISE, local, sum));
  d->l1 = sum[L1];
  d->hellinger = sqrt(0.5 * sum[HELLINGER]);
  d->kl = sum[KL];
  PetscCall(VecRestoreArrayRead(reference, &r));
  PetscCall(VecRestoreArrayRead(y, &m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Total(PetscInt n, const double *p) {
  SgdSum sum = {0.0, 0.0};
  for (PetscInt i = 0; i < n; i++) SgdSumAdd(&sum, p[i]);
  return sum.value + sum.lost;
}

/* int |F - G| dx of two marginals p, q on cells of width h */
static double Wasserstein(PetscInt n, double h, const double *p, const double *q) {
  double P = Total(n, p), Q = Total(n, q);
  SgdSum difference = {0.0, 0.0}, w = {0.0, 0.0};

  if (!(P > 0.0 && Q > 0.0)) return NAN;
  for (PetscInt i = 0; i < n - 1; i++) {
    SgdSumAdd(&difference, p[i] / P - q[i] / Q);
    SgdSumAdd(&w, fabs(difference.value + difference.lost));
  }
  return h * (w.value + w.lost);
}

static PetscErrorCode CompareMarginals(SgdGrid grid, Vec y, Vec reference, SgdDistances *d) {
  PetscFunctionBegin;
  for (int a = 0; a < grid->dim; a++) {
    double *p, *q;

    PetscCall(PetscMalloc2(grid->n[a], &p, grid->n[a], &q));
    PetscCall(SgdMarginal(grid, y, a, p));
    PetscCall(SgdMarginal(grid, reference, a, q));
    d->w1[a] = Wasserstein(grid->n[a], grid->h[a], p, q);
    PetscCall(PetscFree2(p, q));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* |mean - mean_r|_2 and |cov - cov_r|_F / |cov_r|_F; off-diagonal entries count twice in a Frobenius norm */
static void CompareMoments(SgdGrid grid, const SgdMoments *m, const SgdMoments *r, SgdDistances *d) {
  double mean = 0.0, cov = 0.0, norm = 0.0;

  for (int a = 0; a < grid->dim; a++) {
    mean += PetscSqr(m->mean[a] - r->mean[a]);
    for (int b = a; b < grid->dim; b++) {
      int ab = SgdPair(grid->dim, a, b), count = a == b ? 1 : 2;
      cov += count * PetscSqr(m->cov[ab] - r->cov[ab]);
      norm += count * PetscSqr(r->cov[ab]);
    }
  }
  d->mean_error = sqrt(mean);
  d->cov_error = norm > 0.0 ? sqrt(cov / norm) : NAN;
}

PetscErrorCode SgdDistancesCompute(SgdGrid grid, Vec y, Vec reference, SgdDistances *d) {
  SgdMoments m, r;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(d, sizeof *d));
  PetscCall(ComparePointwise(grid, y, reference, d));
  PetscCall(CompareMarginals(grid, y, reference, d));
  PetscCall(SgdMomentsCompute(grid, y, &m));
  PetscCall(SgdMomentsCompute(grid, reference, &r));
  CompareMoments(grid, &m, &r, d);
  PetscFunctionReturn(PETSC_SUCCESS);
}
