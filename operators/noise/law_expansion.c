#include "operators/noise/law_expansionimpl.h"
#include "operators/noise/cross_approximation.h"
#include "cases/noise/draw_law.h"
#include "meshes/sample_points.h"

/* The sample: small, and, if the law needs many terms, large. */
static const struct { int cells, modes; } levels[] = {{640, SGD_LAW_SAMPLED}, {2560, 1600}};
#define LEVELS     ((int)(sizeof levels / sizeof *levels))
#define FEW(x)     (((x)->cells - (x)->check) / 3) /* the number of terms that a sample can distinguish */
#define DOUBTED    3                               /* times the tolerance, on cells that were not seen */
#define COMPRESSED 2                               /* times the tolerance, that fewer terms may leave */
#define TABLE      0.1                             /* times the tolerance, that the table may be wrong by */
#define BATCH      48                              /* places that a table is asked for at once */
#define CHECKED    40 /* cells of verification beside a table, which has been tried itself */

static void Choose(SgdLawSample *x, const double dq[], const int modes[]) {
  static const SgdSupport everywhere = {{0}, {0}, {0}};
  const int d = x->grid->dim;
  double place[3];

  for (int a = 0; a < 3; a++) {
    x->dq[a] = a < d ? dq[a] : 0;
    x->most[a] = a < d ? modes[a] : 0;
  }
  x->range = SgdSupportRange(SgdNoiseLawPointwise(x->law) ? x->want->support : &everywhere, x->grid);
  for (int i = 0; i < x->cells; i++) {
    x->cell[i] = SgdSequenceCell(x->grid, &x->range, i);
    SgdGridCentre(x->grid, x->cell[i], place);
    x->heed[i] = SgdSupportWeight(x->want->support, d, place);
  }
  for (int m = 0; m < x->modes; m++)
    for (int a = 0; a < 3; a++) {
      /* half of the space of modes, since phi(-q) = conj phi(q); more of them at low modes; mode 0 first */
      double s = a < d && m ? SgdSequence(d, a, m) : 0;
      if (a > 0 && m) s = 2 * s - 1;
      x->q[m][a] = a < d ? dq[a] * round(s * (m % 2 ? fabs(s) : 1) * modes[a]) : 0;
    }
}

/* The rows [0, cells - check) by the table, the ranks taking turns. Batches are the same on any number of ranks: how many
   places are taken together shows in the last bits, and the choice of terms in those. */
static PetscErrorCode Interpolate(SgdLawSample *x, PetscMPIInt rank, PetscMPIInt ranks) {
  const int width = 2 * x->modes, rows = x->cells - x->check;
  double *nodes, *phi, place[BATCH][3] = {{0}};

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(width * (PetscCount)SgdLawTablePlaces(x->table), &nodes, BATCH * width, &phi));
  PetscCall(SgdLawTableWaves(x->table, x->modes, x->q, nodes));
  for (int first = rank * BATCH; first < rows; first += ranks * BATCH) {
    const int count = PetscMin(BATCH, rows - first);
    for (int i = 0; i < count; i++) SgdGridCentre(x->grid, x->cell[first + i], place[i]);
    PetscCall(SgdLawTableAt(x->table, count, place, x->modes, nodes, phi));
    for (int i = 0; i < count; i++)
      for (int m = 0; m < width; m++) x->phi[(first + i) * width + m] = phi[i * width + m / 2 + m % 2 * x->modes];
  }
  PetscCall(PetscFree2(nodes, phi));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Are powers of the law's phases cheaper than its phases at each of so many waves (draw_law.h)? */
static PetscBool ByPowers(const SgdLawSample *x, int waves) {
  const SgdSampleLaw samples = SgdNoiseLawSampleLaw(x->law);
  double powers = 0;
  int N, B;

  for (int a = 0; a < x->grid->dim; a++) powers += x->most[a];
  return (PetscBool)(samples && SgdSampleLawDraws(samples, &N, &B) && powers <= 4.0 * waves);
}

