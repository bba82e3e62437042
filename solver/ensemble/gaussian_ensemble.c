#include "solver/ensemble/gaussian_ensemble.h"
#include "cases/base/blas.h"
#include "cases/base/progress.h"
#include "cases/base/random.h"
#include "cases/landscapes/landscape_draw.h"

#define MIX 0x4d4958 /* keeps the stream of the rotations apart from those of the batches */

/* The reflection that takes (1, .., 1)/sqrt(R) to the first axis, and back: x -= 2 v (v.x)/|v|^2, v their difference. */
static void Reflect(int R, int P, double *sum, double *x) {
  const double each = 1 / sqrt(R), square = 2 - 2 * each;

  for (int i = 0; i < P; i++) sum[i] = -x[i];
  for (int j = 0; j < R; j++) cblas_daxpy(P, each, x + (size_t)j * (size_t)P, 1, sum, 1);
  for (int j = 0; j < R; j++) cblas_daxpy(P, -2 * (each - (j == 0)) / square, sum, 1, x + (size_t)j * (size_t)P, 1);
}

/* order [count]: a random one of 1 .. count */
static void Shuffle(uint64_t seed, uint64_t stream, uint64_t first, int count, int *order) {
  for (int i = 0; i < count; i++) {
    const int j = (int)(SgdRandomUniform(seed, stream, first + (uint64_t)i) * (i + 1));
    order[i] = order[j];
    order[j] = i + 1;
  }
}

/* Off the first axis, which the mean is, random pairs are turned by random angles, until every member has met all. */
PetscErrorCode SgdGaussianMix(int R, PetscInt P, int seed, int stream, PetscInt step, double *x) {
  const int rounds = 2 * (int)ceil(log2(R)), pairs = (R - 1) / 2;
  const uint64_t key = (uint64_t)seed, line = (uint64_t)MIX << 32 | (uint64_t)stream;
  double *sum;
  int *order;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(P, &sum, R, &order));
  Reflect(R, (int)P, sum, x);
  for (int round = 0; round < rounds; round++) {
    const uint64_t first = ((uint64_t)step * 64 + (uint64_t)round) << 24;
    Shuffle(key, line, first, R - 1, order);
    for (int i = 0; i < pairs; i++) {
      const double angle = 2 * PETSC_PI * SgdRandomUniform(key, line, first + (1 << 23) + (uint64_t)i);
      cblas_drot((int)P, x + (size_t)order[2 * i] * (size_t)P, 1, x + (size_t)order[2 * i + 1] * (size_t)P, 1,
                 cos(angle), sin(angle));
    }
  }
  Reflect(R, (int)P, sum, x);
  PetscCall(PetscFree2(sum, order));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  SgdLandscapeDraw draw;
  PetscInt P;
  double eta;
  int R, seed, modes;
  const double *V;
  double *x, *m, *g; /* [R][P] about m [P]; [P] */
} Closure;

