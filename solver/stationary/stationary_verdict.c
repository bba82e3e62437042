/* Do the cells carry the stationary density? The verdict that `run` has on its last one, by the same bounds. */
#include "solver/stationary/stationaryimpl.h"

/* Over what the density takes to settle the noise counts beside a drift that is not known (field_error.h). */
static PetscErrorCode Fields(const SgdModels *models, int m, const SgdStationaryState *s) {
  const double eta = models->context.sgd->learning_rate, most = models->context.sgd->steps;
  const SgdModelKind kind = SgdModelGetKind(models->model[m]);
  const double settles = SgdStationarySettles(s, kind, eta) ? PetscMin(1 / (s->rate * eta), 1e9) : most;
  char which[128];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(which, sizeof which, "model %s, stationary density", SgdModelName(models->model[m])));
  PetscCall(SgdModelsCheckFields(models, s->p, (PetscInt)PetscMax(settles, 1), (uint64_t)m, which));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The state's mass is one by definition. What it becomes while the density settles, with a leak below zero, is judged as
   the mass of a run is: so much returns through the faces that never left. */
static double MassOnceSettled(const SgdStationaryState *s, double eta) {
  return s->rate > 0 && s->leak < -SGD_LEAK_ROUNDING ? exp(-s->leak / (s->rate * eta)) : 1;
}

/* Around a measure without a density remeshing rings, which is no failure. */
static PetscErrorCode Trust(SgdModel m, SgdGrid grid, double eta, SgdStationaryState *s) {
  SgdVerdict *v = &s->verdict;
  SgdMoments moments = s->moments;
  double value;
  SgdFailure failure;

  PetscFunctionBegin;
  moments.mass *= MassOnceSettled(s, eta);
  failure = SgdTrustJudge(&moments, grid->dim, PETSC_INFINITY, &value);
  if (v->failure != SGD_TRUSTED || failure == SGD_TRUSTED) PetscFunctionReturn(PETSC_SUCCESS);
  if (failure == SGD_FAILED_NEGATIVE && SgdModelHasNoDensity(m)) PetscFunctionReturn(PETSC_SUCCESS);
  v->all = SGD_RESOLUTION_FAILED;
  v->failure = failure;
  v->failure_value = value;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStationaryVerdictFind(const SgdModels *models, SgdModel m, SgdStationaryState *s) {
  const double eta = models->context.sgd->learning_rate;

  PetscFunctionBegin;
  s->verdict = (SgdVerdict){.step.share = 0};
  if (!s->degenerate) PetscFunctionReturn(PETSC_SUCCESS); /* no density */
  PetscCall(SgdVerdictCompute(m, models->fields, eta, s->p, &s->moments, &s->verdict));
  PetscCall(Trust(m, models->grid, eta, s));
  if (s->verdict.failure != SGD_TRUSTED) s->certificate.resolved = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the certificate has said already: negative mass; and of a measure that rings, that its cells do not hold. */
static unsigned Said(SgdModel m, const SgdStationaryState *s) {
  static const int cells[] = {SGD_JUDGED_NOISE, SGD_JUDGED_TAIL, SGD_JUDGED_ALIASING};
  unsigned said = SgdCertificateSaysNegative(s) ? 3u << 2 * SGD_JUDGED_NEGATIVE : 0;

  for (int k = 0; k < 3 && SgdCertificateRings(m, s); k++) said |= 3u << 2 * cells[k];
  return said;
}

PetscErrorCode SgdStationaryVerdictView(const SgdModels *models, int m, const SgdStationaryState *s) {
  const MPI_Comm comm = models->grid->comm;
  const char *name = SgdModelName(models->model[m]);
  unsigned warned = Said(models->model[m], s);
  char reason[128];

  PetscFunctionBegin;
  if (s->verdict.failure != SGD_TRUSTED) {
    PetscCall(SgdFailureText(s->verdict.failure, s->verdict.failure_value, reason, sizeof reason));
    PetscCall(SgdWarn(comm, "model %s, stationary density: not resolved: %s%s", name, reason,
                      s->verdict.failure == SGD_FAILED_RETURN ? ", once it has settled" : ""));
  }
  PetscCall(SgdVerdictWarn(comm, models->grid->dim, name, "stationary density", &s->verdict, &warned));
  PetscCall(Fields(models, m, s));
  PetscFunctionReturn(PETSC_SUCCESS);
}
