#include "operators/linearised/hessian_noise.h"
#include "operators/linearised/path_shared.h"
#include "cases/base/blas.h"
#include <math.h>

/* F [M][M] = V H_b V^T of one batch */
static PetscErrorCode ProjectHessians(SgdLandscape l, const double *w, PetscInt batch, const PetscInt *index, int M,
                                      const double *V, double *hv, double *F) {
  const int P = (int)SgdLandscapeDimension(l);

  PetscFunctionBegin;
  for (int m = 0; m < M; m++)
    PetscCall(SgdLandscapeBatchHessianApply(l, w, batch, index, V + (size_t)m * (size_t)P, hv + (size_t)m * (size_t)P));
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, M, M, P, 1.0, V, P, hv, P, 0.0, F, M);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Entries as rows of x [entries][batches]: subtract each row's mean; then divide it by its norm. */
static void Centre(int entries, int batches, double *x) {
  for (int i = 0; i < entries; i++) {
    double mean = 0;
    for (int b = 0; b < batches; b++) mean += x[(size_t)i * (size_t)batches + (size_t)b] / batches;
    for (int b = 0; b < batches; b++) x[(size_t)i * (size_t)batches + (size_t)b] -= mean;
  }
}

static void Normalise(int entries, int batches, double *x) {
  for (int i = 0; i < entries; i++) {
    double *row = x + (size_t)i * (size_t)batches;
    const double norm = cblas_dnrm2(batches, row, 1);
    if (norm > 0) cblas_dscal(batches, 1 / norm, row, 1);
  }
}

/* Mean square correlation over pairs of different rows of unit length, |X^T X|^2 over all pairs less the diagonal. */
static PetscErrorCode Correlation(int entries, int batches, const double *x, double *rms) {
  double *gram, square;

  PetscFunctionBegin;
  *rms = 0;
  if (entries < 2) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)batches * (size_t)batches, &gram));
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, batches, batches, entries, 1.0, x, batches, x, batches, 0.0,
              gram, batches);
  square = PetscSqr(cblas_dnrm2(batches * batches, gram, 1));
  PetscCall(PetscFree(gram));
  square = (square - entries) / ((double)entries * (entries - 1)) - 1.0 / (batches - 1);
  *rms = square > 0 ? sqrt(square) : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x [M(M+1)/2][batches]: the diagonal entries first, then those above it */
static void Order(int M, int batches, const double *F, double *x) {
  for (int b = 0; b < batches; b++) {
    const double *Fb = F + (size_t)b * (size_t)M * (size_t)M;
    int entry = M;
    for (int i = 0; i < M; i++) {
      x[(size_t)i * (size_t)batches + (size_t)b] = Fb[i * (M + 1)];
      for (int j = i + 1; j < M; j++) x[(size_t)entry++ * (size_t)batches + (size_t)b] = Fb[i * M + j];
    }
  }
}

static PetscErrorCode Figures(int M, int batches, const double *F, SgdHessianNoiseFigures *f) {
  const int entries = M * (M + 1) / 2;
  double *x, diagonal, above;

  PetscFunctionBegin;
  *f = (SgdHessianNoiseFigures){.batches = batches, .modes = M};
  PetscCall(PetscMalloc1((size_t)entries * (size_t)batches, &x));
  Order(M, batches, F, x);
  Centre(entries, batches, x);
  diagonal = PetscSqr(cblas_dnrm2(M * batches, x, 1));
  above = PetscSqr(cblas_dnrm2((entries - M) * batches, x + (size_t)M * (size_t)batches, 1));
  f->diagonal_fraction = diagonal / (diagonal + 2 * above);
  Normalise(entries, batches, x);
  PetscCall(Correlation(M, batches, x, &f->diagonal_correlation));
  PetscCall(Correlation(entries, batches, x, &f->entry_correlation));
  PetscCall(PetscFree(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* F [batches][M][M], every rank its batches; zeros elsewhere. */
static PetscErrorCode ByBatches(SgdLandscape l, const double *w, PetscInt batch, SgdBatchDraw draw, int batches, int M,
                                const double *V, double *F) {
  PetscMPIInt rank, size;
  double *hv;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(SgdLandscapeComm(l), &rank));
  PetscCallMPI(MPI_Comm_size(SgdLandscapeComm(l), &size));
  PetscCall(PetscMalloc1((size_t)M * (size_t)SgdLandscapeDimension(l), &hv));
  for (int b = rank; b < batches; b += size)
    PetscCall(
        ProjectHessians(l, w, batch, SgdBatchDrawNext(draw, b, 0), M, V, hv, F + (size_t)b * (size_t)M * (size_t)M));
  PetscCall(PetscFree(hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same where vectors are shared out: every rank its samples of each batch and its stretches' part of the products. */
static PetscErrorCode ByStretches(SgdLandscape l, const double *w, SgdShares shares, PetscInt batch, SgdBatchDraw draw,
                                  int batches, int M, const double *V, double *F) {
  const int local = (int)shares->local;
  double *u, *part, *hv;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(shares->P, &u, shares->P, &part, local, &hv));
  for (int b = 0; b < batches; b++) {
    const PetscInt *index = SgdBatchDrawNext(draw, b, 0);
    double *Fb = F + (size_t)b * (size_t)M * (size_t)M;
    for (int m = 0; m < M; m++) {
      PetscCall(SgdSharesGather(shares, V + (size_t)m * (size_t)local, u));
      PetscCall(SgdSharedBatchHessian(l, shares, w, batch, index, u, part, hv));
      for (int k = 0; k < M; k++) Fb[k * M + m] = cblas_ddot(local, V + (size_t)k * (size_t)local, 1, hv, 1);
    }
  }
  PetscCall(PetscFree3(u, part, hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdHessianNoise(SgdLandscape l, const double *w, PetscInt batch, SgdSampling sampling, int batches,
                               int seed, SgdShares shares, int M, const double *V, SgdHessianNoiseFigures *f) {
  const SgdDrawLaw law = sampling == SGD_WITH_REPLACEMENT ? SGD_DRAW_WITH_REPLACEMENT : SGD_DRAW_WITHOUT_REPLACEMENT;
  const size_t square = (size_t)M * (size_t)M;
  SgdBatchDraw draw;
  double *F;

  PetscFunctionBegin;
  PetscCall(SgdBatchDrawCreate(SgdLandscapeSamples(l), batch, law, SGD_DRAW_HESSIAN, seed, &draw));
  PetscCall(PetscCalloc1((size_t)batches * square, &F));
  PetscCall(shares ? ByStretches(l, w, shares, batch, draw, batches, M, V, F)
                   : ByBatches(l, w, batch, draw, batches, M, V, F));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, F, (PetscMPIInt)((size_t)batches * square), MPI_DOUBLE, MPI_SUM,
                             SgdLandscapeComm(l)));
  PetscCall(Figures(M, batches, F, f));
  PetscCall(PetscFree(F));
  PetscCall(SgdBatchDrawDestroy(&draw));
  PetscFunctionReturn(PETSC_SUCCESS);
}
