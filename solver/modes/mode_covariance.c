#include "solver/modes/mode_covariance.h"
#include "meshes/fields.h"
#include "solver/modes/mode_groups.h"
#include "solver/output/text_files.h"
#include <stdio.h>

/* Coordinates of trajectory t at the last record; NULL: it ran away. */
static const double *Last(SgdEnsemble e, int t) {
  const double *a = e->a + ((size_t)t * (size_t)e->records + (size_t)(e->records - 1)) * (size_t)e->modes;

  return PetscIsNanReal(a[0]) ? NULL : a;
}

/* One pair: mean product of the deviations, times T/(T - 1), and the standard error of that mean. */
static void PairPlain(SgdEnsemble e, int count, const double mean[], int i, int j, double *cov, double *error) {
  double sum = 0, square = 0;

  for (int t = 0; t < e->count; t++) {
    const double *a = Last(e, t);
    if (!a) continue;
    const double z = (a[i] - mean[i]) * (a[j] - mean[j]);
    sum += z / count;
    square += z * z / count;
  }
  *cov = sum * count / (count - 1.0);
  *error = sqrt(PetscMax(0, square - sum * sum) / (count - 1.0));
}

/* Roots of the sums of squares, over pairs of different modes. */
static void SumSquares(const SgdModes *modes, SgdModeCovariance *c) {
  const int M = c->modes;
  double off = 0, error = 0, diagonal = 0, difference = 0, replicas = 0;

  c->eigenvectors = 0;
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M; j++) {
      const int ij = i * M + j;
      if (modes->row[i].random || modes->row[j].random) continue;
      if (i == j) {
        c->eigenvectors++;
        diagonal += PetscSqr(c->cov[ij]);
        continue;
      }
      off += PetscSqr(c->cov[ij]);
      error += PetscSqr(c->error[ij]);
      replicas += modes->cov ? PetscSqr(modes->cov_error[ij]) : 0;
      difference += modes->cov ? PetscSqr(modes->cov[ij] - c->cov[ij]) : NAN;
    }
  c->off = sqrt(off);
  c->diagonal = sqrt(diagonal);
  c->off_error = sqrt(error);
  c->expected = sqrt(error + replicas);
  c->difference = sqrt(difference);
}

/* What is left of a root of squares when sampling's part is taken off. */
static double Without(double whole, double noise) {
  return sqrt(PetscMax(0, whole * whole - noise * noise));
}

/* Off-diagonal over diagonal, and what the prediction misses of it, with sampling's part taken off. */
static void Ratios(const SgdModeCovariance *c, double ratio[2]) {
  const double off = Without(c->off, c->off_error);

  ratio[0] = off / c->diagonal;
  ratio[1] = Without(c->difference, c->expected) / off;
}

/* Jackknife of the two ratios over groups of trajectories; the variances without each group go to the
   modes where they are not there. */
