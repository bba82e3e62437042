/* What a reader can check of a stationary result: residual, positivity, masses and rates in range. */
#include "solver/stationary/stationaryimpl.h"

#define MOST_MIXED    1e-3 /* of another mode in the density */
#define MOST_NEGATIVE 0.1  /* share of the mass, where there is a density */
#define MUCH_NEGATIVE 0.01 /* worth a warning: remeshing rings around what has none */
#define MASS_SLACK    1e-6
#define MOST_DOUBT    1e-3 /* of a set's mass, relative */
#define MOST_OUTSIDE  0.05 /* of the memberships beyond [0, 1]; or two over the gap of the rates */

static PetscErrorCode NegativeMass(SgdStationaryState *s, SgdStationaryCertificate *c) {
  const double *p;
  PetscInt local;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(s->p, &local));
  PetscCall(VecGetArrayRead(s->p, &p));
  for (PetscInt i = 0; i < local; i++) c->negative -= PetscMin(0, p[i]);
  PetscCall(VecRestoreArrayRead(s->p, &p));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &c->negative, 1, MPI_DOUBLE, MPI_SUM, PetscObjectComm((PetscObject)s->p)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The residual over the distance to the next eigenvalue (of the transformed operator S, eigenpairs.h) bounds, to first
   order, what the density holds of other modes. */
static double Mixed(const SgdStationaryState *s) {
  const int k = s->leading;
  double least = PETSC_MAX_REAL;

  for (int j = 0; j < s->e->count; j++) {
    if (j >= k && j < k + s->degenerate) continue;
    const double here = hypot(s->e->re[k] - s->e->re[j], s->e->im[k] - s->e->im[j]);
    const double size =
        s->e->shift > 0 ? hypot(s->e->re[j] - s->e->shift, s->e->im[j]) : hypot(s->e->re[k], s->e->im[k]);
    least = PetscMin(least, here / size);
  }
  return least < PETSC_MAX_REAL ? s->e->residual[k] / least : s->e->residual[k];
}

