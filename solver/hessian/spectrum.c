/* Krylov-Schur (SLEPc) for the ends of the spectrum; where the model is small, or all of it is wanted, the dense solver
   on the same matrix-free operator. Interior eigenvalues of large models: a polynomial filter (spectrum_interval.h), or
   harmonic extraction around zero, which converges only where few eigenvalues are near zero. */
#include "solver/hessian/spectrum.h"
#include "cases/base/give_back.h"
#include "cases/base/package.h"
#include "cases/base/random.h"
#include "operators/linearised/hessian.h"
#include "solver/hessian/spectrum_interval.h"
#include "solver/hessian/spectrum_monitor.h"
#include "solver/hessian/spectrum_vectors.h"
#include "cases/file/case_types.h"
#include <slepceps.h>

static const uint64_t START = UINT64_C(0x455053) << 32; /* stream of the random numbers that solvers start from */

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
    SGD_INTEGER("distribute_from", SgdSpectrumOptions, distribute_from),
    SGD_STRING("file", SgdSpectrumOptions, file),
    CYAML_FIELD_MAPPING("density", CYAML_FLAG_OPTIONAL, SgdSpectrumOptions, density, density),
    CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(SgdSpectrumOptions, fields);
static const char *defaults = "largest: 10\nsmallest: 5\nnearest_zero: 0\ninterval: []\ntolerance: "
                              "1.0e-10\ndense_check: false\ndense_limit: 2000\ndistribute_from: 50000\n"
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
  SgdCaseCheck(c, (*o)->distribute_from >= 0, "spectrum.distribute_from", "must not be negative, got %d",
               (*o)->distribute_from);
  PetscCall(CheckDensity(c, &(*o)->density));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Are all eigenpairs wanted? */
static PetscBool Complete(const SgdSpectrumOptions *o, PetscInt P) {
  return (PetscBool)(o->largest + o->smallest + o->nearest_zero >= P || (o->nearest_zero && P <= o->dense_limit));
}

PetscBool SgdSpectrumDistributed(const SgdSpectrumOptions *o, PetscInt P) {
  return (PetscBool)(o->distribute_from && P >= o->distribute_from && !Complete(o, P));
}

