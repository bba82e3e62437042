/* The far jumps of model levy as convolutions along the axes: with f_a = sigma_a^alpha h_a^{-alpha} p,
     y += sum_a (K_a * f_a - W_a f_a),   K_a(o) = w_|o| for |o| >= 2,   W_a = sum_o K_a(o) and the tails over the faces,
   and the tails to the ledger. An absorbing line of n cells is padded to 2n, K cut at n - 1 cells: nothing wraps. What
   rounding leaves of the mass (1e-16 of what jumps) goes to the ledger of an absorbing axis in equal parts. */
#include "operators/generators/fractional_laplacian.h"
#include "operators/generators/levy_fft.h"
#include "operators/generators/line_convolution.h"
#include "operators/matrices/shell.h"

typedef struct {
  SgdGrid grid;
  Mat near;
  SgdLineConvolution convolution[3];
  double total[3];     /* W_a */
  double *strength[3]; /* [cells of this rank] */
  double *tail[3];     /* [n_a + 1]: rate of jumps by at least k >= 2 cells to one side; NULL: closed axis */
  PetscBool last;
  Vec f;
} Far;

/* The cells of rank-local arrays: strength times x. */
static PetscErrorCode Weigh(Far *k, int a, Vec x, Vec f) {
  const double *from;
  double *to;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(x, &from));
  PetscCall(VecGetArray(f, &to));
  for (PetscInt i = 0; i < k->grid->last_cell - k->grid->first_cell; i++) to[i] = k->strength[a][i] * from[i];
  PetscCall(VecRestoreArray(f, &to));
  PetscCall(VecRestoreArrayRead(x, &from));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rates over the lower and upper face of axis a from a cell. */
static void OverFaces(const Far *k, int a, PetscInt cell, double rate[2]) {
  PetscInt index[3];

  SgdGridIndex(k->grid, cell, index);
  rate[0] = k->tail[a][PetscMax(2, index[a] + 1)];
  rate[1] = k->tail[a][PetscMax(2, k->grid->n[a] - index[a])];
}

