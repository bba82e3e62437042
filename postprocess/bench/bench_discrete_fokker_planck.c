/* What an explicit step of the discrete Fokker-Planck map costs in two dimensions: the model's matrix-free stencil
   (explicit_map.h) against PETSc's product with the assembled matrix, against a plain loop in C that knows neither
   boundaries nor ledger nor dimensions, against that loop taking several steps at once in the cache (temporal
   blocking), and next to STREAM's triad. Everything is timed in turn, `-repeats` times (default 11), and medians are
   printed; the contenders' densities are compared, so that none can be fast by being wrong.
   Run:  bench_discrete_fokker_planck [-cells 2048] [-repeats 11] [-constant]      (-constant: the same C everywhere)
         mpiexec -n 2 bench_discrete_fokker_planck */
#include "bench_clock.h"
#include "meshes/field_array.h"
#include "operators/fokker_planck/explicit_map.h"
#include "operators/fokker_planck/kramers_moyal.h"
#include <slepcsys.h>

#define REPEATS 101
#define DEEPEST 8
static const double eta = 0.05;

typedef enum { TRIAD, ASSEMBLED, STENCIL, PLAIN, BLOCKED2, BLOCKED4, BLOCKED8, CONTENDERS } Contender;
static const char *const names[CONTENDERS] = {"triad",       "AIJ",         "matrix-free", "plain loop",
                                              "2 at a time", "4 at a time", "8 at a time"};

static int Ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double Median(const double *t, int n) {
  double sorted[REPEATS];

  memcpy(sorted, t, (size_t)n * sizeof *t);
  qsort(sorted, (size_t)n, sizeof *t, Ascending);
  return sorted[n / 2];
}

