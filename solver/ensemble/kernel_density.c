#include "solver/ensemble/kernel_densityimpl.h"
#include "meshes/fields.h"
#include "operators/push_forward/gaussian_splat.h"

#define RADIUS    8.0  /* of a kernel, in deviations */
#define NARROWEST 0.75 /* deviation of a kernel, in cells: narrower ones alias */
#define GROUPS    32   /* at the most */
#define ROOM      3e7  /* numbers that the parts of all ranks may take */

PetscErrorCode SgdKernelDensityCreate(SgdGrid grid, int ancestors, SgdKernelDensity *k) {
  const int most = PetscMax(8, (int)PetscMin((double)GROUPS, ROOM / (double)grid->cells));

  PetscFunctionBegin;
  *k = (SgdKernelDensity){.groups = PetscMin(most, ancestors)};
  while (ancestors % k->groups) k->groups--;
  PetscCall(SgdGridCreateState(grid, &k->y));
  PetscCall(VecDuplicateVecs(k->y, k->groups, &k->part));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdKernelDensityDestroy(SgdKernelDensity *k) {
  PetscFunctionBegin;
  PetscCall(VecDestroyVecs(k->groups, &k->part));
  PetscCall(VecDestroy(&k->y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mean [d] of the centres first .. first + count - 1, and their moment [pairs] about `about` (NULL: that mean). */
void SgdKernelCentres(const SgdLastStep *s, int first, int count, const double about[], double mean[],
                      double moment[]) {
  const int d = s->dim;

  for (int a = 0; a < d; a++) mean[a] = 0;
  for (int p = 0; p < SGD_PAIRS(d); p++) moment[p] = 0;
  for (int j = first; j < first + count; j++)
    for (int a = 0; a < d; a++) mean[a] += s->centre[j * d + a] / count;
  const double *from = about ? about : mean;
  for (int j = first; j < first + count; j++)
    for (int a = 0; a < d; a++)
      for (int b = a; b < d; b++)
        moment[SgdPair(d, a, b)] += (s->centre[j * d + a] - from[a]) * (s->centre[j * d + b] - from[b]) / count;
}

static void Scatter(const SgdLastStep *s, int ancestors, SgdKernelShape *k) {
  const int d = s->dim, each = s->count / ancestors;
  double mean[3], moment[6];

  for (int i = 0; i < ancestors; i++) {
    SgdKernelCentres(s, i * each, each, k->mean, mean, moment);
    for (int a = 0; a < d; a++)
      for (int b = a; b < d; b++)
        k->scatter[SgdPair(d, a, b)] +=
            (mean[a] - k->mean[a]) * (mean[b] - k->mean[b]) / ancestors / PetscMax(1, ancestors - 1);
  }
}

/* The quartiles' distance over that of a normal law, as a deviation. */
static PetscErrorCode Quartiles(const SgdLastStep *s, int axis, double *deviation) {
  double *x;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(s->count, &x));
  for (int j = 0; j < s->count; j++) x[j] = s->centre[j * s->dim + axis];
  PetscCall(PetscSortReal(s->count, x));
  *deviation = (x[3 * s->count / 4] - x[s->count / 4]) / 1.349;
  PetscCall(PetscFree(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define SHARE     0.4  /* of the variance, at the least in the kernels */
#define GAUSSIAN  0.85 /* quartiles over deviation */
#define SILVERMAN 1.06

static PetscErrorCode Smoothing(const SgdLastStep *s, int ancestors, SgdKernelShape *k) {
  PetscFunctionBegin;
  for (int a = 0; a < s->dim; a++) {
    const int aa = SgdPair(s->dim, a, a);
    const double S = k->S[aa], narrow = k->narrow[aa];
    double wanted = SHARE * (S + narrow), deviation = 0;
    if (!(S > 0) || narrow >= wanted) continue;
    PetscCall(Quartiles(s, a, &deviation));
    if (deviation <= GAUSSIAN * sqrt(S)) wanted = PetscSqr(SILVERMAN * deviation * pow(ancestors, -0.2));
    k->kappa = PetscMax(k->kappa, (wanted - narrow) / S);
  }
  k->f = sqrt(1 - k->kappa);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MakeShape(const SgdLastStep *s, int ancestors, SgdKernelShape *k) {
  const int pairs = SGD_PAIRS(s->dim);

  PetscFunctionBegin;
  *k = (SgdKernelShape){.kappa = 0};
  SgdKernelCentres(s, 0, s->count, NULL, k->mean, k->S);
  for (int j = 0; j < s->count; j++)
    for (int p = 0; p < pairs; p++) k->narrow[p] += s->cov[j * pairs + p] / s->count;
  Scatter(s, ancestors, k);
  PetscCall(Smoothing(s, ancestors, k));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mass m in the kernel to this rank's cells, what leaves the box to the ledger; lost [2 d] on every rank. */
static void Add(SgdGrid grid, const SgdGaussianSplat *splat, double m, double *mass, double lost[]) {
  for (int r = 0; r < splat->runs; r++) {
    const double *w = splat->weight + splat->offset[r];
    PetscInt index[3] = {splat->start[r][0], splat->start[r][1], splat->start[r][2]};
    for (int i = 0; i < splat->length[r]; i++, index[0]++) {
      const PetscInt t = SgdGridTarget(grid, index);
      if (t >= grid->cells)
        lost[t - grid->cells] += m * w[i];
      else if (t >= grid->first_cell && t < grid->last_cell)
        mass[t - grid->first_cell] += m * w[i];
    }
  }
}

/* One kernel, centre and covariance in slice units, as it is on the grid. */
static PetscErrorCode FillSplat(SgdGrid grid, const double centre[], const double cov[], SgdGaussianSplat *splat,
                                double wider[]) {
  const int d = grid->dim;
  double T[3], S[6];

  PetscFunctionBegin;
  for (int a = 0; a < d; a++) {
    T[a] = PetscMax(-1e8, PetscMin(1e8, (centre[a] - grid->min[a]) / grid->h[a] - 0.5));
    for (int b = a; b < d; b++) S[SgdPair(d, a, b)] = cov[SgdPair(d, a, b)] / (grid->h[a] * grid->h[b]);
    const double more = PetscMax(0, PetscSqr(NARROWEST) - S[SgdPair(d, a, a)]);
    S[SgdPair(d, a, a)] += more;
    wider[a] += more * PetscSqr(grid->h[a]);
  }
  if (SgdGaussianSplatFill(splat, d, T, S, RADIUS))
    return SgdFail(grid->comm, SGD_EXIT_NUMBERS,
                   "network: the covariance of a member's last step is not positive definite on the grid (slice.cells, "
                   "or the model's samples)");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Members first .. first + count - 1 with centres at mean + f (m_j - mean) + shift and `more` added to their kernels. */
static PetscErrorCode Spread(SgdGrid grid, const SgdLastStep *s, const SgdKernelShape *k, int first, int count,
                             const double shift[], const double more[], SgdGaussianSplat *splat, Vec y,
                             double wider[]) {
  const int d = grid->dim, pairs = SGD_PAIRS(d);
  double centre[3], cov[6], lost[6] = {0};
  PetscMPIInt rank, size;
  PetscScalar *mass;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(grid->comm, &size));
  PetscCall(VecZeroEntries(y));
  PetscCall(VecGetArray(y, &mass));
  for (int j = first; j < first + count; j++) {
    for (int a = 0; a < d; a++) centre[a] = k->mean[a] + k->f * (s->centre[j * d + a] - k->mean[a]) + shift[a];
    for (int p = 0; p < pairs; p++) cov[p] = s->cov[j * pairs + p] + more[p];
    PetscCall(FillSplat(grid, centre, cov, splat, wider));
    Add(grid, splat, 1.0 / count, mass, lost);
  }
  for (int f = 0; rank == size - 1 && f < grid->ledger; f++) mass[grid->last_cell - grid->first_cell + f] = lost[f];
  PetscCall(VecRestoreArray(y, &mass));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The parts: shift (1 - f)(m_g - m), kernels wider by kappa S_g + V_m. */
static PetscErrorCode FillParts(SgdKernelDensity *k, SgdGrid grid, const SgdLastStep *s, const SgdKernelShape *shape,
                                SgdGaussianSplat *splat) {
  const int d = grid->dim, each = s->count / k->groups;
  double mean[3], moment[6], wider[3] = {0};

  PetscFunctionBegin;
  for (int g = 0; g < k->groups; g++) {
    SgdKernelCentres(s, g * each, each, shape->mean, mean, moment);
    for (int a = 0; a < d; a++) mean[a] = (1 - shape->f) * (mean[a] - shape->mean[a]);
    for (int p = 0; p < SGD_PAIRS(d); p++) moment[p] = shape->kappa * moment[p] + shape->scatter[p];
    PetscCall(Spread(grid, s, shape, g * each, each, mean, moment, splat, k->part[g], wider));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdKernelDensityFill(SgdKernelDensity *k, SgdGrid grid, int ancestors, const SgdLastStep *s) {
  const double still[3] = {0};
  double more[6], wider[3] = {0};
  SgdGaussianSplat splat = {0};
  SgdKernelShape shape;

  PetscFunctionBegin;
  PetscCall(MakeShape(s, ancestors, &shape));
  k->kappa = shape.kappa;
  if (s->phi) {
    PetscCall(SgdKernelDensityWaves(k, grid, s, &shape));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (int p = 0; p < SGD_PAIRS(grid->dim); p++) more[p] = shape.kappa * shape.S[p] + shape.scatter[p];
  PetscCall(Spread(grid, s, &shape, 0, s->count, still, more, &splat, k->y, wider));
  PetscCall(FillParts(k, grid, s, &shape, &splat));
  SgdGaussianSplatFree(&splat);
  for (int a = 0; a < grid->dim; a++) {
    const int aa = SgdPair(grid->dim, a, a);
    k->widened = PetscMax(k->widened, wider[a] / s->count / (shape.S[aa] + shape.narrow[aa]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
