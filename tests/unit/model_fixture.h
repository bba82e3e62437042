/* What the tests of fields and models share: a landscape from text, its slice along coordinate axes, the fields on it,
   and a model as a plain matrix. */
#pragma once
#include "landscape_fixture.h"
#include "operators/models/model.h"
#include "cases/base/random.h"
#include "meshes/slice.h"
#include <slepcsys.h>

typedef struct {
  MPI_Comm comm;
  SgdCase kase;
  SgdStep step; /* landscape, frame, fields, learning_rate, batch, sampling */
  SgdGrid grid;
  SgdModel model; /* NULL until BenchModel */
} Bench;

/* Sections `landscape` and `slice` (with box and cells) of the text; the axes are the first coordinates. */
static inline Bench BenchOpen(MPI_Comm comm, const char *text, double eta, PetscInt batch) {
  Bench b = {.comm = comm, .step = {.learning_rate = eta, .batch = batch}};
  const SgdSliceNeed need = {{-1, -1, -1}, {1, 1, 1}, {1, 1, 1}};
  SgdSliceOptions *slice;

  b.kase = OpenText(comm, text);
  assert_int_equal(SgdLandscapeCreate(b.kase, &b.step.landscape), 0);
  assert_int_equal(SgdSliceRead(b.kase, PETSC_FALSE, &slice), 0);
  const PetscInt P = SgdLandscapeDimension(b.step.landscape);
  double *origin = calloc((size_t)P, sizeof *origin);
  assert_int_equal(SgdFrameCreate(SgdSliceDimension(slice), P, origin, &b.step.frame), 0);
  free(origin);
  for (int a = 0; a < b.step.frame->dim; a++) b.step.frame->V[a * P + a] = 1;
  assert_int_equal(SgdSliceGrid(b.kase, slice, comm, &need, &b.grid), 0);
  return b;
}

static inline void BenchFields(Bench *b, PetscInt nodes, PetscInt halo) {
  const SgdFieldsContext context = {.landscape = b->step.landscape,
                                    .frame = b->step.frame,
                                    .batch = b->step.batch,
                                    .sampling = b->step.sampling,
                                    .nodes = nodes,
                                    .halo = halo};
  assert_int_equal(SgdFieldsCreate(b->grid, &context, &b->step.fields), 0);
}

/* Build item models.0; the result is SgdModelSetUp's code. */
static inline PetscErrorCode BenchModel(Bench *b) {
  if (!b->step.fields) BenchFields(b, 0, 8);
  assert_int_equal(SgdModelCreate(b->kase, "models.0", &b->model), 0);
  return SgdModelSetUp(b->model, &b->step);
}

/* All of it, for a case that is right. */
static inline Bench BenchBuild(const char *text, double eta, PetscInt batch) {
  Bench b = BenchOpen(PETSC_COMM_WORLD, text, eta, batch);
  assert_int_equal(BenchModel(&b), 0);
  return b;
}

static inline void BenchClose(Bench *b) {
  assert_int_equal(SgdModelDestroy(&b->model), 0);
  assert_int_equal(SgdFieldsDestroy(&b->step.fields), 0);
  assert_int_equal(SgdGridDestroy(&b->grid), 0);
  assert_int_equal(SgdFrameDestroy(&b->step.frame), 0);
  assert_int_equal(SgdLandscapeDestroy(&b->step.landscape), 0);
  assert_int_equal(SgdCaseClose(&b->kase), 0);
}

/* y = value(x) at every cell centre, zero in the ledger. */
static inline Vec FillState(SgdGrid grid, double (*value)(const double *x)) {
  PetscScalar *array;
  Vec y;

  assert_int_equal(SgdGridCreateState(grid, &y), 0);
  VecGetArray(y, &array);
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    double x[3] = {0, 0, 0};
    SgdGridCentre(grid, cell, x);
    array[cell - grid->first_cell] = value(x);
  }
  VecRestoreArray(y, &array);
  return y;
}