/* What f loses through the faces of axis a, on all ranks. */
static PetscErrorCode Lost(Far *k, int a, Vec f, double lost[2]) {
  const double *x;
  double rate[2];

  PetscFunctionBegin;
  lost[0] = lost[1] = 0;
  if (!k->tail[a]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecGetArrayRead(f, &x));
  for (PetscInt cell = k->grid->first_cell; cell < k->grid->last_cell; cell++) {
    OverFaces(k, a, cell, rate);
    for (int side = 0; side < 2; side++) lost[side] += rate[side] * x[cell - k->grid->first_cell];
  }
  PetscCall(VecRestoreArrayRead(f, &x));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, lost, 2, MPI_DOUBLE, MPI_SUM, k->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddToLedger(Far *k, int a, const double lost[2], Vec y) {
  double *to;

  PetscFunctionBegin;
  PetscCall(VecGetArray(y, &to));
  for (int side = 0; side < 2 && k->last; side++)
    to[k->grid->last_cell - k->grid->first_cell + 2 * a + side] += lost[side];
  PetscCall(VecRestoreArray(y, &to));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The sum of y's cells and of its ledger is zero but for rounding, which the first absorbing axis takes. */
static PetscErrorCode CloseBalance(Far *k, Vec y) {
  double rest;

  PetscFunctionBegin;
  for (int a = 0; a < k->grid->dim; a++) {
    if (!k->tail[a]) continue;
    PetscCall(VecSum(y, &rest));
    const double share[2] = {-rest / 2, -rest / 2};
    PetscCall(AddToLedger(k, a, share, y));
    break;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatMult_LevyFFT(Mat A, Vec x, Vec y) {
  double lost[2];
  Far *k;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &k));
  PetscCall(MatMult(k->near, x, y));
  for (int a = 0; a < k->grid->dim; a++) {
    PetscCall(Weigh(k, a, x, k->f));
    PetscCall(SgdLineConvolutionAdd(k->convolution[a], k->f, PETSC_FALSE, y));
    PetscCall(VecAXPY(y, -k->total[a], k->f)); /* its ledger is zero */
    PetscCall(Lost(k, a, k->f, lost));
    PetscCall(AddToLedger(k, a, lost, y));
  }
  PetscCall(CloseBalance(k, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y_j += strength_j (K * x - W x + tails to the faces' values)_j */
static PetscErrorCode AddBackward(Far *k, int a, Vec x, const double face[6], Vec y) {
  const double *in, *f;
  double *out, rate[2] = {0, 0};

  PetscFunctionBegin;
  PetscCall(VecSet(k->f, 0));
  PetscCall(SgdLineConvolutionAdd(k->convolution[a], x, PETSC_TRUE, k->f));
  PetscCall(VecGetArrayRead(x, &in));
  PetscCall(VecGetArrayRead(k->f, &f));
  PetscCall(VecGetArray(y, &out));
  for (PetscInt i = 0; i < k->grid->last_cell - k->grid->first_cell; i++) {
    if (k->tail[a]) OverFaces(k, a, k->grid->first_cell + i, rate);
    out[i] += k->strength[a][i] * (f[i] - k->total[a] * in[i] + rate[0] * face[2 * a] + rate[1] * face[2 * a + 1]);
  }
  PetscCall(VecRestoreArray(y, &out));
  PetscCall(VecRestoreArrayRead(k->f, &f));
  PetscCall(VecRestoreArrayRead(x, &in));
  PetscCall(VecSet(k->f, 0)); /* Mult relies on its ledger */
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatMultTranspose_LevyFFT(Mat A, Vec x, Vec y) {
  double face[6];
  Far *k;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &k));
  PetscCall(SgdGridLedger(k->grid, x, face));
  PetscCall(MatMultTranspose(k->near, x, y));
  for (int a = 0; a < k->grid->dim; a++) PetscCall(AddBackward(k, a, x, face, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The rate at which mass leaves a cell; on a mirrored axis also where it comes back to it (as model_jump.c). */
static PetscErrorCode MatGetDiagonal_LevyFFT(Mat A, Vec diagonal) {
  double *d;
  Far *k;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &k));
  PetscCall(MatGetDiagonal(k->near, diagonal));
  PetscCall(VecGetArray(diagonal, &d));
  for (int a = 0; a < k->grid->dim; a++)
    for (PetscInt i = 0; i < k->grid->last_cell - k->grid->first_cell; i++) d[i] -= k->total[a] * k->strength[a][i];
  PetscCall(VecRestoreArray(diagonal, &d));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatDestroy_LevyFFT(void *given) {
  Far *k = SgdShellContext(given);

  PetscFunctionBegin;
  for (int a = 0; a < 3; a++) {
    PetscCall(SgdLineConvolutionDestroy(&k->convolution[a]));
    PetscCall(PetscFree(k->strength[a]));
    PetscCall(PetscFree(k->tail[a]));
  }
  PetscCall(MatDestroy(&k->near));
  PetscCall(VecDestroy(&k->f));
  PetscCall(PetscFree(k));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An open axis: w_2 .. w_{n-1} either way on a ring of 2n, and the tails from n on; W is all of it. */
static PetscErrorCode OpenAxis(Far *k, int a, double alpha, const SgdLevyAxis *x) {
  const int n = (int)k->grid->n[a];
  double *kernel;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(2 * n, &kernel));
  for (int o = 2; o < n; o++) kernel[o] = kernel[2 * n - o] = x->rate[o];
  PetscCall(SgdLineConvolutionCreate(k->grid, a, 2 * n, kernel, SGD_LINE_PLAIN, &k->convolution[a]));
  PetscCall(PetscFree(kernel));
  PetscCall(PetscCalloc1(n + 2, &k->tail[a]));
  for (int o = 2; o <= n + 1; o++) k->tail[a][o] = SgdFractionalTail(alpha, o, x->rate[o]);
  k->total[a] = 2 * k->tail[a][2];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A closed one: the ring's rates without the jumps by one cell. */
static PetscErrorCode ClosedAxis(Far *k, int a, double near, const SgdLevyAxis *x) {
  double *kernel;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(x->period, &kernel));
  k->total[a] = 0;
  for (int o = 1; o < x->period; o++) {
    kernel[o] = PetscMax(0, x->rate[o] - near * ((o == 1) + (o == x->period - 1)));
    k->total[a] += kernel[o];
  }
  PetscCall(SgdLineConvolutionCreate(k->grid, a, x->period, kernel,
                                     k->grid->boundary[a] == SGD_REFLECTING ? SGD_LINE_MIRRORED : SGD_LINE_PLAIN,
                                     &k->convolution[a]));
  PetscCall(PetscFree(kernel));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetUpAxis(const SgdLevyNoise *l, Far *k, int a, double near) {
  const PetscInt cells = k->grid->last_cell - k->grid->first_cell;
  SgdLevyAxis x;

  PetscFunctionBegin;
  PetscCall(SgdLevyAxisCreate(k->grid, a, l->alpha, &x));
  PetscCall(k->grid->boundary[a] == SGD_ABSORBING ? OpenAxis(k, a, l->alpha, &x) : ClosedAxis(k, a, near, &x));
  PetscCall(SgdLevyAxisDestroy(&x));
  PetscCall(PetscMalloc1(cells, &k->strength[a]));
  for (PetscInt i = 0; i < cells; i++)
    k->strength[a][i] =
        SgdLevyStrength(l, a, k->grid->first_cell + i - l->fields->first_cell) * pow(k->grid->h[a], -l->alpha);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The near jumps with all rates out of a cell. */
static PetscErrorCode ComposePart(Mat A, Far *k, const char *name) {
  Vec diagonal;
  Mat part;

  PetscFunctionBegin;
  PetscCall(MatDuplicate(k->near, MAT_COPY_VALUES, &part));
  PetscCall(VecDuplicate(k->f, &diagonal));
  PetscCall(MatGetDiagonal(A, diagonal));
  PetscCall(MatDiagonalSet(part, diagonal, INSERT_VALUES));
  PetscCall(VecDestroy(&diagonal));
  PetscCall(PetscObjectCompose((PetscObject)A, name, (PetscObject)part));
  PetscCall(MatDestroy(&part));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLevyFarJumpsFft(const SgdLevyNoise *l, double rate, const char *part, Mat *near, Mat *A) {
  SgdGrid grid = l->fields->grid;
  PetscMPIInt rank, ranks;
  PetscInt local, size;
  Far *k;

  PetscFunctionBegin;
  PetscCall(PetscNew(&k));
  k->grid = grid;
  k->near = *near;
  *near = NULL;
  PetscCallMPI(MPI_Comm_rank(grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(grid->comm, &ranks));
  k->last = (PetscBool)(rank == ranks - 1);
  PetscCall(SgdGridCreateState(grid, &k->f));
  for (int a = 0; a < grid->dim; a++) PetscCall(SetUpAxis(l, k, a, rate));
  PetscCall(MatGetLocalSize(k->near, &local, NULL));
  PetscCall(MatGetSize(k->near, &size, NULL));
  PetscCall(MatCreateShell(grid->comm, local, local, size, size, k, A));
  PetscCall(MatShellSetContextDestroy(*A, MatDestroy_LevyFFT));
  PetscCall(MatShellSetOperation(*A, MATOP_MULT, (void (*)(void))MatMult_LevyFFT));
  PetscCall(MatShellSetOperation(*A, MATOP_MULT_TRANSPOSE, (void (*)(void))MatMultTranspose_LevyFFT));
  PetscCall(MatShellSetOperation(*A, MATOP_GET_DIAGONAL, (void (*)(void))MatGetDiagonal_LevyFFT));
  PetscCall(ComposePart(*A, k, part));
  PetscFunctionReturn(PETSC_SUCCESS);
}
