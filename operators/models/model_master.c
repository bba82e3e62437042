/* Model `master`: the exact master equation of SGD with independent minibatches (THEORY.md (2)),
     p_{n+1}(w) = E_batch [ int delta(w - w' + eta G(w')) p_n(w') dw' ]:
   push the mass of each cell to w' - eta g(w') and spread it by the law of the minibatch noise. */
#include "operators/models/model_masterimpl.h"
#include "cases/file/case_types.h"
#include "cases/file/choice.h"
#include "cases/file/unread.h"

static const cyaml_schema_field_t fields[] = {SGD_MODEL_FIELDS(SgdModelMasterOptions),
                                              SGD_STRING("law", SgdModelMasterOptions, master.law_name),
                                              SGD_STRING("method", SgdModelMasterOptions, master.method_name),
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

/* auto, exact, and the laws of step_law.h. */
static PetscErrorCode ReadLaw(SgdCase c, const char *section, SgdMasterOptions *o) {
  const char *known[32] = {"auto", "exact", NULL};
  int found = 0;

  PetscFunctionBegin;
  for (int i = 0; SgdStepLawNames()[i] && i < 29; i++) known[2 + i] = SgdStepLawNames()[i];
  PetscCall(SgdCaseChoiceIn(c, section, "law", known, o->law_name, &found));
  o->law = found < 2                           ? (SgdMasterLaw)found
           : SgdStepLawIsGaussian(o->law_name) ? SGD_MASTER_LAW_GAUSSIAN
                                               : SGD_MASTER_LAW_NAMED;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckUnread(SgdCase c, const char *section, const SgdMasterOptions *o) {
  const SgdGivenKey key[] = {{"shape", (PetscBool)(o->shape != 1)},
                             {"rate", (PetscBool)(o->rate != 1)},
                             {"alpha", (PetscBool)(o->alpha != 2)},
                             {"table", (PetscBool)(*o->table != 0)}};

  return SgdCaseUnread(c, section, "law", o->law_name, SgdStepLawReads(o->law_name), sizeof key / sizeof *key, key);
}

PetscErrorCode SgdModelMasterRead(SgdModel m, SgdCase c, const char *section, const char *law) {
  SgdModelMasterOptions *options;
  SgdMasterOptions *o;
  char key[96], text[256];
  int method = 0;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(text, sizeof text, defaults, law));
  PetscCall(SgdCaseRead(c, section, &schema, text, "model", &options));
  m->options = options;
  o = &options->master;
  PetscCall(ReadLaw(c, section, o));
  PetscCall(CheckUnread(c, section, o));
  PetscCall(SgdCaseChoiceIn(c, section, "method", SgdMasterMethodNames, o->method_name, &method));
  o->method = (SgdMasterMethod)method;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.truncation", section));
  SgdCaseCheck(c, o->truncation >= 1e-16 && o->truncation <= 1e-3, key, "expected 1e-16 .. 1e-3, got %g",
               o->truncation);
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.tolerance", section));
  const double least = o->method == SGD_MASTER_LEVELS ? 1e-15 : 1e-12;
  SgdCaseCheck(c, o->tolerance == 0 || (o->tolerance >= least && o->tolerance <= 1e-2), key,
               "expected %.0e .. 1e-2, or 0: automatic, got %g", least, o->tolerance);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelCreate_Master(SgdModel m, SgdCase c, const char *section) {
  return SgdModelMasterRead(m, c, section, "auto");
}

PetscErrorCode SgdModelMasterFit(SgdModel m, const SgdStepPlan *plan) {
  return SgdMasterFit(plan, SgdModelMasterOptionsOf(m), &m->report);
}

static PetscErrorCode ModelSetUp_Master(SgdModel m) {
  return SgdMasterMapCreate(&m->step, SgdModelMasterOptionsOf(m), &m->report, &m->A);
}

PetscBool SgdModelMasterMoments(SgdModel m, PetscInt i, double b[], double S[]) {
  if (SgdStepLawOtherVariance(SgdModelMasterOptionsOf(m)->law_name)) return PETSC_FALSE;
  return SgdModelStepMoments(m, i, b, S);
}

static PetscErrorCode ModelEquation_Master(SgdModel m, char *text, size_t size) {
  const SgdStep *c = &m->step;

  if (c->rule && c->fields->groups) {
    const int batches = SgdGroupLawBatches(c->fields->groups);
    char law[64];
    PetscCall(PetscSNPrintf(law, sizeof law,
                            batches ? "their %d different batches, exactly"
                                    : "the Gaussian with its moments (more than %d batches)",
                            batches ? batches : SGD_RULE_MOST));
    return PetscSNPrintf(text, size,
                         "(map): p_{n+1}(a, u) = E int delta((a, u) - M(a', u')) p_n(a', u') da' du', M one step of "
                         "also, the expectation over %" PetscInt_FMT " samples of each group: %s; eta = %g",
                         c->batch, law, c->learning_rate);
  }
  if (c->rule)
    return PetscSNPrintf(
        text, size,
        "(map): p_{n+1}(z) = E_G int delta(z - M(z'; G)) p_n(z') dz', M one step of %s on its states, G "
        "Gaussian with the mean and variance of a batch of %" PetscInt_FMT ", eta = %g",
        SgdRuleNames[c->rule->kind], c->batch, c->learning_rate);
  return PetscSNPrintf(
      text, size,
      "(map): p_{n+1}(w) = E_batch int delta(w - w' + eta G(w')) p_n(w') dw', eta = %g, batch %" PetscInt_FMT
      " %s replacement",
      c->learning_rate, c->batch, c->sampling == SGD_WITH_REPLACEMENT ? "with" : "without");
}

/* One to three dimensions; where the method is open, the least that it could come to. */
static double MethodBytes(SgdModel m, int dim, double cells) {
  static const int spread[] = {561, 159, 182}, levels[] = {4032, 184, 211}, splat[] = {112, 121, 133};
  const SgdModelMasterOptions *o = m->options;

  (void)cells;
  if (o->master.method == SGD_MASTER_SPREAD) return spread[dim - 1];
  if (o->master.method == SGD_MASTER_LEVELS) return levels[dim - 1];
  return splat[dim - 1];
}

const SgdModelOps SgdModelMaster = {.method_bytes = MethodBytes,
                                    .name = "master",
                                    .kind = SGD_MAP,
                                    .states = PETSC_TRUE,
                                    .create = ModelCreate_Master,
                                    .fit = SgdModelMasterFit,
                                    .setup = ModelSetUp_Master,
                                    .equation = ModelEquation_Master,
                                    .moments = SgdModelMasterMoments};
