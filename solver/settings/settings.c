#include "solver/settings/settings.h"
#include "cases/file/case_types.h"
#include "cases/file/choice.h"
#include "meshes/group_law.h"
#include "solver/settings/update_rule_read.h"

#define MOST_STEPS 100000000 /* the predicted moments are kept step by step */

static const cyaml_schema_field_t sgd_fields[] = {
    CYAML_FIELD_FLOAT("learning_rate", CYAML_FLAG_DEFAULT, SgdSgdOptions, learning_rate),
    SGD_INTEGER("batch_size", SgdSgdOptions, batch_size),
    SGD_STRING("sampling", SgdSgdOptions, sampling),
    CYAML_FIELD_INT("steps", CYAML_FLAG_DEFAULT, SgdSgdOptions, steps),
    SGD_NUMBER("momentum", SgdSgdOptions, momentum),
    SGD_NUMBER("weight_decay", SgdSgdOptions, weight_decay),
    CYAML_FIELD_END};
static const cyaml_schema_field_t initial_fields[] = {SGD_NUMBERS("mean", SgdInitialOptions, mean),
                                                      SGD_NUMBERS("std", SgdInitialOptions, std), CYAML_FIELD_END};
static const cyaml_schema_field_t output_fields[] = {
    SGD_INTEGER("every", SgdOutputOptions, every), SGD_INTEGERS("steps", SgdOutputOptions, steps),
    SGD_NUMBER("checkpoint", SgdOutputOptions, checkpoint), CYAML_FIELD_END};
static const cyaml_schema_field_t compare_fields[] = {SGD_STRING("reference", SgdCompareOptions, reference),
                                                      CYAML_FIELD_END};
static const cyaml_schema_field_t check_fields[] = {
    SGD_BOOL("error", SgdCheckOptions, error), SGD_BOOL("logarithm", SgdCheckOptions, logarithm),
    SGD_BOOL("likelihood", SgdCheckOptions, likelihood), SGD_BOOL("scale", SgdCheckOptions, scale), CYAML_FIELD_END};
static const cyaml_schema_value_t sgd_schema = SGD_SECTION(SgdSgdOptions, sgd_fields);
static const cyaml_schema_value_t initial_schema = SGD_SECTION(SgdInitialOptions, initial_fields);
static const cyaml_schema_value_t output_schema = SGD_SECTION(SgdOutputOptions, output_fields);
static const cyaml_schema_value_t compare_schema = SGD_SECTION(SgdCompareOptions, compare_fields);

static const cyaml_schema_value_t check_schema = SGD_SECTION(SgdCheckOptions, check_fields);

