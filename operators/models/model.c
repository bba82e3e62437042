#include "operators/models/modelimpl.h"
#include "cases/file/choice.h"
#include "meshes/slice.h"

#define SGD_MODEL(ops) &ops,
static const SgdModelOps *const models[] = {
#include "operators/models/models.def"
};
#undef SGD_MODEL
enum { MODELS = sizeof models / sizeof *models };

const char *SgdModelTypeName(int i) {
  return i < MODELS ? models[i]->name : NULL;
}

PetscBool SgdModelTakesStates(SgdModel m) {
  return m->ops->states;
}

double SgdModelCellBytes(SgdModel m, int dim, double cells) {
  const double measured = m->ops->method_bytes ? m->ops->method_bytes(m, dim, cells) : m->ops->cell_bytes[dim - 1];

  return PetscMax(SGD_CELL_BYTES, measured);
}

void SgdModelTakingStates(char *list, size_t size) {
  *list = 0;
  for (int i = 0; i < MODELS; i++)
    if (models[i]->states)
      snprintf(list + strlen(list), size - strlen(list), "%s%s", *list ? ", " : "", models[i]->name);
}

static PetscErrorCode FindModel(SgdCase c, const char *section, const SgdModelOps **ops) {
  const char *name, *known[MODELS + 1] = {NULL};
  char key[64];
  int found = 0;

  PetscFunctionBegin;
  for (int i = 0; i < MODELS; i++) known[i] = models[i]->name;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.model", section));
  PetscCall(SgdCaseScalar(c, key, "model", "", &name));
  PetscCall(SgdCaseChoice(c, section, known, name, &found));
  *ops = models[found];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Names go into tables, files, options and ParaView's arrays: letters, digits, _ and -, a letter first. */
static PetscErrorCode CheckName(SgdCase c, const char *section, const char *name, size_t longest) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", others[] = "0123456789_-";
  char key[64], all[sizeof letters + sizeof others];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.name", section));
  PetscCall(PetscSNPrintf(all, sizeof all, "%s%s", letters, others));
  SgdCaseCheck(c, strchr(letters, *name) && !name[strspn(name, all)], key,
               "expected letters, digits, _ and -, beginning with a letter, found \"%.48s\"", name);
  SgdCaseCheck(c, strlen(name) < longest, key, "longer than %d characters", (int)longest - 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelCreate(SgdCase c, const char *section, SgdModel *model) {
  const SgdModelOps *ops = NULL;
  SgdModel m;

  PetscFunctionBegin;
  PetscCall(FindModel(c, section, &ops));
  PetscCall(PetscNew(&m));
  m->ops = ops;
  m->report.kase = c;
  PetscCall(PetscStrncpy(m->report.section, section, sizeof m->report.section));
  PetscCall(m->ops->create(m, c, section));
  const SgdModelCommon *common = m->options;
  if (common->name && *common->name) PetscCall(CheckName(c, section, common->name, sizeof m->report.name));
  PetscCall(
      PetscStrncpy(m->report.name, common->name && *common->name ? common->name : m->ops->name, sizeof m->report.name));
  *model = m;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelDuplicate(SgdModel model, SgdModel *copy) {
  SgdModel m;

  PetscFunctionBegin;
  PetscCall(PetscNew(&m));
  m->ops = model->ops;
  m->options = model->options;
  m->report = model->report;
  SgdReportClear(&m->report);
  *copy = m;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FreeArrays(SgdModel m) {
  PetscFunctionBegin;
  for (int a = 0; a < 3; a++) PetscCall(PetscFree(m->added[a]));
  for (int k = 0; k < 9; k++) PetscCall(PetscFree(m->own[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelFit(SgdModel m, const SgdStepPlan *plan) {
  return m->ops->fit ? m->ops->fit(m, plan) : PETSC_SUCCESS;
}

PetscErrorCode SgdModelSetUp(SgdModel m, const SgdStep *step) {
  char prefix[80];

  PetscFunctionBegin;
  PetscCall(MatDestroy(&m->A)); /* set up anew: another learning rate or batch */
  PetscCall(FreeArrays(m));
  SgdReportClear(&m->report);
  m->step = *step;
  const PetscErrorCode ierr = m->ops->setup(m);
  if (ierr && SgdExitCode(ierr) == SGD_EXIT_NUMBERS) PetscCall(MatDestroy(&m->A)); /* half of one */
  PetscCall(ierr);
  if (!m->A) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscSNPrintf(prefix, sizeof prefix, "%s_", m->report.name));
  PetscCall(MatSetOptionsPrefix(m->A, prefix));
  PetscCall(MatViewFromOptions(m->A, NULL, "-operator_view"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelDestroy(SgdModel *model) {
  PetscFunctionBegin;
  if (!*model) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatDestroy(&(*model)->A));
  PetscCall(FreeArrays(*model));
  PetscCall(PetscFree(*model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *SgdModelName(SgdModel m) {
  return m->report.name;
}

SgdModelKind SgdModelGetKind(SgdModel m) {
  return m->ops->kind;
}

int SgdModelOrder(SgdModel m) {
  return m->ops->order;
}

PetscBool SgdModelHasNoDensity(SgdModel m) {
  return m->ops->no_density;
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

PetscBool SgdModelOwnMoments(SgdModel m, PetscInt i, double b[], double S[]) {
  return m->ops->moments ? m->ops->moments(m, i, b, S) : PETSC_FALSE;
}

PetscBool SgdModelStepMoments(SgdModel m, PetscInt i, double b[], double S[]) {
  const SgdFields f = m->step.fields;
  const int d = f->grid->dim;
  const double eta = m->step.learning_rate;

  for (int a = 0; a < d; a++) b[a] = -eta * f->g[a][i];
  for (int c = 0; c < SGD_PAIRS(d); c++) S[c] = eta * eta * f->C[c][i];
  return PETSC_TRUE;
}

PetscBool SgdModelKeptMoments(SgdModel m, PetscInt i, double b[], double S[]) {
  const int d = m->step.fields->grid->dim;

  if (!m->own[0]) return PETSC_FALSE;
  for (int a = 0; a < d; a++) b[a] = m->own[a][i];
  for (int c = 0; c < SGD_PAIRS(d); c++) S[c] = m->own[d + c][i];
  return PETSC_TRUE;
}

PetscInt SgdModelUpdates(SgdModel m) {
  return PetscMax(m->updates, 1);
}

PetscErrorCode SgdModelEquation(SgdModel m, char *text, size_t size) {
  return m->ops->equation(m, text, size);
}

PetscErrorCode SgdModelFigures(SgdModel m, int *count, const SgdFigure **figures) {
  *count = m->report.figures;
  *figures = m->report.figure;
  return PETSC_SUCCESS;
}

const char *SgdModelNotes(SgdModel m) {
  return m->report.notes;
}
