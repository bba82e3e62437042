#include "solver/stationary/stationaryimpl.h"
#include "cases/file/case_types.h"
#include "solver/restart/interrupt.h"

/* The entries of `expect` and `passages` are read one by one (stationary_expect.c, stationary_passage.c). */
static const cyaml_schema_field_t fields[] = {SGD_INTEGER("eigenpairs", SgdStationaryOptions, pairs.eigenpairs),
                                              SGD_NUMBER("tolerance", SgdStationaryOptions, pairs.tolerance),
                                              SGD_INTEGER("ncv", SgdStationaryOptions, pairs.ncv),
                                              CYAML_FIELD_IGNORE("expect", CYAML_FLAG_OPTIONAL),
                                              CYAML_FIELD_IGNORE("passages", CYAML_FLAG_OPTIONAL),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(SgdStationaryOptions, fields);

PetscErrorCode SgdStationaryRead(SgdCase c, SgdStationaryOptions **options) {
  SgdEigenpairsOptions *o;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "stationary", &schema, "eigenpairs: 6\ntolerance: 1.0e-12\nncv: 0\n", NULL, options));
  o = &(*options)->pairs;
  SgdCaseCheck(c, o->eigenpairs >= 1 && o->eigenpairs <= 100, "stationary.eigenpairs", "expected 1 .. 100, got %d",
               o->eigenpairs);
  SgdCaseCheck(c, o->tolerance > 0 && o->tolerance <= 1e-3, "stationary.tolerance",
               "expected a relative residual up to 1e-3, got %g", o->tolerance);
  SgdCaseCheck(c, o->ncv == 0 || o->ncv >= o->eigenpairs + 6, "stationary.ncv",
               "expected 0 (automatic) or at least eigenpairs + 6 = %d, got %d", o->eigenpairs + 6, o->ncv);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ViewFlat(const SgdModels *models, const SgdFlatAxes *flat) {
  PetscFunctionBegin;
  for (int a = 0; a < models->grid->dim; a++)
    if (flat->flat[a])
      PetscCall(SgdSay(models->grid->comm,
                       "No stationary state: nothing confines axis %d (%s; the drift over the whole box is weaker than "
                       "the diffusion). Its variance grows for ever, by %.10g a step (diffusion constant %.10g per "
                       "unit of tau = eta n). An eigenvector would only show the box.\n",
                       a + 1, models->context.slice->frame->name[a],
                       2 * flat->diffusion[a] * models->context.sgd->learning_rate, flat->diffusion[a]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A mode as slow as the density itself keeps the start for ever: a cycle, or sets without contact. */
static PetscErrorCode SaySettling(MPI_Comm comm, const SgdStationaryState *s, SgdModel m, double eta) {
  const char *steps = SgdModelUpdates(m) > 1 ? "epochs" : "steps";
  const SgdModelKind kind = SgdModelGetKind(m);

  PetscFunctionBegin;
  if (SgdStationarySettles(s, kind, eta))
    PetscCall(SgdSay(comm, "relaxation %.6g %s, rate %.10g", 1 / (s->rate * eta), steps, s->rate));
  else if (s->second >= 0)
    PetscCall(
        SgdSay(comm, "does not settle: |mu_2| is |mu_1| to rounding%s",
               kind == SGD_MAP && s->e->im[s->second] == 0 && s->e->re[s->second] < 0 ? ", a cycle of two steps" : ""));
  else
    PetscCall(
        SgdSay(comm, s->e->unconverged ? "relaxation not known" : "relaxation not asked for (stationary.eigenpairs)"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Leak, eigenvalues, relaxation, and the density's mean and variance. */
static PetscErrorCode ViewDensity(const SgdModels *models, int m, const SgdStationaryState *s, double seconds) {
  const double eta = models->context.sgd->learning_rate;
  const SgdModelKind kind = SgdModelGetKind(models->model[m]);

  PetscFunctionBegin;
  if (s->degenerate)
    PetscCall(SgdSay(models->grid->comm, "  %s: %s, leak %.10g a step", SgdModelName(models->model[m]),
                     s->leak > SGD_LEAK_ROUNDING    ? "quasi-stationary"
                     : s->leak < -SGD_LEAK_ROUNDING ? "growing, not stationary"
                                                    : "stationary",
                     s->leak));
  else
    PetscCall(SgdSay(models->grid->comm, "  %s: no stationary density found", SgdModelName(models->model[m])));
  if (s->degenerate > 1)
    PetscCall(SgdSay(models->grid->comm, "; leading eigenvalue %d times: as many sets without contact", s->degenerate));
  PetscCall(SgdSay(models->grid->comm, "  (%" PetscInt_FMT " %s, %.2f s)\n    1-|mu|:", s->e->applications,
                   kind == SGD_MAP ? "applications" : "applications or solves", seconds));
  for (int k = 0; k < s->e->count; k++)
    PetscCall(SgdSay(models->grid->comm, " %.10g", -expm1(SgdEigenpairsLogMu(s->e, kind, eta, k))));
  PetscCall(SgdSay(models->grid->comm, "\n"));
  if (!s->degenerate) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdSay(models->grid->comm, "    "));
  PetscCall(SaySettling(models->grid->comm, s, models->model[m], eta));
  PetscCall(SgdSay(models->grid->comm, "; mean %.10g, variance %.12g%s\n", s->moments.mean[0], s->moments.cov[0],
                   models->grid->dim > 1 ? " along axis 1" : ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ViewStationaryModel(const SgdModels *models, int m, const SgdStationaryState *s, double seconds) {
  PetscFunctionBegin;
  PetscCall(ViewDensity(models, m, s, seconds));
  if (!s->degenerate) return SgdCertificateView(models, m, s); /* nothing else is known of it */
  PetscCall(SgdCellsErrorView(models, m, s));
  PetscCall(SgdBasinsView(models, s));
  PetscCall(SgdPassagesView(models, m, s));
  PetscCall(SgdCertificateView(models, m, s));
  PetscCall(SgdStationaryVerdictView(models, m, s));
  PetscCall(SgdFacesView(models, m, s));
  PetscCall(SgdBalanceView(models, m, s));
  PetscCall(SgdLeakView(models, m, s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode State(const SgdModels *models, const SgdStationaryOptions *o, const SgdPassages *passages, int m,
                            SgdStationaryState *s) {
  PetscFunctionBegin;
  PetscCall(SgdStationaryCompute(models, models->model[m], &o->pairs, s));
  PetscCall(SgdStationaryVerdictFind(models, models->model[m], s));
  PetscCall(SgdPassagesCompute(models, models->model[m], passages, s));
  PetscCall(SgdCellsErrorFind(models, m, &o->pairs, passages, s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is written of all of them. */
typedef struct {
  const char *name, *folder;
  const SgdFlatAxes *flat;
  const SgdTails *tails;
} Writing;

/* Those that are done, before the next, which may take hours: not to be cut short by a signal. */
static PetscErrorCode KeepDone(const SgdModels *models, const Writing *w, const SgdStationaryState s[]) {
  PetscFunctionBegin;
  SgdInterruptHold();
  PetscCall(SgdStationaryWrite(models, w->name, w->flat, w->tails, s, w->folder));
  SgdInterruptKeeps("the models that are done are in stationary.json; the same command computes all of them anew");
  SgdInterruptRelease();
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode One(const SgdModels *models, const SgdStationaryOptions *o, const SgdPassages *passages, int m,
                          SgdStationaryState *s) {
  const double start = MPI_Wtime();
  PetscErrorCode ierr = SgdErrorCode(SGD_EXIT_NUMBERS);

  PetscFunctionBegin;
  if (!models->failed[m]) ierr = State(models, o, passages, m, s);
  if (ierr && SgdExitCode(ierr) == SGD_EXIT_NUMBERS) {
    *s = (SgdStationaryState){.reached = PETSC_TRUE};
    PetscCall(SgdWarn(models->grid->comm, "model %s has failed: %s; the others go on", SgdModelName(models->model[m]),
                      models->failed[m] ? "it could not be set up" : "it has no result"));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(ierr);
  s->reached = PETSC_TRUE;
  PetscCall(ViewStationaryModel(models, m, s, MPI_Wtime() - start));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every model's state, passages included; s [models]. One that fails leaves the others. */
static PetscErrorCode States(const SgdModels *models, const SgdStationaryOptions *o, const SgdPassages *passages,
                             const Writing *w, SgdStationaryState s[]) {
  PetscFunctionBegin;
  for (int m = 0; m < models->count; m++) {
    PetscCall(One(models, o, passages, m, &s[m]));
    if (m + 1 < models->count) PetscCall(KeepDone(models, w, s));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStationaryRun(const SgdModels *models, const SgdStationaryOptions *o, PetscBool halve,
                                const char *name, const char *folder) {
  SgdStationaryState *s = NULL;
  SgdFlatAxes flat = {0};
  SgdTails tails;
  const Writing writing = {name, folder, &flat, &tails};
  PetscBool any_flat;
  SgdPassages passages;

  PetscFunctionBegin;
  PetscCall(SgdPassagesRead(models, &passages));
  PetscCall(SgdFlatAxesFind(models, &flat, &any_flat));
  PetscCall(SgdTailsFind(models, &tails));
  PetscCall(SgdTailsView(models, &tails));
  if (any_flat)
    PetscCall(ViewFlat(models, &flat));
  else {
    PetscCall(SgdSay(models->grid->comm, "Stationary states: %d eigenpairs of each model\n", o->pairs.eigenpairs));
    PetscCall(PetscCalloc1(models->count, &s));
  }
  if (s) PetscCall(States(models, o, &passages, &writing, s));
  if (s && halve) PetscCall(SgdStationaryCheck(models, &o->pairs, s));
  PetscCall(SgdStationaryWrite(models, name, &flat, &tails, s, folder));
  PetscCall(SgdStationaryExpect(models, &flat, &tails, s));
  PetscCall(SgdCertificateCheck(models, s));
  for (int m = 0; s && m < models->count; m++)
    if (s[m].e) PetscCall(SgdStationaryFree(&s[m]));
  PetscCall(PetscFree(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}
