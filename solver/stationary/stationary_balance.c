/* Fluctuation and dissipation, THEORY.md (60): what E|a|^2 loses by the drift a stationary density wins back by the noise. */
#include "solver/stationary/stationaryimpl.h"

/* A cell's share: <a.g>; (eta/2) tr C; what gg^T adds to it. */
static void FirstOrder(SgdFields f, double eta, double mass, const double x[], PetscInt i, double sum[3]) {
  const int d = f->grid->dim;

  for (int a = 0; a < d; a++) {
    sum[0] += mass * x[a] * f->g[a][i];
    sum[1] += mass * 0.5 * eta * f->C[SgdPair(d, a, a)][i];
    sum[2] += mass * 0.5 * eta * PetscSqr(f->g[a][i]);
  }
}

/* Of a step that is an epoch, with mean b and covariance S of its whole displacement: -<a.b>/eta; <tr (S + b b^T)>/(2 eta). */
static void OfEpoch(SgdModel m, SgdFields f, double eta, double mass, const double x[], PetscInt i, double sum[3]) {
  const int d = f->grid->dim;
  double b[3], S[6];

  if (!SgdModelOwnMoments(m, i, b, S)) sum[0] = NAN;
  for (int a = 0; a < d; a++) {
    sum[0] -= mass * x[a] * b[a] / eta;
    sum[1] += mass * (S[SgdPair(d, a, a)] + b[a] * b[a]) / (2 * eta);
  }
}

/* In phase space (meshes/phase_space.h): the slice's own gradient is g2_1 + beta v/eta. */
static void InPhaseSpace(SgdFields f, double eta, double beta, double mass, const double x[], PetscInt i,
                         double sum[3]) {
  sum[0] += mass * x[0] * (f->g[0][i] + beta * x[1] / eta);
  sum[1] += mass * (1 + beta) / (2 * eta) * PetscSqr(x[1]);
}

/* <a.g> = (eta/2) <tr E[G G^T]> for a stationary density of SGD: E|w'|^2 = E|w|^2 (exact, any loss). With momentum beta
   the same, and E|v'|^2 = E|v|^2 for E[w v] = E|v|^2/2, give <a.g> = (1 + beta)/(2 eta) <v^2>; Langevin's then has no
   counterpart, nor has it in epochs: NaN. */
PetscErrorCode SgdBalanceFind(SgdModel m, SgdFields f, const SgdSgdOptions *sgd, SgdStationaryState *s) {
  const PetscBool epoch = (PetscBool)(SgdModelUpdates(m) > 1);
  const double eta = sgd->learning_rate;
  SgdGrid grid = f->grid;
  double sum[3] = {0}, x[3];
  const double *p;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(s->p, &p));
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    const double mass = p[cell - grid->first_cell];
    const PetscInt i = cell - f->first_cell;
    SgdGridCentre(grid, cell, x);
    if (sgd->momentum != 0)
      InPhaseSpace(f, eta, sgd->momentum, mass, x, i, sum);
    else if (epoch)
      OfEpoch(m, f, eta, mass, x, i, sum);
    else
      FirstOrder(f, eta, mass, x, i, sum);
  }
  PetscCall(VecRestoreArrayRead(s->p, &p));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, 3, MPI_DOUBLE, MPI_SUM, grid->comm));
  s->work = sum[0];
  s->heat_langevin = sgd->momentum != 0 || epoch ? NAN : sum[1];
  s->heat = sum[1] + sum[2];
  if (SgdSettingsRule(sgd)) s->work = s->heat = s->heat_langevin = NAN; /* a relation of plain SGD and heavy ball */
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdBalanceView(const SgdModels *models, int m, const SgdStationaryState *s) {
  const MPI_Comm comm = models->grid->comm;

  if (PetscIsNanReal(s->work)) return PETSC_SUCCESS; /* no such relation */
  if (models->context.sgd->momentum != 0)
    return SgdSay(comm,
                  "    fluctuation-dissipation: <a.g> = %.9g; heavy ball's (1 + beta)/(2 eta) <v^2> off by %.2g\n",
                  s->work, s->work - s->heat);
  if (SgdModelUpdates(models->model[m]) > 1)
    return SgdSay(comm,
                  "    fluctuation-dissipation of epochs, u the displacement by the %" PetscInt_FMT
                  " updates of one: -<a.u>/eta = %.9g; <u.u>/(2 eta) off by %.2g\n",
                  SgdModelUpdates(models->model[m]), s->work, s->work - s->heat);
  return SgdSay(comm,
                "    fluctuation-dissipation: <a.g> = %.9g; SGD's (eta/2)<tr(C+gg)> off by %.2g, Langevin's "
                "(eta/2)<tr C> by %.2g\n",
                s->work, s->work - s->heat, s->work - s->heat_langevin);
}
