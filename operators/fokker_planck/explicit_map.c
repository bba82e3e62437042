/* A line is a row of cells along axis 0: in one dimension this rank's slab, else n[0] cells. A source line adds to
   itself and to its neighbours on the other axes; Target() says where such a neighbour is: a line of this rank, a line
   of the row that goes to another rank, or the face through which it is lost. */
#include "operators/fokker_planck/explicit_map.h"
#include "operators/fokker_planck/explicit_line.h"
#include "operators/nufft/row_exchange.h"

typedef struct {
  SgdFields fields;
  SgdGrid grid;
  SgdExplicitLine line;    /* at this rank's first cell */
  PetscInt stride[3 + 6];  /* of g and C from line to line: the line's length, or 0 where all lines are the same */
  PetscInt n, lines;       /* cells in a line; lines of this rank */
  PetscInt width;          /* cells in a row of the slowest axis */
  PetscMPIInt rank, ranks; /* the last one holds the ledger */
  SgdRowExchange exchange[2];
  double *outside[2]; /* [width]: the rows below and above this rank's slab */
  double *lost;       /* [2 dim][n]: lines beyond each face */
  double *near;       /* [3^(dim-1)][n + 2]: what the backward equation reads */
} ExplicitMap;

/* This rank's line at index[1..dim-1], not folded yet; *side: 0, 1 if it is in the row below or above the slab, else
   -1; *face: if it is beyond an absorbing face (the return value is then -1). */
static PetscInt LineAt(const ExplicitMap *e, const PetscInt index[], int *side, int *face) {
  SgdGrid grid = e->grid;
  const int slow = grid->dim - 1;
  PetscInt line = 0, stride = 1;

  *side = -1;
  for (int a = 1; a <= slow; a++) {
    PetscInt i = SgdGridFold(grid, a, index[a], face);
    if (i < 0) return -1;
    if (a == slow && (i < grid->first_row || i >= grid->last_row)) {
      *side = index[a] >= grid->last_row;
      return line;
    }
    line += (a == slow ? i - grid->first_row : i) * stride;
    stride *= grid->n[a];
  }
  return line;
}

static double *Target(ExplicitMap *e, const PetscInt index[], double *out) {
  int side, face = 0;
  const PetscInt line = LineAt(e, index, &side, &face);

  if (line < 0) return e->lost + face * e->n;
  return (side < 0 ? out : e->outside[side]) + line * e->n;
}

/* Where the cell just before (end 0) or after (end 1) a line's cells is: its place in the line, or a face (-1), or in
   one dimension another rank's (-2). */
static PetscInt BeyondEnd(const ExplicitMap *e, int end, int *face) {
  const PetscInt origin = e->grid->dim == 1 ? e->grid->first_row : 0,
                 i = SgdGridFold(e->grid, 0, origin + (end ? e->n : -1), face);

  if (i < 0) return -1;
  return i >= origin && i < origin + e->n ? i - origin : -2;
}

static void AddBeyond(ExplicitMap *e, int end, double mass, double *target) {
  int face = 0;
  const PetscInt i = BeyondEnd(e, end, &face);

  if (i >= 0)
    target[i] += mass;
  else if (i == -1)
    e->lost[face * e->n] += mass;
  else
    e->outside[end][0] += mass;
}

static SgdExplicitLine LineOf(const ExplicitMap *e, PetscInt line) {
  SgdExplicitLine l = e->line;

  for (int a = 0; a < l.dim; a++) l.g[a] += line * e->stride[a];
  for (int p = 0; p < SGD_PAIRS(l.dim); p++) l.C[p] += line * e->stride[3 + p];
  return l;
}

/* What a line's ends let out: along it, and to the lines beside it, with opposite signs. */
static void ScatterEnds(ExplicitMap *e, const SgdExplicitEnds *out, const SgdExplicitTargets *to) {
  for (int end = 0; end < 2; end++) {
    AddBeyond(e, end, out->along[end], to->along);
    for (int a = 1; a < e->grid->dim; a++)
      for (int k = 0; k < 2; k++) AddBeyond(e, end, k ? out->above[end][a] : -out->above[end][a], to->beside[a][k]);
  }
}

static void LineIndex(const ExplicitMap *e, PetscInt line, PetscInt index[3]) {
  SgdGridIndex(e->grid, e->grid->dim == 1 ? e->grid->first_cell : e->grid->first_cell + line * e->n, index);
}

static void FindTargets(ExplicitMap *e, PetscInt line, double *out, SgdExplicitTargets *t) {
  const int d = e->grid->dim;
  PetscInt index[3];

  t->along = out + line * e->n;
  LineIndex(e, line, index);
  for (int a = 1; a < d; a++)
    for (int s = 0; s < 2; s++) {
      index[a] += 2 * s - 1;
      t->beside[a][s] = Target(e, index, out);
      for (int r = 0; r < 2 && a == 1 && d == 3; r++) {
        index[2] += 2 * r - 1;
        t->corner[s][r] = Target(e, index, out);
        index[2] -= 2 * r - 1;
      }
      index[a] -= 2 * s - 1;
    }
}