/* Every member a step of SGD from its own place, then the mean of them all, and what is left about it. */
static PetscErrorCode Step(Closure *k, int group, PetscInt n) {
  const int P = (int)k->P;

  PetscFunctionBegin;
  for (int j = 0; j < k->R; j++) {
    double *w = k->x + (size_t)j * (size_t)P;
    cblas_daxpy(P, 1.0, k->m, 1, w, 1);
    PetscCall(SgdLandscapeDrawGradient(k->draw, group * k->R + j, n, w, k->g));
    cblas_daxpy(P, -k->eta, k->g, 1, w, 1);
  }
  PetscCall(PetscArrayzero(k->m, P));
  for (int j = 0; j < k->R; j++) cblas_daxpy(P, 1.0 / k->R, k->x + (size_t)j * (size_t)P, 1, k->m, 1);
  for (int j = 0; j < k->R; j++) cblas_daxpy(P, -1.0, k->m, 1, k->x + (size_t)j * (size_t)P, 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Variances(const Closure *k, double *variance) {
  for (int a = 0; a < k->modes; a++) {
    variance[a] = 0;
    for (int j = 0; j < k->R; j++)
      variance[a] +=
          PetscSqr(cblas_ddot((int)k->P, k->V + (size_t)a * (size_t)k->P, 1, k->x + (size_t)j * (size_t)k->P, 1)) /
          (k->R - 1);
  }
}

/* half, end [modes] of one group */
static PetscErrorCode Group(Closure *k, const double *w_ref, PetscInt steps, int group, double *half, double *end) {
  PetscFunctionBegin;
  PetscCall(PetscArraycpy(k->m, w_ref, k->P));
  PetscCall(PetscArrayzero(k->x, (size_t)k->R * (size_t)k->P));
  for (PetscInt n = 0; n < steps; n++) {
    PetscCall(Step(k, group, n));
    PetscCall(SgdGaussianMix(k->R, k->P, k->seed, group, n, k->x));
    if (n + 1 == PetscMax(1, steps / 2)) Variances(k, half);
  }
  Variances(k, end);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Groups(Closure *k, const double *w_ref, PetscInt steps, MPI_Comm comm, double *half,
                             double *end) {
  SgdProgress progress = SgdProgressStart();
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  for (int g = rank; g < SGD_GAUSSIAN_GROUPS; g += size) {
    PetscCall(Group(k, w_ref, steps, g, half + g * k->modes, end + g * k->modes));
    if (SgdProgressDue(&progress))
      PetscCall(SgdSay(comm, "  Gaussian closure: %d of %d groups of members, about %.0f s left\n", g + 1,
                       SGD_GAUSSIAN_GROUPS, SgdProgressElapsed(&progress) * (SGD_GAUSSIAN_GROUPS - g - 1) / (g + 1)));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, half, SGD_GAUSSIAN_GROUPS * k->modes, MPI_DOUBLE, MPI_SUM, comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, end, SGD_GAUSSIAN_GROUPS * k->modes, MPI_DOUBLE, MPI_SUM, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of the groups whose every variance is finite: means, standard errors, and the growth's by leaving out one at a time. */
static void Collect(const Closure *k, const double *half, const double *end, SgdGaussianEnsemble *e) {
  const int M = k->modes;
  PetscBool lost[SGD_GAUSSIAN_GROUPS] = {PETSC_FALSE};

  for (int g = 0; g < SGD_GAUSSIAN_GROUPS; g++) {
    for (int a = 0; a < M; a++) lost[g] = (PetscBool)(lost[g] || !isfinite(end[g * M + a]));
    e->groups += !lost[g];
  }
  const int G = e->groups;
  for (int a = 0; a < M; a++) {
    double x = 0, y = 0, xx = 0, shift = 0, shifts = 0;
    for (int g = 0; g < SGD_GAUSSIAN_GROUPS; g++)
      if (!lost[g]) x += end[g * M + a] / G, y += half[g * M + a] / G;
    for (int g = 0; g < SGD_GAUSSIAN_GROUPS; g++) {
      if (lost[g]) continue;
      const double one = log2((G * x - end[g * M + a]) / (G * y - half[g * M + a])) - log2(x / y);
      xx += PetscSqr(end[g * M + a] - x);
      shift += one;
      shifts += one * one;
    }
    e->variance[a] = G > 1 ? x : NAN;
    e->error[a] = G > 1 ? sqrt(xx / (G * (G - 1.0))) : NAN;
    e->growth[a] = G > 1 ? log2(x / y) : NAN;
    e->growth_error[a] = G > 1 ? sqrt((G - 1.0) / G * PetscMax(0, shifts - shift * shift / G)) : NAN;
  }
}

PetscErrorCode SgdGaussianEnsembleRun(SgdLandscape l, const double *w_ref, const SgdTrajectoriesStep *step, int members,
                                      int seed, int modes, const double *V, SgdGaussianEnsemble *e) {
  Closure k = {.P = SgdLandscapeDimension(l),
               .eta = step->learning_rate,
               .R = members / SGD_GAUSSIAN_GROUPS,
               .seed = seed,
               .modes = modes,
               .V = V};
  const size_t all = (size_t)(SGD_GAUSSIAN_GROUPS * modes);
  double *half, *end;

  PetscFunctionBegin;
  *e = (SgdGaussianEnsemble){.groups = 0};
  PetscCall(PetscMalloc4(modes, &e->variance, modes, &e->error, modes, &e->growth, modes, &e->growth_error));
  PetscCall(PetscCalloc2(all, &half, all, &end));
  PetscCall(PetscMalloc3((size_t)k.R * (size_t)k.P, &k.x, k.P, &k.m, k.P, &k.g));
  PetscCall(SgdLandscapeDrawCreate(l, step->batch, step->law, seed ^ MIX, &k.draw));
  PetscCall(Groups(&k, w_ref, step->steps, SgdLandscapeComm(l), half, end));
  Collect(&k, half, end, e);
  PetscCall(SgdLandscapeDrawDestroy(&k.draw));
  PetscCall(PetscFree3(k.x, k.m, k.g));
  PetscCall(PetscFree2(half, end));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdGaussianEnsembleFree(SgdGaussianEnsemble *e) {
  return PetscFree4(e->variance, e->error, e->growth, e->growth_error);
}
