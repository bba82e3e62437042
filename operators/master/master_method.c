/* Which law and which method the master equation takes where the case leaves it open, and what they cost (THEORY.md
   section 3). Costs are counted, not timed, so that the choice is the same on any machine and any number of ranks. */
#include "operators/master/master.h"
#include "operators/noise/sample_law.h"

#define MOST_TERMS 640        /* no more terms can be told apart on the largest sample of a law (law_expansion.c) */
#define OPEN_TERMS 160        /* and on the small one, all that is taken where the case leaves the law open */
#define STEP       0.5        /* seconds that a step may take without being asked for, on one core */
#define SET_UP     60.0       /* and the set-up */
#define MEMORY     2147483648 /* bytes of weights and factors */
#define FEW_TERMS  8          /* of spreading take no longer than levels, whose cost knows no such number */

const char *const SgdMasterMethodNames[] = {"auto", "dense", "levels", "splat", "spread", "remesh", NULL};

/* Measured: a term of spreading costs about 30 ns a cell in two dimensions and 150 ns in three, a splat 1.5 ns for each
   cell it covers. */
static double TermSeconds(SgdGrid grid) {
  return (grid->dim == 3 ? 150e-9 : 30e-9) * (double)grid->cells;
}

static PetscErrorCode SplatSeconds(const SgdStep *step, double truncation, double *seconds) {
  SgdFields f = step->fields;
  SgdGrid grid = f->grid;
  const double radius = sqrt(-2 * log(truncation));

  PetscFunctionBegin;
  *seconds = 1.5e-9 * (double)grid->cells;
  for (int a = 0; a < grid->dim; a++) {
    double most = 0;
    for (PetscInt i = grid->first_cell - f->first_cell; i < grid->last_cell - f->first_cell; i++)
      most = PetscMax(most, f->C[SgdPair(grid->dim, a, a)][i]);
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, grid->comm));
    *seconds *= 2 * radius * step->learning_rate * sqrt(most) / grid->h[a];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Terms whose weights (8 bytes a cell) and factors (16 bytes for half of the modes of a padded grid) fit the memory. */
static double TermsInMemory(SgdGrid grid) {
  return MEMORY / ((8 + (grid->dim == 3 ? 27 : 18)) * (double)grid->cells);
}

/* Set-up of the exact law of samples. With replacement: a table of places (law_table.h), about 600 of them in two
   dimensions and 3000 in three, each with the sum over the samples at 1000 waves as a product of matrices, and 40 places of
   verification. Without: each place and mode by itself. */
