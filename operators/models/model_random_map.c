/* Model `random_map`: the master equation (THEORY.md (2), (19)) where a step draws one of few landscapes, as an
   iterated function system. Atom m sends a to T_m(a) = a + u_m(a) (atoms.h) with probability 1/M, so
     p_{n+1} = (1/M) sum_m (T_m)# p_n.
   Such noise has no density, and its characteristic function does not decay: instead the image of each cell, as a piece
   of the width that the step leaves it, is remeshed (remeshing.h). The backward operator is then interpolation of order `order`: eigenvalues, whose left
   eigenfunctions are smooth where the maps contract, converge with that order even where densities are singular.
   Atoms: all batches of the landscape's samples or an ensemble of some; the orderings of an epoch (`epoch`: one step of
   this model is then one pass through the data without replacement, a Markov chain in epochs though not in steps,
   THEORY.md section 1); for landscapes in closed form the two-point law, Gaussian draws, or one atom without noise. */
#include "operators/models/modelimpl.h"
#include "operators/push_forward/atoms.h"
#include "cases/file/case_types.h"
#include "cases/file/choice.h"
#include "operators/push_forward/remeshing.h"
#include "meshes/sample_points.h"
#include "operators/push_forward/sources.h"
#include <stdbool.h>

typedef struct {
  SgdModelCommon common;
  char *atoms_name;
  SgdAtomsChoice atoms; /* what the name stands for; no key */
  int order, max_atoms, count, seed;
  bool epoch;
  char words[160]; /* not read: what SetUp settled on */
} Options;