/* A double well coupled to a second axis, noise that depends on the place; stable at 0.8 in the worst cell. */
static PetscErrorCode MakeFields(PetscInt n, PetscBool constant, SgdFields *fields) {
  const PetscInt cells[2] = {n, n};
  const double min[2] = {-1, -1}, max[2] = {1, 1}, noise = 0.1 * (2.0 / (double)n) * (2.0 / (double)n) / (eta * eta);
  const SgdBoundary boundary[2] = {SGD_ABSORBING, SGD_ABSORBING};
  const double steep = 0.3 * (2.0 / (double)n) / eta;
  SgdGrid grid;
  SgdFields f;
  double x[3];

  PetscFunctionBegin;
  PetscCall(PetscNew(&f));
  PetscCall(SgdGridCreate(PETSC_COMM_WORLD, 2, cells, min, max, boundary, &grid));
  f->grid = grid;
  f->first_row = PetscMax(0, grid->first_row - DEEPEST);
  f->last_row = PetscMin(n, grid->last_row + DEEPEST);
  f->first_cell = f->first_row * n;
  f->last_cell = f->last_row * n;
  for (int a = 0; a < 2; a++) PetscCall(SgdFieldArrayCreate(f->last_cell - f->first_cell, &f->g[a]));
  for (int p = 0; p < 3; p++) PetscCall(SgdFieldArrayCreate(f->last_cell - f->first_cell, &f->C[p]));
  for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++) {
    SgdGridCentre(grid, f->first_cell + i, x);
    const double v = constant ? 0 : x[0], w = constant ? 0 : x[1];
    f->g[0][i] = steep * (2 * x[0] * x[0] * x[0] - x[0] + 0.3 * x[1]);
    f->g[1][i] = steep * (0.3 * x[0] + x[1]);
    f->C[0][i] = noise * (1 + v * v);
    f->C[1][i] = noise * 0.4 * (1 + v * w);
    f->C[2][i] = noise * (1 + w * w);
  }
  *fields = f;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FreeFields(SgdFields *fields) {
  SgdFields f = *fields;

  PetscFunctionBegin;
  for (int a = 0; a < 2; a++) PetscCall(SgdFieldArrayDestroy(&f->g[a]));
  for (int p = 0; p < 3; p++) PetscCall(SgdFieldArrayDestroy(&f->C[p]));
  PetscCall(SgdGridDestroy(&f->grid));
  PetscCall(PetscFree(*fields));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The plain loop: rows [-halo, rows + halo) of the density, masses that leave the box are dropped. */
typedef struct {
  SgdFields f;
  long n, rows, halo, below, above; /* halo rows that exist: at the ends of the box there are none */
  double kg[2], kC[3];
  double *from, *to;          /* [rows + 2 halo][n], row 0 of this rank at [halo] */
  double *work;               /* [WORK][TILE + 2] */
  double *level[DEEPEST + 1]; /* blocked: 2 rows that roll and the row that is ready */
  double *scratch;
} Plain;

#define TILE 512 /* columns whose temporaries stay in the first cache */
#define WORK 6

/* One source row, in scatter form: below = what is then complete, rolled through here (finished), carry (next). */
static void SourceRow(const Plain *p, long row, const double *restrict m, double *restrict here, double *restrict carry,
                      double *restrict below, double *restrict work) {
  const long n = p->n, at = (p->f->grid->first_row + row - p->f->first_row) * n;
  const double *restrict g1 = p->f->g[0] + at, *restrict g2 = p->f->g[1] + at;
  const double *restrict C11 = p->f->C[0] + at, *restrict C12 = p->f->C[1] + at, *restrict C22 = p->f->C[2] + at;
  double *restrict stay = work + 1, *restrict right = stay + TILE + 2, *restrict left = right + TILE + 2,
                   *restrict cross = left + TILE + 2, *restrict second = cross + TILE + 2,
                   *restrict drift = second + TILE + 2;
  const double k1 = p->kg[0], k2 = p->kg[1], c11 = p->kC[0], c12 = p->kC[1], c22 = p->kC[2];

  for (long first = 0; first < n; first += TILE) {
    const long end = PetscMin(n, first + TILE), low = PetscMax(0, first - 1), high = PetscMin(n, end + 1);
#pragma GCC ivdep
    for (long i = low; i < high; i++) {
      const double d1 = k1 * g1[i], d2 = k2 * g2[i], u = (c11 * C11[i] + 2 * d1 * d1) * m[i],
                   v = (c22 * C22[i] + 2 * d2 * d2) * m[i];
      stay[i - first] = m[i] - 2 * (u + v);
      right[i - first] = u - d1 * m[i];
      left[i - first] = u + d1 * m[i];
      cross[i - first] = (c12 * C12[i] + d1 * d2) * m[i];
      second[i - first] = v;
      drift[i - first] = d2 * m[i];
    }
    if (first == 0) right[-1] = left[-1] = cross[-1] = 0;
    if (end == n) right[n - first] = left[n - first] = cross[n - first] = 0;
#pragma GCC ivdep
    for (long i = first; i < end; i++) {
      const double z = drift[i - first] + cross[i - first + 1] - cross[i - first - 1];
      below[i] = here[i] + second[i - first] + z;
      here[i] = carry[i] + stay[i - first] + right[i - first - 1] + left[i - first + 1];
      carry[i] = second[i - first] - z;
    }
  }
}

static void ExchangeHalo(Plain *p) {
  PetscMPIInt rank, ranks;
  const int count = (int)(p->halo * p->n);

  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  const int lower = rank ? rank - 1 : MPI_PROC_NULL, upper = rank + 1 < ranks ? rank + 1 : MPI_PROC_NULL;
  MPI_Sendrecv(p->from + count, count, MPI_DOUBLE, lower, 0, p->from + (p->halo + p->rows) * p->n, count, MPI_DOUBLE,
               upper, 0, PETSC_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Sendrecv(p->from + p->rows * p->n, count, MPI_DOUBLE, upper, 1, p->from, count, MPI_DOUBLE, lower, 1,
               PETSC_COMM_WORLD, MPI_STATUS_IGNORE);
}

/* `deep` steps in one sweep: level s takes source row r - s of the density after s steps, which level s - 1 has just
   finished and left in the cache. Rows in the halo are worked on by both neighbours. */
static void Sweep(Plain *p, int deep) {
  const long n = p->n, first = -p->below * deep, last = p->rows + p->above * deep;
  double *in = p->from + p->halo * n, *out = p->to + p->halo * n;

  ExchangeHalo(p);
  for (int s = 0; s < deep; s++) memset(p->level[s], 0, 3 * (size_t)n * sizeof(double));
  for (long r = first; r < last + deep; r++)
    for (int s = 0; s < deep; s++) {
      const long row = r - s;
      double *here = p->level[s], *carry = here + n, *ready = carry + n;
      if (row < first || row > last) continue;
      double *below = s + 1 < deep ? ready : (row - 1 >= 0 && row - 1 < p->rows ? out + (row - 1) * n : p->scratch);
      if (row == last) /* nothing comes from beyond: what has rolled so far is complete */
        memcpy(below, here, (size_t)n * sizeof(double));
      else
        SourceRow(p, row, s ? p->level[s - 1] + 2 * n : in + row * n, here, carry, below, p->work);
    }
  double *swap = p->from;
  p->from = p->to;
  p->to = swap;
}

static PetscErrorCode PlainCreate(SgdFields f, Plain *p) {
  PetscMPIInt rank, ranks;
  const double *h = f->grid->h;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  *p = (Plain){.f = f,
               .n = f->grid->n[0],
               .rows = f->grid->last_row - f->grid->first_row,
               .halo = DEEPEST,
               .below = rank > 0,
               .above = rank + 1 < ranks,
               .kg = {eta / (2 * h[0]), eta / (2 * h[1])},
               .kC = {eta * eta / (2 * h[0] * h[0]), eta * eta / (4 * h[0] * h[1]), eta * eta / (2 * h[1] * h[1])}};
  const size_t size = (size_t)((p->rows + 2 * p->halo) * p->n);
  PetscCall(PetscCalloc1(size, &p->from));
  PetscCall(PetscCalloc1(size, &p->to));
  PetscCall(PetscCalloc1(WORK * (TILE + 2), &p->work));
  PetscCall(PetscCalloc1((size_t)p->n, &p->scratch));
  for (int s = 0; s < DEEPEST; s++) PetscCall(PetscCalloc1(3 * (size_t)p->n, &p->level[s]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PlainDestroy(Plain *p) {
  PetscFunctionBegin;
  PetscCall(PetscFree(p->from));
  PetscCall(PetscFree(p->to));
  PetscCall(PetscFree(p->work));
  PetscCall(PetscFree(p->scratch));
  for (int s = 0; s < DEEPEST; s++) PetscCall(PetscFree(p->level[s]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  SgdFields f;
  Mat A[2]; /* assembled, matrix-free */
  Vec y[2];
  Plain plain;
  double *a, *b, *c;
} Bench;

static PetscErrorCode Triad(Bench *t) {
  const PetscInt cells = t->f->grid->last_cell - t->f->grid->first_cell;
  double *restrict a = t->a;
  const double *restrict b = t->b, *restrict c = t->c;

  for (PetscInt i = 0; i < cells; i++) a[i] = b[i] + 0.5 * c[i];
  return PETSC_SUCCESS;
}

/* Milliseconds a step of SGD. */
static PetscErrorCode Once(Bench *t, Contender k, double *milliseconds) {
  const int deep = k >= BLOCKED2 ? 2 << (k - BLOCKED2) : 1;

  PetscFunctionBegin;
  MPI_Barrier(PETSC_COMM_WORLD);
  const double start = BenchSeconds();
  if (k == TRIAD)
    PetscCall(Triad(t));
  else if (k <= STENCIL)
    PetscCall(MatMult(t->A[k - ASSEMBLED], t->y[0], t->y[1]));
  else
    Sweep(&t->plain, deep);
  MPI_Barrier(PETSC_COMM_WORLD);
  *milliseconds = 1e3 * (BenchSeconds() - start) / deep;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A Gaussian that stays clear of the ends. */
static PetscErrorCode Fill(Bench *t) {
  SgdGrid grid = t->f->grid;
  double *y, x[3];

  PetscFunctionBegin;
  PetscCall(VecGetArray(t->y[0], &y));
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    SgdGridCentre(grid, cell, x);
    const double value = exp(-20 * (x[0] * x[0] + x[1] * x[1] - 0.3 * x[0]));
    y[cell - grid->first_cell] = value;
    t->plain.from[t->plain.halo * t->plain.n + cell - grid->first_cell] = value;
  }
  PetscCall(VecRestoreArray(t->y[0], &y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Largest difference to `steps` products with the assembled matrix, over the density's largest value. */
static PetscErrorCode Difference(Bench *t, Contender k, int steps, double *difference) {
  SgdGrid grid = t->f->grid;
  const double *a, *b;
  PetscReal peak;

  PetscFunctionBegin;
  PetscCall(Fill(t));
  if (k > STENCIL) Sweep(&t->plain, steps);
  if (k == STENCIL) PetscCall(MatMult(t->A[1], t->y[0], t->y[1]));
  PetscCall(VecNorm(t->y[0], NORM_INFINITY, &peak));
  PetscCall(VecGetArrayRead(t->y[1], &b));
  PetscCall(PetscArraycpy(t->a, k == STENCIL ? b : t->plain.from + t->plain.halo * t->plain.n,
                          grid->last_cell - grid->first_cell));
  PetscCall(VecRestoreArrayRead(t->y[1], &b));
  for (int s = 0; s < steps; s++) {
    PetscCall(MatMult(t->A[0], t->y[0], t->y[1]));
    PetscCall(VecCopy(t->y[1], t->y[0]));
  }
  PetscCall(VecGetArrayRead(t->y[0], &a));
  *difference = 0;
  for (PetscInt i = 0; i < grid->last_cell - grid->first_cell; i++)
    *difference = PetscMax(*difference, PetscAbsReal(a[i] - t->a[i]) / peak);
  PetscCall(VecRestoreArrayRead(t->y[0], &a));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, difference, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* `bytes` a cell of a step, and 24 of the triad: each array counted once, as STREAM counts. */
static PetscErrorCode Report(Bench *t, double time[CONTENDERS][REPEATS], int repeats, double bytes) {
  const double cells = (double)t->f->grid->cells, aij = Median(time[ASSEMBLED], repeats),
               plain = Median(time[PLAIN], repeats);

  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-12s %9s %9s %8s %12s %12s\n", "", "ms a step", "Mcell/s", "AIJ = 1",
                        "plain = 1", "difference"));
  for (Contender k = TRIAD; k < CONTENDERS; k++) {
    const double ms = Median(time[k], repeats);
    double difference = 0;
    if (k >= STENCIL) PetscCall(Difference(t, k, k >= BLOCKED2 ? 2 << (k - BLOCKED2) : 1, &difference));
    if (k == TRIAD)
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-12s %9.2f           %.1f GB/s\n", names[k], ms, 24e-6 * cells / ms));
    else
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-12s %9.2f %9.1f %8.2f %12.2f %12.1e\n", names[k], ms, cells / ms / 1e3,
                            aij / ms, plain / ms, difference));
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "matrix-free: %.0f bytes a cell at %.2f of the triad's bandwidth\n", bytes,
                        bytes / 24 * Median(time[TRIAD], repeats) / Median(time[STENCIL], repeats)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(PetscInt n, PetscBool constant, int repeats) {
  Bench t = {0};
  double time[CONTENDERS][REPEATS], unused;

  PetscFunctionBegin;
  PetscCall(MakeFields(n, constant, &t.f));
  const PetscInt cells = t.f->grid->last_cell - t.f->grid->first_cell;
  PetscCall(SgdKramersMoyalAssemble(t.f, eta, eta * eta, &t.A[0]));
  PetscCall(SgdExplicitMapCreate(t.f, eta, &t.A[1]));
  PetscCall(PlainCreate(t.f, &t.plain));
  for (int k = 0; k < 2; k++) PetscCall(SgdGridCreateState(t.f->grid, &t.y[k]));
  PetscCall(PetscCalloc3(cells, &t.a, cells, &t.b, cells, &t.c));
  PetscCall(Fill(&t));
  for (int i = -1; i < repeats; i++) /* one to warm up */
    for (Contender k = TRIAD; k < CONTENDERS; k++) PetscCall(Once(&t, k, i < 0 ? &unused : &time[k][i]));
  PetscCall(Report(&t, time, repeats, constant ? 32 : 56));
  PetscCall(PetscFree3(t.a, t.b, t.c));
  for (int k = 0; k < 2; k++) {
    PetscCall(VecDestroy(&t.y[k]));
    PetscCall(MatDestroy(&t.A[k]));
  }
  PetscCall(PlainDestroy(&t.plain));
  PetscCall(FreeFields(&t.f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) {
  PetscInt n = 2048, repeats = 11;
  PetscBool constant = PETSC_FALSE;
  PetscMPIInt ranks;

  if (SlepcInitialize(&argc, &argv, NULL, "Time of an explicit step of the discrete Fokker-Planck map")) return 1;
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  PetscOptionsGetInt(NULL, NULL, "-cells", &n, NULL);
  PetscOptionsGetInt(NULL, NULL, "-repeats", &repeats, NULL);
  PetscOptionsGetBool(NULL, NULL, "-constant", &constant, NULL);
  repeats = PetscMin(PetscMax(repeats, 1), REPEATS);
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%d^2 cells, C %s, ranks %d\n", (int)n, constant ? "constant" : "varies",
                        (int)ranks));
  PetscCall(Run(n, constant, (int)repeats));
  return SlepcFinalize() != 0;
}
