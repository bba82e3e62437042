#include "operators/generators/line_convolution.h"
#include <fftw3.h>

struct _p_SgdLineConvolution {
  SgdLineEnd end;
  int n, period;
  PetscInt lines; /* of this rank */
  VecScatter scatter;
  Vec cells;      /* [lines][n] */
  double *ring;   /* [lines][2 (period/2 + 1)], transformed in place */
  double *symbol; /* [period/2 + 1], over period */
  fftw_plan forward, inverse;
};

/* Lines: this rank's own cells, or on the slowest axis its share of the columns. */
static PetscErrorCode Lines(SgdGrid grid, int axis, PetscInt *lines, PetscInt **base, PetscInt *stride) {
  const PetscBool last = (PetscBool)(axis == grid->dim - 1);
  PetscInt first = last ? 0 : grid->first_cell, end = last ? grid->row : grid->last_cell, count = 0, index[3];
  PetscMPIInt rank, ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(grid->comm, &ranks));
  if (last) {
    first = grid->row * rank / ranks;
    end = grid->row * (rank + 1) / ranks;
  }
  *stride = 1;
  for (int a = 0; a < axis; a++) *stride *= grid->n[a];
  PetscCall(PetscMalloc1(PetscMax(1, end - first), base));
  for (PetscInt cell = first; cell < end; cell++) {
    SgdGridIndex(grid, cell, index);
    if (index[axis] == 0) (*base)[count++] = cell;
  }
  *lines = count;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GatherLines(SgdGrid grid, int axis, SgdLineConvolution c) {
  PetscInt *base, *index, stride;
  Vec state;
  IS cells;

  PetscFunctionBegin;
  PetscCall(Lines(grid, axis, &c->lines, &base, &stride));
  PetscCall(PetscMalloc1(PetscMax(1, c->lines * c->n), &index));
  for (PetscInt l = 0; l < c->lines; l++)
    for (PetscInt i = 0; i < c->n; i++) index[l * c->n + i] = base[l] + i * stride;
  PetscCall(PetscFree(base));
  PetscCall(SgdGridCreateState(grid, &state));
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, c->lines * c->n, &c->cells));
  PetscCall(ISCreateGeneral(PETSC_COMM_SELF, c->lines * c->n, index, PETSC_OWN_POINTER, &cells));
  PetscCall(VecScatterCreate(state, cells, c->cells, NULL, &c->scatter));
  PetscCall(ISDestroy(&cells));
  PetscCall(VecDestroy(&state));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The kernel's transform is real; 1/period of it, for the inverse. */
static PetscErrorCode Symbol(SgdLineConvolution c, const double kernel[]) {
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(c->period / 2 + 1, &c->symbol));
  for (int m = 0; m <= c->period / 2; m++) {
    long double sum = kernel[0];
    for (int o = 1; o < c->period; o++)
      sum += kernel[o] * cosl(2 * 3.14159265358979323846264338327950288L * ((long)m * o % c->period) / c->period);
    c->symbol[m] = (double)(sum / c->period);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLineConvolutionCreate(SgdGrid grid, int axis, int period, const double kernel[], SgdLineEnd end,
                                        SgdLineConvolution *convolution) {
  const int half = period / 2 + 1;
  SgdLineConvolution c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  c->end = end;
  c->n = (int)grid->n[axis];
  c->period = period;
  PetscCall(GatherLines(grid, axis, c));
  PetscCall(Symbol(c, kernel));
  c->ring = fftw_malloc((size_t)PetscMax(1, c->lines) * 2 * (size_t)half * sizeof *c->ring);
  PetscCheck(c->ring, PETSC_COMM_SELF, PETSC_ERR_MEM, "No memory for %" PetscInt_FMT " lines", c->lines);
  c->forward = fftw_plan_many_dft_r2c(1, &period, (int)c->lines, c->ring, NULL, 1, 2 * half, (fftw_complex *)c->ring,
                                      NULL, 1, half, FFTW_ESTIMATE);
  c->inverse = fftw_plan_many_dft_c2r(1, &period, (int)c->lines, (fftw_complex *)c->ring, NULL, 1, half, c->ring, NULL,
                                      1, 2 * half, FFTW_ESTIMATE);
  *convolution = c;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLineConvolutionDestroy(SgdLineConvolution *convolution) {
  SgdLineConvolution c = *convolution;

  PetscFunctionBegin;
  if (!c) PetscFunctionReturn(PETSC_SUCCESS);
  if (c->forward) fftw_destroy_plan(c->forward);
  if (c->inverse) fftw_destroy_plan(c->inverse);
  fftw_free(c->ring);
  PetscCall(PetscFree(c->symbol));
  PetscCall(VecScatterDestroy(&c->scatter));
  PetscCall(VecDestroy(&c->cells));
  PetscCall(PetscFree(*convolution));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void FillLines(SgdLineConvolution c, const double *cells, PetscBool mirror) {
  const int padded = 2 * (c->period / 2 + 1);

  for (PetscInt l = 0; l < c->lines; l++) {
    double *ring = c->ring + l * padded;
    for (int i = 0; i < c->n; i++) ring[i] = cells[l * c->n + i];
    for (int i = c->n; i < c->period; i++) ring[i] = mirror ? ring[2 * c->n - 1 - i] : 0;
  }
}

static void MultiplySymbol(SgdLineConvolution c) {
  const int half = c->period / 2 + 1;

  for (PetscInt l = 0; l < c->lines; l++)
    for (int m = 0; m < half; m++) {
      c->ring[2 * (l * half + m)] *= c->symbol[m];
      c->ring[2 * (l * half + m) + 1] *= c->symbol[m];
    }
}

static void EmptyLines(SgdLineConvolution c, double *cells, PetscBool fold) {
  const int padded = 2 * (c->period / 2 + 1);

  for (PetscInt l = 0; l < c->lines; l++) {
    const double *ring = c->ring + l * padded;
    for (int i = 0; i < c->n; i++) cells[l * c->n + i] = ring[i] + (fold ? ring[2 * c->n - 1 - i] : 0);
  }
}

PetscErrorCode SgdLineConvolutionAdd(SgdLineConvolution c, Vec in, PetscBool transpose, Vec out) {
  const PetscBool mirrored = (PetscBool)(c->end == SGD_LINE_MIRRORED);
  double *cells;

  PetscFunctionBegin;
  PetscCall(VecScatterBegin(c->scatter, in, c->cells, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(c->scatter, in, c->cells, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecGetArray(c->cells, &cells));
  FillLines(c, cells, (PetscBool)(mirrored && transpose));
  if (c->lines) fftw_execute(c->forward);
  MultiplySymbol(c);
  if (c->lines) fftw_execute(c->inverse);
  EmptyLines(c, cells, (PetscBool)(mirrored && !transpose));
  PetscCall(VecRestoreArray(c->cells, &cells));
  PetscCall(VecScatterBegin(c->scatter, c->cells, out, ADD_VALUES, SCATTER_REVERSE));
  PetscCall(VecScatterEnd(c->scatter, c->cells, out, ADD_VALUES, SCATTER_REVERSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}
