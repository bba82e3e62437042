/* What an ensemble measures of the modes, and how well the predictions agree with it. */
#include "solver/modes/modes.h"
#include "solver/measures/expectation.h"
#include <stddef.h>

#define GROUPS 32 /* of trajectories, for errors of what several modes make together */

static PetscErrorCode LeaveOutGroups(SgdModes *modes, SgdEnsemble e, int half, int last) {
  const size_t M = (size_t)modes->count;

  PetscFunctionBegin;
  modes->groups = PetscMin(GROUPS, e->count / 3);
  if (modes->groups < 2) modes->groups = 0;
  PetscCall(PetscMalloc1((size_t)PetscMax(1, modes->groups) * M, &modes->without));
  SgdEnsembleWithout(e, last, modes->groups, modes->without);
  if (half == last) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)PetscMax(1, modes->groups) * M, &modes->without_half));
  SgdEnsembleWithout(e, half, modes->groups, modes->without_half);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModesMeasure(SgdModes *modes, SgdEnsemble e) {
  const int last = e->records - 1;
  int half = 0;

  PetscFunctionBegin;
  while (half < last && e->step[half] < PetscMax(1, e->step[last] / 2)) half++;
  modes->measured = true;
  for (int k = 0; k < modes->count; k++) {
    SgdModeRow *r = &modes->row[k];
    r->measured = SgdEnsembleMoment(e, last, k);
    PetscCall(SgdEnsembleBursts(e, last, k, &r->bursts, &r->bursts_error));
    if (half < last) SgdEnsembleGrowth(e, half, last, k, &r->growth, &r->growth_error);
  }
  PetscCall(LeaveOutGroups(modes, e, half, last));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Column(const SgdModeRow *r, size_t column) {
  return *(const double *)((const char *)r + column);
}

/* |p - m|/|m|, the correlation of log p with log m, and sum p/sum m. measured, predicted [count]: in place of the rows'
   own, where they are not NULL. */
static SgdModeAgreement Agreement(const SgdModes *modes, size_t column, const double *measured,
                                  const double *predicted) {
  double difference = 0, norm = 0, sum[2] = {0}, total[2] = {0}, square[3] = {0};
  int n = 0;

  for (int k = 0; k < modes->count; k++) n += SgdModesCompared(&modes->row[k]);
  for (int k = 0; k < modes->count; k++) {
    if (!SgdModesCompared(&modes->row[k])) continue;
    const double m = measured ? measured[k] : modes->row[k].measured.variance;
    const double p = predicted ? predicted[k] : Column(&modes->row[k], column);
    difference += PetscSqr(p - m);
    norm += PetscSqr(m);
    total[0] += p, total[1] += m;
    sum[0] += log(p) / n, sum[1] += log(m) / n;
  }
  for (int k = 0; k < modes->count; k++) {
    if (!SgdModesCompared(&modes->row[k])) continue;
    const double m = measured ? measured[k] : modes->row[k].measured.variance;
    const double x = log(predicted ? predicted[k] : Column(&modes->row[k], column)) - sum[0], y = log(m) - sum[1];
    square[0] += x * x, square[1] += y * y, square[2] += x * y;
  }
  return (SgdModeAgreement){.relative_error = sqrt(difference / norm),
                            .log_correlation = square[2] / sqrt(square[0] * square[1]),
                            .total = total[0] / total[1]};
}

SgdModeAgreement SgdModesAgreement(const SgdModes *modes, size_t column) {
  return Agreement(modes, column, NULL, NULL);
}

/* Delete-one jackknife of the three numbers, its square added to `square`; part [parts][count]: measured variances
   without each group, or (replicas) each replica's predicted ones. */
static PetscErrorCode Jackknife(const SgdModes *modes, size_t column, int parts, const double *part, bool replicas,
                                double square[3]) {
  const SgdModeAgreement whole = SgdModesAgreement(modes, column);
  const double *w = (const double *)&whole;
  double *left, sum[3] = {0}, squares[3] = {0};

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(modes->count, &left));
  for (int g = 0; g < parts; g++) {
    const double *one = part + (size_t)g * (size_t)modes->count;
    for (int k = 0; replicas && k < modes->count; k++)
      left[k] = (parts * Column(&modes->row[k], column) - one[k]) / (parts - 1);
    const SgdModeAgreement a = Agreement(modes, column, replicas ? NULL : one, replicas ? left : NULL);
    for (int i = 0; i < 3; i++) {
      const double shift = ((const double *)&a)[i] - w[i];
      sum[i] += shift;
      squares[i] += shift * shift;
    }
  }
  for (int i = 0; i < 3; i++)
    square[i] += parts > 1 ? (parts - 1.0) / parts * PetscMax(0, squares[i] - sum[i] * sum[i] / parts) : NAN;
  PetscCall(PetscFree(left));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModesAgreementError(const SgdModes *modes, size_t column, SgdModeAgreement *error) {
  double square[3] = {0};

  PetscFunctionBegin;
  PetscCall(Jackknife(modes, column, modes->groups, modes->without, false, square));
  if (column == offsetof(SgdModeRow, coupled) && modes->replica)
    PetscCall(Jackknife(modes, column, modes->replicas, modes->replica, true, square));
  *error = (SgdModeAgreement){sqrt(square[0]), sqrt(square[1]), sqrt(square[2])};
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double FlatGrowth(const SgdModes *modes, const double *end, const double *half) {
  double sum = 0;
  int flat = 0;

  for (int k = 0; k < modes->count; k++) {
    if (!modes->row[k].flat) continue;
    flat++;
    sum += end ? log2(end[k] / half[k]) : modes->row[k].growth;
  }
  return sum / flat;
}

void SgdModesFlatGrowth(const SgdModes *modes, double *growth, double *error) {
  const int G = modes->groups;
  double sum = 0, square = 0;

  *growth = FlatGrowth(modes, NULL, NULL);
  *error = NAN;
  if (!modes->without_half || G < 2) return;
  for (int g = 0; g < G; g++) {
    const size_t at = (size_t)g * (size_t)modes->count;
    const double shift = FlatGrowth(modes, modes->without + at, modes->without_half + at) - *growth;
    sum += shift;
    square += shift * shift;
  }
  *error = sqrt((G - 1.0) / G * PetscMax(0, square - sum * sum / G));
}

double SgdModesLogCorrelationLimit(const SgdModes *modes) {
  double sum = 0, square = 0, error = 0;
  int n = 0;

  for (int k = 0; k < modes->count; k++) {
    const SgdEnsembleMoments *m = &modes->row[k].measured;
    if (!SgdModesCompared(&modes->row[k])) continue;
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
