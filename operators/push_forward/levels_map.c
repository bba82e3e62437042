/* The step: sources onto their level's lattice, lattices onto the cells, cells to their owners; and its transpose. */
#include "operators/push_forward/levelsimpl.h"

/* The sources of a group on its level's lattice. */
static int Sources(SgdLevels l, const SgdLevel *level, int g, PetscInt cell[2], SgdPairSource source[2]) {
  const int count = SgdLevelsGroup(l, level->group[g], cell);

  for (int i = 0; i < count; i++) {
    SgdGaussianSource s;
    SgdLevelsSource(l, cell[i], &s);
    SgdLevelSource(l, level, &s, &source[i]);
  }
  return count;
}

static void Strides(const SgdLevel *level, ptrdiff_t stride[3]) {
  stride[0] = 1;
  stride[1] = level->points[0];
  stride[2] = stride[1] * level->points[1];
}

/* lattice = sum of the level's masses m_j N(T_j, S_j - diag v) */
static PetscErrorCode AddSources(SgdLevels l, const SgdLevel *level, const double *mass) {
  ptrdiff_t stride[3];

  PetscFunctionBegin;
  Strides(level, stride);
  PetscCall(PetscArrayzero(l->lattice, stride[2] * level->points[2]));
  for (int g = 0; g < level->groups; g++) {
    PetscInt cell[2];
    SgdPairSource source[2];
    double m[2] = {0, 0};
    const int count = SgdLevelsGroup(l, level->group[g], cell);
    for (int i = 0; i < count; i++) m[i] = mass[cell[i]] * level->norm[2 * g + i];
    if (m[0] == 0 && m[1] == 0) continue;
    Sources(l, level, g, cell, source);
    SgdPairAdd(l->grid->dim, count, source, m, l->lattice, stride);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* value_j = sum of the lattice times the source's weights */
static void ReadSources(SgdLevels l, const SgdLevel *level, double *value) {
  ptrdiff_t stride[3];

  Strides(level, stride);
  for (int g = 0; g < level->groups; g++) {
    PetscInt cell[2];
    SgdPairSource source[2];
    double sum[2] = {0, 0};
    const int count = Sources(l, level, g, cell, source);
    SgdPairDot(l->grid->dim, count, source, l->lattice, stride, sum);
    for (int i = 0; i < count; i++) value[cell[i]] = sum[i] * level->norm[2 * g + i];
  }
}

/* image += B_x B_y B_z lattice */
static void SpreadLevel(SgdLevels l, const SgdLevel *level) {
  const int d = l->grid->dim, X = level->points[0], Y = level->points[1];
  const double *planes = d > 2 ? l->planes : l->lattice, *lines = d > 1 ? l->lines : l->lattice;

  if (d > 2) SgdBandAcross(&level->band[2], X * Y, l->lattice, (ptrdiff_t)X * Y, l->planes, (ptrdiff_t)X * Y);
  for (int k = 0; k < l->cells[2]; k++) {
    if (d > 1) SgdBandAcross(&level->band[1], X, planes + (ptrdiff_t)k * X * Y, X, l->lines, X);
    SgdBandAlong(&level->band[0], l->cells[1], lines, X, l->image + (ptrdiff_t)k * l->rows[1] * l->rows[0], l->rows[0]);
  }
}

/* lattice = B_z^T B_y^T B_x^T image */
static PetscErrorCode CollectLevel(SgdLevels l, const SgdLevel *level) {
  const int d = l->grid->dim, X = level->points[0], Y = level->points[1];
  double *planes = d > 2 ? l->planes : l->lattice, *lines = d > 1 ? l->lines : l->lattice;

  PetscFunctionBegin;
  for (int k = 0; k < l->cells[2]; k++) {
    PetscCall(PetscArrayzero(lines, (ptrdiff_t)X * l->cells[1]));
    SgdBandAlong(&level->back[0], l->cells[1], l->image + (ptrdiff_t)k * l->rows[1] * l->rows[0], l->rows[0], lines, X);
    if (d > 1) SgdBandAcross(&level->back[1], X, lines, X, planes + (ptrdiff_t)k * X * Y, X);
  }
  if (d > 2) SgdBandAcross(&level->back[2], X * Y, l->planes, (ptrdiff_t)X * Y, l->lattice, (ptrdiff_t)X * Y);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Three a lattice point for each source: the next power, the weight, the sum. */
static double SourceFlops(SgdLevels l, const SgdLevel *level) {
  double flops = 0;

  for (int g = 0; g < level->groups; g++) {
    PetscInt cell[2];
    SgdPairSource source[2];
    const int count = Sources(l, level, g, cell, source);
    for (int i = 0; i < count; i++) {
      double points = 3;
      for (int a = 0; a < l->grid->dim; a++) points *= 2 * source[i].reach[a] + 1;
      flops += points;
    }
  }
  return flops;
}

/* Of a step, this rank's: the sources and the bands. */
static double StepFlops(SgdLevels l) {
  double flops = 0;

  for (int k = 0; k < l->levels; k++) {
    const SgdLevel *level = &l->level[k];
    const double X = level->points[0], Y = level->points[1], lines = (double)l->cells[1] * l->cells[2];
    if (!level->groups) continue;
    flops += SourceFlops(l, level) + lines * SgdBandFlops(&level->band[0]);
    if (l->grid->dim > 1) flops += X * l->cells[2] * SgdBandFlops(&level->band[1]);
    if (l->grid->dim > 2) flops += X * Y * SgdBandFlops(&level->band[2]);
  }
  return flops;
}

/* What left goes to the ledger, on the last rank, beside what was there. */
static PetscErrorCode AddLedger(SgdLevels l, const double lost[], const double *in, double *out) {
  SgdGrid grid = l->grid;
  const PetscInt local = grid->last_cell - grid->first_cell;
  double all[6] = {0};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Reduce(lost, all, (int)grid->ledger, MPI_DOUBLE, MPI_SUM, l->ranks - 1, grid->comm));
  for (PetscInt f = 0; f < grid->ledger && l->rank == l->ranks - 1; f++) out[local + f] = in[local + f] + all[f];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatMult_Levels(Mat A, Vec x, Vec y) {
  SgdLevels l;
  const double *in;
  double *out, lost[6] = {0};

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &l));
  const PetscInt local = l->grid->last_cell - l->grid->first_cell, row = l->grid->row;
  PetscCall(VecGetArrayRead(x, &in));
  PetscCall(VecGetArrayWrite(y, &out));
  PetscCall(PetscArrayzero(l->image, (ptrdiff_t)l->rows[0] * l->rows[1] * l->rows[2]));
  for (int k = 0; k < l->levels; k++) {
    if (!l->level[k].groups) continue;
    PetscCall(AddSources(l, &l->level[k], in));
    SpreadLevel(l, &l->level[k]);
  }
  PetscCall(PetscArrayzero(out, local));
  if (l->ranks > 1) PetscCall(PetscArrayzero(l->rows_held, (l->window[1] - l->window[0]) * row));
  SgdLevelsHarvest(l, l->ranks > 1 ? l->rows_held : out + l->window[0] * row, lost);
  if (l->ranks > 1) PetscCall(SgdRowExchangeAdd(l->exchange, l->rows_held, out));
  PetscCall(AddLedger(l, lost, in, out));
  PetscCall(PetscLogFlops(l->flops));
  PetscCall(VecRestoreArrayWrite(y, &out));
  PetscCall(VecRestoreArrayRead(x, &in));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatMultTranspose_Levels(Mat A, Vec x, Vec y) {
  SgdLevels l;
  const double *in;
  double *out, ledger[6];

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &l));
  const PetscInt local = l->grid->last_cell - l->grid->first_cell;
  PetscCall(SgdGridLedger(l->grid, x, ledger));
  PetscCall(VecGetArrayRead(x, &in));
  PetscCall(VecGetArrayWrite(y, &out));
  if (l->ranks > 1) PetscCall(SgdRowExchangeCopy(l->exchange, in, l->rows_held));
  SgdLevelsLook(l, l->ranks > 1 ? l->rows_held : in + l->window[0] * l->grid->row, ledger);
  for (int k = 0; k < l->levels; k++) {
    if (!l->level[k].groups) continue;
    PetscCall(CollectLevel(l, &l->level[k]));
    ReadSources(l, &l->level[k], out);
  }
  PetscCall(PetscLogFlops(l->flops));
  for (PetscInt f = 0; f < l->grid->ledger && l->rank == l->ranks - 1; f++) out[local + f] = ledger[f];
  PetscCall(VecRestoreArrayWrite(y, &out));
  PetscCall(VecRestoreArrayRead(x, &in));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatDestroy_Levels(Mat A) {
  SgdLevels l;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &l));
  PetscCall(SgdLevelsDestroy(&l));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLevelsMap(SgdLevels l, Mat *A) {
  SgdGrid grid = l->grid;
  const PetscInt local = grid->last_cell - grid->first_cell + (l->rank == l->ranks - 1 ? grid->ledger : 0);

  PetscFunctionBegin;
  l->flops = StepFlops(l);
  PetscCall(MatCreateShell(grid->comm, local, local, PETSC_DETERMINE, PETSC_DETERMINE, l, A));
  PetscCall(MatShellSetOperation(*A, MATOP_MULT, (void (*)(void))MatMult_Levels));
  PetscCall(MatShellSetOperation(*A, MATOP_MULT_TRANSPOSE, (void (*)(void))MatMultTranspose_Levels));
  PetscCall(MatShellSetOperation(*A, MATOP_DESTROY, (void (*)(void))MatDestroy_Levels));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* R: 4 d erfc(R/sqrt 2) = tolerance, THEORY.md (89) */
static double BoxReach(int dim, double tolerance) {
  double low = 1, high = 12;

  for (int i = 0; i < 60; i++) {
    const double R = 0.5 * (low + high);
    if (4 * dim * erfc(R / sqrt(2)) > tolerance)
      low = R;
    else
      high = R;
  }
  return high;
}

PetscErrorCode SgdLevelsCreate(SgdFields fields, double eta, double tolerance, SgdLevels *levels, const char **reason) {
  SgdGrid grid = fields->grid;
  SgdLevels l;

  PetscFunctionBegin;
  *reason = NULL;
  PetscCall(PetscNew(&l));
  l->fields = fields;
  l->grid = grid;
  l->eta = eta;
  l->E = -log(tolerance);
  l->R = BoxReach(grid->dim, tolerance);
  PetscCallMPI(MPI_Comm_rank(grid->comm, &l->rank));
  PetscCallMPI(MPI_Comm_size(grid->comm, &l->ranks));
  const PetscInt local = grid->last_cell - grid->first_cell;
  l->in_row = grid->dim == 1 ? 1 : (int)((grid->n[0] + 1) / 2);
  l->groups = (int)(grid->dim == 1 ? local : local / grid->n[0] * l->in_row);
  PetscCall(SgdLevelsChoose(l, reason));
  if (!*reason) PetscCall(SgdLevelsLattices(l, reason));
  if (!*reason) PetscCall(SgdLevelsWindow(l));
  if (*reason) PetscCall(SgdLevelsDestroy(&l));
  *levels = l;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLevelsDestroy(SgdLevels *levels) {
  SgdLevels l = *levels;

  PetscFunctionBegin;
  if (!l) PetscFunctionReturn(PETSC_SUCCESS);
  for (int k = 0; k < SGD_LEVELS_MOST; k++) {
    for (int a = 0; a < 3; a++) {
      SgdBandFree(&l->level[k].band[a]);
      SgdBandFree(&l->level[k].back[a]);
    }
    PetscCall(PetscFree2(l->level[k].group, l->level[k].norm));
  }
  for (int a = 0; a < 3; a++) PetscCall(PetscFree(l->target[a]));
  PetscCall(PetscFree(l->work));
  PetscCall(PetscFree(l->rows_held));
  PetscCall(SgdRowExchangeDestroy(&l->exchange));
  PetscCall(PetscFree(l));
  *levels = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLevelsView(SgdLevels l, char *text, size_t size) {
  const SgdLevel *top = &l->level[l->levels - 1];
  double bytes = l->bytes;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &bytes, 1, MPI_DOUBLE, MPI_SUM, l->grid->comm));
  PetscCall(PetscSNPrintf(text, size,
                          "%d levels of common noise, lattices of spacing %.3g to %.3g cells, %.3g bytes a cell",
                          l->levels, l->level[0].r[0], top->r[0], bytes / (double)l->grid->cells));
  PetscFunctionReturn(PETSC_SUCCESS);
}
