#include "operators/models/modelimpl.h"

static const SgdModelOps *const registry[] = {&SgdModelMaster,    &SgdModelDiscreteFokkerPlanck,
                                              &SgdModelLangevin,  &SgdModelLogMatched,
                                              &SgdModelRandomMap, &SgdModelGaussianClosure,
                                              &SgdModelJump,      &SgdModelCompoundPoisson,
                                              &SgdModelLevy,      NULL};

static const SgdModelOps *Find(const char *name) {
  for (int i = 0; registry[i]; i++)
    if (!strcmp(registry[i]->name, name)) return registry[i];
  return NULL;
}

static PetscErrorCode Unknown(SgdCase c, const char *key, const char *name) {
  const char *known[32] = {NULL};

  for (int i = 0; registry[i] && i < 31; i++) known[i] = registry[i]->name;
  return SgdCaseError(c, key, known, "unknown model \"%s\"", name);
}

/* Names go into tables, files, options and ParaView's arrays: letters, digits, _ and -, a letter first. */
static PetscErrorCode CheckName(SgdCase c, const char *section, const char *name, size_t longest) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", others[] = "0123456789_-";
  char key[64], all[sizeof letters + sizeof others];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.name", section));
  PetscCall(PetscSNPrintf(all, sizeof all, "%s%s", letters, others));
  SgdCaseCheck(c, strchr(letters, *name) && !name[strspn(name, all)], key,
               "expected letters, digits, _ and -, beginning with a letter, found \"%s\"", name);
  SgdCaseCheck(c, strlen(name) < longest, key, "longer than %d characters", (int)longest - 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelCreate(SgdCase c, const char *section, SgdModel *model) {
  SgdModel m;
  char key[64];
  const char *name;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.model", section));
  PetscCall(SgdCaseScalar(c, key, "model", "", &name));
  if (!Find(name)) PetscCall(Unknown(c, section, name));
  PetscCall(PetscNew(&m));
  m->ops = Find(name);
  PetscCall(PetscStrncpy(m->section, section, sizeof m->section));
  PetscCall(m->ops->create(m, c, section));
  const SgdModelCommon *common = m->options;
  if (common->name && *common->name) PetscCall(CheckName(c, section, common->name, sizeof m->name));
  PetscCall(PetscStrncpy(m->name, common->name && *common->name ? common->name : m->ops->name, sizeof m->name));
  *model = m;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelDuplicate(SgdModel model, SgdModel *copy) {
  SgdModel m;

  PetscFunctionBegin;
  PetscCall(PetscNew(&m));
  m->ops = model->ops;
  m->options = model->options;
  PetscCall(PetscStrncpy(m->name, model->name, sizeof m->name));
  PetscCall(PetscStrncpy(m->section, model->section, sizeof m->section));
  *copy = m;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelSetUp(SgdModel m, const SgdModelContext *context) {
  char prefix[80];

  PetscFunctionBegin;
  PetscCall(MatDestroy(&m->A)); /* set up anew: another learning rate or batch */
  for (int a = 0; a < 3; a++) PetscCall(PetscFree(m->added[a]));
  m->figures = 0;
  m->context = *context;
  PetscCall(m->ops->setup(m));
  PetscCall(PetscSNPrintf(prefix, sizeof prefix, "%s_", m->name));
  PetscCall(MatSetOptionsPrefix(m->A, prefix));
  PetscCall(MatViewFromOptions(m->A, NULL, "-operator_view"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelDestroy(SgdModel *model) {
  PetscFunctionBegin;
  if (!*model) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatDestroy(&(*model)->A));
  for (int a = 0; a < 3; a++) PetscCall(PetscFree((*model)->added[a]));
  PetscCall(PetscFree(*model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *SgdModelName(SgdModel m) {
  return m->name;
}

SgdModelKind SgdModelGetKind(SgdModel m) {
  return m->ops->kind;
}

int SgdModelOrder(SgdModel m) {
  return m->ops->order;
}

PetscBool SgdModelHasStableBand(SgdModel m) {
  return m->ops->stable_band;
}

Mat SgdModelOperator(SgdModel m) {
  return m->A;
}

const double *SgdModelAdded(SgdModel m, int axis) {
  return m->added[axis];
}

PetscErrorCode SgdModelEquation(SgdModel m, char *text, size_t size) {
  return m->ops->equation(m, text, size);
}

PetscErrorCode SgdModelReport(SgdModel m, const char *name, double value, double limit, PetscBool ok) {
  PetscFunctionBegin;
  PetscCheck(m->figures < SGD_MAX_FIGURES, PETSC_COMM_SELF, PETSC_ERR_PLIB, "Too many figures for model %s", m->name);
  SgdFigure *f = &m->figure[m->figures++];
  PetscCall(PetscStrncpy(f->name, name, sizeof f->name));
  f->value = value;
  f->limit = limit;
  f->ok = ok;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelFigures(SgdModel m, int *count, const SgdFigure **figures) {
  *count = m->figures;
  *figures = m->figure;
  return PETSC_SUCCESS;
}
