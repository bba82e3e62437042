#include "operators/noise/law_tableimpl.h"
#include "cases/base/chebyshev.h"
#include "cases/noise/draw_law.h"
#include "meshes/sample_points.h"

#define FIRST_NODES 9
#define MOST_NODES  129
#define MOST_WAVES  256
#define MOST_BYTES  4e8
#define TRIED       24 /* places where the table is tried */
#define TRIED_WAVES 40 /* at each */

static void Count(SgdTableNodes *t) {
  t->total = t->n[0] * t->n[1] * t->n[2];
}

static double NodeOf(const SgdTableNodes *t, int a, int j) {
  if (!t->centres[a]) return SgdChebyshevNode(t->n[a], j, t->low[a], t->high[a]);
  return t->low[a] + (j + 0.5) * (t->high[a] - t->low[a]) / t->n[a];
}

static void Place(const SgdLawTable t, const SgdTableNodes *nodes, int node, double x[]) {
  for (int a = 0; a < t->dim; node /= nodes->n[a++]) x[a] = NodeOf(nodes, a, node % nodes->n[a]);
}

/* psi [2][waves] at a place. */
static PetscErrorCode Evaluate(SgdLawTable t, const double x[], double *psi) {
  double node[3][MOST_WAVES];
  const double *const q[3] = {node[0], node[1], node[2]}, *c;

  PetscFunctionBegin;
  PetscCall(SgdNoiseLawAtPoint(t->law, x));
  c = SgdSampleLawDraws(SgdNoiseLawSampleLaw(t->law), &t->N, &t->B);
  for (int a = 0; a < t->dim; a++)
    for (int m = 0; m < t->wave.n[a]; m++) node[a][m] = NodeOf(&t->wave, a, m);
  PetscCheck(!SgdDrawLawTensor(t->N, t->dim, c, t->B, t->wave.n, q, psi), PETSC_COMM_SELF, PETSC_ERR_MEM,
             "Out of memory");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest phases |q_a c_i|/B at a few places, of all ranks. */
static PetscErrorCode Phases(SgdLawTable t, double phase[3]) {
  SgdTableNodes few = t->place;
  PetscMPIInt rank, ranks;
  const double *c;
  double x[3];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(t->grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(t->grid->comm, &ranks));
  for (int a = 0; a < 3; a++) phase[a] = 0;
  for (int a = 0; a < t->dim; a++) few.n[a] = 5;
  Count(&few);
  for (int node = rank; node < few.total; node += ranks) {
    Place(t, &few, node, x);
    PetscCall(SgdNoiseLawAtPoint(t->law, x));
    c = SgdSampleLawDraws(SgdNoiseLawSampleLaw(t->law), &t->N, &t->B);
    for (int a = 0; a < t->dim; a++)
      for (int i = 0; i < t->N; i++) phase[a] = PetscMax(phase[a], t->wave.high[a] / t->B * fabs(c[a * t->N + i]));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, phase, 3, MPI_DOUBLE, MPI_MAX, t->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The least n with J_n(A) <= (A/2)^n/n! <= error. */
static int Nodes(double A, double error) {
  int n = 3;

  while (n < MOST_WAVES && !(n > A && n * log(0.5 * A) - lgamma(n + 1) < log(error))) n++;
  return n + 1;
}

static PetscErrorCode ChooseWaves(SgdLawTable t) {
  double phase[3];

  PetscFunctionBegin;
  PetscCall(Phases(t, phase));
  for (int a = 0; a < t->dim; a++)
    t->wave.n[a] = Nodes(PetscMax(1e-3, 1.1 * phase[a] * (a ? 1 : 0.5)), 0.1 * t->tolerance / t->B);
  Count(&t->wave);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where a node of `fine` stands in the coarser tensor, or -1. */
static int InCoarser(const SgdLawTable t, const SgdTableNodes *fine, const SgdTableNodes *coarse, int node) {
  int stride = 1, at = 0;

  for (int a = 0; a < t->dim; a++) {
    const int ratio = fine->n[a] == coarse->n[a] ? 1 : (fine->n[a] - 1) / (coarse->n[a] - 1), i = node % fine->n[a];
    if (fine->centres[a] != coarse->centres[a] || i % ratio) return -1;
    at += stride * (i / ratio);
    stride *= coarse->n[a];
    node /= fine->n[a];
  }
  return at;
}

/* The table on these nodes; what a coarser one has is kept. New nodes are dealt out over the ranks, each computed by one
   alone, so that the outcome does not depend on their number. */
static PetscErrorCode Fill(SgdLawTable t, const SgdTableNodes *nodes) {
  const int width = 2 * t->wave.total;
  PetscMPIInt rank, ranks, count;
  double *psi, x[3];
  int fresh = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(t->grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(t->grid->comm, &ranks));
  PetscCall(PetscMalloc1((PetscCount)nodes->total * width, &psi));
  for (int node = 0; node < nodes->total; node++) {
    const int old = t->psi ? InCoarser(t, nodes, &t->place, node) : -1;
    double *to = psi + (PetscCount)node * width;
    const PetscBool own = old >= 0 ? (PetscBool)(rank == 0) : (PetscBool)(fresh++ % ranks == rank);
    if (!own)
      PetscCall(PetscArrayzero(to, width));
    else if (old >= 0)
      PetscCall(PetscArraycpy(to, t->psi + (PetscCount)old * width, width));
    else {
      Place(t, nodes, node, x);
      PetscCall(Evaluate(t, x, to));
    }
  }
  PetscCall(PetscMPIIntCast((PetscInt)nodes->total * width, &count));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, psi, count, MPI_DOUBLE, MPI_SUM, t->grid->comm));
  PetscCall(PetscFree(t->psi));
  t->psi = psi;
  t->place = *nodes;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest |psi^B - guess^B| over the waves; both are overwritten. */
static double Distance(const SgdLawTable t, double *psi, double *guess) {
  const int n = t->wave.total;
  double most = 0;

  SgdComplexPowers(t->B, n, psi, psi + n);
  SgdComplexPowers(t->B, n, guess, guess + n);
  for (int m = 0; m < n; m++) {
    const double re = psi[m] - guess[m], im = psi[n + m] - guess[n + m], square = re * re + im * im;
    most = PetscMax(most, square);
  }
  return sqrt(most);
}

/* What the even nodes along axis a say about one of the odd ones: the error there, as heeded. */
static PetscErrorCode OddNode(const SgdLawTable t, int a, int node, double *work, double *error) {
  const int half = (t->place.n[a] + 1) / 2, width = 2 * t->wave.total;
  double x[3], row[MOST_NODES], *psi = work, *guess = work + width;
  int stride = 1;

  PetscFunctionBegin;
  for (int b = 0; b < a; b++) stride *= t->place.n[b];
  const int i = node / stride % t->place.n[a];
  Place(t, &t->place, node, x);
  SgdChebyshevRow(half, t->place.low[a], t->place.high[a], x[a], row);
  PetscCall(PetscArraycpy(psi, t->psi + (PetscCount)node * width, width));
  PetscCall(PetscArrayzero(guess, width));
  for (int j = 0; j < half; j++) {
    const double *from = t->psi + (PetscCount)(node + (2 * j - i) * stride) * width;
    for (int m = 0; m < width; m++) guess[m] += row[j] * from[m];
  }
  const double distance = Distance(t, psi, guess); /* once: it overwrites its arrays, and PetscMax is a macro */
  *error = PetscMax(*error, SgdSupportWeight(t->support, t->dim, x) * distance);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* By axis: the largest error of half of the nodes at the others. */
static PetscErrorCode Halves(const SgdLawTable t, double error[3]) {
  PetscMPIInt rank, ranks;
  double *work;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(t->grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(t->grid->comm, &ranks));
  PetscCall(PetscMalloc1(4 * (PetscCount)t->wave.total, &work));
  for (int a = 0, stride = 1; a < t->dim; stride *= t->place.n[a++]) {
    error[a] = 0;
    for (int node = rank; !t->place.centres[a] && node < t->place.total; node += ranks)
      if (node / stride % t->place.n[a] % 2) PetscCall(OddNode(t, a, node, work, &error[a]));
  }
  PetscCall(PetscFree(work));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, error, t->dim, MPI_DOUBLE, MPI_MAX, t->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* phi itself against the table where it is settled, at waves between the nodes. */
static PetscErrorCode TryWaves(SgdLawTable t, double *error) {
  double _Complex phi, guess;
  double q[3], dq[3] = {0, 0, 0};

  PetscFunctionBegin;
  for (int m = 0; m < TRIED_WAVES; m++) {
    for (int a = 0; a < t->dim; a++)
      q[a] = t->wave.low[a] + SgdSequence(t->dim, a, m) * (t->wave.high[a] - t->wave.low[a]);
    PetscCall(SgdNoiseLawLine(t->law, q, dq, 1, &phi));
    PetscCall(SgdLawTableLines(t, q, 1, 0, dq, 1, &guess));
    *error = PetscMax(*error, cabs(phi - guess));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest error at places between the nodes, as heeded. */
static PetscErrorCode Try(SgdLawTable t, double *error) {
  const int width = 2 * t->wave.total;
  double *work, x[3];
  PetscMPIInt rank, ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(t->grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(t->grid->comm, &ranks));
  PetscCall(PetscMalloc1(2 * (PetscCount)width, &work));
  *error = 0;
  for (int i = rank; i < TRIED; i += ranks) {
    SgdSequencePoint(t->grid, &t->range, 50 + i, x);
    PetscCall(Evaluate(t, x, work));
    PetscCall(SgdLawTableSettle(t, 1, (const double(*)[3])x));
    PetscCall(PetscArraycpy(work + width, t->here, width));
    double there = Distance(t, work, work + width);
    PetscCall(TryWaves(t, &there));
    *error = PetscMax(*error, SgdSupportWeight(t->support, t->dim, x) * there);
  }
  PetscCall(PetscFree(work));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, error, 1, MPI_DOUBLE, MPI_MAX, t->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rough cost of the waves: at so many places as it often takes, the sums over the samples; for so many terms, and for
   every wave that these are chosen on, the interpolation. Small batches have sharp laws, which take many waves. */
PetscBool SgdLawTablePays(int dim, int waves, int samples, double direct) {
  const double places = dim == 2 ? SGD_LAW_PLACES_2 : SGD_LAW_PLACES_3;

  return (PetscBool)(4e-10 * places * waves * (samples + SGD_LAW_TERMS + SGD_LAW_SAMPLED) <= direct);
}

static PetscBool Affordable(const SgdLawTable t, const SgdTableNodes *nodes) {
  return (PetscBool)(16.0 * nodes->total * t->wave.total <= MOST_BYTES && nodes->total < t->grid->cells / 2);
}

/* Half of the nodes leave `error`, so that twice as many leave about its fourth power (Build). Where that is not enough
   and the cells are few, doubling would only end at them. */
static PetscBool CellsNext(const SgdLawTable t, int a, double error) {
  const int next = 2 * t->place.n[a] - 1, cells = (int)t->range.count[a];

  return (PetscBool)(next >= cells || (3 * next >= cells && cells <= MOST_NODES && pow(error, 4) > t->tolerance));
}

/* Twice the nodes along axis a, or its cells; *served: do they pay? */
static PetscErrorCode Refine(SgdLawTable t, int a, double error, PetscBool *served) {
  SgdTableNodes nodes = t->place;

  PetscFunctionBegin;
  nodes.centres[a] = CellsNext(t, a, error);
  nodes.n[a] = nodes.centres[a] ? (int)t->range.count[a] : 2 * nodes.n[a] - 1;
  Count(&nodes);
  *served = (PetscBool)(!t->place.centres[a] && nodes.n[a] <= MOST_NODES && Affordable(t, &nodes));
  if (*served) PetscCall(Fill(t, &nodes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Errors fall geometrically: where half of the nodes leave e, all of them leave about e^2. */
static PetscErrorCode Build(SgdLawTable t, PetscBool *served) {
  SgdTableNodes nodes = t->place;
  double error[3], left = PETSC_MAX_REAL;

  PetscFunctionBegin;
  for (int a = 0; a < t->dim; a++) {
    nodes.centres[a] = (PetscBool)(t->range.count[a] <= FIRST_NODES);
    nodes.n[a] = nodes.centres[a] ? (int)t->range.count[a] : FIRST_NODES;
  }
  Count(&nodes);
  *served = Affordable(t, &nodes);
  if (*served) PetscCall(Fill(t, &nodes));
  while (*served && left > t->tolerance) {
    int worst = t->place.centres[0] ? 1 : 0;
    PetscCall(Halves(t, error));
    for (int a = 1; a < t->dim; a++)
      if (!t->place.centres[a] && error[a] > error[worst]) worst = a;
    if (PetscSqr(error[worst]) <= t->tolerance) PetscCall(Try(t, &left));
    if (left > t->tolerance) PetscCall(Refine(t, worst, error[worst], served));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLawTableCreate(SgdNoiseLaw law, SgdGrid grid, const SgdSupport *support, const double most[],
                                 double tolerance, double direct, SgdLawTable *table) {
  const SgdSampleLaw samples = SgdNoiseLawSampleLaw(law);
  PetscBool served = PETSC_TRUE;
  SgdLawTable t;
  int N, B;

  PetscFunctionBegin;
  *table = NULL;
  if (grid->dim == 1 || !samples || !SgdSampleLawDraws(samples, &N, &B)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscNew(&t));
  *t = (struct _p_SgdLawTable){.law = law,
                               .grid = grid,
                               .support = support,
                               .range = SgdSupportRange(support, grid),
                               .tolerance = tolerance,
                               .dim = grid->dim,
                               .N = N,
                               .B = B,
                               .place = {.n = {1, 1, 1}},
                               .wave = {.n = {1, 1, 1}}};
  for (int a = 0; a < t->dim; a++) {
    t->place.low[a] = grid->min[a] + (double)t->range.first[a] * grid->h[a];
    t->place.high[a] = t->place.low[a] + (double)t->range.count[a] * grid->h[a];
    t->wave.low[a] = a ? -most[a] : 0;
    t->wave.high[a] = most[a];
  }
  PetscCall(ChooseWaves(t));
  served = SgdLawTablePays(t->dim, t->wave.total, t->N, direct);
  for (int a = 0; a < t->dim; a++) served = (PetscBool)(served && t->wave.n[a] < MOST_WAVES);
  if (served) PetscCall(Build(t, &served));
  if (!served) PetscCall(SgdLawTableDestroy(&t));
  *table = t;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLawTableDestroy(SgdLawTable *table) {
  PetscFunctionBegin;
  if (!*table) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*table)->psi));
  PetscCall(PetscFree((*table)->settled));
  PetscCall(PetscFree((*table)->rows));
  PetscCall(PetscFree(*table));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int SgdLawTablePlaces(SgdLawTable t) {
  return t->place.total;
}
