#include "solver/problem/complement.h"
#include "cases/base/blas.h"
#include "solver/ensemble/last_step.h"
#include <petscblaslapack.h>

struct _p_SgdComplement {
  SgdGrowingContext x;
  SgdGrowing growing; /* knows which rank has which members */
  PetscInt P;
  int members, own; /* of all ranks; of this one */
  double *kept;     /* [pieces][own][P] */
  double *rest, *a; /* [members][P], [members][d] */
  double *lean;     /* [d][P] */
  PetscInt *step;   /* [pieces] at which they were kept */
  PetscInt *index;  /* [members][samples] */
  SgdMemberScatter scatter;
};

PetscErrorCode SgdComplementCreate(const SgdGrowingContext *context, int pieces, SgdGrowing growing,
                                   SgdComplement *complement) {
  SgdComplement c;
  int first;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *complement = c;
  c->x = *context;
  c->growing = growing;
  c->P = SgdLandscapeDimension(context->landscape);
  c->members = SgdGrowingCount(growing);
  SgdGrowingMembers(growing, &first, &c->own);
  SgdComplementOnly(c, -1);
  PetscCall(PetscMalloc3((size_t)pieces * (size_t)PetscMax(1, c->own) * (size_t)c->P, &c->kept,
                         (size_t)c->members * (size_t)c->P, &c->rest, c->members * c->x.dim, &c->a));
  PetscCall(PetscMalloc2((size_t)c->x.dim * (size_t)c->P, &c->lean, pieces, &c->step));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdComplementDestroy(SgdComplement *complement) {
  SgdComplement c = *complement;

  PetscFunctionBegin;
  if (!c) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree3(c->kept, c->rest, c->a));
  PetscCall(PetscFree2(c->lean, c->step));
  PetscCall(PetscFree(c->index));
  PetscCall(SgdGrowingDestroy(&c->growing));
  PetscCall(PetscFree(*complement));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdComplementKeep(SgdComplement c, int piece, SgdGrowing growing) {
  const size_t all = (size_t)c->own * (size_t)c->P;
  int first, own;

  PetscFunctionBegin;
  c->step[piece] = SgdGrowingStep(growing);
  PetscCall(PetscArraycpy(c->kept + (size_t)piece * all, SgdGrowingMembers(growing, &first, &own), all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdComplementOnly(SgdComplement c, int group) {
  c->scatter.first = group < 0 ? 0 : group * c->members / SGD_COMPLEMENT_GROUPS;
  c->scatter.last = group < 0 ? c->members : (group + 1) * c->members / SGD_COMPLEMENT_GROUPS;
}

/* a_j = V (w_j - wbar), and what is left of w_j - wbar off the slice */
static void Split(SgdComplement c, SgdFrame f) {
  const int P = (int)c->P, d = c->x.dim;

  for (int j = 0; j < c->members; j++) {
    double *r = c->rest + (size_t)j * (size_t)P, *a = c->a + j * d;
    cblas_daxpy(P, -1.0, f->origin, 1, r, 1);
    for (int k = 0; k < d; k++) a[k] = cblas_ddot(P, f->V + (size_t)k * (size_t)P, 1, r, 1);
    for (int k = 0; k < d; k++) cblas_daxpy(P, -a[k], f->V + (size_t)k * (size_t)P, 1, r, 1);
  }
}

/* lean = (sum a a^T)^-1 sum a c^T; none where the members do not differ along an axis */
static PetscErrorCode Regress(SgdComplement c) {
  PetscBLASInt n = c->x.dim, nrhs, pivot[3], info = 0;
  const int P = (int)c->P, d = c->x.dim;
  double S[9] = {0}, *columns;

  PetscFunctionBegin;
  PetscCall(PetscBLASIntCast(c->P, &nrhs));
  PetscCall(PetscCalloc1((size_t)P * (size_t)d, &columns));
  for (int j = 0; j < c->members; j++)
    for (int k = 0; k < d; k++) {
      for (int m = 0; m < d; m++) S[k * d + m] += c->a[j * d + k] * c->a[j * d + m];
      cblas_daxpy(P, c->a[j * d + k], c->rest + (size_t)j * (size_t)P, 1, columns + k, d);
    }
  LAPACKgesv_(&n, &nrhs, S, &n, pivot, columns, &n, &info);
  for (int k = 0; k < d; k++)
    for (int i = 0; i < P; i++) c->lean[(size_t)k * (size_t)P + (size_t)i] = info ? 0 : columns[i * d + k];
  PetscCall(PetscFree(columns));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* rest_j = c_j - lean^T a_j, scaled so that their spread is not that of residuals, which d + 1 fitted numbers lower */
static void TakeOff(SgdComplement c) {
  const int P = (int)c->P, d = c->x.dim, n = c->members - 1;

  for (int j = 0; j < c->members; j++) {
    double *r = c->rest + (size_t)j * (size_t)P;
    for (int k = 0; k < d; k++) cblas_daxpy(P, -c->a[j * d + k], c->lean + (size_t)k * (size_t)P, 1, r, 1);
    cblas_dscal(P, sqrt((double)n / (n - d)), r, 1);
  }
}

/* The single samples of every member in a piece, the same at every point of the slice. */
static PetscErrorCode DrawSamples(SgdComplement c, PetscInt step, PetscInt samples) {
  SgdBatchDraw draw;

  PetscFunctionBegin;
  PetscCall(PetscFree(c->index));
  PetscCall(PetscMalloc1((size_t)c->members * (size_t)samples, &c->index));
  PetscCall(SgdBatchDrawCreate(SgdLandscapeSamples(c->x.landscape), samples, c->x.law, SGD_DRAW_LAST_STEP,
                               c->x.options->seed, &draw));
  for (int j = 0; j < c->members; j++)
    PetscCall(PetscArraycpy(c->index + (size_t)j * (size_t)samples, SgdBatchDrawNext(draw, j, step), (size_t)samples));
  PetscCall(SgdBatchDrawDestroy(&draw));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetScatter(SgdComplement c, int piece, SgdFrame f) {
  const SgdMemberScatter last = c->scatter;
  const PetscInt batch = c->x.schedule->batch[piece], N = SgdLandscapeSamples(c->x.landscape);
  const SgdSampling sampling = c->x.law == SGD_DRAW_WITH_REPLACEMENT ? SGD_WITH_REPLACEMENT : SGD_WITHOUT_REPLACEMENT;
  const PetscInt samples = SgdLastStepSamples(&c->x, batch);

  PetscFunctionBegin;
  c->scatter = (SgdMemberScatter){.first = last.first,
                                  .last = last.last,
                                  .d = c->x.dim,
                                  .origin = f->origin,
                                  .V = f->V,
                                  .lean = c->lean,
                                  .rest = c->rest,
                                  .batch = SgdLandscapeBatchFactor(c->x.landscape, batch, sampling),
                                  .whole = 1};
  if (samples < N) {
    PetscCall(DrawSamples(c, c->step[piece], samples));
    c->scatter.samples = samples;
    c->scatter.index = c->index;
    c->scatter.some = SgdLandscapeBatchFactor(c->x.landscape, samples, sampling);
    if (sampling == SGD_WITHOUT_REPLACEMENT) c->scatter.whole = (double)(N - 1) / (double)N;
  }
  SgdLandscapeSetScatter(c->x.landscape, &c->scatter);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdComplementEnter(SgdComplement c, int piece, SgdFrame frame) {
  PetscFunctionBegin;
  PetscCall(SgdGrowingGather(c->growing, (int)c->P, c->kept + (size_t)piece * (size_t)c->own * (size_t)c->P, c->rest));
  Split(c, frame);
  PetscCall(Regress(c));
  TakeOff(c);
  PetscCall(SetScatter(c, piece, frame));
  PetscFunctionReturn(PETSC_SUCCESS);
}
