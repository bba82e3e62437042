/* What an ensemble measures of the modes, and how well the predictions agree with it. */
#include "solver/modes/modes.h"
#include "solver/measures/expectation.h"
#include <stddef.h>

PetscErrorCode SgdModesMeasure(SgdModes *modes, SgdEnsemble e) {
  const int last = e->records - 1;
  int half = 0;

  PetscFunctionBegin;
  while (half < last && e->step[half] < PetscMax(1, e->step[last] / 2)) half++;
  modes->measured = true;
  for (int k = 0; k < modes->count; k++) {
    SgdModeRow *r = &modes->row[k];
    r->measured = SgdEnsembleMoment(e, last, k);
    PetscCall(SgdEnsembleBursts(e, last, k, &r->bursts));
    if (half < last) SgdEnsembleGrowth(e, half, last, k, &r->growth, &r->growth_error);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Column(const SgdModeRow *r, size_t column) {
  return *(const double *)((const char *)r + column);
}

/* |p - m|/|m|, and the correlation of log p with log m */
SgdModeAgreement SgdModesAgreement(const SgdModes *modes, size_t column) {
  double difference = 0, norm = 0, sum[2] = {0}, total[2] = {0}, square[3] = {0};
  int n = 0;

  for (int k = 0; k < modes->count; k++) n += !modes->row[k].flat;
  for (int k = 0; k < n; k++) {
    const double m = modes->row[k].measured.variance, p = Column(&modes->row[k], column);
    difference += PetscSqr(p - m);
    norm += PetscSqr(m);
    total[0] += p, total[1] += m;
    sum[0] += log(p) / n, sum[1] += log(m) / n;
  }
  for (int k = 0; k < n; k++) {
    const double x = log(Column(&modes->row[k], column)) - sum[0], y = log(modes->row[k].measured.variance) - sum[1];
    square[0] += x * x, square[1] += y * y, square[2] += x * y;
  }
  return (SgdModeAgreement){.relative_error = sqrt(difference / norm),
                            .log_correlation = square[2] / sqrt(square[0] * square[1]),
                            .total = total[0] / total[1]};
}

double SgdModesLogCorrelationLimit(const SgdModes *modes) {
  double sum = 0, square = 0, error = 0;
  int n = 0;

  for (int k = 0; k < modes->count; k++) {
    const SgdEnsembleMoments *m = &modes->row[k].measured;
    if (modes->row[k].flat) continue;
    n++;
    sum += log(m->variance);
    square += PetscSqr(log(m->variance));
    error += PetscSqr(m->error_normal / m->variance);
  }
  return sqrt(1 - (error / n) / (square / n - PetscSqr(sum / n)));
}

static PetscErrorCode SayVerdict(MPI_Comm comm, const char *what, double value, const char *sign, double bound,
                                 PetscBool met, int *misses) {
  PetscFunctionBegin;
  if (!met) (*misses)++;
  PetscCall(SgdSay(comm, "  %s %s: %.4g, expected %s %.4g\n", SgdMetOrMissed(met), what, value, sign, bound));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModesExpect(const SgdModes *modes, const SgdClosureOptions *o, MPI_Comm comm) {
  int misses = 0;

  PetscFunctionBegin;
  if (!modes->measured) PetscFunctionReturn(PETSC_SUCCESS);
  const SgdModeAgreement path = SgdModesAgreement(modes, offsetof(SgdModeRow, path));
  const SgdModeAgreement coupled = SgdModesAgreement(modes, offsetof(SgdModeRow, coupled));
  if (o->max_relative_error > 0)
    PetscCall(SayVerdict(comm, "path-linearised relative error", path.relative_error, "at most", o->max_relative_error,
                         (PetscBool)(path.relative_error <= o->max_relative_error), &misses));
  if (o->min_log_correlation > 0)
    PetscCall(SayVerdict(comm, "path-linearised log-correlation", path.log_correlation, "at least",
                         o->min_log_correlation, (PetscBool)(path.log_correlation >= o->min_log_correlation), &misses));
  if (o->max_coupled_error > 0)
    PetscCall(SayVerdict(comm, "coupled relative error", coupled.relative_error, "at most", o->max_coupled_error,
                         (PetscBool)(coupled.relative_error <= o->max_coupled_error), &misses));
  if (misses) return SgdFail(comm, SGD_EXIT_NUMBERS, "%d expectations of section closure were missed", misses);
  PetscFunctionReturn(PETSC_SUCCESS);
}