static PetscErrorCode CheckSgd(SgdCase c, SgdSgdOptions *o) {
  int law;

  PetscFunctionBegin;
  SgdCaseCheck(c, o->learning_rate > 0, "sgd.learning_rate", "must be positive, got %g", o->learning_rate);
  SgdCaseCheck(c, o->batch_size >= 1, "sgd.batch_size", "must be at least 1, got %d", o->batch_size);
  SgdCaseCheck(c, o->steps >= 1 && o->steps <= MOST_STEPS, "sgd.steps",
               "expected 1 .. %d, got %d (what comes after that long: sgdfp stationary)", MOST_STEPS, o->steps);
  SgdCaseCheck(c, o->weight_decay >= 0, "sgd.weight_decay", "must not be negative, got %g", o->weight_decay);
  SgdCaseCheck(c, o->momentum > -1 && o->momentum < 1, "sgd.momentum", "expected -1 .. 1 (both excluded), got %g",
               o->momentum);
  PetscCall(SgdCaseChoice(c, "sgd.sampling", SgdDrawLawNames, o->sampling, &law));
  o->draw = (SgdDrawLaw)law;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSettingsRead(SgdCase c, SgdSettings *s) {
  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "sgd", &sgd_schema,
                        "batch_size: 1\nsampling: with_replacement\nmomentum: 0\nweight_decay: 0\n", NULL, &s->sgd));
  PetscCall(SgdCaseRead(c, "initial", &initial_schema, "mean: []\nstd: []\n", NULL, &s->initial));
  PetscCall(SgdCaseRead(c, "output", &output_schema, "every: 0\nsteps: []\ncheckpoint: 600\n", NULL, &s->output));
  PetscCall(SgdCaseRead(c, "compare", &compare_schema, "reference: \"\"\n", NULL, &s->compare));
  PetscCall(SgdCaseRead(c, "check", &check_schema, "error: false\nlogarithm: false\nlikelihood: false\nscale: false\n",
                        NULL, &s->check));
  PetscCall(CheckSgd(c, s->sgd));
  PetscCall(SgdUpdateRuleRead(c, s->sgd->learning_rate, &s->sgd->rule));
  SgdCaseCheck(c, s->sgd->momentum == 0 || !SgdSettingsRule(s->sgd), "sgd.momentum",
               "is the heavy ball's; section optimizer names another, with a momentum of its own");
  PetscCall(SgdScheduleRead(c, s->sgd->learning_rate, s->sgd->batch_size, s->sgd->steps, &s->schedule));
  SgdCaseCheck(c, s->schedule.pieces == 1 || (s->sgd->momentum == 0 && !SgdSettingsRule(s->sgd)), "schedule",
               "an optimizer other than plain SGD goes with a constant learning rate only");
  SgdCaseCheck(c, s->output->every >= 0, "output.every", "must not be negative, got %d", s->output->every);
  SgdCaseCheck(c, s->output->checkpoint >= 0, "output.checkpoint", "seconds must not be negative, got %g",
               s->output->checkpoint);
  for (unsigned i = 0; i < s->output->steps_count; i++)
    SgdCaseCheck(c, s->output->steps[i] >= 0 && s->output->steps[i] <= s->sgd->steps, "output.steps",
                 "expected steps in 0 .. %d, found %d", s->sgd->steps, s->output->steps[i]);
  for (unsigned i = 0; i < s->initial->std_count; i++)
    SgdCaseCheck(c, s->initial->std[i] >= 0, "initial.std", "must not be negative, got %g", s->initial->std[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSettingsFree(SgdSettings *s) {
  return SgdScheduleFree(&s->schedule);
}

const SgdUpdateRule *SgdSettingsRule(const SgdSgdOptions *o) {
  return o->rule.kind == SGD_RULE_SGD ? NULL : &o->rule;
}

int SgdSettingsMemory(const SgdSgdOptions *o) {
  return o->momentum != 0 ? 1 : SgdRuleDimension(o->rule.kind) - 1;
}

SgdSampling SgdSettingsSampling(const SgdSgdOptions *o) {
  return o->draw == SGD_DRAW_WITH_REPLACEMENT ? SGD_WITH_REPLACEMENT : SGD_WITHOUT_REPLACEMENT;
}

PetscErrorCode SgdSettingsCheck(SgdCase c, const SgdSettings *s, SgdLandscape l, int dim) {
  const PetscInt N = SgdLandscapePopulation(l);
  const unsigned d = (unsigned)dim;

  PetscFunctionBegin;
  for (int k = 1; k < s->schedule.pieces; k++) {
    SgdCaseCheck(c, N == 0 || s->schedule.batch[k] <= N, "schedule.batch_size",
                 "a batch of %d is larger than the data, %d samples", (int)s->schedule.batch[k], (int)N);
    SgdCaseCheck(c, N == 0 || SgdSettingsSampling(s->sgd) == SGD_WITH_REPLACEMENT || s->schedule.batch[k] < N,
                 "schedule.batch_size", "a batch of all %d samples without replacement has no noise", (int)N);
  }
  SgdCaseCheck(c, N == 0 || s->sgd->batch_size <= N, "sgd.batch_size",
               "a batch of %d is larger than the data, %d samples", s->sgd->batch_size, (int)N);
  SgdCaseCheck(c, N == 0 || SgdSettingsSampling(s->sgd) == SGD_WITH_REPLACEMENT || s->sgd->batch_size < N,
               "sgd.batch_size", "a batch of all %d samples without replacement has no noise: this is gradient descent",
               (int)N);
  if (s->sgd->rule.kind == SGD_RULE_ALSO) PetscCall(SgdGroupsCheck(c, &s->sgd->rule, l));
  SgdCaseCheck(c, s->sgd->rule.kind != SGD_RULE_ALSO || s->sgd->draw == SGD_DRAW_WITH_REPLACEMENT, "sgd.sampling",
               "also draws batch_size samples of each group with replacement, got %s", s->sgd->sampling);
  SgdCaseCheck(c, !SgdSettingsRule(s->sgd) || d == 1 || (s->initial->mean_count && s->initial->std_count), "initial",
               "the optimizer %s remembers: give initial.mean and initial.std, %u numbers each",
               SgdRuleNames[s->sgd->rule.kind], d);
  SgdCaseCheck(c, !s->initial->mean_count || s->initial->mean_count == d, "initial.mean",
               "expected %u numbers, one an axis of the slice, found %u", d, s->initial->mean_count);
  SgdCaseCheck(c, !s->initial->std_count || s->initial->std_count == d, "initial.std",
               "expected %u numbers, one an axis of the slice, found %u", d, s->initial->std_count);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int CompareSteps(const void *a, const void *b) {
  const PetscInt x = *(const PetscInt *)a, y = *(const PetscInt *)b;
  return (x > y) - (x < y);
}

PetscErrorCode SgdSettingsOutputSteps(const SgdSettings *s, int *count, PetscInt **steps) {
  const int last = s->sgd->steps, every = s->output->every ? s->output->every : PetscMax(1, last / 10);
  int n = 0, kept = 0;
  PetscInt *list;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(last / every + 3 + (int)s->output->steps_count, &list));
  for (int k = 0; k <= last; k += every) list[n++] = k;
  list[n++] = last;
  for (unsigned i = 0; i < s->output->steps_count; i++) list[n++] = s->output->steps[i];
  qsort(list, (size_t)n, sizeof *list, CompareSteps);
  for (int i = 0; i < n; i++)
    if (!kept || list[i] != list[kept - 1]) list[kept++] = list[i];
  *count = kept;
  *steps = list;
  PetscFunctionReturn(PETSC_SUCCESS);
}