/* phi [2][waves], where the law is settled, of these modes. */
static PetscErrorCode Values(const SgdLawSample *x, int waves, const int mode[], double *phi) {
  const SgdSampleLaw samples = SgdNoiseLawSampleLaw(x->law);
  int N, B, (*m)[3];

  PetscFunctionBegin;
  if (!ByPowers(x, waves)) {
    for (int i = 0; i < waves; i++) {
      const double _Complex value = SgdNoiseLawCharacteristic(x->law, x->q[mode[i]]);
      phi[i] = creal(value);
      phi[waves + i] = cimag(value);
    }
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  const double *c = SgdSampleLawDraws(samples, &N, &B);
  PetscCall(PetscMalloc1(waves, &m));
  for (int i = 0; i < waves; i++)
    for (int a = 0; a < 3; a++) m[i][a] = x->dq[a] > 0 ? (int)round(x->q[mode[i]][a] / x->dq[a]) : 0;
  PetscCheck(!SgdDrawLawWaves(N, x->grid->dim, c, B, x->dq, waves, (const int(*)[3])m, phi), PETSC_COMM_SELF,
             PETSC_ERR_MEM, "Out of memory");
  SgdComplexPowers(B, waves, phi, phi + waves);
  PetscCall(PetscFree(m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Laws known pointwise: the ranks take turns; else each rank fills the rows of its own cells. */
static PetscErrorCode Evaluate(SgdLawSample *x) {
  const PetscBool anywhere = SgdNoiseLawPointwise(x->law);
  const int parts = 2 * x->modes, direct = x->table ? x->cells - x->check : 0;
  PetscMPIInt rank, ranks;
  double *phi;
  int *mode;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(x->grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(x->grid->comm, &ranks));
  PetscCall(PetscMalloc2(parts, &phi, x->modes, &mode));
  for (int m = 0; m < x->modes; m++) mode[m] = m;
  PetscCall(PetscArrayzero(x->phi, x->cells * parts));
  if (x->table) PetscCall(Interpolate(x, rank, ranks));
  for (int i = direct; i < x->cells; i++) {
    if (anywhere ? i % ranks != rank : x->cell[i] < x->grid->first_cell || x->cell[i] >= x->grid->last_cell) continue;
    PetscCall(SgdNoiseLawAt(x->law, x->cell[i]));
    PetscCall(Values(x, x->modes, mode, phi));
    for (int e = 0; e < parts; e++) x->phi[i * parts + e] = phi[e / 2 + e % 2 * x->modes];
  }
  PetscCall(PetscFree2(phi, mode));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, x->phi, x->cells * parts, MPI_DOUBLE, MPI_SUM, x->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Cross(SgdLawSample *x, int most) {
  const int rows = x->cells - x->check, parts = 2 * x->modes;
  double *error;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(rows * parts, &error));
  for (int i = 0; i < rows; i++)
    for (int e = 0; e < parts; e++) error[i * parts + e] = x->heed[i] * x->phi[i * parts + e];
  x->terms = SgdCross(rows, parts, error, x->want->tolerance, most, x->row, x->column, &x->left);
  PetscCall(PetscFree(error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Phi^T factored, Phi_rs = phi(q_s; a_r); Fortran column r holds row r of Phi. */
static PetscErrorCode Factor(SgdLawSample *x) {
  PetscBLASInt n = x->terms, info;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(x->terms * x->terms, &x->Phi, x->terms, &x->pivots));
  for (int r = 0; r < n; r++)
    for (int s = 0; s < n; s++) x->Phi[r * n + s] = x->phi[x->row[r] * 2 * x->modes + x->column[s]];
  LAPACKgetrf_(&n, &n, x->Phi, &n, x->pivots, &info);
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK getrf: %d", (int)info);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdLawSolve(const SgdLawSample *x, int count, double *u) {
  const PetscBLASInt n = x->terms, columns = count;
  PetscBLASInt info;

  LAPACKgetrs_("N", &n, &columns, x->Phi, &n, x->pivots, u, &n, &info);
}

PetscErrorCode SgdLawPivotValues(const SgdLawSample *x, double *phi) {
  double *value;
  int *mode;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(2 * x->terms, &value, x->terms, &mode));
  for (int s = 0; s < x->terms; s++) mode[s] = x->column[s] / 2;
  PetscCall(Values(x, x->terms, mode, value));
  for (int s = 0; s < x->terms; s++) phi[s] = value[s + x->column[s] % 2 * x->terms];
  PetscCall(PetscFree2(value, mode));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdLawVerify(const SgdLawSample *x, const double *u, double error[2]) {
  const int parts = 2 * x->modes;

  error[0] = error[1] = 0;
  for (int i = 0; i < x->check; i++) {
    const int row = x->cells - x->check + i;
    double most = 0;
    for (int e = 0; e < parts; e++) {
      double sum = -x->phi[row * parts + e];
      for (int r = 0; r < x->terms; r++) sum += u[i * x->terms + r] * x->phi[x->row[r] * parts + e];
      most = PetscMax(most, fabs(sum));
    }
    error[0] = PetscMax(error[0], x->heed[row] * most);
    error[1] = PetscMax(error[1], most);
  }
}

/* Where the terms are, on every rank. */
static PetscErrorCode Places(const SgdLawSample *x, SgdLawExpansion *e) {
  PetscFunctionBegin;
  e->terms = e->places = x->terms;
  for (int a = 0; a < x->grid->dim; a++)
    if (x->range.count[a] < x->grid->n[a]) e->frozen = PETSC_TRUE;
  PetscCall(PetscMalloc1(x->terms, &e->x));
  for (int r = 0; r < x->terms; r++) SgdGridCentre(x->grid, x->cell[x->row[r]], e->x[r]);
  if (SgdNoiseLawPointwise(x->law)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscCalloc1(6 * x->terms, &e->C));
  for (int r = 0; r < x->terms; r++) {
    const PetscInt cell = x->cell[x->row[r]];
    if (cell >= x->grid->first_cell && cell < x->grid->last_cell) SgdNoiseLawCovariance(x->law, cell, e->C + 6 * r);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, e->C, 6 * x->terms, MPI_DOUBLE, MPI_SUM, x->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* On one sample; *told: is the sample large enough for the outcome to count? */
static PetscErrorCode Expand(SgdLawSample *x, SgdLawExpansion *e, PetscBool *told) {
  const int most = PetscMin(x->want->most, FEW(x));
  const double enough = PetscMax(x->want->tolerance, x->want->acceptable);

  PetscFunctionBegin;
  PetscCall(Evaluate(x));
  PetscCall(Cross(x, most));
  e->error = x->left;
  *told = (PetscBool)(x->left <= x->want->tolerance || most == x->want->most);
  if (!*told || x->left > enough) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Factor(x));
  PetscCall(Places(x, e));
  PetscCall(SgdLawWeights(x, e));
  PetscCall(SgdLawCompress(x, COMPRESSED * PetscMax(x->want->tolerance, x->left), e));
  *told = (PetscBool)(e->error <= DOUBTED * PetscMax(x->want->tolerance, x->left));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OpenSample(SgdLawSample *x, int level) {
  PetscFunctionBegin;
  x->cells = levels[level].cells;
  x->check = x->table ? CHECKED : x->cells / 4;
  x->modes = levels[level].modes;
  PetscCall(PetscMalloc3(x->cells, &x->cell, x->modes, &x->q, x->cells, &x->heed));
  PetscCall(PetscMalloc3(x->cells * 2 * x->modes, &x->phi, FEW(x), &x->row, FEW(x), &x->column));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CloseSample(SgdLawSample *x) {
  PetscFunctionBegin;
  PetscCall(PetscFree3(x->cell, x->q, x->heed));
  PetscCall(PetscFree3(x->phi, x->row, x->column));
  if (x->Phi) PetscCall(PetscFree2(x->Phi, x->pivots));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double SgdLawExpansionDirect(int dim, const int modes[], double point, double mode) {
  const double places = dim == 2 ? SGD_LAW_PLACES_2 : SGD_LAW_PLACES_3;
  double all = modes[0] + 1;

  for (int a = 1; a < dim; a++) all *= 2 * modes[a] + 1;
  return levels[0].cells * (point + levels[0].modes * mode) + SGD_LAW_TERMS * (places + all) * mode;
}

/* 0 for laws that are none of samples: they take no table. */
static double Direct(SgdNoiseLaw law, int dim, const int modes[]) {
  double point, mode;

  if (!SgdNoiseLawSampleLaw(law)) return 0;
  SgdSampleLawCost(SgdNoiseLawSampleLaw(law), &point, &mode);
  return SgdLawExpansionDirect(dim, modes, point, mode);
}

PetscErrorCode SgdLawExpansionCreate(SgdNoiseLaw law, SgdGrid grid, const double dq[], const int modes[],
                                     const SgdLawAccuracy *accuracy, SgdLawExpansion *e) {
  PetscBool told = PETSC_FALSE;
  double most[3] = {0, 0, 0};
  SgdLawTable table;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(e, sizeof *e));
  for (int a = 0; a < grid->dim; a++) most[a] = dq[a] * modes[a];
  PetscCall(SgdLawTableCreate(law, grid, accuracy->support, most, TABLE * accuracy->tolerance,
                              Direct(law, grid->dim, modes), &table));
  for (int level = 0; level < LEVELS && !told; level++) {
    SgdLawSample x = {.law = law, .grid = grid, .want = accuracy, .table = table};
    PetscCall(SgdLawExpansionDestroy(e));
    PetscCall(OpenSample(&x, level));
    Choose(&x, dq, modes);
    PetscCall(Expand(&x, e, &told));
    PetscCall(CloseSample(&x));
  }
  e->table = table;
  if (!e->terms) PetscCall(SgdLawExpansionFreeTable(e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLawExpansionDestroy(SgdLawExpansion *e) {
  PetscFunctionBegin;
  PetscCall(PetscFree(e->x));
  PetscCall(PetscFree(e->C));
  PetscCall(PetscFree(e->mix));
  PetscCall(PetscFree(e->weight));
  PetscCall(SgdLawExpansionFreeTable(e));
  e->terms = e->places = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLawExpansionFreeTable(SgdLawExpansion *e) {
  return SgdLawTableDestroy(&e->table);
}

/* Places are asked for one after the other: the table is read once a batch. */
static PetscErrorCode SettleTable(const SgdLawExpansion *e, int place) {
  const int first = place / BATCH * BATCH;

  PetscFunctionBegin;
  if (place == first) PetscCall(SgdLawTableSettle(e->table, PetscMin(BATCH, e->places - first), e->x + first));
  SgdLawTableTurn(e->table, place - first);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLawExpansionSettle(const SgdLawExpansion *e, int place, SgdNoiseLaw law) {
  if (e->table) return SettleTable(e, place);
  return e->C ? SgdNoiseLawAtCovariance(law, e->C + 6 * place) : SgdNoiseLawAtPoint(law, e->x[place]);
}

PetscErrorCode SgdLawExpansionLines(const SgdLawExpansion *e, SgdNoiseLaw law, const double q0[], int lines,
                                    double across, const double dq[], PetscInt n, double _Complex phi[]) {
  double q[3] = {q0[0], q0[1], q0[2]};

  PetscFunctionBegin;
  if (e->table) {
    PetscCall(SgdLawTableLines(e->table, q0, lines, across, dq, n, phi));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (SgdNoiseLawSampleLaw(law)) {
    PetscCall(SgdSampleLawLines(SgdNoiseLawSampleLaw(law), q0, lines, across, dq, n, phi));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (int l = 0; l < lines; l++) {
    q[0] = q0[0] + l * across;
    PetscCall(SgdNoiseLawLine(law, q, dq, n, phi + l * n));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
