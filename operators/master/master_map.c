/* The master equation's one-step map (THEORY.md (2)): resolution, law and method, checked against each other. */
#include "operators/master/master.h"

/* Step noise against cell width, of axis a: the least and the largest over the grid. Collective. */
static PetscErrorCode NoisePerCell(const SgdStep *step, int a, double *least, double *largest) {
  SgdFields f = step->fields;
  double range[2] = {-PETSC_MAX_REAL, 0}; /* largest of -C and of C */

  PetscFunctionBegin;
  for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++) {
    const double C = PetscMax(0, f->C[SgdPair(f->grid->dim, a, a)][i]);
    range[0] = PetscMax(range[0], -C);
    range[1] = PetscMax(range[1], C);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPI_DOUBLE, MPI_MAX, f->grid->comm));
  *least = step->learning_rate * sqrt(-range[0]) / f->grid->h[a];
  *largest = step->learning_rate * sqrt(range[1]) / f->grid->h[a];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Resolution (THEORY.md (20)): each axis wants a step noise of at least one cell; below half a cell it must be remeshed
   (*narrow). Remeshing keeps the moments of any noise, but where even the widest is a twentieth of a cell the density
   of a confined mode is narrower than one, unless eta lambda is below 1/800: `auto` does not offer that. Spreading the
   law of samples is not refused: few atoms smooth nothing however far apart, the density itself must be smooth. */
#define NARROW      0.5
#define MEANINGLESS 0.05

