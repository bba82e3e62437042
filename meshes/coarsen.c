/* z_r = sum_{j=-3..4} w_j y_{2r+j} along each axis, w = 2 x the weights of Lagrange's midpoint formula. Their halves on
   even and odd cells sum to one each, so that every fine cell gives all its mass. */
#include "meshes/coarsen.h"

#define REACH 3
static const double weight[2 * REACH + 2] = {-5. / 1024,   49. / 1024,   -245. / 1024, 1225. / 1024,
                                             1225. / 1024, -245. / 1024, 49. / 1024,   -5. / 1024};

PetscErrorCode SgdHalveGrid(SgdGrid fine, SgdGrid *half) {
  PetscInt n[3] = {1, 1, 1};

  PetscFunctionBegin;
  for (int a = 0; a < fine->dim; a++) {
    PetscCheck(fine->n[a] % 2 == 0, fine->comm, PETSC_ERR_ARG_SIZ, "Axis %d has an odd number of cells", a + 1);
    n[a] = fine->n[a] / 2;
  }
  PetscCall(SgdGridCreate(fine->comm, fine->dim, n, fine->min, fine->max, fine->boundary, half));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Index i of an axis of n cells, wrapped or mirrored into it. */
static PetscInt Inside(PetscInt i, PetscInt n, PetscBool periodic) {
  const PetscInt period = periodic ? n : 2 * n;

  i = ((i % period) + period) % period;
  return i < n ? i : period - 1 - i;
}

/* Fine indices that the coarse ones [first, last) take from: 2 (last - first) + 2 REACH of them. */
static PetscErrorCode Sources(SgdGrid fine, int axis, PetscInt first, PetscInt last, PetscInt **source) {
  const PetscBool periodic = (PetscBool)(fine->boundary[axis] == SGD_PERIODIC);
  const PetscInt count = 2 * (last - first) + 2 * REACH;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(count, source));
  for (PetscInt i = 0; i < count; i++) (*source)[i] = Inside(2 * first - REACH + i, fine->n[axis], periodic);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x [outer][n][inner] to z [outer][half][inner]; place i of an axis extended by REACH is x's source[i]. */
static void HalveAxis(const double *x, PetscInt outer, PetscInt n, PetscInt inner, const PetscInt source[],
                      PetscInt half, double *z) {
  for (PetscInt o = 0; o < outer; o++)
    for (PetscInt r = 0; r < half; r++)
      for (PetscInt i = 0; i < inner; i++) {
        double sum = 0;
        for (int j = 0; j < 2 * REACH + 2; j++) sum += weight[j] * x[(o * n + source[2 * r + j]) * inner + i];
        z[(o * half + r) * inner + i] = sum;
      }
}

/* The fine rows that this rank's coarse rows take from, in order, from whoever owns them. */
static PetscErrorCode FetchRows(SgdGrid fine, Vec y, SgdGrid half, Vec *rows) {
  const PetscInt count = half->last_row > half->first_row ? 2 * (half->last_row - half->first_row) + 2 * REACH : 0;
  PetscInt *source;
  VecScatter scatter;
  IS is;

  PetscFunctionBegin;
  PetscCall(Sources(fine, fine->dim - 1, half->first_row, half->last_row, &source));
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, count * fine->row, rows));
  PetscCall(ISCreateBlock(PETSC_COMM_SELF, fine->row, count, source, PETSC_COPY_VALUES, &is));
  PetscCall(VecScatterCreate(y, is, *rows, NULL, &scatter));
  PetscCall(VecScatterBegin(scatter, y, *rows, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(scatter, y, *rows, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterDestroy(&scatter));
  PetscCall(ISDestroy(&is));
  PetscCall(PetscFree(source));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The slowest axis: the fetched rows stand in place already. */
static PetscErrorCode HalveRows(const double *x, SgdGrid fine, SgdGrid half, double *z) {
  const PetscInt rows = half->last_row - half->first_row, held = 2 * rows + 2 * REACH;
  PetscInt *place;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(held, &place));
  for (PetscInt i = 0; i < held; i++) place[i] = i;
  HalveAxis(x, 1, held, fine->row, place, rows, z);
  PetscCall(PetscFree(place));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The faster axes, the fastest first, from one array to the other; x ends as the one that holds the result. */
static PetscErrorCode HalveFasterAxes(SgdGrid fine, SgdGrid half, double **x, double **z) {
  PetscInt inner = 1, outer = (half->last_row - half->first_row) * fine->row, *source;

  PetscFunctionBegin;
  for (int a = 0; a < fine->dim - 1; a++) {
    double *swap = *x;
    outer /= fine->n[a];
    PetscCall(Sources(fine, a, 0, half->n[a], &source));
    HalveAxis(*x, outer, fine->n[a], inner, source, half->n[a], *z);
    PetscCall(PetscFree(source));
    inner *= half->n[a];
    *x = *z;
    *z = swap;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdHalveState(SgdGrid fine, Vec y, SgdGrid half, Vec z) {
  const PetscInt rows = half->last_row - half->first_row;
  double *work[2], *x, *other;
  const PetscScalar *held;
  PetscScalar *out;
  Vec window;

  PetscFunctionBegin;
  PetscCall(FetchRows(fine, y, half, &window));
  PetscCall(PetscMalloc2(rows * fine->row, &work[0], rows * fine->row, &work[1]));
  x = work[0];
  other = work[1];
  PetscCall(VecGetArrayRead(window, &held));
  if (rows) PetscCall(HalveRows(held, fine, half, x));
  PetscCall(VecRestoreArrayRead(window, &held));
  PetscCall(HalveFasterAxes(fine, half, &x, &other));
  PetscCall(VecSet(z, 0));
  PetscCall(VecGetArray(z, &out));
  PetscCall(PetscArraycpy(out, x, rows * half->row));
  PetscCall(VecRestoreArray(z, &out));
  PetscCall(PetscFree2(work[0], work[1]));
  PetscCall(VecDestroy(&window));
  PetscFunctionReturn(PETSC_SUCCESS);
}
