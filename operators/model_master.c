/* Model `master`: the exact master equation of SGD with independent minibatches (NUMERICS 1, equation M),
     p_{n+1}(w) = E_batch [ int delta(w - w' + eta G(w')) p_n(w') dw' ]:
   push the mass of each cell to w' - eta g(w') and spread it by the law of the minibatch noise. */
#include "modelmaster.h"
#include "case_types.h"

static const cyaml_schema_field_t fields[] = {SGD_MODEL_FIELDS(SgdMasterOptions),
                                              SGD_STRING("law", SgdMasterOptions, law),
                                              SGD_NUMBER("truncation", SgdMasterOptions, truncation), CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(SgdMasterOptions, fields);
static const char *defaults = "law: auto\ntruncation: 1.0e-14\n";

static PetscErrorCode Create(SgdModel m, SgdCase c, const char *section) {
  static const char *const laws[] = {"auto", "gaussian", "exact", NULL};
  SgdMasterOptions *o;
  char key[96];

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, section, &schema, defaults, "model", &o));
  m->options = o;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.law", section));
  if (strcmp(o->law, "auto") && strcmp(o->law, "gaussian") && strcmp(o->law, "exact"))
    PetscCall(SgdCaseError(c, key, laws, "expected auto, gaussian or exact, found \"%s\"", o->law));
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.truncation", section));
  SgdCaseCheck(c, o->truncation >= 1e-16 && o->truncation <= 1e-3, key, "expected 1e-16 .. 1e-3, got %g",
               o->truncation);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Resolution: step noise against cell width along each axis, the least over the grid (rule: at least 1; NUMERICS 4). */
static PetscErrorCode ReportResolution(SgdModel m) {
  SgdFields f = m->context.fields;
  const int d = f->grid->dim;
  char name[64];

  PetscFunctionBegin;
  for (int a = 0; a < d; a++) {
    double least = PETSC_MAX_REAL;
    for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++) least = PetscMin(least, f->C[SgdPair(d, a, a)][i]);
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &least, 1, MPI_DOUBLE, MPI_MIN, f->grid->comm));
    least = m->context.learning_rate * sqrt(PetscMax(least, 0)) / f->grid->h[a];
    PetscCall(PetscSNPrintf(name, sizeof name, "step noise / cell width, axis %d", a + 1));
    PetscCall(SgdModelReport(m, name, least, 1.0, (PetscBool)(least >= 1.0)));
    if (least < 0.5)
      return SgdFail(f->grid->comm, SGD_EXIT_NUMBERS,
                     "model %s: along axis %d the noise of a step is %.3g cells wide at its narrowest: the grid cannot "
                     "carry it; use at least %.0f cells (slice.cells), now %" PetscInt_FMT,
                     m->name, a + 1, least, ceil((double)f->grid->n[a] / PetscMax(least, 1e-12)), f->grid->n[a]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetUp(SgdModel m) {
  SgdMasterOptions *o = m->options;
  SgdGrid grid = m->context.fields->grid;
  const PetscBool dense = (PetscBool)(grid->dim == 1 && grid->n[0] <= 8192);
  const char *law = "Gaussian with the minibatch covariance (closure)";

  PetscFunctionBegin;
  PetscCall(ReportResolution(m));
  if (grid->dim > 1 && !strcmp(o->law, "exact")) {
    char key[96];
    PetscCall(PetscSNPrintf(key, sizeof key, "%s.law", m->section));
    PetscCall(SgdCaseError(m->context.kase, key, NULL, "the exact law needs a slice of dimension 1; this one has %d",
                           grid->dim));
  }
  if (dense)
    PetscCall(SgdMasterDense(m, (PetscBool)(strcmp(o->law, "gaussian") != 0), &law));
  else
    PetscCall(SgdMasterSplat(m, sqrt(-2 * log(o->truncation))));
  PetscCall(SgdSay(grid->comm, "  %s: law of the step noise: %s\n", m->name, law));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode View(SgdModel m) {
  const SgdModelContext *c = &m->context;
  return SgdSay(
      c->fields->grid->comm,
      "  %s (map): p_{n+1}(w) = E_batch int delta(w - w' + eta G(w')) p_n(w') dw', eta = %g, batch %" PetscInt_FMT
      " %s replacement\n",
      m->name, c->learning_rate, c->batch, c->sampling == SGD_WITH_REPLACEMENT ? "with" : "without");
}

const SgdModelOps SgdModelMaster = {.name = "master", .kind = SGD_MAP, .create = Create, .setup = SetUp, .view = View};
