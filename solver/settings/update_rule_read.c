#include "solver/settings/update_rule_read.h"
#include "cases/file/case_types.h"
#include "cases/file/choice.h"
#include "cases/file/unread.h"

typedef struct {
  char *name;
  double momentum, decay, epsilon, threshold, radius, weight_decay, ascent, pull, prior;
  int *groups;
  unsigned groups_count;
} Options;

static const cyaml_schema_field_t fields[] = {SGD_STRING("name", Options, name),
                                              SGD_NUMBER("momentum", Options, momentum),
                                              SGD_NUMBER("decay", Options, decay),
                                              SGD_NUMBER("epsilon", Options, epsilon),
                                              SGD_NUMBER("threshold", Options, threshold),
                                              SGD_NUMBER("radius", Options, radius),
                                              SGD_NUMBER("weight_decay", Options, weight_decay),
                                              SGD_NUMBER("ascent", Options, ascent),
                                              SGD_NUMBER("pull", Options, pull),
                                              SGD_NUMBER("prior", Options, prior),
                                              SGD_INTEGERS("groups", Options, groups),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults = "name: sgd\nmomentum: 0.9\ndecay: 0.99\nepsilon: 1.0e-8\nthreshold: 1\nradius: 0.05\n"
                              "weight_decay: 0.01\nascent: 0.1\npull: 0.1\nprior: 0.5\ngroups: []\n";

/* What each optimizer reads beside its name; against `defaults`. A sweep over names has one section for all. */
static PetscErrorCode WarnUnread(SgdCase c, const Options *o, int kind) {
  static const char *const reads[] = {[SGD_RULE_CLIPPED] = "threshold",
                                      [SGD_RULE_SAM] = "radius",
                                      [SGD_RULE_HEAVY_BALL] = "momentum",
                                      [SGD_RULE_NESTEROV] = "momentum",
                                      [SGD_RULE_RMSPROP] = "decay epsilon",
                                      [SGD_RULE_ADAM] = "momentum decay epsilon",
                                      [SGD_RULE_ADAMW] = "momentum decay epsilon weight_decay",
                                      [SGD_RULE_ALSO] = "ascent pull prior groups"};
  const SgdGivenKey key[] = {
      {"momentum", (PetscBool)(o->momentum != 0.9)}, {"decay", (PetscBool)(o->decay != 0.99)},
      {"epsilon", (PetscBool)(o->epsilon != 1e-8)},  {"threshold", (PetscBool)(o->threshold != 1)},
      {"radius", (PetscBool)(o->radius != 0.05)},    {"weight_decay", (PetscBool)(o->weight_decay != 0.01)},
      {"ascent", (PetscBool)(o->ascent != 0.1)},     {"pull", (PetscBool)(o->pull != 0.1)},
      {"prior", (PetscBool)(o->prior != 0.5)},       {"groups", (PetscBool)(o->groups_count > 0)}};

  return SgdCaseWarnUnread(c, "optimizer", o->name, reads[kind] ? reads[kind] : "", sizeof key / sizeof *key, key);
}

PetscErrorCode SgdUpdateRuleRead(SgdCase c, double learning_rate, SgdUpdateRule *r) {
  Options *o;
  int kind;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "optimizer", &schema, defaults, "name", &o));
  PetscCall(SgdCaseChoice(c, "optimizer.name", SgdRuleNames, o->name, &kind));
  PetscCall(WarnUnread(c, o, kind));
  SgdCaseCheck(c, o->momentum > -1 && o->momentum < 1, "optimizer.momentum", "expected -1 .. 1 (both excluded), got %g",
               o->momentum);
  SgdCaseCheck(c, o->decay >= 0 && o->decay < 1, "optimizer.decay", "expected 0 .. 1 (1 excluded), got %g", o->decay);
  SgdCaseCheck(c, o->epsilon > 0, "optimizer.epsilon", "must be positive, got %g", o->epsilon);
  SgdCaseCheck(c, o->threshold > 0, "optimizer.threshold", "must be positive, got %g", o->threshold);
  SgdCaseCheck(c, o->radius > 0, "optimizer.radius", "must be positive, got %g", o->radius);
  SgdCaseCheck(c, o->weight_decay >= 0, "optimizer.weight_decay", "must not be negative, got %g", o->weight_decay);
  SgdCaseCheck(c, o->ascent >= 0, "optimizer.ascent", "must not be negative, got %g", o->ascent);
  SgdCaseCheck(c, o->pull >= 0, "optimizer.pull", "must not be negative, got %g", o->pull);
  SgdCaseCheck(c, o->prior > 0 && o->prior < 1, "optimizer.prior", "expected 0 .. 1 (both excluded), got %g", o->prior);
  *r = (SgdUpdateRule){.kind = (SgdRuleKind)kind,
                       .learning_rate = learning_rate,
                       .momentum = o->momentum,
                       .decay = o->decay,
                       .epsilon = o->epsilon,
                       .threshold = o->threshold,
                       .radius = o->radius,
                       .weight_decay = kind == SGD_RULE_ADAMW ? o->weight_decay : 0,
                       .weighing = {o->ascent, o->pull, o->prior},
                       .group = o->groups_count ? o->groups : NULL,
                       .groups = (int)o->groups_count};
  PetscFunctionReturn(PETSC_SUCCESS);
}
