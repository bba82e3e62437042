/* Krylov-Schur (SLEPc) for the ends of the spectrum; where the model is small, or all of it is wanted, the dense solver
   on the same matrix-free operator. Interior eigenvalues of large models: a polynomial filter (spectrum_interval.h), or
   harmonic extraction around zero, which converges only where few eigenvalues are near zero. */
#include "solver/hessian/spectrum.h"
#include "cases/base/order.h"
#include "cases/base/package.h"
#include "operators/linearised/hessian.h"
#include "solver/hessian/spectrum_interval.h"
#include "solver/hessian/spectrum_monitor.h"
#include "cases/file/case_types.h"
#include <slepceps.h>

static const cyaml_schema_field_t density[] = {SGD_INTEGER("probes", SgdSpectralDensityOptions, probes),
                                               SGD_INTEGER("steps", SgdSpectralDensityOptions, steps),
                                               SGD_NUMBER("width", SgdSpectralDensityOptions, width),
                                               SGD_INTEGER("seed", SgdSpectralDensityOptions, seed), CYAML_FIELD_END};
static const cyaml_schema_field_t fields[] = {
    SGD_INTEGER("largest", SgdSpectrumOptions, largest),
    SGD_INTEGER("smallest", SgdSpectrumOptions, smallest),
    SGD_INTEGER("nearest_zero", SgdSpectrumOptions, nearest_zero),
    SGD_NUMBERS("interval", SgdSpectrumOptions, interval),
    SGD_NUMBER("tolerance", SgdSpectrumOptions, tolerance),
    SGD_BOOL("dense_check", SgdSpectrumOptions, dense_check),
    SGD_INTEGER("dense_limit", SgdSpectrumOptions, dense_limit),
    SGD_STRING("file", SgdSpectrumOptions, file),
    CYAML_FIELD_MAPPING("density", CYAML_FLAG_OPTIONAL, SgdSpectrumOptions, density, density),
    CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(SgdSpectrumOptions, fields);
static const char *defaults = "largest: 10\nsmallest: 5\nnearest_zero: 0\ninterval: []\ntolerance: "
                              "1.0e-10\ndense_check: false\ndense_limit: 2000\n"
                              "file: ''\ndensity: {probes: 0, steps: 80, width: 0, seed: 1}\n";

static PetscErrorCode CheckDensity(SgdCase c, const SgdSpectralDensityOptions *o) {
  PetscFunctionBegin;
  SgdCaseCheck(c, o->probes == 0 || o->probes >= 2, "spectrum.density.probes",
               "must be 0 (no density) or at least 2 (error bars), got %d", o->probes);
  SgdCaseCheck(c, o->steps >= 2, "spectrum.density.steps", "must be at least 2, got %d", o->steps);
  SgdCaseCheck(c, o->width >= 0, "spectrum.density.width", "must not be negative, got %g", o->width);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumRead(SgdCase c, SgdSpectrumOptions **o) {
  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "spectrum", &schema, defaults, NULL, o));
  SgdCaseCheck(c, (*o)->largest >= 0, "spectrum.largest", "must not be negative, got %d", (*o)->largest);
  SgdCaseCheck(c, (*o)->smallest >= 0, "spectrum.smallest", "must not be negative, got %d", (*o)->smallest);
  SgdCaseCheck(c, (*o)->nearest_zero >= 0, "spectrum.nearest_zero", "must not be negative, got %d", (*o)->nearest_zero);
  SgdCaseCheck(c, (*o)->largest + (*o)->smallest + (*o)->nearest_zero > 0, "spectrum",
               "ask for at least one eigenpair");
  SgdCaseCheck(c, (*o)->interval_count == 0 || ((*o)->largest && (*o)->smallest), "spectrum.interval",
               "wants both ends of the spectrum, to know its range: ask for spectrum.largest and spectrum.smallest");
  SgdCaseCheck(c, (*o)->interval_count == 0 || ((*o)->interval_count == 2 && (*o)->interval[0] < (*o)->interval[1]),
               "spectrum.interval", "expected two numbers, the lower first");
  SgdCaseCheck(c, (*o)->tolerance > 0 && (*o)->tolerance < 1, "spectrum.tolerance", "expected between 0 and 1, got %g",
               (*o)->tolerance);
  PetscCall(CheckDensity(c, &(*o)->density));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Append the eigenpairs of a solved EPS. */
static PetscErrorCode Collect(SgdSpectrum s, EPS eps, PetscInt count) {
  Vec x;
  const PetscScalar *array;
  Mat H;

  PetscFunctionBegin;
  PetscCall(EPSGetOperators(eps, &H, NULL));
  PetscCall(MatCreateVecs(H, &x, NULL));
  PetscCall(PetscRealloc((size_t)(s->count + count) * sizeof *s->mode, &s->mode));
  PetscCall(PetscRealloc((size_t)(s->count + count) * (size_t)s->P * sizeof *s->v, &s->v));
  for (PetscInt k = 0; k < count; k++) {
    SgdMode *mode = &s->mode[s->count];
    PetscCall(PetscMemzero(mode, sizeof *mode));
    PetscCall(EPSGetEigenpair(eps, k, &mode->eigenvalue, NULL, x, NULL));
    PetscCall(EPSComputeError(eps, k, EPS_ERROR_ABSOLUTE, &mode->residual));
    PetscCall(VecGetArrayRead(x, &array));
    PetscCall(PetscArraycpy(s->v + s->count * s->P, array, s->P));
    PetscCall(VecRestoreArrayRead(x, &array));
    s->count++;
  }
  PetscCall(VecDestroy(&x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* LAPACK on the matrix filled column by column. (Given the shell matrix, SLEPc falls back on the non-symmetric solver,
   whose eigenvectors of a repeated eigenvalue are not orthogonal.) */
static PetscErrorCode UseDense(EPS eps, PetscInt P) {
  Mat H, dense;

  PetscFunctionBegin;
  PetscCall(EPSGetOperators(eps, &H, NULL));
  PetscCall(MatComputeOperator(H, MATSEQDENSE, &dense));
  PetscCall(EPSSetOperators(eps, dense, NULL));
  PetscCall(MatDestroy(&dense));
  PetscCall(EPSSetType(eps, EPSLAPACK));
  PetscCall(EPSSetWhichEigenpairs(eps, EPS_LARGEST_REAL));
  PetscCall(EPSSetDimensions(eps, P, PETSC_DETERMINE, PETSC_DETERMINE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Largest(const struct _p_SgdSpectrum *s) {
  double largest = 0;

  for (int k = 0; k < s->count; k++) largest = PetscMax(largest, PetscAbsReal(s->mode[k].eigenvalue));
  return largest;
}

static PetscErrorCode Configure(EPS eps, PetscInt P, EPSWhich which, SgdSpectrumWatch *watch) {
  PetscFunctionBegin;
  PetscCall(EPSSetProblemType(eps, EPS_HEP));
  PetscCall(EPSSetWhichEigenpairs(eps, which));
  PetscCall(EPSSetDimensions(eps, watch->wanted, PetscMin(P, 2 * watch->wanted + 20), PETSC_DETERMINE));
  PetscCall(EPSSetTolerances(eps, watch->tolerance, 2000));
  if (which == EPS_TARGET_MAGNITUDE) {
    PetscCall(EPSSetTarget(eps, 0.0));
    PetscCall(EPSSetExtraction(eps, EPS_HARMONIC));
  }
  PetscCall(SgdSpectrumWatchSet(eps, watch));
  if (which == EPS_ALL || watch->wanted >= P) PetscCall(UseDense(eps, P));
  PetscCall(EPSSetFromOptions(eps));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One part of the spectrum, appended to what is there already (whose largest eigenvalue is the scale of residuals). */
static PetscErrorCode Solve_EPS(SgdSpectrum s, Mat H, MPI_Comm comm, EPSWhich which, PetscInt wanted, double tolerance,
                                const char *name) {
  SgdSpectrumWatch watch = {.comm = comm, .name = name, .wanted = wanted, .tolerance = tolerance, .scale = Largest(s)};
  EPS eps;
  PetscInt found;
  char prefix[64];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(prefix, sizeof prefix, "spectrum_%s_", name));
  PetscCall(EPSCreate(PETSC_COMM_SELF, &eps));
  PetscCall(EPSSetOptionsPrefix(eps, prefix));
  PetscCall(EPSSetOperators(eps, H, NULL));
  PetscCall(Configure(eps, s->P, which, &watch));
  PetscCall(EPSSolve(eps));
  PetscCall(EPSGetConverged(eps, &found));
  if (found < PetscMin(wanted, s->P))
    return SgdFail(comm, SGD_EXIT_NUMBERS,
                   "spectrum: only %" PetscInt_FMT " of the %" PetscInt_FMT
                   " %s eigenpairs converged to %g; raise -%seps_max_it or -%seps_ncv, or spectrum.tolerance",
                   found, wanted, name, tolerance, prefix, prefix);
  PetscCall(Collect(s, eps, PetscMin(wanted, found)));
  PetscCall(EPSDestroy(&eps));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All in an interval; the ends that are known bound the whole spectrum. */
static PetscErrorCode SolveInterval(SgdSpectrum s, Mat H, MPI_Comm comm, const double interval[2], double tolerance) {
  const int before = s->count;
  double low = PETSC_MAX_REAL, high = -PETSC_MAX_REAL, worst = 0;
  PetscInt found;
  EPS eps;

  PetscFunctionBegin;
  for (int k = 0; k < s->count; k++) low = PetscMin(low, s->mode[k].eigenvalue - s->mode[k].residual);
  for (int k = 0; k < s->count; k++) high = PetscMax(high, s->mode[k].eigenvalue + s->mode[k].residual);
  PetscCall(SgdSpectrumIntervalSolve(H, comm, low, high, interval, 0.1 * tolerance, &eps));
  PetscCall(EPSGetConverged(eps, &found));
  PetscCall(Collect(s, eps, found));
  PetscCall(EPSDestroy(&eps));
  for (int k = before; k < s->count; k++) worst = PetscMax(worst, s->mode[k].residual);
  if (worst > tolerance * Largest(s))
    return SgdFail(comm, SGD_EXIT_NUMBERS,
                   "spectrum.interval: a residual of %.2g is above spectrum.tolerance times the largest eigenvalue, "
                   "%.2g: the filter is too flat; raise -spectrum_interval_st_filter_degree",
                   worst, tolerance * Largest(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is u among the `kept` directions of v, up to sign? */
static PetscBool Repeated(PetscInt P, int kept, const double *v, const double *u) {
  for (int k = kept - 1; k >= 0; k--) {
    double dot = 0;
    for (PetscInt r = 0; r < P; r++) dot += u[r] * v[(size_t)k * P + r];
    if (PetscAbsReal(dot) > 0.9) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* By eigenvalue, largest first; a pair found from both ends is kept once (the same direction up to sign). */
static PetscErrorCode SortAndMerge(SgdSpectrum s) {
  SgdMode *mode;
  double *v, *key;
  PetscInt *order;
  int kept = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(s->count, &mode, (size_t)s->count * s->P, &v, s->count, &order, s->count, &key));
  for (int i = 0; i < s->count; i++) key[i] = s->mode[i].eigenvalue;
  PetscCall(SgdOrderDescending(s->count, key, order));
  for (int i = 0; i < s->count; i++) {
    const double *u = s->v + (size_t)order[i] * s->P;
    if (Repeated(s->P, kept, v, u)) continue;
    mode[kept] = s->mode[order[i]];
    PetscCall(PetscArraycpy(v + (size_t)kept++ * s->P, u, s->P));
  }
  PetscCall(PetscArraycpy(s->mode, mode, kept));
  PetscCall(PetscArraycpy(s->v, v, (size_t)kept * s->P));
  s->count = kept;
  PetscCall(PetscFree4(mode, v, order, key));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The sign of an eigenvector is arbitrary: make its largest entry positive, so that runs can be compared. */
static void FixSigns(SgdSpectrum s) {
  for (int k = 0; k < s->count; k++) {
    double *v = s->v + (size_t)k * s->P;
    PetscInt largest = 0;
    for (PetscInt r = 1; r < s->P; r++)
      if (PetscAbsReal(v[r]) > PetscAbsReal(v[largest]) * (1 + 1e-6)) largest = r;
    if (v[largest] < 0)
      for (PetscInt r = 0; r < s->P; r++) v[r] = -v[r];
  }
}

/* Compare with the dense eigensolver: the largest |difference| from the nearest dense eigenvalue over |lambda_max|. */
static PetscErrorCode DenseCheck(SgdSpectrum s, Mat H, MPI_Comm comm, double tolerance) {
  struct _p_SgdSpectrum dense = {.P = s->P};

  PetscFunctionBegin;
  PetscCall(Solve_EPS(&dense, H, comm, EPS_ALL, s->P, tolerance, "dense"));
  s->dense_error = 0;
  for (int k = 0; k < s->count; k++) {
    double nearest = PETSC_MAX_REAL;
    for (int j = 0; j < dense.count; j++)
      nearest = PetscMin(nearest, PetscAbsReal(dense.mode[j].eigenvalue - s->mode[k].eigenvalue));
    s->dense_error = PetscMax(s->dense_error, nearest / PetscAbsReal(dense.mode[0].eigenvalue));
  }
  PetscCall(PetscFree(dense.mode));
  PetscCall(PetscFree(dense.v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumSolve(SgdLandscape l, Mat H, const SgdSpectrumOptions *o, SgdSpectrum *spectrum) {
  const MPI_Comm comm = SgdLandscapeComm(l);
  SgdSpectrum s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  s->P = SgdLandscapeDimension(l);
  s->dense_error = NAN;
  s->complete =
      (PetscBool)(o->largest + o->smallest + o->nearest_zero >= s->P || (o->nearest_zero && s->P <= o->dense_limit));
  if (s->complete)
    PetscCall(Solve_EPS(s, H, comm, EPS_ALL, s->P, o->tolerance, "all"));
  else {
    if (o->largest) PetscCall(Solve_EPS(s, H, comm, EPS_LARGEST_REAL, o->largest, o->tolerance, "largest"));
    if (o->smallest) PetscCall(Solve_EPS(s, H, comm, EPS_SMALLEST_REAL, o->smallest, o->tolerance, "smallest"));
    if (o->nearest_zero)
      PetscCall(Solve_EPS(s, H, comm, EPS_TARGET_MAGNITUDE, o->nearest_zero, o->tolerance, "nearest_zero"));
  }
  if (o->interval_count && !s->complete) PetscCall(SolveInterval(s, H, comm, o->interval, o->tolerance));
  PetscCall(SortAndMerge(s));
  FixSigns(s);
  if (o->dense_check && s->P <= o->dense_limit) PetscCall(DenseCheck(s, H, comm, o->tolerance));
  *spectrum = s;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumComplete(SgdSpectrum s, Mat H, MPI_Comm comm, const SgdSpectrumOptions *o) {
  PetscFunctionBegin;
  if (o->interval_count && !s->complete) PetscCall(PetscArraycpy(s->interval, o->interval, 2));
  if (o->density.probes) SgdLogged(SGD_Density, SgdSpectralDensityCompute(H, comm, &o->density, &s->density));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumCompute(SgdLandscape l, const double *w, const SgdSpectrumOptions *o, SgdSpectrum *s) {
  Mat H;

  PetscFunctionBegin;
  PetscCall(SgdHessianCreate(l, w, &H));
  PetscCall(SgdSpectrumSolve(l, H, o, s));
  PetscCall(SgdSpectrumComplete(*s, H, SgdLandscapeComm(l), o));
  PetscCall(MatDestroy(&H));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* D and Gamma of each mode; the modes are dealt out over the ranks, each entry computed by one of them. */
PetscErrorCode SgdSpectrumNoise(SgdSpectrum s, SgdLandscape l, const double *w, double eta, PetscInt batch,
                                SgdSampling sampling, PetscInt steps) {
  const double factor = SgdLandscapeBatchFactor(l, batch, sampling);
  PetscMPIInt rank, size;
  double *noise;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(SgdLandscapeComm(l), &rank));
  PetscCallMPI(MPI_Comm_size(SgdLandscapeComm(l), &size));
  PetscCall(PetscCalloc1(3 * s->count, &noise));
  for (int k = rank; k < s->count; k += size)
    PetscCall(
        SgdLandscapeModeNoise(l, w, s->v + (size_t)k * s->P, &noise[3 * k], &noise[3 * k + 1], &noise[3 * k + 2]));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, noise, 3 * s->count, MPI_DOUBLE, MPI_SUM, SgdLandscapeComm(l)));
  for (int k = 0; k < s->count; k++) {
    SgdMode *m = &s->mode[k];
    m->D = factor * noise[3 * k];
    m->Gamma = factor * noise[3 * k + 1];
    m->covariance = factor * noise[3 * k + 2];
    m->prediction = SgdModePredict(eta, m->eigenvalue, m->D, m->Gamma, 0, (int)steps);
  }
  PetscCall(PetscFree(noise));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumDestroy(SgdSpectrum *s) {
  PetscFunctionBegin;
  if (!*s) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdSpectralDensityDestroy(&(*s)->density));
  PetscCall(PetscFree((*s)->mode));
  PetscCall(PetscFree((*s)->v));
  PetscCall(PetscFree(*s));
  PetscFunctionReturn(PETSC_SUCCESS);
}