/* A rate below its doubt may come out with either sign. */
static PetscBool RatesInRange(const SgdBasins *b) {
  for (int i = 0; i < b->count; i++)
    for (int j = 0; j < b->count; j++)
      if (!((i == j ? -b->rate[i][j] : b->rate[i][j]) >= 0) && SgdBasinsRateKnown(b, i, j)) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* A mass below its doubt is zero; one that is neither is not resolved, save where sets have no contact and the start
   decides. */
static PetscBool MassesInRange(const SgdBasins *b, int degenerate) {
  for (int i = 0; i < b->count; i++) {
    const double size = PetscAbsReal(b->mass[i]), doubt = degenerate > 1 ? 0 : b->mass_doubt[i] * size;
    if (!(b->mass[i] >= -PetscMin(doubt, MASS_SLACK) && b->mass[i] <= 1 + MASS_SLACK)) return PETSC_FALSE;
    if (!(doubt <= MOST_DOUBT * size || doubt <= MASS_SLACK)) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

static PetscBool InRange(const SgdBasins *b, int degenerate) {
  const double outside = PetscMax(MOST_OUTSIDE, b->count ? 2 / b->gap : 0);

  return (PetscBool)(b->found && b->least >= -outside && b->most <= 1 + outside && RatesInRange(b) &&
                     MassesInRange(b, degenerate));
}

/* Where there is a density its negative part must be small; elsewhere it is the ringing of remeshing. */
static PetscBool PositiveEnough(SgdModel m, const SgdStationaryCertificate *c) {
  return (PetscBool)(c->negative <= MOST_NEGATIVE || SgdModelHasNoDensity(m));
}

/* Remeshing rings around a measure without a density: cells do not hold, and the rest is asked of half of them. */
PetscBool SgdCertificateRings(SgdModel m, const SgdStationaryState *s) {
  return (PetscBool)(SgdModelHasNoDensity(m) && s->certificate.negative > MUCH_NEGATIVE);
}

PetscBool SgdCertificateSaysNegative(const SgdStationaryState *s) {
  return (PetscBool) !(s->certificate.negative <= MUCH_NEGATIVE);
}

PetscErrorCode SgdCertificateFind(SgdModel m, SgdStationaryState *s) {
  SgdStationaryCertificate *c = &s->certificate;

  PetscFunctionBegin;
  *c = (SgdStationaryCertificate){.residual = s->e->residual[s->leading], .mixed = Mixed(s)};
  PetscCall(NegativeMass(s, c));
  c->sets_in_range = InRange(&s->basins, s->degenerate);
  c->resolved = (PetscBool)(s->degenerate && c->mixed <= MOST_MIXED && PositiveEnough(m, c) && c->sets_in_range);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* None of the eigenvalues is a density's: what is slowest then is a wave on its way through the box. */
static PetscErrorCode WarnOfNoDensity(MPI_Comm comm, const char *name, const SgdStationaryState *s) {
  return SgdWarn(comm,
                 "model %s: not resolved: the slowest of its %d modes is not real and positive, as a stationary "
                 "density's is: mass goes through the box and out of it (or in a cycle) before it settles; widen the "
                 "box (slice.min, slice.max) to hold what confines it, or ask for more stationary.eigenpairs",
                 name, s->e->count);
}

static PetscErrorCode WarnOfRinging(MPI_Comm comm, const char *name, const SgdStationaryState *s) {
  char known[192] = "moments and rates are not known to hold: half the cells (slice.cells, even and at least 16 an "
                    "axis) give no state to compare with";
  char rate[64] = "";

  PetscFunctionBegin;
  if (!PetscIsNanReal(s->moments_error))
    PetscCall(PetscSNPrintf(known, sizeof known, "by half the cells its mean and variance are known to %.2g %%",
                            100 * s->moments_error));
  if (!PetscIsNanReal(s->cells_error))
    PetscCall(PetscSNPrintf(rate, sizeof rate, ", its slowest rate to %.2g %%", 100 * s->cells_error));
  PetscCall(SgdWarn(comm,
                    "model %s: %.2g of the stationary mass is negative: its measure has no density here, and remeshing "
                    "rings around it; single cells do not hold; %s%s",
                    name, s->certificate.negative, known, rate));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WarnOfNegative(MPI_Comm comm, SgdModel m, const SgdStationaryState *s) {
  const SgdStationaryCertificate *c = &s->certificate;

  PetscFunctionBegin;
  if (SgdCertificateRings(m, s))
    PetscCall(WarnOfRinging(comm, SgdModelName(m), s));
  else if (SgdCertificateSaysNegative(s))
    PetscCall(SgdWarn(comm, "model %s: %s%.2g of the stationary mass is negative; refine the cells (slice.cells)",
                      SgdModelName(m), PositiveEnough(m, c) ? "" : "not resolved: ", c->negative));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What does not hold, and what to change. */
static PetscErrorCode WarnOf(const SgdModels *models, int m, const SgdStationaryState *s) {
  const char *name = SgdModelName(models->model[m]);
  const SgdStationaryCertificate *c = &s->certificate;

  PetscFunctionBegin;
  if (!(c->mixed <= MOST_MIXED))
    PetscCall(SgdWarn(models->grid->comm,
                      "model %s: not resolved: the density may hold %.1e of another mode, the residual over the "
                      "distance between their eigenvalues; lower stationary.tolerance",
                      name, c->mixed));
  PetscCall(WarnOfNegative(models->grid->comm, models->model[m], s));
  if (!c->sets_in_range)
    PetscCall(
        SgdWarn(models->grid->comm,
                "model %s: not resolved: masses or rates of the metastable sets are out of range; refine the cells "
                "(slice.cells), widen the box (slice.min, slice.max) or ask for other stationary.eigenpairs",
                name));
  if ((!c->resolved || s->cells_error > 0.5) && SgdModelHasStableBand(models->model[m]))
    PetscCall(SgdWarn(
        models->grid->comm,
        "model %s: where a step's drift is many cells wide, short waves of the truncated equation hardly decay: their "
        "modes crowd next to eigenvalue 1, the more the finer the cells, and are no sets of SGD's; scheme: "
        "semi_implicit "
        "damps them, and the master equation has none",
        name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCertificateView(const SgdModels *models, int m, const SgdStationaryState *s) {
  const SgdStationaryCertificate *c = &s->certificate;

  PetscFunctionBegin;
  if (!s->degenerate) return WarnOfNoDensity(models->grid->comm, SgdModelName(models->model[m]), s);
  PetscCall(SgdSay(models->grid->comm,
                   "    certificate: residual %.1e, other modes in the density at most %.1e, negative mass %.1e",
                   c->residual, c->mixed, c->negative));
  if (s->basins.count)
    PetscCall(SgdSay(models->grid->comm, "; memberships in [%.3g, %.10g], masses and rates %s", s->basins.least,
                     s->basins.most, c->sets_in_range ? "in range" : "OUT OF RANGE"));
  PetscCall(SgdSay(models->grid->comm, ": %s; by its cells: %s\n", c->resolved ? "resolved" : "NOT RESOLVED",
                   SgdResolutionNames[s->verdict.all]));
  PetscCall(WarnOf(models, m, s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCertificateCheck(const SgdModels *models, const SgdStationaryState *s) {
  int count = 0, first = -1;

  PetscFunctionBegin;
  for (int m = 0; s && m < models->count; m++) {
    if (s[m].certificate.resolved) continue;
    if (first < 0) first = m;
    count++;
  }
  if (count)
    return SgdFail(models->grid->comm, SGD_EXIT_NUMBERS,
                   "%d of %d models: the stationary result is not resolved (%s%s; see above)", count, models->count,
                   SgdModelName(models->model[first]), count > 1 ? " and others" : "");
  PetscFunctionReturn(PETSC_SUCCESS);
}
