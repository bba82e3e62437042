#include "solver/ensemble/last_step.h"
#include "meshes/fields.h"

/* What the law of one member is computed with. */
typedef struct {
  SgdLandscape l;
  int d;
  const double *V;
  double eta, batch, some; /* f(B), f(n_b) */
  double whole;            /* from s^2 to C1: (N - 1)/N without replacement */
  PetscInt samples;
  SgdBatchDraw draw; /* NULL: all samples, or a closed form */
  double *q;         /* [samples][d] */
  double *g, *C1;    /* [d], [d][d] */
} Law;

PetscInt SgdLastStepSamples(const SgdGrowingContext *x, PetscInt batch) {
  const PetscInt N = SgdLandscapeSamples(x->landscape), asked = x->options->samples;

  if (!N) return 1;
  if (x->options->exact) return N;
  return PetscMin(N, asked ? PetscMax(asked, batch + 1) : batch < 32 ? PetscMax(4 * batch, 32) : 2 * batch);
}

static PetscErrorCode MakeLaw(const SgdGrowingContext *x, PetscInt n, Law *k) {
  const int piece = SgdSchedulePiece(x->schedule, n);
  const PetscInt batch = x->schedule->batch[piece], N = SgdLandscapeSamples(x->landscape);
  const SgdSampling sampling = x->law == SGD_DRAW_WITH_REPLACEMENT ? SGD_WITH_REPLACEMENT : SGD_WITHOUT_REPLACEMENT;

  PetscFunctionBegin;
  *k = (Law){.l = x->landscape, .d = x->dim, .V = x->V, .eta = x->schedule->eta[piece], .whole = 1};
  k->samples = SgdLastStepSamples(x, batch);
  k->batch = SgdLandscapeBatchFactor(x->landscape, batch, sampling);
  PetscCall(PetscMalloc2(k->d, &k->g, k->d * k->d, &k->C1));
  if (k->samples < N) {
    k->some = SgdLandscapeBatchFactor(x->landscape, k->samples, sampling);
    if (sampling == SGD_WITHOUT_REPLACEMENT) k->whole = (double)(N - 1) / (double)N;
    PetscCall(SgdBatchDrawCreate(N, k->samples, x->law, SGD_DRAW_LAST_STEP, x->options->seed, &k->draw));
    PetscCall(PetscMalloc1(k->samples * k->d, &k->q));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* g and C1 from the samples drawn: qbar and s^2 */
static void Moments(const Law *k, double g[], double C1[]) {
  for (int a = 0; a < k->d; a++) {
    g[a] = 0;
    for (PetscInt i = 0; i < k->samples; i++) g[a] += k->q[i * k->d + a] / (double)k->samples;
  }
  for (int a = 0; a < k->d; a++)
    for (int b = 0; b < k->d; b++) {
      double sum = 0;
      for (PetscInt i = 0; i < k->samples; i++) sum += (k->q[i * k->d + a] - g[a]) * (k->q[i * k->d + b] - g[b]);
      C1[a * k->d + b] = k->whole * sum / (double)(k->samples - 1);
    }
}

/* a [d] to the mean after the step, cov [pairs] its covariance */
static PetscErrorCode OfMember(const Law *k, int member, PetscInt n, const double *w, double a[], double cov[]) {
  double *g = k->g, *C1 = k->C1, loss;

  PetscFunctionBegin;
  if (k->draw) {
    PetscCall(SgdLandscapeSomeGradients(k->l, w, k->d, k->V, k->samples, SgdBatchDrawNext(k->draw, member, n), k->q));
    Moments(k, g, C1);
  } else
    PetscCall(SgdLandscapePoint(k->l, w, k->d, k->V, &loss, g, C1, NULL));
  for (int b = 0; b < k->d; b++) {
    a[b] -= k->eta * g[b];
    for (int c = b; c < k->d; c++) cov[SgdPair(k->d, b, c)] = k->eta * k->eta * C1[b * k->d + c] * (k->batch - k->some);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckFinite(MPI_Comm comm, const SgdLastStep *s, PetscInt n) {
  int lost = 0;

  PetscFunctionBegin;
  for (int j = 0; j < s->count; j++) {
    double sum = 0;
    for (int a = 0; a < s->dim; a++) sum += s->centre[j * s->dim + a];
    for (int p = 0; p < SGD_PAIRS(s->dim); p++) sum += s->cov[j * SGD_PAIRS(s->dim) + p];
    lost += !isfinite(sum);
  }
  if (lost)
    return SgdFail(comm, SGD_EXIT_NUMBERS,
                   "network: %d of %d trajectories have ceased to be finite by step %" PetscInt_FMT
                   " (sgd.learning_rate)",
                   lost, s->count, n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The waves of the exact law at each of this rank's members. */
static PetscErrorCode Exact(const SgdGrowingContext *x, PetscInt n, const SgdBatchWaves *waves, const double *w,
                            SgdLastStep *s) {
  const int piece = SgdSchedulePiece(x->schedule, n), N = (int)SgdLandscapeSamples(x->landscape);
  const PetscInt P = SgdLandscapeDimension(x->landscape);
  double *q;

  PetscFunctionBegin;
  s->waves = *waves;
  PetscCall(PetscMalloc1(N, &q));
  PetscCall(PetscMalloc2(PetscMax(1, s->local) * (size_t)waves->modes, &s->phi, PetscMax(1, s->local), &s->wider));
  for (int j = 0; j < s->local; j++) {
    PetscCall(SgdLandscapeSampleGradients(x->landscape, w + (size_t)j * (size_t)P, 1, x->V, q));
    PetscCall(SgdBatchWavesLaw(waves, x->schedule->eta[piece], (int)x->schedule->batch[piece], x->law, N, q,
                               s->phi + (size_t)j * (size_t)waves->modes, &s->wider[j]));
  }
  PetscCall(PetscFree(q));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLastStepCompute(SgdGrowing growing, const SgdGrowingContext *x, const SgdBatchWaves *waves,
                                  SgdLastStep *s) {
  const int d = x->dim, pairs = SGD_PAIRS(d);
  const PetscInt n = SgdGrowingStep(growing), P = SgdLandscapeDimension(x->landscape);
  int first, local;
  const double *const w = SgdGrowingMembers(growing, &first, &local);
  double *a, *cov;
  Law law;

  PetscFunctionBegin;
  *s = (SgdLastStep){.count = SgdGrowingCount(growing), .dim = d, .first = first, .local = local};
  PetscCall(MakeLaw(x, n, &law));
  PetscCall(PetscMalloc2(PetscMax(1, local * d), &a, PetscMax(1, local * pairs), &cov));
  PetscCall(PetscMalloc2(s->count * d, &s->centre, s->count * pairs, &s->cov));
  for (int j = 0; j < local; j++) {
    SgdGrowingPlace(growing, w + (size_t)j * (size_t)P, a + j * d);
    PetscCall(OfMember(&law, first + j, n, w + (size_t)j * (size_t)P, a + j * d, cov + j * pairs));
  }
  PetscCall(SgdGrowingGather(growing, d, a, s->centre));
  PetscCall(SgdGrowingGather(growing, pairs, cov, s->cov));
  PetscCall(PetscFree2(a, cov));
  PetscCall(PetscFree(law.q));
  PetscCall(PetscFree2(law.g, law.C1));
  PetscCall(SgdBatchDrawDestroy(&law.draw));
  PetscCall(CheckFinite(SgdLandscapeComm(x->landscape), s, n));
  if (waves) PetscCall(Exact(x, n, waves, w, s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLastStepFree(SgdLastStep *s) {
  PetscFunctionBegin;
  PetscCall(PetscFree2(s->centre, s->cov));
  PetscCall(PetscFree2(s->phi, s->wider));
  PetscFunctionReturn(PETSC_SUCCESS);
}
