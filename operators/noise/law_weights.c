/* The weights u_r(a) of a law's expansion at every cell: directly, or, where the law is costly at a place, interpolated
   from a tensor of Chebyshev nodes (chebyshev.h), as many as bring the error on the cells of verification down to that
   of the expansion itself. */
#include "operators/noise/law_expansionimpl.h"
#include "cases/base/chebyshev.h"

#define TOGETHER 64 /* places solved for at once */

/* u of the cells of verification, computed directly. */
static PetscErrorCode CheckDirectly(const SgdLawSample *x, double *u) {
  PetscFunctionBegin;
  for (int i = 0; i < x->check; i++)
    for (int s = 0; s < x->terms; s++)
      u[i * x->terms + s] = x->phi[(x->cells - x->check + i) * 2 * x->modes + x->column[s]];
  SgdLawSolve(x, x->check, u);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdLawPlaceOfCell(const SgdLawSample *x, PetscInt cell, double place[]) {
  PetscInt index[3];

  SgdGridIndex(x->grid, cell, index);
  for (int a = 0; a < x->grid->dim; a++) {
    const PetscInt first = x->range.first[a], last = first + x->range.count[a] - 1;
    place[a] = x->grid->min[a] + ((double)PetscMax(first, PetscMin(last, index[a])) + 0.5) * x->grid->h[a];
  }
}

static double Low(const SgdLawSample *x, int a) {
  return x->grid->min[a] + (double)x->range.first[a] * x->grid->h[a];
}

static double High(const SgdLawSample *x, int a) {
  return Low(x, a) + (double)x->range.count[a] * x->grid->h[a];
}

static PetscErrorCode SettleAt(const SgdLawSample *x, PetscInt cell) {
  double place[3];

  PetscFunctionBegin;
  SgdLawPlaceOfCell(x, cell, place);
  if (SgdNoiseLawPointwise(x->law))
    PetscCall(SgdNoiseLawAtPoint(x->law, place));
  else
    PetscCall(SgdNoiseLawAt(x->law, cell));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EveryCell(const SgdLawSample *x, double *weight) {
  const PetscInt cells = x->grid->last_cell - x->grid->first_cell;
  double *u;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(TOGETHER * x->terms, &u));
  for (PetscInt first = 0; first < cells; first += TOGETHER) {
    const int count = (int)PetscMin(TOGETHER, cells - first);
    for (int i = 0; i < count; i++) {
      PetscCall(SettleAt(x, x->grid->first_cell + first + i));
      PetscCall(SgdLawPivotValues(x, u + i * x->terms));
    }
    SgdLawSolve(x, count, u);
    for (int i = 0; i < count; i++)
      for (int r = 0; r < x->terms; r++) weight[r * cells + first + i] = u[i * x->terms + r];
  }
  PetscCall(PetscFree(u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* u [K^d][terms] at the nodes, dealt out over the ranks; each by one rank alone, so that all get the same. */
static PetscErrorCode AtNodes(const SgdLawSample *x, int K, PetscInt total, double *u) {
  PetscMPIInt rank, ranks, count;
  double place[3];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(x->grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(x->grid->comm, &ranks));
  PetscCall(PetscArrayzero(u, total * x->terms));
  for (PetscInt n = rank; n < total; n += ranks) {
    PetscInt rest = n;
    for (int a = 0; a < x->grid->dim; a++, rest /= K) place[a] = SgdChebyshevNode(K, rest % K, Low(x, a), High(x, a));
    PetscCall(SgdNoiseLawAtPoint(x->law, place));
    PetscCall(SgdLawPivotValues(x, u + n * x->terms));
    SgdLawSolve(x, 1, u + n * x->terms);
  }
  PetscCall(PetscMPIIntCast(total * x->terms, &count));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, u, count, MPI_DOUBLE, MPI_SUM, x->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* b [K^(d-1)]: products of the rows of all axes but the first, at the place. */
static void SlowRow(const SgdLawSample *x, int K, const double place[], double *b) {
  double row[2][SGD_LAW_NODES];
  const int d = x->grid->dim, y = d > 1 ? K : 1, z = d > 2 ? K : 1;

  for (int a = 1; a < d; a++) SgdChebyshevRow(K, Low(x, a), High(x, a), place[a], row[a - 1]);
  for (int k = 0; k < z; k++)
    for (int j = 0; j < y; j++) b[k * y + j] = (y > 1 ? row[0][j] : 1) * (z > 1 ? row[1][k] : 1);
}

/* line [K][terms] = sum over the slow nodes */
static void EvaluateLine(const SgdLawSample *x, int K, const double *u, const double *b, double *line) {
  const PetscBLASInt rows = K * x->terms, one = 1;
  PetscBLASInt columns = 1;
  const double unit = 1, zero = 0;

  for (int a = 1; a < x->grid->dim; a++) columns *= K;
  BLASgemv_("N", &rows, &columns, &unit, u, &rows, b, &one, &zero, line, &one);
}

/* From line to `count` places with rows F [count][K] on axis 0: to[r * stride + i]. */
static void Contract(const SgdLawSample *x, int K, const double *line, const double *F, int count, PetscInt stride,
                     double *to) {
  const PetscBLASInt m = count, n = x->terms, k = K, ld = (PetscBLASInt)stride;
  const double unit = 1, zero = 0;

  BLASgemm_("T", "T", &m, &n, &k, &unit, F, &k, line, &n, &zero, to, &ld);
}

typedef struct {
  double *slow, *line, *fast;
} Scratch;

static void CheckByNodes(const SgdLawSample *x, int K, const double *nodes, Scratch *w, double *u) {
  double place[3];

  for (int i = 0; i < x->check; i++) {
    SgdLawPlaceOfCell(x, x->cell[x->cells - x->check + i], place);
    SlowRow(x, K, place, w->slow);
    EvaluateLine(x, K, nodes, w->slow, w->line);
    SgdChebyshevRow(K, Low(x, 0), High(x, 0), place[0], w->fast);
    Contract(x, K, w->line, w->fast, 1, 1, u + i * x->terms);
  }
}

/* Row by row of cells along axis 0. */
static void CellsByNodes(const SgdLawSample *x, int K, const double *nodes, Scratch *w, double *weight) {
  SgdGrid grid = x->grid;
  const PetscInt cells = grid->last_cell - grid->first_cell, length = PetscMin(grid->n[0], cells);
  double place[3];

  for (PetscInt first = 0; first < cells; first += length) {
    for (PetscInt i = 0; i < length && first == 0; i++) { /* the same for each row */
      SgdLawPlaceOfCell(x, grid->first_cell + i, place);
      SgdChebyshevRow(K, Low(x, 0), High(x, 0), place[0], w->fast + i * K);
    }
    SgdLawPlaceOfCell(x, grid->first_cell + first, place);
    SlowRow(x, K, place, w->slow);
    EvaluateLine(x, K, nodes, w->slow, w->line);
    Contract(x, K, w->line, w->fast, (int)length, cells, weight + first);
  }
}

/* With K nodes an axis; kept if they do. */
static PetscErrorCode TryNodes(const SgdLawSample *x, int K, PetscInt total, double enough, double *u,
                               SgdLawExpansion *e) {
  double *nodes, error[2];
  Scratch w;

  PetscFunctionBegin;
  PetscCall(
      PetscMalloc4(total * x->terms, &nodes, total / K, &w.slow, K * x->terms, &w.line, x->grid->n[0] * K, &w.fast));
  PetscCall(AtNodes(x, K, total, nodes));
  CheckByNodes(x, K, nodes, &w, u);
  SgdLawVerify(x, u, error);
  if (error[0] <= enough) {
    e->nodes = K;
    e->error = error[0];
    e->elsewhere = error[1];
    CellsByNodes(x, K, nodes, &w, e->weight);
  }
  PetscCall(PetscFree4(nodes, w.slow, w.line, w.fast));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLawWeights(const SgdLawSample *x, SgdLawExpansion *e) {
  static const int sequence[3][5] = {{17, 33, 65, 129, SGD_LAW_NODES}, {17, 25, 33, 49, 65}, {7, 11, 17, 25, 33}};
  const int d = x->grid->dim, *K = sequence[d - 1];
  double *u, error[2];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(x->terms * (x->grid->last_cell - x->grid->first_cell), &e->weight));
  PetscCall(PetscMalloc1(x->check * x->terms, &u));
  PetscCall(CheckDirectly(x, u));
  SgdLawVerify(x, u, error);
  e->error = error[0];
  e->elsewhere = error[1];
  const double enough = PetscMax(PetscMax(x->want->tolerance, x->left), 1.2 * error[0]);
  if (x->table) {
    PetscCall(SgdLawWeightsByTable(x, e->weight));
    PetscCall(PetscFree(u));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (int i = 0; i < 5 && K[i] && !e->nodes && SgdNoiseLawPointwise(x->law); i++) {
    const PetscInt total = d == 1 ? K[i] : (d == 2 ? K[i] * K[i] : K[i] * K[i] * K[i]);
    if ((total >> d) < x->terms) continue; /* so few have never been enough for so many fields of weights */
    if (total < x->grid->cells) PetscCall(TryNodes(x, K[i], total, enough, u, e));
  }
  if (!e->nodes) PetscCall(EveryCell(x, e->weight));
  PetscCall(PetscFree(u));
  PetscFunctionReturn(PETSC_SUCCESS);
}
