#include "operators/noise/sample_law.h"
#include "cases/noise/batch_law.h"

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

void SgdSampleLawSides(SgdSampleLaw l, int a, double tail, double side[2]) {
  SgdBatchLawSides(l->N, l->c + (l->phase_space ? 0 : a * l->N), l->B, tail, side);
}

double SgdSampleLawReach(SgdSampleLaw l, int a, double tail) {
  double side[2];

  SgdSampleLawSides(l, a, tail, side);
  return PetscMax(side[0], side[1]);
}