static void ScatterLine(ExplicitMap *e, PetscInt line, PetscBool fresh, const double *in, double *out) {
  const SgdExplicitLine l = LineOf(e, line);
  SgdExplicitTargets t;
  SgdExplicitEnds ends;

  FindTargets(e, line, out, &t);
  t.fresh = fresh;
  SgdExplicitScatter(&l, in + line * e->n, e->n, &t, &ends);
  ScatterEnds(e, &ends, &t);
}

/* All lines. A row begins when the one below it is sent: in two dimensions as what its one line sends, else as zero. */
static PetscErrorCode ScatterSlab(ExplicitMap *e, const double *in, double *out) {
  const PetscInt width = e->lines == 1 ? e->n : e->width, rows = e->lines * e->n / width, per_row = width / e->n;

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) PetscCall(PetscArrayzero(e->outside[k], e->width));
  PetscCall(PetscArrayzero(e->lost, e->grid->ledger * e->n));
  PetscCall(PetscArrayzero(out, width));
  if (rows > 1) PetscCall(PetscArrayzero(out + (rows - 1) * width, width)); /* a periodic seam comes here first */
  for (PetscInt row = 0; row < rows; row++) {
    const PetscBool next = (PetscBool)(row + 2 < rows), fresh = (PetscBool)(next && e->grid->dim == 2);
    if (next && !fresh) PetscCall(PetscArrayzero(out + (row + 1) * width, width));
    for (PetscInt k = 0; k < per_row; k++) ScatterLine(e, row * per_row + k, fresh, in, out);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The last rank's ledger takes what all ranks lost. */
static PetscErrorCode AddLedger(ExplicitMap *e, const double *in, double *out) {
  const int faces = (int)e->grid->ledger;
  double sum[6] = {0}, all[6];

  PetscFunctionBegin;
  for (int f = 0; f < faces; f++)
    for (PetscInt i = 0; i < e->n; i++) sum[f] += e->lost[f * e->n + i];
  PetscCallMPI(MPI_Reduce(sum, all, faces, MPI_DOUBLE, MPI_SUM, e->ranks - 1, e->grid->comm));
  for (int f = 0; f < faces && e->rank == e->ranks - 1; f++) {
    const PetscInt i = e->lines * e->n + f;
    out[i] = in[i] + all[f];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatMult_ExplicitMap(Mat map, Vec x, Vec y) {
  ExplicitMap *e;
  const double *in;
  double *out;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(map, &e));
  PetscCall(VecGetArrayRead(x, &in));
  PetscCall(VecGetArrayWrite(y, &out));
  PetscCall(ScatterSlab(e, in, out));
  for (int k = 0; k < 2 && e->ranks > 1; k++) PetscCall(SgdRowExchangeAdd(e->exchange[k], e->outside[k], out));
  PetscCall(AddLedger(e, in, out));
  PetscCall(VecRestoreArrayWrite(y, &out));
  PetscCall(VecRestoreArrayRead(x, &in));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A line of x with the cells beyond its ends, as the backward equation sees them: beyond a face the ledger's value. */
static PetscErrorCode LookBack(ExplicitMap *e, const PetscInt index[], const double *x, const double ledger[],
                               double *to) {
  int side, face;
  const PetscInt line = LineAt(e, index, &side, &face);
  const double *from = (side < 0 ? x : e->outside[side]) + line * e->n;

  PetscFunctionBegin;
  if (line >= 0) PetscCall(PetscArraycpy(to + 1, from, e->n));
  for (PetscInt i = 1; i <= e->n && line < 0; i++) to[i] = ledger[face];
  for (int end = 0; end < 2; end++) {
    const PetscInt i = BeyondEnd(e, end, &face);
    to[end ? e->n + 1 : 0] = i >= 0 ? to[1 + i] : (i == -1 ? ledger[face] : e->outside[end][0]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GatherLine(ExplicitMap *e, PetscInt line, const double *in, const double ledger[], double *out) {
  const SgdExplicitLine l = LineOf(e, line);
  const int d = e->grid->dim;
  const double *near[3][3] = {{NULL}};
  PetscInt index[3], at[3];

  PetscFunctionBegin;
  LineIndex(e, line, index);
  for (int j = d > 1 ? -1 : 0; j <= (d > 1); j++)
    for (int k = d > 2 ? -1 : 0; k <= (d > 2); k++) {
      double *to = e->near + (j + 1 + 3 * (k + 1)) * (e->n + 2);
      at[0] = index[0], at[1] = index[1] + j, at[2] = index[2] + k;
      PetscCall(LookBack(e, at, in, ledger, to));
      near[j + 1][k + 1] = to + 1;
    }
  SgdExplicitGather(&l, near, e->n, out + line * e->n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatMultTranspose_ExplicitMap(Mat map, Vec x, Vec y) {
  ExplicitMap *e;
  const double *in;
  double *out, ledger[6];

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(map, &e));
  PetscCall(SgdGridLedger(e->grid, x, ledger));
  PetscCall(VecGetArrayRead(x, &in));
  PetscCall(VecGetArrayWrite(y, &out));
  for (int k = 0; k < 2 && e->ranks > 1; k++) PetscCall(SgdRowExchangeCopy(e->exchange[k], in, e->outside[k]));
  for (PetscInt line = 0; line < e->lines; line++) PetscCall(GatherLine(e, line, in, ledger, out));
  for (int f = 0; f < e->grid->ledger && e->rank == e->ranks - 1; f++) out[e->lines * e->n + f] = ledger[f];
  PetscCall(VecRestoreArrayWrite(y, &out));
  PetscCall(VecRestoreArrayRead(x, &in));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatDestroy_ExplicitMap(Mat map) {
  ExplicitMap *e;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(map, &e));
  for (int k = 0; k < 2; k++) {
    PetscCall(SgdRowExchangeDestroy(&e->exchange[k]));
    PetscCall(PetscFree(e->outside[k]));
  }
  PetscCall(PetscFree(e->lost));
  PetscCall(PetscFree(e->near));
  PetscCall(PetscFree(e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* 0 if all lines of a field are the same, bit for bit, else n. */
static PetscInt StrideOf(const ExplicitMap *e, const double *field) {
  for (PetscInt line = 1; line < e->lines; line++)
    if (memcmp(field, field + line * e->n, (size_t)e->n * sizeof *field)) return e->n;
  return 0;
}

static void SetLine(ExplicitMap *e, double eta) {
  SgdFields f = e->fields;
  const PetscInt origin = e->grid->first_cell - f->first_cell;
  const double *h = e->grid->h;
  const int d = e->grid->dim;

  e->line.dim = d;
  for (int a = 0; a < d; a++) {
    e->line.g[a] = f->g[a] + origin;
    e->stride[a] = StrideOf(e, e->line.g[a]);
    e->line.drift[a] = eta / (2 * h[a]);
    for (int b = a; b < d; b++) {
      const int p = SgdPair(d, a, b);
      e->line.C[p] = f->C[p] + origin;
      e->stride[3 + p] = StrideOf(e, e->line.C[p]);
      e->line.noise[p] = eta * eta / ((a == b ? 2 : 4) * h[a] * h[b]);
    }
  }
}

/* The row below the slab and the row above it, each a window of its own; empty beyond the box unless periodic. */
static PetscErrorCode CreateExchange(ExplicitMap *e) {
  SgdGrid grid = e->grid;
  const int slow = grid->dim - 1, rows = (int)grid->n[slow], own = (int)grid->first_row;
  const PetscBool periodic = (PetscBool)(grid->boundary[slow] == SGD_PERIODIC);
  int *first;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(e->ranks + 1, &first));
  PetscCallMPI(MPI_Allgather(&own, 1, MPI_INT, first, 1, MPI_INT, grid->comm));
  first[e->ranks] = rows;
  for (int k = 0; k < 2; k++) {
    const int at = k ? (int)grid->last_row : own - 1;
    const PetscBool inside = (PetscBool)(periodic || (at >= 0 && at < rows));
    PetscCall(SgdRowExchangeCreate(grid->comm, first, inside ? at : 0, inside ? at + 1 : 0, e->width, periodic,
                                   &e->exchange[k]));
    PetscCall(PetscMalloc1(e->width, &e->outside[k]));
  }
  PetscCall(PetscFree(first));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdExplicitMapCreate(SgdFields f, double eta, Mat *map) {
  SgdGrid grid = f->grid;
  const PetscInt cells = grid->last_cell - grid->first_cell;
  ExplicitMap *e;

  PetscFunctionBegin;
  PetscCall(PetscNew(&e));
  e->fields = f;
  e->grid = grid;
  e->width = grid->row;
  e->n = grid->dim == 1 ? cells : grid->n[0];
  e->lines = cells / e->n;
  PetscCallMPI(MPI_Comm_rank(grid->comm, &e->rank));
  PetscCallMPI(MPI_Comm_size(grid->comm, &e->ranks));
  SetLine(e, eta);
  PetscCall(CreateExchange(e));
  PetscCall(PetscMalloc1(grid->ledger * e->n, &e->lost));
  PetscCall(PetscMalloc1(9 * (e->n + 2), &e->near));
  const PetscInt local = cells + (e->rank == e->ranks - 1 ? grid->ledger : 0);
  PetscCall(MatCreateShell(grid->comm, local, local, PETSC_DETERMINE, PETSC_DETERMINE, e, map));
  PetscCall(MatShellSetOperation(*map, MATOP_MULT, (void (*)(void))MatMult_ExplicitMap));
  PetscCall(MatShellSetOperation(*map, MATOP_MULT_TRANSPOSE, (void (*)(void))MatMultTranspose_ExplicitMap));
  PetscCall(MatShellSetOperation(*map, MATOP_DESTROY, (void (*)(void))MatDestroy_ExplicitMap));
  PetscFunctionReturn(PETSC_SUCCESS);
}
