/* Model `master`: the exact master equation of SGD with independent minibatches (THEORY.md (2)),
     p_{n+1}(w) = E_batch [ int delta(w - w' + eta G(w')) p_n(w') dw' ]:
   push the mass of each cell to w' - eta g(w') and spread it by the law of the minibatch noise. */
#include "operators/master/master.h"
#include "cases/file/case_types.h"

static const cyaml_schema_field_t fields[] = {SGD_MODEL_FIELDS(SgdMasterOptions),
                                              SGD_STRING("law", SgdMasterOptions, law),
                                              SGD_STRING("method", SgdMasterOptions, method),
                                              SGD_NUMBER("truncation", SgdMasterOptions, truncation),
                                              SGD_NUMBER("tolerance", SgdMasterOptions, tolerance),
                                              SGD_NUMBER("shape", SgdMasterOptions, shape),
                                              SGD_NUMBER("rate", SgdMasterOptions, rate),
                                              SGD_NUMBER("alpha", SgdMasterOptions, alpha),
                                              SGD_STRING("table", SgdMasterOptions, table),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(SgdMasterOptions, fields);
static const char *defaults = "law: %s\nmethod: auto\ntruncation: 1.0e-14\ntolerance: 0\nshape: 1\nrate: 1\n"
                              "alpha: 2\ntable: ''\n";

/* The value of `key` must be one of two lists of names. */
static PetscErrorCode CheckName(SgdCase c, const char *key, const char *value, const char *const *first,
                                const char *const *more) {
  const char *known[32] = {NULL};
  char list[512] = "";
  int count = 0;

  PetscFunctionBegin;
  for (; first && *first; first++) known[count++] = *first;
  for (; more && *more; more++) known[count++] = *more;
  for (int i = 0; i < count; i++) {
    if (!strcmp(known[i], value)) PetscFunctionReturn(PETSC_SUCCESS);
    if (i) PetscCall(PetscStrlcat(list, i == count - 1 ? " or " : ", ", sizeof list));
    PetscCall(PetscStrlcat(list, known[i], sizeof list));
  }
  PetscCall(SgdCaseError(c, key, known, "expected %s, found \"%s\"", list, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdMasterRead(SgdModel m, SgdCase c, const char *section, const char *law) {
  static const char *const laws[] = {"auto", "exact", NULL}, *const methods[] = {"auto",   "dense",  "splat",
                                                                                 "spread", "remesh", NULL};
  SgdMasterOptions *o;
  char key[96], text[256];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(text, sizeof text, defaults, law));
  PetscCall(SgdCaseRead(c, section, &schema, text, "model", &o));
  m->options = o;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.law", section));
  PetscCall(CheckName(c, key, o->law, laws, SgdStepLawNames()));
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.method", section));
  PetscCall(CheckName(c, key, o->method, methods, NULL));
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.truncation", section));
  SgdCaseCheck(c, o->truncation >= 1e-16 && o->truncation <= 1e-3, key, "expected 1e-16 .. 1e-3, got %g",
               o->truncation);
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.tolerance", section));
  SgdCaseCheck(c, o->tolerance == 0 || (o->tolerance >= 1e-12 && o->tolerance <= 1e-2), key,
               "expected 1e-12 .. 1e-2, or 0: automatic, got %g", o->tolerance);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Create(SgdModel m, SgdCase c, const char *section) {
  return SgdMasterRead(m, c, section, "auto");
}

/* Step noise against cell width, of axis a: the least and the largest over the grid. Collective. */
static PetscErrorCode NoisePerCell(SgdModel m, int a, double *least, double *largest) {
  SgdFields f = m->context.fields;
  double range[2] = {-PETSC_MAX_REAL, 0}; /* largest of -C and of C */

  PetscFunctionBegin;
  for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++) {
    const double C = PetscMax(0, f->C[SgdPair(f->grid->dim, a, a)][i]);
    range[0] = PetscMax(range[0], -C);
    range[1] = PetscMax(range[1], C);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPI_DOUBLE, MPI_MAX, f->grid->comm));
  *least = m->context.learning_rate * sqrt(-range[0]) / f->grid->h[a];
  *largest = m->context.learning_rate * sqrt(range[1]) / f->grid->h[a];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Resolution (THEORY.md (20)): each axis wants a step noise of at least one cell; below half a cell it must be remeshed
   (*narrow). Remeshing keeps the moments of any noise, but where even the widest is a twentieth of a cell the density
   of a confined mode is narrower than one, unless eta lambda is below 1/800: `auto` does not offer that. Spreading the
   law of samples is not refused: few atoms smooth nothing however far apart, the density itself must be smooth. */
#define NARROW      0.5
#define MEANINGLESS 0.05

static PetscErrorCode ReportResolution(SgdModel m, PetscBool *narrow) {
  SgdGrid grid = m->context.fields->grid;
  const char *method = ((SgdMasterOptions *)m->options)->method, *law = ((SgdMasterOptions *)m->options)->law;
  const PetscBool samples = (PetscBool)(SgdLandscapeSamples(m->context.landscape) > 0 && !strcmp(law, "exact"));
  const double limit = !strcmp(method, "remesh") || (samples && !strcmp(method, "spread"))
                           ? 0
                           : (strcmp(method, "auto") ? NARROW : MEANINGLESS);
  double least = 0, largest = 0;
  char name[64], needed[64];

  PetscFunctionBegin;
  *narrow = PETSC_FALSE;
  for (int a = 0; a < grid->dim; a++) {
    PetscCall(NoisePerCell(m, a, &least, &largest));
    PetscCall(PetscSNPrintf(name, sizeof name, "step noise / cell width, axis %d", a + 1));
    PetscCall(SgdModelReport(m, name, least, 1.0, (PetscBool)(least >= 1.0)));
    if (least < NARROW) *narrow = PETSC_TRUE;
    if (least > 0)
      PetscCall(PetscSNPrintf(needed, sizeof needed, "use at least %.0f cells (slice.cells)",
                              ceil((double)grid->n[a] / least)));
    else
      PetscCall(PetscStrncpy(needed, "no number of cells (slice.cells) resolves it", sizeof needed));
    if ((limit == NARROW ? least : largest) < limit)
      return SgdFail(grid->comm, SGD_EXIT_NUMBERS,
                     "model %s: along axis %d the noise of a step is %.3g cells wide at its narrowest, %.3g at its "
                     "widest: the grid cannot carry it; %s, now %" PetscInt_FMT
                     " (method remesh keeps its moments on any grid)",
                     m->name, a + 1, least, largest, needed, grid->n[a]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Remeshing stands in for the Gaussian law, and for the landscape's own with a warning; no other law. */
static PetscErrorCode Remesh(SgdModel m, PetscBool gaussian) {
  const SgdMasterOptions *o = m->options;
  MPI_Comm comm = m->context.fields->grid->comm;
  const PetscBool own = (PetscBool)(!strcmp(o->law, "auto") || !strcmp(o->law, "exact"));
  char key[96];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.law", m->section));
  if (!gaussian && !own && !strcmp(o->method, "auto"))
    return SgdFail(comm, SGD_EXIT_NUMBERS,
                   "model %s: the noise of a step is narrower than half a cell, and remeshing knows the Gaussian law "
                   "only, not \"%s\": use more cells (slice.cells)",
                   m->name, o->law);
  SgdCaseCheck(m->context.kase, gaussian || own, key, "method remesh knows the Gaussian law only, not \"%s\"", o->law);
  PetscCall(SgdMasterRemesh(m));
  if (!strcmp(o->method, "auto"))
    PetscCall(SgdWarn(comm,
                      "model %s: the noise of a step is narrower than half a cell: it is taken for Gaussian and "
                      "remeshed, which keeps the moments of a step below the sixth but not the shape between cells",
                      m->name));
  PetscCall(SgdSay(comm,
                   "  %s: remesh (Gauss-Hermite atoms, Lagrange weights of order 6: moments of a step below the "
                   "sixth kept); law of the step noise: Gaussian with the minibatch covariance (closure)\n",
                   m->name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A table that ends while its law still matters would be cut to zero there, and the noise would lose its shortest waves
   without a message. */
static PetscErrorCode CheckRange(SgdModel m, SgdNoiseLaw law) {
  const SgdMasterOptions *o = m->options;
  const double tolerance = o->tolerance > 0 ? o->tolerance : 1e-11;
  double wanted, known, last;
  char key[96];

  PetscFunctionBegin;
  PetscCall(SgdNoiseLawRange(law, &wanted, &known, &last));
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.table", m->section));
  if (known < wanted && last > tolerance)
    PetscCall(SgdCaseError(m->context.kase, key, NULL,
                           "the table ends at q = %.4g with |phi| = %.2g there, and the grid's waves reach q = %.4g: "
                           "continue it to there, or to where |phi| is below the tolerance %.0e, or take fewer cells",
                           known, last, wanted, tolerance));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Build the map for the law `name`; *built false if it takes more terms than are allowed. */
static PetscErrorCode BuildLaw(SgdModel m, const char *method, const char *name, PetscBool *built) {
  const SgdMasterOptions *o = m->options;
  const SgdStepLawParameters parameters = {.shape = o->shape, .rate = o->rate, .alpha = o->alpha, .table = o->table};
  SgdNoiseLaw law;
  char key[96];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.law", m->section));
  PetscCall(SgdNoiseLawCreate(m, key, name, &parameters, &law));
  PetscCall(CheckRange(m, law));
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.method", m->section));
  if (!strcmp(method, "splat") && !SgdNoiseLawGaussian(law))
    PetscCall(SgdCaseError(m->context.kase, key, NULL, "the splat knows the Gaussian law only, not \"%s\"", name));
  PetscCall(SgdMasterBuild(m, method, law, built));
  PetscCall(SgdNoiseLawDestroy(&law));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The law and the method, checked against each other; one dimension: dense while it is small. */
PetscErrorCode SgdMasterSetUp(SgdModel m) {
  SgdMasterOptions *o = m->options;
  SgdGrid grid = m->context.fields->grid;
  const char *method = o->method, *name = o->law;
  PetscBool narrow, built;
  char key[96];

  PetscFunctionBegin;
  PetscCall(ReportResolution(m, &narrow));
  if (!strcmp(method, "remesh") || (!strcmp(method, "auto") && narrow)) {
    PetscCall(Remesh(m, (PetscBool)(!strcmp(name, "gaussian") || (!strcmp(name, "auto") && grid->dim > 1))));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (!strcmp(method, "auto") && grid->dim == 1 && grid->n[0] <= 2048) method = "dense";
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.method", m->section));
  if (!strcmp(method, "dense") && grid->dim > 1)
    PetscCall(
        SgdCaseError(m->context.kase, key, NULL, "dense needs a slice of dimension 1; this one has %d", grid->dim));
  if (!strcmp(name, "auto")) PetscCall(SgdMasterAutomaticLaw(m, method, &name));
  PetscCall(BuildLaw(m, method, name, &built));
  if (!built) PetscCall(BuildLaw(m, method, "gaussian", &built));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Equation(SgdModel m, char *text, size_t size) {
  const SgdModelContext *c = &m->context;
  return PetscSNPrintf(
      text, size,
      "(map): p_{n+1}(w) = E_batch int delta(w - w' + eta G(w')) p_n(w') dw', eta = %g, batch %" PetscInt_FMT
      " %s replacement",
      c->learning_rate, c->batch, c->sampling == SGD_WITH_REPLACEMENT ? "with" : "without");
}

const SgdModelOps SgdModelMaster = {
    .name = "master", .kind = SGD_MAP, .create = Create, .setup = SgdMasterSetUp, .equation = Equation};