PetscErrorCode SgdSpectrumHessian(SgdLandscape l, const double *w, const SgdSpectrumOptions *o, Mat *H) {
  const PetscInt P = SgdLandscapeDimension(l);

  PetscFunctionBegin;
  if (SgdSpectrumDistributed(o, P))
    PetscCall(SgdHessianCreateDistributed(l, w, H));
  else
    PetscCall(SgdHessianCreate(l, w, H));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* No modes yet; vectors like those of H. */
static PetscErrorCode Create(Mat H, SgdSpectrum *s) {
  PetscFunctionBegin;
  PetscCall(PetscNew(s));
  (*s)->dense_error = NAN;
  PetscCall(SgdSpectrumLayOut(*s, H));
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
  PetscCall(SgdSpectrumGrow(s, (int)count));
  for (PetscInt k = 0; k < count; k++) {
    SgdMode *mode = &s->mode[s->count];
    PetscCall(PetscMemzero(mode, sizeof *mode));
    PetscCall(EPSGetEigenpair(eps, k, &mode->eigenvalue, NULL, x, NULL));
    PetscCall(EPSComputeError(eps, k, EPS_ERROR_ABSOLUTE, &mode->residual));
    PetscCall(VecGetArrayRead(x, &array));
    PetscCall(PetscArraycpy(s->v + (size_t)s->count * (size_t)s->shares->local, array, s->shares->local));
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
  PetscCall(EPSSetDimensions(eps, watch->wanted, PetscMin(P, 2 * watch->wanted + watch->beyond), PETSC_DETERMINE));
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

/* Vectors that are shared out start from the same numbers on any number of ranks; others do by themselves. */
static PetscErrorCode StartAlike(EPS eps, Mat H) {
  PetscInt first, last;
  double *array;
  Vec x;

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(H, &x, NULL));
  PetscCall(VecGetOwnershipRange(x, &first, &last));
  PetscCall(VecGetArrayWrite(x, &array));
  for (PetscInt i = first; i < last; i++) array[i - first] = SgdRandomNormal(1, START, (uint64_t)i);
  PetscCall(VecRestoreArrayWrite(x, &array));
  PetscCall(EPSSetInitialSpace(eps, 1, &x));
  PetscCall(VecDestroy(&x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One part of the spectrum, appended to what is there already (whose largest eigenvalue is the scale of residuals). */
static PetscErrorCode Solve_EPS(SgdSpectrum s, Mat H, MPI_Comm comm, EPSWhich which, PetscInt wanted, double tolerance,
                                const char *name) {
  SgdSpectrumWatch watch = {.comm = comm,
                            .name = name,
                            .wanted = wanted,
                            .tolerance = tolerance,
                            .scale = Largest(s),
                            .beyond = s->distributed ? 14 : 20};
  EPS eps;
  PetscInt found;
  char prefix[64];

  PetscFunctionBegin;
  SgdGiveBackMemory();
  PetscCall(PetscSNPrintf(prefix, sizeof prefix, "spectrum_%s_", name));
  PetscCall(EPSCreate(PetscObjectComm((PetscObject)H), &eps));
  PetscCall(EPSSetOptionsPrefix(eps, prefix));
  PetscCall(EPSSetOperators(eps, H, NULL));
  if (s->distributed) PetscCall(StartAlike(eps, H));
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
  SgdGiveBackMemory();
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

/* Compare with the dense eigensolver: the largest |difference| from the nearest dense eigenvalue over |lambda_max|. */
static PetscErrorCode DenseCheck(SgdSpectrum s, SgdLandscape l, Mat H, double tolerance) {
  SgdSpectrum dense;

  PetscFunctionBegin;
  PetscCall(Create(H, &dense));
  PetscCall(Solve_EPS(dense, H, SgdLandscapeComm(l), EPS_ALL, s->P, tolerance, "dense"));
  s->dense_error = 0;
  for (int k = 0; k < s->count; k++) {
    double nearest = PETSC_MAX_REAL;
    for (int j = 0; j < dense->count; j++)
      nearest = PetscMin(nearest, PetscAbsReal(dense->mode[j].eigenvalue - s->mode[k].eigenvalue));
    s->dense_error = PetscMax(s->dense_error, nearest / PetscAbsReal(dense->mode[0].eigenvalue));
  }
  PetscCall(SgdSpectrumDestroy(&dense));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckDensely(SgdSpectrum s, SgdLandscape l, const double *w, double tolerance) {
  Mat H;

  PetscFunctionBegin;
  PetscCall(SgdHessianCreate(l, w, &H));
  PetscCall(DenseCheck(s, l, H, tolerance));
  PetscCall(MatDestroy(&H));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SolveParts(SgdSpectrum s, Mat H, MPI_Comm comm, const SgdSpectrumOptions *o) {
  PetscFunctionBegin;
  if (o->largest) PetscCall(Solve_EPS(s, H, comm, EPS_LARGEST_REAL, o->largest, o->tolerance, "largest"));
  if (o->smallest) PetscCall(Solve_EPS(s, H, comm, EPS_SMALLEST_REAL, o->smallest, o->tolerance, "smallest"));
  if (o->nearest_zero)
    PetscCall(Solve_EPS(s, H, comm, EPS_TARGET_MAGNITUDE, o->nearest_zero, o->tolerance, "nearest_zero"));
  if (o->interval_count) PetscCall(SolveInterval(s, H, comm, o->interval, o->tolerance));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumSolve(SgdLandscape l, const double *w, Mat H, const SgdSpectrumOptions *o,
                                SgdSpectrum *spectrum) {
  const MPI_Comm comm = SgdLandscapeComm(l);
  SgdSpectrum s;

  PetscFunctionBegin;
  PetscCall(Create(H, &s));
  s->complete = Complete(o, s->P);
  s->distributed = SgdSpectrumDistributed(o, s->P);
  if (s->complete)
    PetscCall(Solve_EPS(s, H, comm, EPS_ALL, s->P, o->tolerance, "all"));
  else
    PetscCall(SolveParts(s, H, comm, o));
  PetscCall(SgdSpectrumSort(s));
  PetscCall(SgdSpectrumFixSigns(s));
  if (o->dense_check && s->P <= o->dense_limit) PetscCall(CheckDensely(s, l, w, o->tolerance));
  *spectrum = s;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumDensity(Mat H, MPI_Comm comm, const SgdSpectrumOptions *o, SgdSpectralDensity *d) {
  PetscFunctionBegin;
  *d = (SgdSpectralDensity){0};
  if (o->density.probes) SgdLogged(SGD_Density, SgdSpectralDensityCompute(H, comm, &o->density, d));
  SgdGiveBackMemory();
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdSpectrumComplete(SgdSpectrum s, const SgdSpectrumOptions *o, const SgdSpectralDensity *d) {
  s->density = *d;
  for (int i = 0; i < 2 && o->interval_count && !s->complete; i++) s->interval[i] = o->interval[i];
}

PetscErrorCode SgdSpectrumCompute(SgdLandscape l, const double *w, const SgdSpectrumOptions *o, SgdSpectrum *s) {
  SgdSpectralDensity d;
  Mat H;

  PetscFunctionBegin;
  PetscCall(SgdSpectrumHessian(l, w, o, &H));
  PetscCall(SgdSpectrumDensity(H, SgdLandscapeComm(l), o, &d));
  PetscCall(SgdSpectrumSolve(l, w, H, o, s));
  SgdSpectrumComplete(*s, o, &d);
  PetscCall(MatDestroy(&H));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* noise [3 * count]: D, Gamma and their covariance of the modes dealt out to this rank, whose vectors are whole. */
static PetscErrorCode NoiseOfDealt(SgdSpectrum s, SgdLandscape l, const double *w, double *noise) {
  const MPI_Comm comm = SgdLandscapeComm(l);
  PetscMPIInt rank, size;
  double *v;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMalloc1(s->P, &v));
  for (int first = 0; first < s->count; first += size) {
    const int k = first + rank;
    double *to = noise + 3 * (size_t)k;
    if (s->distributed) PetscCall(SgdSpectrumDealOut(s, first, v));
    if (k < s->count)
      PetscCall(SgdLandscapeModeNoise(l, w, s->distributed ? v : s->v + (size_t)k * (size_t)s->P, to, to + 1, to + 2));
  }
  PetscCall(PetscFree(v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The modes are dealt out over the ranks, each entry computed by one of them. */
PetscErrorCode SgdSpectrumNoise(SgdSpectrum s, SgdLandscape l, const double *w, double eta, PetscInt batch,
                                SgdSampling sampling, PetscInt steps) {
  const double factor = SgdLandscapeBatchFactor(l, batch, sampling);
  double *noise;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(3 * s->count, &noise));
  PetscCall(NoiseOfDealt(s, l, w, noise));
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
  PetscCall(SgdSharesDestroy(&(*s)->shares));
  PetscCall(PetscFree((*s)->mode));
  PetscCall(PetscFree((*s)->v));
  PetscCall(PetscFree(*s));
  PetscFunctionReturn(PETSC_SUCCESS);
}