static PetscErrorCode RatioErrors(SgdModes *modes, const SgdModeGroups *g, SgdModeCovariance *c) {
  const int M = c->modes, G = g->groups;
  const bool fill = !modes->without;
  SgdModeCovariance left = *c;
  double whole[2], sum[2] = {0}, square[2] = {0}, ratio[2];

  PetscFunctionBegin;
  if (fill) {
    modes->groups = G;
    PetscCall(PetscMalloc1((size_t)PetscMax(1, G) * (size_t)M, &modes->without));
  }
  PetscCall(PetscMalloc1((size_t)M * (size_t)M, &left.cov));
  Ratios(c, whole);
  for (int k = 0; k < G; k++) {
    SgdModeGroupsWithout(g, k, left.cov);
    for (int i = 0; fill && i < M; i++) modes->without[k * M + i] = left.cov[i * (M + 1)];
    SumSquares(modes, &left);
    left.expected = hypot(left.expected, left.off_error / sqrt(G - 1.0)); /* of fewer trajectories */
    left.off_error *= sqrt(G / (G - 1.0));
    Ratios(&left, ratio);
    for (int i = 0; i < 2; i++) sum[i] += ratio[i] - whole[i], square[i] += PetscSqr(ratio[i] - whole[i]);
  }
  c->ratio_error = sqrt((G - 1.0) / G * PetscMax(0, square[0] - sum[0] * sum[0] / G));
  c->missed_error = sqrt((G - 1.0) / G * PetscMax(0, square[1] - sum[1] * sum[1] / G));
  if (!G) c->ratio_error = c->missed_error = NAN;
  PetscCall(PetscFree(left.cov));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModeCovarianceCompute(SgdModes *modes, SgdEnsemble e, SgdModeCovariance *c) {
  const int M = e->modes;
  SgdModeGroups groups;
  double *mean;

  PetscFunctionBegin;
  *c = (SgdModeCovariance){.modes = M, .count = e->count - e->diverged};
  PetscCall(PetscMalloc2((size_t)M * (size_t)M, &c->cov, (size_t)M * (size_t)M, &c->error));
  PetscCall(PetscCalloc1(M, &mean));
  for (int t = 0; t < e->count; t++)
    for (int i = 0; Last(e, t) && i < M; i++) mean[i] += Last(e, t)[i] / c->count;
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M; j++) PairPlain(e, c->count, mean, i, j, &c->cov[i * M + j], &c->error[i * M + j]);
  SumSquares(modes, c);
  PetscCall(SgdModeGroupsPlain(e, mean, &groups));
  PetscCall(RatioErrors(modes, &groups, c));
  PetscCall(SgdModeGroupsFree(&groups));
  PetscCall(PetscFree(mean));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of one pair: means over each ancestor's members of both centres about the whole mean, and of their product and the
   members' covariance. */
typedef struct {
  double x, y, xy;
} Part;

/* <xy> - <x><y> + sum (x - <x>)(y - <y>)/(n (n - 1)) over n parts whose sums are given */
static double Estimate(double n, double x, double y, double both, double xy) {
  return xy / n - x * y / (n * n) + (both / n - x * y / (n * n)) / (n - 1);
}

static void Jackknife(int n, const Part *part, double *cov, double *error) {
  double x = 0, y = 0, both = 0, xy = 0, sum = 0, square = 0;

  for (int i = 0; i < n; i++) x += part[i].x, y += part[i].y, both += part[i].x * part[i].y, xy += part[i].xy;
  *cov = Estimate(n, x, y, both, xy);
  for (int i = 0; i < n; i++) {
    const Part *p = &part[i];
    const double shift = Estimate(n - 1, x - p->x, y - p->y, both - p->x * p->y, xy - p->xy) - *cov;
    sum += shift;
    square += shift * shift;
  }
  *error = sqrt((n - 1.0) / n * PetscMax(0, square - sum * sum / n));
}

static void PairGrowing(const SgdLastStep *s, int ancestors, const double mean[], int i, int j, Part *part, double *cov,
                        double *error) {
  const int d = s->dim, each = s->count / ancestors, ij = i <= j ? SgdPair(d, i, j) : SgdPair(d, j, i);

  for (int a = 0; a < ancestors; a++) {
    part[a] = (Part){0, 0, 0};
    for (int m = a * each; m < (a + 1) * each; m++) {
      const double x = s->centre[m * d + i] - mean[i], y = s->centre[m * d + j] - mean[j];
      part[a].x += x / each;
      part[a].y += y / each;
      part[a].xy += (x * y + s->cov[(size_t)m * (size_t)SGD_PAIRS(d) + (size_t)ij]) / each;
    }
  }
  Jackknife(ancestors, part, cov, error);
}

/* Sums over ancestors of z = (x - mean)^2: of their means, of those means' squares, of the variance within. */
typedef struct {
  double z, zz, within;
} Shares;

/* Between over between and within, the classes being the ancestors of `each` members: one-way analysis of variance. */
static double ShareOf(double n, int each, Shares s) {
  const double within = s.within / n, between = (s.zz - s.z * s.z / n) / (n - 1) - within / each;

  return PetscMax(0, between) / (PetscMax(0, between) + within);
}

static Shares OfAncestor(const SgdLastStep *s, int first, int each, int mode, double mean) {
  Shares a = {0};
  double square = 0;

  for (int m = first; m < first + each; m++) {
    const double z = PetscSqr(s->centre[m * s->dim + mode] - mean);
    a.z += z / each;
    square += z * z / each;
  }
  a.zz = a.z * a.z;
  a.within = PetscMax(0, square - a.zz) * each / (each - 1.0);
  return a;
}

/* How much of where a mode's members are was decided before they parted: near 1, growing gains nothing. With its
   jackknife error; NaN where no ancestor has more than one member. */
static void AncestorShare(const SgdLastStep *s, int ancestors, int mode, double mean, SgdModeRow *row) {
  const int each = s->count / ancestors;
  double sum = 0, square = 0;
  Shares all = {0};

  if (each < 2) return;
  for (int a = 0; a < ancestors; a++) {
    const Shares one = OfAncestor(s, a * each, each, mode, mean);
    all = (Shares){all.z + one.z, all.zz + one.zz, all.within + one.within};
  }
  row->ancestors = ShareOf(ancestors, each, all);
  for (int a = 0; a < ancestors; a++) {
    const Shares one = OfAncestor(s, a * each, each, mode, mean);
    const double shift =
        ShareOf(ancestors - 1, each, (Shares){all.z - one.z, all.zz - one.zz, all.within - one.within}) -
        row->ancestors;
    sum += shift;
    square += shift * shift;
  }
  row->ancestors_error = sqrt((ancestors - 1.0) / ancestors * PetscMax(0, square - sum * sum / ancestors));
}

PetscErrorCode SgdModeCovarianceGrowing(SgdModes *modes, const SgdLastStep *s, int ancestors, SgdModeCovariance *c) {
  const int M = s->dim;
  SgdModeGroups groups;
  double *mean;
  Part *part;

  PetscFunctionBegin;
  *c = (SgdModeCovariance){.modes = M, .count = s->count};
  PetscCall(PetscMalloc2((size_t)M * (size_t)M, &c->cov, (size_t)M * (size_t)M, &c->error));
  PetscCall(PetscCalloc1(M, &mean));
  PetscCall(PetscMalloc1(ancestors, &part));
  for (int m = 0; m < s->count; m++)
    for (int i = 0; i < M; i++) mean[i] += s->centre[m * M + i] / s->count;
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M; j++) PairGrowing(s, ancestors, mean, i, j, part, &c->cov[i * M + j], &c->error[i * M + j]);
  modes->measured = true;
  for (int i = 0; i < M; i++) {
    const double v = c->cov[i * (M + 1)], e = c->error[i * (M + 1)];
    modes->row[i].measured = (SgdEnsembleMoments){.count = 1 + (int)lround(2 * v * v / (e * e)),
                                                  .mean = mean[i],
                                                  .variance = v,
                                                  .error_normal = e,
                                                  .error_jackknife = e};
    AncestorShare(s, ancestors, i, mean[i], &modes->row[i]);
  }
  SumSquares(modes, c);
  PetscCall(SgdModeGroupsGrowing(s, ancestors, mean, &groups));
  PetscCall(RatioErrors(modes, &groups, c));
  PetscCall(SgdModeGroupsFree(&groups));
  PetscCall(PetscFree(mean));
  PetscCall(PetscFree(part));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModeCovarianceView(const SgdModeCovariance *c, MPI_Comm comm) {
  const double off = Without(c->off, c->off_error);
  double ratio[2];

  PetscFunctionBegin;
  Ratios(c, ratio);
  if (c->eigenvectors < 2) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdSay(comm,
                   "Covariance between the %d modes (root of the sum of squares): %.3f of that of their variances, "
                   "%.3f +- %.3f with sampling's part, %.3f, taken off\n",
                   c->eigenvectors, c->off / c->diagonal, ratio[0], c->ratio_error, c->off_error / c->diagonal));
  if (!PetscIsNanReal(c->difference) && off > 0)
    PetscCall(SgdSay(comm,
                     "  the coupled closure's is off by %.3f of it, %.3f +- %.3f with sampling's and its replicas' "
                     "part, %.3f, taken off\n",
                     c->difference / c->off, ratio[1], c->missed_error, c->expected / off));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModeCovarianceWrite(const SgdModeCovariance *c, const SgdModes *modes, MPI_Comm comm,
                                      const char *folder) {
  const int M = c->modes;
  FILE *f;

  PetscFunctionBegin;
  PetscCall(SgdOpenText(comm, folder, "modes_covariance.csv", &f));
  if (f) fputs("mode_1,mode_2,covariance,error,correlation,predicted,error_predicted\n", f);
  for (int i = 0; f && i < M; i++)
    for (int j = i + 1; j < M; j++) {
      const int ij = i * M + j;
      fprintf(f, "%d,%d,%.17g,%.6g,%.6g,%.6g,%.6g\n", modes->row[i].mode + 1, modes->row[j].mode + 1, c->cov[ij],
              c->error[ij], c->cov[ij] / sqrt(c->cov[i * (M + 1)] * c->cov[j * (M + 1)]),
              modes->cov ? modes->cov[ij] : NAN, modes->cov ? modes->cov_error[ij] : NAN);
    }
  PetscCall(SgdCloseText(comm, folder, "modes_covariance.csv", &f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModeCovarianceFree(SgdModeCovariance *c) {
  return PetscFree2(c->cov, c->error);
}
