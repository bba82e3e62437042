#include "operators/models/model_network.h"
#include "cases/file/case_types.h"
#include "cases/file/choice.h"
#include "operators/models/modelimpl.h"

typedef struct {
  SgdModelCommon common;
  SgdNetworkOptions network;
} Options;

static const cyaml_schema_field_t fields[] = {SGD_MODEL_FIELDS(Options),
                                              SGD_INTEGER("members", Options, network.members),
                                              SGD_INTEGER("doublings", Options, network.doublings),
                                              SGD_INTEGERS("grow", Options, network.grow),
                                              SGD_INTEGER("samples", Options, network.samples),
                                              SGD_INTEGER("seed", Options, network.seed),
                                              SGD_STRING("law", Options, network.law),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults = "members: 64\ndoublings: 3\ngrow: []\nsamples: 0\nseed: 1\nlaw: gaussian\n";

static PetscErrorCode CheckGrow(SgdCase c, const char *section, const SgdNetworkOptions *o) {
  char key[96];

  PetscFunctionBegin;
  if (!o->grow_count) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.grow", section));
  SgdCaseCheck(c, (int)o->grow_count == o->doublings, key, "expected %d numbers, one a doubling, found %u",
               o->doublings, o->grow_count);
  for (unsigned k = 0; k < o->grow_count; k++)
    SgdCaseCheck(c, o->grow[k] >= 2 && (!k || o->grow[k] <= o->grow[k - 1]), key,
                 "expected steps before the end, falling, at least 2, found %d", o->grow[k]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckLaw(SgdCase c, const char *section, SgdNetworkOptions *o) {
  static const char *const laws[] = {"gaussian", "exact", NULL};
  char key[96];
  int found;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.law", section));
  PetscCall(SgdCaseChoice(c, key, laws, o->law, &found));
  o->exact = found == 1;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.samples", section));
  SgdCaseCheck(c, !o->exact || !o->samples, key, "law: exact takes all samples, got %d", o->samples);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelCreate_Network(SgdModel m, SgdCase c, const char *section) {
  SgdNetworkOptions *o;
  char key[96];

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, section, &schema, defaults, "model", &m->options));
  o = &((Options *)m->options)->network;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.members", section));
  SgdCaseCheck(c, o->members >= 8 && o->members <= 1 << 20 && o->members % 8 == 0, key,
               "expected a multiple of 8, the errors are taken over groups of them, got %d", o->members);
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.doublings", section));
  SgdCaseCheck(c, o->doublings >= 0 && o->doublings <= 10, key, "expected 0 .. 10, got %d", o->doublings);
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.samples", section));
  SgdCaseCheck(c, o->samples >= 0, key, "must not be negative, got %d", o->samples);
  PetscCall(CheckGrow(c, section, o));
  PetscCall(CheckLaw(c, section, o));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Nothing to build: the solver walks the ensemble. */
static PetscErrorCode ModelSetUp_Network(SgdModel m) {
  (void)m;
  return PETSC_SUCCESS;
}

static PetscErrorCode ModelEquation_Network(SgdModel m, char *text, size_t size) {
  const SgdNetworkOptions *o = SgdModelNetworkOptions(m);

  PetscFunctionBegin;
  PetscCall(
      PetscSNPrintf(text, size,
                    "(ensemble): w' = w - eta G(w) for all %d parameters, no model; %d trajectories, each doubled "
                    "%d times on the way; the last step by its law, %s, at each of them",
                    (int)SgdLandscapeDimension(m->step.landscape), o->members, o->doublings,
                    o->exact ? "that of its batches, exactly" : "N(a - eta g, eta^2 C)"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const SgdNetworkOptions *SgdModelNetworkOptions(SgdModel m) {
  return &((const Options *)m->options)->network;
}

const SgdModelOps SgdModelNetwork = {.name = "network",
                                     .kind = SGD_ENSEMBLE,
                                     .create = ModelCreate_Network,
                                     .setup = ModelSetUp_Network,
                                     .equation = ModelEquation_Network};
