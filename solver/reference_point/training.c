#include "solver/reference_point/training.h"
#include "cases/file/case_types.h"
#include "solver/reference_point/descent.h"
#include "solver/reference_point/minimise.h"
#include "cases/base/progress.h"
#include "cases/base/blas.h"
#include <math.h>

typedef SgdTrainingOptions Options;

static const cyaml_schema_field_t fields[] = {SGD_INTEGER("steps", Options, steps),
                                              SGD_NUMBER("learning_rate", Options, learning_rate),
                                              SGD_INTEGER("batch_size", Options, batch_size),
                                              SGD_INTEGER("seed", Options, seed),
                                              SGD_BOOL("minimize", Options, minimize),
                                              SGD_NUMBER("gradient_norm", Options, gradient_norm),
                                              SGD_INTEGER("max_iterations", Options, max_iterations),
                                              SGD_STRING("file", Options, file),
                                              SGD_STRING("dataset", Options, dataset),
                                              SGD_STRING("save", Options, save),
                                              SGD_NUMBERS("point", Options, point),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults = "steps: 0\nlearning_rate: 0.1\nbatch_size: 32\nseed: 1\nminimize: false\n"
                              "gradient_norm: 1e-8\nmax_iterations: 500\nfile: ''\ndataset: w\nsave: ''\npoint: []\n";

#define KEY(name) "reference_point." name

static PetscErrorCode Check(SgdCase c, SgdLandscape l, const Options *o) {
  const unsigned P = (unsigned)SgdLandscapeDimension(l);

  PetscFunctionBegin;
  SgdCaseCheck(c, o->steps >= 0, KEY("steps"), "must not be negative, got %d", o->steps);
  SgdCaseCheck(c, !o->steps || SgdLandscapeSamples(l), KEY("steps"),
               "landscape %s has no samples to train on; use minimize or point", SgdLandscapeFamily(l));
  SgdCaseCheck(c, o->learning_rate > 0, KEY("learning_rate"), "must be positive, got %g", o->learning_rate);
  SgdCaseCheck(c, o->batch_size >= 1, KEY("batch_size"), "must be at least 1, got %d", o->batch_size);
  SgdCaseCheck(c, o->gradient_norm > 0, KEY("gradient_norm"), "must be positive, got %g", o->gradient_norm);
  SgdCaseCheck(c, o->max_iterations >= 1, KEY("max_iterations"), "must be at least 1, got %d", o->max_iterations);
  SgdCaseCheck(c, !o->point_count || o->point_count == P, KEY("point"),
               "expected %u numbers, one a dimension of the landscape; found %u", P, o->point_count);
  SgdCaseCheck(c, !(o->point_count && *o->file), KEY("point"), "give either point or file, not both");
  SgdCaseCheck(c, *o->dataset, KEY("dataset"), "must not be empty");
  SgdCaseCheck(c, *o->file || *o->save || !strcmp(o->dataset, "w"), KEY("dataset"),
               "a dataset of which file? Give %s or %s", KEY("file"), KEY("save"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BeginTraining(SgdLandscape l, const Options *o, double *w) {
  PetscFunctionBegin;
  if (o->point_count)
    PetscCall(PetscArraycpy(w, o->point, o->point_count));
  else if (*o->file)
    PetscCall(SgdReferencePointLoad(SgdLandscapeComm(l), o->path, o->dataset, SgdLandscapeDimension(l), w));
  else
    PetscCall(SgdLandscapeStart(l, o->seed, w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Minimise(SgdTrainingState *t, const Options *o, double *w, PetscInt *iterations) {
  const SgdLandscape l = t->landscape;
  SgdMinimum m;

  PetscFunctionBegin;
  PetscCall(SgdMinimise(t, o->gradient_norm, o->max_iterations, w, &m));
  if (!(m.gradient_norm <= o->gradient_norm))
    PetscCall(
        SgdFail(SgdLandscapeComm(l), SGD_EXIT_NUMBERS,
                "reference_point: the minimiser stopped at |g| = %.3g (loss %.8g) after %d iterations (%s), short "
                "of gradient_norm %.3g; allow more max_iterations, train for more steps before, or ask for less (a "
                "minimum at a kink, "
                "as ReLU has them, never gets there)",
                m.gradient_norm, m.loss, (int)m.iterations, m.reason, o->gradient_norm));
  *iterations = m.iterations;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MeasureTrained(SgdLandscape l, const double *w, SgdTrained *t) {
  const PetscInt P = SgdLandscapeDimension(l);
  double *g;

  PetscFunctionBegin;
  t->known = PETSC_TRUE;
  PetscCall(PetscMalloc1(P, &g));
  PetscCall(SgdLandscapeGradient(l, w, &t->loss, g));
  t->gradient_norm = cblas_dnrm2((int)P, g, 1);
  t->norm = cblas_dnrm2((int)P, w, 1);
  PetscCall(PetscFree(g));
  if (!isfinite(t->loss) || !isfinite(t->gradient_norm))
    PetscCall(SgdFail(SgdLandscapeComm(l), SGD_EXIT_NUMBERS, "reference_point: loss %g, |g| %g there are not finite",
                      t->loss, t->gradient_norm));
  if (!SgdLandscapeAccuracy(l, w, &t->accuracy)) t->accuracy = NAN;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTrainedView(const SgdTrained *t, MPI_Comm comm) {
  PetscFunctionBegin;
  if (!t->known) {
    PetscCall(SgdSay(comm, "Reference point: that of the checkpoint\n"));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (t->iterations >= 0) PetscCall(SgdSay(comm, "  minimised in %d iterations\n", (int)t->iterations));
  PetscCall(SgdSay(comm, "Reference point: loss %.10g, |g| %.3g, |w| %.5g", t->loss, t->gradient_norm, t->norm));
  if (!isnan(t->accuracy)) PetscCall(SgdSay(comm, ", accuracy %.4f", t->accuracy));
  PetscCall(SgdSay(comm, " (%.1f s)\n", t->seconds));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of this case's training, whatever else the case says. */
static PetscErrorCode Mark(SgdCase c, SgdTrainingKeep *keep) {
  static const char *const key[] = {"landscape", "reference_point", "sgd.weight_decay"};
  const char *text[3];

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) PetscCall(SgdCaseText(c, key[k], &text[k]));
  keep->case_mark = SgdTrainingMark(3, text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTrainingRead(SgdCase c, SgdLandscape l, SgdTrainingOptions **options) {
  SgdTrainingOptions *o;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "reference_point", &schema, defaults, NULL, options));
  o = *options;
  PetscCall(Check(c, l, o));
  if (*o->file) PetscCall(SgdCaseFile(c, KEY("file"), o->file, o->path));
  PetscCall(Mark(c, &o->keep));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTrainingRun(SgdLandscape l, const SgdTrainingOptions *o, double *w, SgdTrained *t) {
  SgdProgress progress = SgdProgressStart();
  SgdTrainingState state;

  PetscFunctionBegin;
  *t = (SgdTrained){.iterations = -1};
  PetscCall(BeginTraining(l, o, w));
  PetscCall(SgdTrainingBegin(&o->keep, l, o->steps, w, &state));
  if (state.step < o->steps) PetscCall(SgdDescend(&state, o->learning_rate, o->batch_size, o->seed, w));
  if (o->minimize && !state.found) PetscCall(Minimise(&state, o, w, &t->iterations));
  PetscCall(SgdTrainingFound(&state, w, SgdProgressElapsed(&progress)));
  PetscCall(MeasureTrained(l, w, t));
  t->seconds = SgdProgressElapsed(&progress);
  if (*o->save) PetscCall(SgdReferencePointSave(SgdLandscapeComm(l), o->save, o->dataset, SgdLandscapeDimension(l), w));
  PetscFunctionReturn(PETSC_SUCCESS);
}
