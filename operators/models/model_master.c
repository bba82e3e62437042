/* Model `master`: the exact master equation of SGD with independent minibatches (THEORY.md (2)),
     p_{n+1}(w) = E_batch [ int delta(w - w' + eta G(w')) p_n(w') dw' ]:
   push the mass of each cell to w' - eta g(w') and spread it by the law of the minibatch noise. */
#include "operators/models/model_masterimpl.h"
#include "cases/file/case_types.h"

static const cyaml_schema_field_t fields[] = {SGD_MODEL_FIELDS(SgdModelMasterOptions),
                                              SGD_STRING("law", SgdModelMasterOptions, master.law),
                                              SGD_STRING("method", SgdModelMasterOptions, master.method),
                                              SGD_NUMBER("truncation", SgdModelMasterOptions, master.truncation),
                                              SGD_NUMBER("tolerance", SgdModelMasterOptions, master.tolerance),
                                              SGD_NUMBER("shape", SgdModelMasterOptions, master.shape),
                                              SGD_NUMBER("rate", SgdModelMasterOptions, master.rate),
                                              SGD_NUMBER("alpha", SgdModelMasterOptions, master.alpha),
                                              SGD_STRING("table", SgdModelMasterOptions, master.table),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(SgdModelMasterOptions, fields);
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

PetscErrorCode SgdModelMasterRead(SgdModel m, SgdCase c, const char *section, const char *law) {
  static const char *const laws[] = {"auto", "exact", NULL}, *const methods[] = {"auto",   "dense",  "levels", "splat",
                                                                                 "spread", "remesh", NULL};
  const SgdMasterOptions *o;
  char key[96], text[256];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(text, sizeof text, defaults, law));
  PetscCall(SgdCaseRead(c, section, &schema, text, "model", &m->options));
  o = SgdModelMasterOptionsOf(m);
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.law", section));
  PetscCall(CheckName(c, key, o->law, laws, SgdStepLawNames()));
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.method", section));
  PetscCall(CheckName(c, key, o->method, methods, NULL));
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.truncation", section));
  SgdCaseCheck(c, o->truncation >= 1e-16 && o->truncation <= 1e-3, key, "expected 1e-16 .. 1e-3, got %g",
               o->truncation);
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.tolerance", section));
  const double least = strcmp(o->method, "levels") ? 1e-12 : 1e-15;
  SgdCaseCheck(c, o->tolerance == 0 || (o->tolerance >= least && o->tolerance <= 1e-2), key,
               "expected %.0e .. 1e-2, or 0: automatic, got %g", least, o->tolerance);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Create(SgdModel m, SgdCase c, const char *section) {
  return SgdModelMasterRead(m, c, section, "auto");
}

static PetscErrorCode SetUp(SgdModel m) {
  return SgdMasterMapCreate(&m->step, SgdModelMasterOptionsOf(m), &m->report, &m->A);
}

PetscBool SgdModelMasterMoments(SgdModel m, PetscInt i, double b[], double S[]) {
  if (SgdStepLawOtherVariance(SgdModelMasterOptionsOf(m)->law)) return PETSC_FALSE;
  return SgdModelStepMoments(m, i, b, S);
}

static PetscErrorCode Equation(SgdModel m, char *text, size_t size) {
  const SgdStep *c = &m->step;
  return PetscSNPrintf(
      text, size,
      "(map): p_{n+1}(w) = E_batch int delta(w - w' + eta G(w')) p_n(w') dw', eta = %g, batch %" PetscInt_FMT
      " %s replacement",
      c->learning_rate, c->batch, c->sampling == SGD_WITH_REPLACEMENT ? "with" : "without");
}

const SgdModelOps SgdModelMaster = {.name = "master",
                                    .kind = SGD_MAP,
                                    .create = Create,
                                    .setup = SetUp,
                                    .equation = Equation,
                                    .moments = SgdModelMasterMoments};