static PetscErrorCode ReportResolution(const SgdStep *step, const SgdMasterOptions *o, SgdReport *r,
                                       PetscBool *narrow) {
  SgdGrid grid = step->fields->grid;
  const PetscBool samples = (PetscBool)(SgdLandscapeSamples(step->landscape) > 0 && o->law == SGD_MASTER_LAW_EXACT);
  const double limit = o->method == SGD_MASTER_REMESH || (samples && o->method == SGD_MASTER_SPREAD)
                           ? 0
                           : (o->method != SGD_MASTER_AUTO ? NARROW : MEANINGLESS);
  double least = 0, largest = 0;
  char name[64], needed[64];

  PetscFunctionBegin;
  *narrow = PETSC_FALSE;
  for (int a = 0; a < grid->dim; a++) {
    PetscCall(NoisePerCell(step, a, &least, &largest));
    PetscCall(PetscSNPrintf(name, sizeof name, "step noise / cell width, axis %d", a + 1));
    PetscCall(SgdReportFigure(r, name, least, 1.0, (PetscBool)(least >= 1.0)));
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
                     r->name, a + 1, least, largest, needed, grid->n[a]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Remeshing stands in for the Gaussian law, and for the landscape's own with a warning; no other law. */
static PetscErrorCode Remesh(const SgdStep *step, const SgdMasterOptions *o, SgdReport *r, PetscBool gaussian, Mat *A) {
  MPI_Comm comm = step->fields->grid->comm;
  const PetscBool own = (PetscBool)(o->law == SGD_MASTER_LAW_AUTO || o->law == SGD_MASTER_LAW_EXACT);

  PetscFunctionBegin;
  if (!gaussian && !own && o->method == SGD_MASTER_AUTO)
    return SgdFail(comm, SGD_EXIT_NUMBERS,
                   "model %s: the noise of a step is narrower than half a cell, and remeshing knows the Gaussian law "
                   "only, not \"%s\": use more cells (slice.cells)",
                   r->name, o->law_name);
  PetscCall(SgdMasterRemesh(step, A));
  if (o->method == SGD_MASTER_AUTO)
    PetscCall(SgdWarn(comm,
                      "model %s: the noise of a step is narrower than half a cell: it is taken for Gaussian and "
                      "remeshed, which keeps the moments of a step below the sixth but not the shape between cells",
                      r->name));
  PetscCall(SgdReportNote(r, "remesh (Gauss-Hermite atoms, Lagrange weights of order 6: moments of a step below the "
                             "sixth kept); law of the step noise: Gaussian with the minibatch covariance (closure)"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A table that ends while its law still matters would be cut to zero there, and the noise would lose its shortest waves
   without a message. */
static PetscErrorCode CheckRange(const SgdMasterOptions *o, SgdReport *r, SgdNoiseLaw law) {
  const double tolerance = o->tolerance > 0 ? o->tolerance : 1e-11;
  double wanted, known, last;

  PetscFunctionBegin;
  PetscCall(SgdNoiseLawRange(law, &wanted, &known, &last));
  if (known < wanted && last > tolerance)
    PetscCall(SgdCaseError(r->kase, SgdReportKey(r, "table"), NULL,
                           "the table ends at q = %.4g with |phi| = %.2g there, and the grid's waves reach q = %.4g: "
                           "continue it to there, or to where |phi| is below the tolerance %.0e, or take fewer cells",
                           known, last, wanted, tolerance));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SayGaussianOnly(SgdReport *r, SgdMasterMethod method, const char *law) {
  return SgdCaseError(r->kase, SgdReportKey(r, "method"), NULL, "%s knows the Gaussian law only, not \"%s\"",
                      SgdMasterMethodNames[method], law);
}

/* Build the map for this law, not auto; A is NULL if it takes more terms than are allowed. */
static PetscErrorCode BuildLaw(const SgdStep *step, const SgdMasterOptions *o, SgdReport *r, SgdMasterMethod method,
                               SgdMasterLaw which, Mat *A) {
  const char *name = which == SGD_MASTER_LAW_EXACT      ? "exact"
                     : which == SGD_MASTER_LAW_GAUSSIAN ? "gaussian"
                                                        : o->law_name;
  const SgdStepLawParameters parameters = {.shape = o->shape, .rate = o->rate, .alpha = o->alpha, .table = o->table};
  SgdNoiseLaw law;

  PetscFunctionBegin;
  PetscCall(SgdNoiseLawCreate(step, r->kase, SgdReportKey(r, "law"), which == SGD_MASTER_LAW_EXACT ? NULL : name,
                              &parameters, &law));
  PetscCall(CheckRange(o, r, law));
  if ((method == SGD_MASTER_SPLAT || method == SGD_MASTER_LEVELS) && !SgdNoiseLawGaussian(law))
    PetscCall(SayGaussianOnly(r, method, name));
  PetscCall(SgdMasterBuild(step, o, r, method, law, A));
  PetscCall(SgdNoiseLawDestroy(&law));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An optimizer's states are remeshed by Gaussian noise. */
static PetscErrorCode FitStates(const SgdMasterOptions *o, SgdReport *r) {
  PetscFunctionBegin;
  SgdCaseCheck(r->kase, o->law == SGD_MASTER_LAW_AUTO || o->law == SGD_MASTER_LAW_GAUSSIAN, SgdReportKey(r, "law"),
               "the density of an optimizer takes the law gaussian, found \"%s\"", o->law_name);
  SgdCaseCheck(r->kase, o->method == SGD_MASTER_AUTO || o->method == SGD_MASTER_REMESH, SgdReportKey(r, "method"),
               "the density of an optimizer is remeshed, found \"%s\"", SgdMasterMethodNames[o->method]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdMasterFit(const SgdStepPlan *plan, const SgdMasterOptions *o, SgdReport *r) {
  PetscFunctionBegin;
  if (plan->rule) return FitStates(o, r);
  SgdCaseCheck(r->kase, o->method != SGD_MASTER_REMESH || o->law != SGD_MASTER_LAW_NAMED, SgdReportKey(r, "law"),
               "method remesh knows the Gaussian law only, not \"%s\"", o->law_name);
  if ((o->method == SGD_MASTER_SPLAT || o->method == SGD_MASTER_LEVELS) && o->law == SGD_MASTER_LAW_NAMED)
    PetscCall(SayGaussianOnly(r, o->method, o->law_name));
  SgdCaseCheck(r->kase, o->method != SGD_MASTER_DENSE || plan->axes == 1, SgdReportKey(r, "method"),
               "dense needs a slice of dimension 1; this one has %d", plan->axes);
  SgdCaseCheck(r->kase, !plan->scattered || o->law != SGD_MASTER_LAW_EXACT, SgdReportKey(r, "law"),
               "with slice.complement: ensemble only the step's mean and covariance are known: give law: gaussian");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The law and the method, checked against each other; one dimension: dense while it is small. */
PetscErrorCode SgdMasterMapCreate(const SgdStep *step, const SgdMasterOptions *o, SgdReport *r, Mat *A) {
  SgdGrid grid = step->fields->grid;
  SgdMasterMethod method = o->method;
  SgdMasterLaw law = o->law;
  const SgdStepPlan plan = {.rule = step->rule, .axes = grid->dim};
  PetscBool narrow;

  PetscFunctionBegin;
  PetscCall(SgdMasterFit(&plan, o, r));
  if (step->rule) {
    PetscCall(SgdMasterStates(step, r, A));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(ReportResolution(step, o, r, &narrow));
  if (method == SGD_MASTER_REMESH || (method == SGD_MASTER_AUTO && narrow)) {
    const PetscBool gaussian =
        (PetscBool)(law == SGD_MASTER_LAW_GAUSSIAN || (law == SGD_MASTER_LAW_AUTO && grid->dim > 1));
    PetscCall(Remesh(step, o, r, gaussian, A));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (method == SGD_MASTER_AUTO && grid->dim == 1 && grid->n[0] <= 2048) method = SGD_MASTER_DENSE;
  if (law == SGD_MASTER_LAW_AUTO) PetscCall(SgdMasterAutomaticLaw(step, o, r, method, &law));
  PetscCall(BuildLaw(step, o, r, method, law, A));
  if (!*A) PetscCall(BuildLaw(step, o, r, method, SGD_MASTER_LAW_GAUSSIAN, A));
  PetscFunctionReturn(PETSC_SUCCESS);
}
