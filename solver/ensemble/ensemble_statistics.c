#include "solver/ensemble/ensemble_statistics.h"

static double ValueOf(SgdEnsemble e, int trajectory, int record, int mode) {
  return e->a[((size_t)trajectory * (size_t)e->records + (size_t)record) * (size_t)e->modes + (size_t)mode];
}

static SgdEnsembleMoments MomentsOf(SgdEnsemble e, int record, int mode) {
  SgdEnsembleMoments m = {.count = e->count - e->diverged};
  double square = 0;

  for (int t = 0; t < e->count; t++) {
    const double x = ValueOf(e, t, record, mode);
    if (!PetscIsNanReal(x)) m.mean += x / m.count;
  }
  for (int t = 0; t < e->count; t++) {
    const double x = ValueOf(e, t, record, mode);
    if (!PetscIsNanReal(x)) square += PetscSqr(x - m.mean);
  }
  m.variance = square / (m.count - 1);
  m.error_normal = m.variance * sqrt(2.0 / (m.count - 1));
  return m;
}

/* The variance without the trajectory whose value is x: v_(i) = [(T-1) v - T/(T-1) (x_i - mean)^2]/(T-2) */
static double Without(const SgdEnsembleMoments *m, double x) {
  const double T = m->count;
  return ((T - 1) * m->variance - T / (T - 1) * PetscSqr(x - m->mean)) / (T - 2);
}

/* sqrt((T-1)/T sum (theta_i - mean)^2) of the values left behind when one trajectory is left out */
static double Jackknife(int T, double sum, double square) {
  return sqrt((T - 1.0) / T * PetscMax(0.0, square - sum * sum / T));
}

SgdEnsembleMoments SgdEnsembleMoment(SgdEnsemble e, int record, int mode) {
  SgdEnsembleMoments m = MomentsOf(e, record, mode);
  double sum = 0, square = 0;

  for (int t = 0; t < e->count; t++) {
    const double x = ValueOf(e, t, record, mode);
    if (PetscIsNanReal(x)) continue;
    const double shift = Without(&m, x) - m.variance;
    sum += shift;
    square += shift * shift;
  }
  m.error_jackknife = Jackknife(m.count, sum, square);
  return m;
}

void SgdEnsembleGrowth(SgdEnsemble e, int earlier, int later, int mode, double *growth, double *error) {
  const SgdEnsembleMoments a = MomentsOf(e, earlier, mode), b = MomentsOf(e, later, mode);
  double sum = 0, square = 0;

  *growth = log2(b.variance / a.variance);
  for (int t = 0; t < e->count; t++) {
    const double x = ValueOf(e, t, earlier, mode), y = ValueOf(e, t, later, mode);
    if (PetscIsNanReal(x)) continue;
    const double shift = log2(Without(&b, y) / Without(&a, x)) - *growth;
    sum += shift;
    square += shift * shift;
  }
  *error = Jackknife(b.count, sum, square);
}

PetscErrorCode SgdEnsembleBursts(SgdEnsemble e, int record, int mode, double *share, double *error) {
  const SgdEnsembleMoments m = MomentsOf(e, record, mode);
  const int few = PetscMax(1, m.count / 100);
  double *square, all = 0, far = 0, sum = 0, squares = 0;
  int n = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(e->count, &square));
  for (int t = 0; t < e->count; t++) {
    const double x = ValueOf(e, t, record, mode);
    if (!PetscIsNanReal(x)) square[n++] = PetscSqr(x - m.mean);
  }
  PetscCall(PetscSortReal(n, square));
  for (int t = 0; t < n; t++) all += square[t];
  for (int t = n - few; t < n; t++) far += square[t];
  *share = far / all;
  for (int t = 0; t < n; t++) { /* without the t-th the farthest few are the same number, from those that are left */
    const double rest = t < n - few ? far : far - square[t] + square[PetscMax(0, n - few - 1)];
    const double shift = rest / (all - square[t]) - *share;
    sum += shift;
    squares += shift * shift;
  }
  *error = Jackknife(n, sum, squares);
  PetscCall(PetscFree(square));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdEnsembleWithout(SgdEnsemble e, int record, int groups, double *variance) {
  for (int g = 0; g < groups; g++)
    for (int k = 0; k < e->modes; k++) {
      const int first = (int)((PetscInt64)g * e->count / groups), last = (int)((PetscInt64)(g + 1) * e->count / groups);
      double sum = 0, square = 0, centre = NAN;
      int n = 0;
      for (int t = 0; t < e->count; t++) {
        const double x = ValueOf(e, t, record, k);
        if ((t >= first && t < last) || PetscIsNanReal(x)) continue;
        if (n++ == 0) centre = x;
        sum += x - centre;
        square += PetscSqr(x - centre);
      }
      variance[g * e->modes + k] = (square - sum * sum / n) / (n - 1);
    }
}