static PetscErrorCode SetUpSeconds(const SgdStep *step, double terms, double *seconds) {
  const int d = step->fields->grid->dim, table = step->sampling == SGD_WITH_REPLACEMENT;
  const double points = table ? (d == 2 ? 600 : 3000) : 700 + (d == 2 ? 1400 : 8000);
  const double cells = (double)step->fields->grid->cells;
  SgdSampleLaw law;
  double point, mode;

  PetscFunctionBegin;
  PetscCall(SgdSampleLawCreate(step, &law));
  SgdSampleLawCost(law, &point, &mode);
  PetscCall(SgdSampleLawDestroy(&law));
  if (table)
    *seconds = (points + 40) * (point + 300 * mode) + terms * cells * (1e-9 * terms + 5e-8);
  else
    *seconds = points * point + (640 * 400 + terms * points + 0.3 * terms * cells) * mode;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where the exact law is worth its cost. */
static PetscErrorCode AffordableTerms(const SgdStep *step, double truncation, int *most) {
  SgdGrid grid = step->fields->grid;
  double splat;

  PetscFunctionBegin;
  PetscCall(SplatSeconds(step, truncation, &splat));
  *most = (int)PetscMin(PetscMin(OPEN_TERMS, TermsInMemory(grid)), PetscMax(STEP, 2 * splat) / TermSeconds(grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A closed form that is not Gaussian (weighted samples, shaped noise) costs most in several dimensions: the user is told how to have it. */
static PetscErrorCode NoteClosedForm(const SgdStep *step, SgdReport *r) {
  SgdNoiseLaw law;

  PetscFunctionBegin;
  PetscCall(SgdNoiseLawCreate(step, r->kase, SgdReportKey(r, "law"), NULL, NULL, &law));
  if (!SgdNoiseLawGaussian(law))
    PetscCall(SgdReportNote(
        r, "law auto: in several dimensions Gaussian with the batch's covariance; law: exact takes the landscape's "
           "own, which costs more (tolerance: 1.0e-5 makes it cheaper)"));
  PetscCall(SgdNoiseLawDestroy(&law));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdMasterAutomaticLaw(const SgdStep *step, const SgdMasterOptions *o, SgdReport *r,
                                     SgdMasterMethod method, SgdMasterLaw *law) {
  SgdGrid grid = step->fields->grid;
  const PetscBool samples = (PetscBool)(SgdLandscapeSamples(step->landscape) > 0);
  double seconds = 0;
  int most;

  PetscFunctionBegin;
  *law = SGD_MASTER_LAW_GAUSSIAN;
  if (SgdLandscapeScattered(step->landscape)) {
    PetscCall(SgdReportNote(r,
                            "law auto: Gaussian, for only the step's mean and covariance are known over the spread of "
                            "the complement"));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  *law = grid->dim == 1 || (samples && (method == SGD_MASTER_AUTO || method == SGD_MASTER_SPREAD))
             ? SGD_MASTER_LAW_EXACT
             : SGD_MASTER_LAW_GAUSSIAN;
  if (grid->dim > 1 && !samples) PetscCall(NoteClosedForm(step, r));
  if (grid->dim == 1 || *law == SGD_MASTER_LAW_GAUSSIAN) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AffordableTerms(step, o->truncation, &most));
  PetscCall(SetUpSeconds(step, most, &seconds));
  if (most < 8 || seconds > SET_UP) *law = SGD_MASTER_LAW_GAUSSIAN;
  PetscCall(SgdReportNote(r,
                          "law auto: the exact law of the samples would take about %.2g s to set up (limit %g) and may "
                          "take %d terms: %s",
                          seconds, SET_UP, most,
                          *law == SGD_MASTER_LAW_EXACT ? "tried first" : "Gaussian instead (law: exact insists)"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is wanted of spreading: of a law of samples 1e-8, or 1e-4 where that is what the terms give; where levels
   stand by, a few terms. */
static PetscErrorCode WantedAccuracy(const SgdStep *step, const SgdMasterOptions *o, SgdMasterMethod method,
                                     SgdNoiseLaw law, SgdLawAccuracy *a) {
  const PetscBool open = (PetscBool)(o->law == SGD_MASTER_LAW_AUTO), choose = (PetscBool)(method == SGD_MASTER_AUTO);

  PetscFunctionBegin;
  *a = (SgdLawAccuracy){.tolerance = o->tolerance, .most = MOST_TERMS, .support = &step->support};
  if (o->tolerance == 0) {
    a->tolerance = SgdNoiseLawSamples(law) ? 1e-8 : 1e-11;
    a->acceptable = SgdNoiseLawSamples(law) ? 1e-4 : 0;
  }
  if (SgdNoiseLawSamples(law) && open) PetscCall(AffordableTerms(step, o->truncation, &a->most));
  if (SgdNoiseLawGaussian(law) && choose) a->most = FEW_TERMS;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TooManyTerms(SgdReport *r, const SgdLawAccuracy *a, double error) {
  PetscFunctionBegin;
  PetscCall(SgdCaseError(r->kase, SgdReportKey(r, "method"), NULL,
                         "the noise varies too much over the box for spreading: %d terms leave an error of %.1e "
                         "(tolerance %g); raise tolerance, shrink the box, take law: gaussian, or model random_map",
                         a->most, error, a->tolerance));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BuildDense(const SgdStep *step, SgdMasterLaw which, SgdNoiseLaw law, const char **words, Mat *A) {
  PetscFunctionBegin;
  if (which == SGD_MASTER_LAW_AUTO || which == SGD_MASTER_LAW_EXACT)
    PetscCall(SgdMasterDense(step, PETSC_TRUE, words, A));
  else
    PetscCall(SgdMasterDenseLaw(step, law, A));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Gaussian noise that depends on the place: by levels, and where they do not serve, if the user leaves it open, by the
   splat, their slow twin. */
static PetscErrorCode BuildGaussian(const SgdStep *step, const SgdMasterOptions *o, SgdReport *r, PetscBool choose,
                                    const char **words, Mat *A) {
  const char *reason;

  PetscFunctionBegin;
  *words = "levels";
  PetscCall(SgdMasterLevels(step, r, o->tolerance > 0 ? o->tolerance : 1e-11, &reason, A));
  if (!reason) PetscFunctionReturn(PETSC_SUCCESS);
  if (!choose)
    PetscCall(SgdCaseError(r->kase, SgdReportKey(r, "method"), NULL, "levels cannot be taken: %s; take method: splat",
                           reason));
  PetscCall(SgdReportNote(r, "method auto: no levels: %s; splat instead, much slower", reason));
  *words = "splat";
  PetscCall(SgdMasterSplat(step, sqrt(-2 * log(o->truncation)), A));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdMasterBuild(const SgdStep *step, const SgdMasterOptions *o, SgdReport *r, SgdMasterMethod method,
                              SgdNoiseLaw law, Mat *A) {
  MPI_Comm comm = step->fields->grid->comm;
  const PetscBool choose = (PetscBool)(method == SGD_MASTER_AUTO);
  const char *words = SgdNoiseLawWords(law), *taken = SgdMasterMethodNames[method];
  SgdLawAccuracy accuracy;
  double error = 0;
  int terms = 0;

  PetscFunctionBegin;
  *A = NULL;
  PetscCall(WantedAccuracy(step, o, method, law, &accuracy));
  if (choose || method == SGD_MASTER_SPREAD) PetscCall(SgdMasterSpread(step, r, law, &accuracy, &terms, &error, A));
  if (terms)
    taken = "spread + FFT";
  else if (method == SGD_MASTER_LEVELS || (choose && SgdNoiseLawGaussian(law)))
    PetscCall(BuildGaussian(step, o, r, choose, &taken, A));
  else if (method == SGD_MASTER_SPLAT)
    PetscCall(SgdMasterSplat(step, sqrt(-2 * log(o->truncation)), A));
  else if (method == SGD_MASTER_DENSE)
    PetscCall(BuildDense(step, o->law, law, &words, A));
  else if (o->law == SGD_MASTER_LAW_AUTO) {
    PetscCall(SgdWarn(comm, "model %s: the exact law of the samples: %d terms leave an error of %.1e: Gaussian instead",
                      r->name, accuracy.most, error));
    PetscFunctionReturn(PETSC_SUCCESS);
  } else
    PetscCall(TooManyTerms(r, &accuracy, error));
  PetscCall(SgdReportNote(r, "%s; law of the step noise: %s", taken, words));
  PetscFunctionReturn(PETSC_SUCCESS);
}
