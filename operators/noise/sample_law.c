#include "operators/noise/sample_law.h"
#include "cases/noise/batch_law.h"
#include "cases/noise/draw_law.h"

struct _p_SgdSampleLaw {
  const SgdStep *step;
  int N, B, slice; /* dimension of the slice */
  PetscBool phase_space, subsets;
  double *w, *gi, *c; /* point [P], gradients [N][slice], centred [slice][N] */
  char words[256];
};

static PetscErrorCode Describe(SgdSampleLaw l, SgdSampling sampling) {
  const double N = l->N, B = l->B;

  PetscFunctionBegin;
  if (sampling == SGD_WITH_REPLACEMENT)
    PetscCall(
        PetscSNPrintf(l->words, sizeof l->words, "exact, batches of %d from %d samples with replacement", l->B, l->N));
  else if (l->subsets)
    PetscCall(PetscSNPrintf(l->words, sizeof l->words, "exact, batches of %d from %d samples without replacement", l->B,
                            l->N));
  else /* third cumulant of the mean of B of N: kappa_3/B^2 (N-B)(N-2B)/((N-1)(N-2)) */
    PetscCall(PetscSNPrintf(l->words, sizeof l->words,
                            "batches of %d from %d samples with replacement, scaled by the finite-population factor "
                            "sqrt((N-B)/(N-1)): mean and covariance exact, skewness %.2g times that without",
                            l->B, l->N, (N - 2) / (N - 2 * B) * sqrt((N - B) / (N - 1))));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSampleLawCreate(const SgdStep *step, SgdSampleLaw *law) {
  SgdSampleLaw l;

  PetscFunctionBegin;
  PetscCall(PetscNew(&l));
  l->step = step;
  l->N = (int)SgdLandscapeSamples(step->landscape);
  l->B = (int)step->batch;
  l->slice = step->frame->dim;
  l->phase_space = (PetscBool)(step->fields->grid->dim > l->slice);
  l->subsets =
      (PetscBool)(step->sampling == SGD_WITHOUT_REPLACEMENT && (double)l->N * l->B <= SGD_BATCH_LAW_MOST_SUBSETS);
  PetscCall(PetscCalloc3(step->frame->P, &l->w, l->N * l->slice, &l->gi, l->N * l->slice, &l->c));
  PetscCall(Describe(l, step->sampling));
  *law = l;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSampleLawDestroy(SgdSampleLaw *law) {
  PetscFunctionBegin;
  if (!*law) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree3((*law)->w, (*law)->gi, (*law)->c));
  PetscCall(PetscFree(*law));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *SgdSampleLawWords(SgdSampleLaw l) {
  return l->words;
}

/* A pass over the data takes about 4 (1 + d) operations a parameter and sample, at 3e9 a second; a phase about 1.5 ns.
 */
void SgdSampleLawCost(SgdSampleLaw l, double *point, double *mode) {
  *point = 4e-9 / 3 * (1 + l->slice) * l->N * (double)l->step->frame->P;
  *mode = l->subsets ? 1e-9 * l->N * l->B : 1.5e-9 * l->N;
}

PetscErrorCode SgdSampleLawAt(SgdSampleLaw l, const double x[]) {
  const SgdStep *ctx = l->step;
  const double population =
      ctx->sampling == SGD_WITHOUT_REPLACEMENT && !l->subsets ? sqrt((double)(l->N - l->B) / (l->N - 1)) : 1;

  PetscFunctionBegin;
  SgdFramePoint(ctx->frame, x, l->w);
  PetscCall(SgdLandscapeSampleGradients(ctx->landscape, l->w, l->slice, ctx->frame->V, l->gi));
  for (int a = 0; a < l->slice; a++) {
    double mean = 0;
    for (int i = 0; i < l->N; i++) mean += l->gi[i * l->slice + a] / l->N;
    for (int i = 0; i < l->N; i++) l->c[a * l->N + i] = (l->gi[i * l->slice + a] - mean) * population;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const double *SgdSampleLawDraws(SgdSampleLaw l, int *N, int *B) {
  *N = l->N;
  *B = l->B;
  return l->subsets || l->phase_space ? NULL : l->c;
}

PetscErrorCode SgdSampleLawLine(SgdSampleLaw l, const double q0[], const double dq[], PetscInt n,
                                double _Complex phi[]) {
  const double start = l->phase_space ? q0[0] + q0[1] : 0, step = l->phase_space ? dq[0] + dq[1] : 0;
  const double *q = l->phase_space ? &start : q0, *delta = l->phase_space ? &step : dq;

  PetscFunctionBegin;
  if (!l->subsets)
    SgdBatchLawWithReplacement(l->N, l->slice, l->c, l->B, q, delta, (int)n, phi);
  else
    PetscCheck(!SgdBatchLawWithoutReplacement(l->N, l->slice, l->c, l->B, q, delta, (int)n, phi), PETSC_COMM_SELF,
               PETSC_ERR_MEM, "Out of memory");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSampleLawTensor(SgdSampleLaw l, const int M[], const double *const q[], double *phi) {
  int waves = 1;

  PetscFunctionBegin;
  for (int a = 0; a < l->slice; a++) waves *= M[a];
  PetscCheck(!SgdDrawLawTensor(l->N, l->slice, l->c, l->B, M, q, phi), PETSC_COMM_SELF, PETSC_ERR_MEM, "Out of memory");
  SgdComplexPowers(l->B, waves, phi, phi + waves);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The waves of a block of lines, axis by axis; in three dimensions the middle one has one. */
static PetscErrorCode Block(SgdSampleLaw l, const double q0[], int lines, double across, double step, int n,
                            double _Complex phi[]) {
  const int last = l->slice - 1, M[3] = {lines, last > 1 ? 1 : n, n}, waves = lines * n;
  double *first, *end, *value;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(lines, &first, n, &end, 2 * waves, &value));
  for (int i = 0; i < lines; i++) first[i] = q0[0] + i * across;
  for (int j = 0; j < n; j++) end[j] = q0[last] + j * step;
  const double *q[3] = {first, last > 1 ? q0 + 1 : end, end};
  PetscCall(SgdSampleLawTensor(l, M, q, value));
  for (int i = 0; i < lines; i++)
    for (int j = 0; j < n; j++) phi[i * n + j] = CMPLX(value[j * lines + i], value[waves + j * lines + i]);
  PetscCall(PetscFree3(first, end, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define WORTH 8 /* lines whose exponentials pay for themselves */

PetscErrorCode SgdSampleLawLines(SgdSampleLaw l, const double q0[], int lines, double across, const double dq[],
                                 PetscInt n, double _Complex phi[]) {
  double q[3] = {q0[0], l->slice > 1 ? q0[1] : 0, l->slice > 2 ? q0[2] : 0};
  int N, B;

  PetscFunctionBegin;
  if (lines >= WORTH && SgdSampleLawDraws(l, &N, &B)) {
    PetscCall(Block(l, q0, lines, across, dq[l->slice - 1], (int)n, phi));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (int i = 0; i < lines; i++) {
    q[0] = q0[0] + i * across;
    PetscCall(SgdSampleLawLine(l, q, dq, n, phi + i * n));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdSampleLawSides(SgdSampleLaw l, int a, double tail, double side[2]) {
  SgdBatchLawSides(l->N, l->c + (l->phase_space ? 0 : a * l->N), l->B, tail, side);
}

double SgdSampleLawReach(SgdSampleLaw l, int a, double tail) {
  double side[2];

  SgdSampleLawSides(l, a, tail, side);
  return PetscMax(side[0], side[1]);
}