/* Uniform random masses on the cells at least `margin` cells from every face, the same on any number of ranks; with
   total mass one. Negative margin: the ledger too. */
static inline Vec RandomState(SgdGrid grid, uint64_t seed, PetscInt margin) {
  PetscInt first, last, index[3];
  PetscScalar sum;
  Vec y;

  assert_int_equal(SgdGridCreateState(grid, &y), 0);
  VecGetOwnershipRange(y, &first, &last);
  for (PetscInt i = first; i < last; i++) {
    PetscBool in = (PetscBool)(margin < 0 || i < grid->cells);
    SgdGridIndex(grid, i, index);
    for (int a = 0; a < grid->dim && margin >= 0; a++)
      if (index[a] < margin || index[a] >= grid->n[a] - margin) in = PETSC_FALSE;
    if (in) VecSetValue(y, i, SgdRandomUniform(seed, 0, (uint64_t)i), INSERT_VALUES);
  }
  VecAssemblyBegin(y);
  VecAssemblyEnd(y);
  VecSum(y, &sum);
  VecScale(y, 1 / sum);
  return y;
}

/* sum, first and raw second moments of what is in the box: m[0]; m[1 + a]; m[1 + d + pair] */
static inline void RawMoments(SgdGrid grid, Vec y, double m[10]) {
  const int d = grid->dim;
  const PetscScalar *array;

  memset(m, 0, 10 * sizeof *m);
  VecGetArrayRead(y, &array);
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    const double mass = array[cell - grid->first_cell];
    double x[3];
    SgdGridCentre(grid, cell, x);
    m[0] += mass;
    for (int a = 0; a < d; a++) {
      m[1 + a] += mass * x[a];
      for (int b = a; b < d; b++) m[1 + d + SgdPair(d, a, b)] += mass * x[a] * x[b];
    }
  }
  VecRestoreArrayRead(y, &array);
  MPI_Allreduce(MPI_IN_PLACE, m, 10, MPI_DOUBLE, MPI_SUM, grid->comm);
}

static inline double Apply(Mat A, Vec x, Vec *y) {
  PetscScalar sum;
  VecDuplicate(x, y);
  assert_int_equal(MatMult(A, x, *y), 0);
  VecSum(*y, &sum);
  return sum;
}

/* The columns of A sum to `sum` within the tolerance. */
static inline void CheckColumnSums(SgdGrid grid, Mat A, double sum, double tolerance) {
  PetscReal worst;
  Vec one, s;

  assert_int_equal(SgdGridCreateState(grid, &one), 0);
  VecSet(one, 1);
  VecDuplicate(one, &s);
  assert_int_equal(MatMultTranspose(A, one, s), 0);
  VecShift(s, -sum);
  VecNorm(s, NORM_INFINITY, &worst);
  if (!(worst <= tolerance)) fail_msg("columns sum to %g with an error of %g", sum, worst);
  VecDestroy(&one);
  VecDestroy(&s);
}

/* <y, A x> = <A^T y, x> */
static inline void CheckAdjoint(SgdGrid grid, Mat A, double tolerance) {
  Vec x = RandomState(grid, 5, -1), y = RandomState(grid, 6, -1), Ax, ATy;
  PetscScalar forward, backward;

  Apply(A, x, &Ax);
  VecDuplicate(y, &ATy);
  assert_int_equal(MatMultTranspose(A, y, ATy), 0);
  VecDot(y, Ax, &forward);
  VecDot(ATy, x, &backward);
  if (!(fabs(forward - backward) <= tolerance * fabs(forward))) fail_msg("adjoint: %.17g, %.17g", forward, backward);
  VecDestroy(&x);
  VecDestroy(&y);
  VecDestroy(&Ax);
  VecDestroy(&ATy);
}

#define BENCH_MAIN(tests)                                                                                              \
  int main(int argc, char **argv) {                                                                                    \
    int failed;                                                                                                        \
    if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;                                                           \
    SgdErrorHandlerPush();                                                                                             \
    failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);                                                  \
    return SlepcFinalize() || failed;                                                                                  \
  }