static const cyaml_schema_field_t fields[] = {SGD_MODEL_FIELDS(Options),
                                              SGD_INTEGER("order", Options, order),
                                              SGD_STRING("atoms", Options, atoms_name),
                                              SGD_INTEGER("max_atoms", Options, max_atoms),
                                              SGD_INTEGER("count", Options, count),
                                              SGD_INTEGER("seed", Options, seed),
                                              SGD_BOOL("epoch", Options, epoch),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults = "order: 6\natoms: auto\nmax_atoms: 1024\ncount: 256\nseed: 1\nepoch: false\n";

/* Steps of other models are single updates, here they are epochs: the two cannot be compared step by step. */
static PetscErrorCode CheckEpoch(SgdCase c, const char *section, const Options *o) {
  char key[96];
  int models;

  PetscFunctionBegin;
  if (!o->epoch) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.epoch", section));
  PetscCall(SgdCaseCount(c, "models", &models));
  SgdCaseCheck(c, models == 1, key,
               "one step of this model is an epoch, of the others one update: it must be the case's only model");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelCreate_RandomMap(SgdModel m, SgdCase c, const char *section) {
  static const char *const names[] = {"auto", "all", "sampled", NULL}; /* as SgdAtomsChoice */
  int atoms = 0;
  Options *o;
  char key[96];

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, section, &schema, defaults, "model", &o));
  m->options = o;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.order", section));
  SgdCaseCheck(c, o->order == 2 || o->order == 4 || o->order == 6 || o->order == 8, key,
               "expected 2, 4, 6 or 8, got %d", o->order);
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.max_atoms", section));
  SgdCaseCheck(c, o->max_atoms >= 2, key, "expected at least 2, got %d", o->max_atoms);
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.count", section));
  SgdCaseCheck(c, o->count >= 1 && o->count <= 1000000, key, "expected 1 .. 1000000, got %d", o->count);
  PetscCall(SgdCaseChoiceIn(c, section, "atoms", names, o->atoms_name, &atoms));
  o->atoms = (SgdAtomsChoice)atoms;
  PetscCall(CheckEpoch(c, section, o));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static SgdAtomsOptions AtomsOptions(const Options *o) {
  return (SgdAtomsOptions){o->atoms, o->max_atoms, o->count, o->seed, (PetscBool)o->epoch};
}

static PetscErrorCode ModelFit_RandomMap(SgdModel m, const SgdStepPlan *plan) {
  const SgdAtomsOptions options = AtomsOptions(m->options);
  return SgdAtomsFit(plan, &m->report, &options);
}

typedef struct {
  SgdFields fields;
  SgdAtoms atoms;
  SgdTransfers transfers;
  double learning_rate;
  int order;
  PetscInt held; /* the cell under way, as in fields.h */
  double **own;  /* SgdModelKeptMoments; NULL: not wanted */
} Builder;

/* One share of a cell's mass, to its mean displacement and to the second moments. */
static void AddMoments(const Builder *b, const PetscInt index[], const double place[], double mass) {
  SgdGrid grid = b->fields->grid;
  const int d = grid->dim;
  double moved[3];

  for (int a = 0; a < d; a++) moved[a] = (place[a] - (double)index[a]) * grid->h[a];
  for (int a = 0; a < d; a++) {
    b->own[a][b->held] += mass * moved[a];
    for (int c = a; c < d; c++) b->own[d + SgdPair(d, a, c)][b->held] += mass * moved[a] * moved[c];
  }
}

/* From one source: each atom gets its share of the mass. */
static PetscErrorCode AddSource(void *ctx, const PetscInt index[], const double from[], const double width[],
                                double mass) {
  const Builder *b = ctx;
  SgdGrid grid = b->fields->grid;
  const int count = SgdAtomsCount(b->atoms);
  const double *u;
  double place[3];

  PetscFunctionBegin;
  PetscCall(SgdAtomsAt(b->atoms, from, &u));
  for (int i = 0; i < count; i++) {
    for (int k = 0; k < grid->dim; k++) place[k] = from[k] + u[i * grid->dim + k] / grid->h[k];
    if (b->own) AddMoments(b, index, place, mass / count);
    PetscCall(SgdRemeshingAddPiece(grid, b->transfers, index, b->order, place, width, mass / count));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddCellAtoms(Builder *b, PetscInt cell) {
  b->held = cell - b->fields->first_cell;
  return SgdSourcesPush(b->fields, b->learning_rate, b->order, cell, AddSource, b);
}

#define MOST_BYTES 1.6e10

/* How many weights a cell has once those on one target are merged, and the memory all of them take while they are
   assembled: from a few cells, before the work is done. */
static PetscErrorCode ReportMemory(SgdModel m, Builder *b) {
  enum { FEW = 64 };
  SgdGrid grid = m->step.fields->grid;
  static const SgdSupport everywhere = {{0}, {0}, {0}};
  const SgdCellRange range = SgdSupportRange(&everywhere, grid);
  double weights, bytes;

  PetscFunctionBegin;
  PetscCall(SgdTransfersCreate(grid, &b->transfers));
  for (int i = 0; i < FEW; i++) {
    const PetscInt cell = SgdSequenceCell(grid, &range, i);
    if (cell >= grid->first_cell && cell < grid->last_cell) PetscCall(AddCellAtoms(b, cell));
  }
  PetscCall(SgdTransfersCount(b->transfers, &weights));
  PetscCall(SgdTransfersDestroy(&b->transfers));
  weights /= FEW;
  bytes = SGD_TRANSFER_BYTES * weights * (double)grid->cells;
  PetscCall(SgdReportNote(&m->report, "%d atoms, about %.0f weights a cell once merged, at most %.3g MiB in all",
                          SgdAtomsCount(b->atoms), weights, bytes / 1048576));
  if (bytes > MOST_BYTES)
    PetscCall(SgdCaseError(m->report.kase, m->report.section, NULL,
                           "its weights would take %.3g GiB: fewer atoms (count), a lower order, fewer cells, or model "
                           "master, law: exact",
                           bytes / 1073741824));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AllocateMoments(SgdModel m, Builder *b) {
  const SgdFields f = m->step.fields;

  PetscFunctionBegin;
  for (int k = 0; k < f->grid->dim + SGD_PAIRS(f->grid->dim); k++)
    PetscCall(PetscCalloc1(f->last_cell - f->first_cell, &m->own[k]));
  b->own = m->own;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Second moments of the displacement to its covariance. */
static void CentreMoments(SgdModel m) {
  const SgdFields f = m->step.fields;
  const int d = f->grid->dim;

  for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++)
    for (int a = 0; a < d; a++)
      for (int c = a; c < d; c++) m->own[d + SgdPair(d, a, c)][i] -= m->own[a][i] * m->own[c][i];
}

/* Drawn atoms are not the law: how far their step's mean is off the drift, in deviations of the step's noise, and their
   variance off the noise's, root mean squares over the box. About 1/sqrt(M) and, of Gaussian noise, sqrt(2/M). */
static PetscErrorCode WarnOfDrawing(SgdModel m, SgdAtoms atoms) {
  const SgdFields f = m->step.fields;
  const double eta = m->step.learning_rate;
  double sum[3] = {0};

  PetscFunctionBegin;
  if (!SgdAtomsDrawn(atoms) || ((Options *)m->options)->epoch || f->grid->dim != m->step.frame->dim)
    PetscFunctionReturn(PETSC_SUCCESS);
  for (int a = 0; a < f->grid->dim; a++) {
    const int aa = SgdPair(f->grid->dim, a, a);
    for (PetscInt i = f->grid->first_cell - f->first_cell; i < f->grid->last_cell - f->first_cell; i++) {
      if (f->C[aa][i] <= 0) continue;
      sum[0]++;
      sum[1] += PetscSqr(m->own[a][i] / eta + f->g[a][i]) / f->C[aa][i];
      sum[2] += PetscSqr(m->own[f->grid->dim + aa][i] / (eta * eta * f->C[aa][i]) - 1);
    }
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, 3, MPI_DOUBLE, MPI_SUM, f->grid->comm));
  if (sum[0] > 0)
    PetscCall(SgdWarn(f->grid->comm,
                      "model %s: %d atoms drawn for all there are: a step's mean is off by %.2g of its noise and its "
                      "variance by %.2g of it (root mean square over the box); four times the %s.count halves both",
                      SgdModelName(m), SgdAtomsCount(atoms), sqrt(sum[1] / sum[0]), sqrt(sum[2] / sum[0]),
                      m->report.section));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelSetUp_RandomMap(SgdModel m) {
  SgdGrid grid = m->step.fields->grid;
  Options *o = m->options;
  const SgdAtomsOptions options = AtomsOptions(o);
  Builder b = {.fields = m->step.fields, .learning_rate = m->step.learning_rate, .order = o->order};

  PetscFunctionBegin;
  PetscCall(SgdAtomsCreate(&m->step, &m->report, &options, &b.atoms));
  PetscCall(PetscStrncpy(o->words, SgdAtomsWords(b.atoms), sizeof o->words));
  if (o->epoch) m->updates = SgdLandscapeSamples(m->step.landscape) / m->step.batch;
  PetscCall(ReportMemory(m, &b));
  PetscCall(SgdTransfersCreate(grid, &b.transfers));
  PetscCall(AllocateMoments(m, &b));
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) PetscCall(AddCellAtoms(&b, cell));
  CentreMoments(m);
  PetscCall(WarnOfDrawing(m, b.atoms));
  PetscCall(SgdTransfersAssemble(b.transfers, 1, 1, &m->A));
  PetscCall(SgdTransfersDestroy(&b.transfers));
  PetscCall(SgdAtomsDestroy(&b.atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelEquation_RandomMap(SgdModel m, char *text, size_t size) {
  const SgdStep *c = &m->step;
  const Options *o = m->options;
  char epoch[160] = "";

  PetscFunctionBegin;
  if (o->epoch)
    PetscCall(PetscSNPrintf(epoch, sizeof epoch,
                            "; one step is an epoch of %" PetscInt_FMT
                            " updates without replacement, their maps composed: "
                            "steps and output steps count epochs, and tau = eta n must be multiplied by that number",
                            SgdModelUpdates(m)));
  PetscCall(PetscSNPrintf(text, size,
                          "(map): p_{n+1} = (1/M) sum_m (T_m)# p_n, T_m(a) = a - eta G_m(a), eta = %g, %s; remeshed by "
                          "Lagrange weights of order %d%s",
                          c->learning_rate, o->words, o->order, epoch));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const SgdModelOps SgdModelRandomMap = {.name = "random_map",
                                       .kind = SGD_MAP,
                                       .no_density = PETSC_TRUE,
                                       .create = ModelCreate_RandomMap,
                                       .fit = ModelFit_RandomMap,
                                       .setup = ModelSetUp_RandomMap,
                                       .equation = ModelEquation_RandomMap,
                                       .moments = SgdModelKeptMoments};
