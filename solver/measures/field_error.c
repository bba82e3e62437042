#include "solver/measures/field_error.h"
#include "cases/base/random.h"

#define SEED 20260522

/* By axis: squared errors and sizes of drift and noise. */
enum { DRIFT_ERROR, DRIFT, NOISE_ERROR, NOISE, STEP_NOISE, SUMS };

static PetscErrorCode AddPoint(SgdFields f, const SgdFieldsContext *ctx, PetscInt cell, double sum[][SUMS]) {
  const PetscInt i = cell - f->first_cell;
  double x[3], g[3], C[6];

  PetscFunctionBegin;
  SgdGridCentre(f->grid, cell, x);
  PetscCall(SgdFieldsExact(ctx, x, g, C));
  for (int a = 0; a < f->grid->dim; a++) {
    const int p = SgdPair(f->grid->dim, a, a);
    sum[a][DRIFT_ERROR] += PetscSqr(f->g[a][i] - g[a]);
    sum[a][DRIFT] += PetscSqr(g[a]);
    sum[a][NOISE_ERROR] += PetscSqr(f->C[p][i] - C[p]);
    sum[a][NOISE] += PetscSqr(C[p]);
    sum[a][STEP_NOISE] += C[p];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The points whose cells this rank holds: point k lies where the mass up to there is u_k of all. */
static PetscErrorCode AddOwnPoints(SgdFields f, const SgdFieldsContext *ctx, const double mass[], uint64_t stream,
                                   double sum[][SUMS]) {
  const PetscInt cells = f->grid->last_cell - f->grid->first_cell;
  double own = 0, to, all;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < cells; i++) own += PetscAbsReal(mass[i]);
  PetscCallMPI(MPI_Scan(&own, &to, 1, MPI_DOUBLE, MPI_SUM, f->grid->comm));
  PetscCallMPI(MPI_Allreduce(&own, &all, 1, MPI_DOUBLE, MPI_SUM, f->grid->comm));
  for (uint64_t k = 0; k < SGD_FIELD_POINTS; k++) {
    double left = SgdRandomUniform(SEED, stream, k) * all - (to - own);
    PetscInt i = 0;
    if (!(left >= 0 && left < own)) continue;
    while (i < cells - 1 && left >= PetscAbsReal(mass[i])) left -= PetscAbsReal(mass[i++]);
    PetscCall(AddPoint(f, ctx, f->grid->first_cell + i, sum));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdFieldErrorAtMass(SgdFields f, const SgdFieldsContext *ctx, Vec y, PetscInt steps, uint64_t stream) {
  double sum[3][SUMS] = {{0}};
  const PetscScalar *mass;

  PetscFunctionBegin;
  if (!ctx->nodes) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecGetArrayRead(y, &mass));
  PetscCall(AddOwnPoints(f, ctx, mass, stream, sum));
  PetscCall(VecRestoreArrayRead(y, &mass));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, 3 * SUMS, MPI_DOUBLE, MPI_SUM, f->grid->comm));
  for (int a = 0; a < f->grid->dim; a++) {
    const double drift = sum[a][DRIFT] + sum[a][STEP_NOISE] / (double)PetscMax(steps, 1);
    if (drift > 0) f->drift_error = PetscMax(f->drift_error, sqrt(sum[a][DRIFT_ERROR] / drift));
    if (sum[a][NOISE] > 0) f->noise_error = PetscMax(f->noise_error, sqrt(sum[a][NOISE_ERROR] / sum[a][NOISE]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
