/* Krylov-Schur finds an invariant subspace; one Krylov space holds at most one eigenvector of a degenerate eigenvalue,
   and with rounding it may or may not find the copies. So a second one is grown from a fresh random vector in the
   orthogonal complement of the first (there the compressed operator has exactly the remaining eigenvalues), until the
   complement's leading eigenvalue decays faster than the last one wanted. The pairs are then those of the operator
   projected onto the whole basis Q (Rayleigh-Ritz: T = Q^T S Q). S is the operator of a map, and (L - sigma)^{-1} for a
   generator, which resolves small rates relative to sigma, not to |L|. */
#include "solver/long_time/eigenpairs.h"
#include "cases/base/progress.h"
#include "operators/matrices/cells_operator.h"
#include "operators/matrices/conservative_solve.h"
#include <petscblaslapack.h>
#include <slepceps.h>

#define MAX_BASIS 256

typedef struct {
  SgdModel model;
  SgdGrid grid;
  const SgdEigenpairsOptions *o;
  PetscBool map;
  double eta, shift;
  int wanted;
  Mat B; /* the operator on the cells, or its transpose */
  EPS eps;
  ST st;
  Vec Q[MAX_BASIS], W[MAX_BASIS]; /* orthonormal basis and S Q */
  int basis;
  double theta_re[MAX_BASIS], theta_im[MAX_BASIS], re[MAX_BASIS], im[MAX_BASIS]; /* of S; of the operator */
  double S[MAX_BASIS * MAX_BASIS];                                               /* Ritz vectors, LAPACK's order */
  int order[MAX_BASIS];
  SgdProgress progress;
} Search;

static double Slowness(const Search *s, int k) {
  return s->map ? hypot(s->re[k], s->im[k]) : s->re[k];
}

/* Shift-and-invert just right of zero; 0.01/eta is one part in a hundred a step, far below the fast rates, far above
   rounding. A generator that is not assembled (jumps at random times) has no fast rates to leave out: its spectrum lies
   in a disc of radius 1/eta, and the search needs no solves. */
static PetscErrorCode SetUpGenerator(Search *s) {
  PetscBool assembled;
  KSP ksp;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompareAny((PetscObject)s->B, &assembled, MATSEQAIJ, MATMPIAIJ, ""));
  if (!assembled) {
    PetscCall(EPSSetWhichEigenpairs(s->eps, EPS_LARGEST_REAL));
    PetscCall(EPSSetConvergenceTest(s->eps, EPS_CONV_ABS)); /* the leading eigenvalue is zero */
    PetscCall(STSetShift(s->st, s->shift = -1 / s->eta));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(EPSSetWhichEigenpairs(s->eps, EPS_TARGET_MAGNITUDE));
  PetscCall(EPSSetTarget(s->eps, s->shift = 0.01 / s->eta));
  PetscCall(STSetType(s->st, STSINVERT));
  PetscCall(STGetKSP(s->st, &ksp));
  PetscCall(SgdSolverDefaults(ksp, s->grid->dim, s->grid->cells));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A line every few seconds. */
static PetscErrorCode Monitor_EPS(EPS eps, PetscInt iteration, PetscInt converged, PetscScalar *re, PetscScalar *im,
                                  PetscReal *error, PetscInt errors, void *context) {
  Search *s = context;

  PetscFunctionBegin;
  (void)eps, (void)re, (void)im;
  if (SgdProgressDue(&s->progress))
    PetscCall(SgdTell(s->grid->comm, -1, -1,
                      "%s, slow modes: restart %d, %d of %d eigenpairs converged, residual of the next %.1e, %.0f s",
                      SgdModelName(s->model), (int)iteration, (int)PetscMin(converged, s->wanted), (int)s->wanted,
                      converged < errors ? error[converged] : 0, SgdProgressElapsed(&s->progress)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetUpSolver(Search *s) {
  const PetscInt cells = s->grid->cells;
  const PetscInt wanted = PetscMin(cells, s->wanted + 4);
  PetscInt ncv = s->o->ncv ? s->o->ncv : PetscMax(2 * wanted + 20, s->map && cells <= 8192 ? 150 : 40);
  char prefix[96];

  PetscFunctionBegin;
  ncv = PetscMin(cells, PetscMax(ncv, wanted + 2));
  PetscCall(PetscSNPrintf(prefix, sizeof prefix, "%s_stationary_", SgdModelName(s->model)));
  PetscCall(EPSCreate(s->grid->comm, &s->eps));
  PetscCall(EPSSetOptionsPrefix(s->eps, prefix));
  PetscCall(EPSSetOperators(s->eps, s->B, NULL));
  PetscCall(EPSSetProblemType(s->eps, EPS_NHEP));
  PetscCall(EPSSetType(s->eps, EPSKRYLOVSCHUR));
  PetscCall(EPSSetDimensions(s->eps, wanted, ncv, PETSC_DETERMINE));
  PetscCall(EPSSetTolerances(s->eps, s->o->tolerance, 1000));
  PetscCall(EPSGetST(s->eps, &s->st));
  if (s->map)
    PetscCall(EPSSetWhichEigenpairs(s->eps, EPS_LARGEST_MAGNITUDE));
  else
    PetscCall(SetUpGenerator(s));
  s->progress = SgdProgressStart();
  PetscCall(EPSMonitorSet(s->eps, Monitor_EPS, s, NULL));
  PetscCall(EPSSetFromOptions(s->eps));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A start vector that depends on the pass and on the cell, not on the number of ranks. */
static PetscErrorCode SetStart(Search *s, int pass) {
  Vec start;
  double *x;

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(s->B, &start, NULL));
  PetscCall(VecGetArrayWrite(start, &x));
  for (PetscInt i = s->grid->first_cell; i < s->grid->last_cell; i++) {
    const double r = sin(12.9898 * (double)(i + 1) + 78.233 * (double)(pass + 1)) * 43758.5453;
    x[i - s->grid->first_cell] = r - floor(r);
  }
  PetscCall(VecRestoreArrayWrite(start, &x));
  PetscCall(EPSSetInitialSpace(s->eps, 1, &start));
  PetscCall(VecDestroy(&start));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Orthonormalise x against the basis and append it, with its image; what the basis holds already is left out. */
static PetscErrorCode AppendOne(Search *s, Vec x) {
  double norm, dots[MAX_BASIS];

  PetscFunctionBegin;
  PetscCall(VecNormalize(x, &norm));
  if (norm == 0 || s->basis == MAX_BASIS) PetscFunctionReturn(PETSC_SUCCESS);
  for (int twice = 0; twice < 2; twice++) {
    PetscCall(VecMDot(x, s->basis, s->Q, dots));
    for (int k = 0; k < s->basis; k++) dots[k] = -dots[k];
    PetscCall(VecMAXPY(x, s->basis, dots, s->Q));
    PetscCall(VecNormalize(x, &norm));
    if (norm < 1e-9) PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(VecDuplicate(x, &s->Q[s->basis]));
  PetscCall(VecDuplicate(x, &s->W[s->basis]));
  PetscCall(VecCopy(x, s->Q[s->basis]));
  PetscCall(STApply(s->st, x, s->W[s->basis]));
  s->basis++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Append(Search *s, PetscInt found) {
  Vec x, y;

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(s->B, &x, &y));
  for (PetscInt k = 0; k < found; k++) {
    PetscCall(EPSGetEigenvector(s->eps, k, x, y));
    PetscCall(AppendOne(s, x));
    PetscCall(AppendOne(s, y));
  }
  PetscCall(VecDestroy(&x));
  PetscCall(VecDestroy(&y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Does pair i come before pair j: it decays more slowly, or (a map) as slowly but without changing sign: 1 before -1.
 */
static PetscBool Before(const Search *s, int i, int j) {
  const double ahead = Slowness(s, i) - Slowness(s, j);

  if (s->map && PetscAbsReal(ahead) < 1e-12 && PetscAbsReal(s->re[i] - s->re[j]) > 1e-6)
    return (PetscBool)(s->re[i] > s->re[j]);
  return (PetscBool)(ahead > 1e-15);
}

static void SortPairs(Search *s) {
  for (int i = 0; i < s->basis; i++) {
    int at = i;
    for (; at > 0 && Before(s, i, s->order[at - 1]); at--) s->order[at] = s->order[at - 1];
    s->order[at] = i;
  }
}

/* A double real eigenvalue may come out as a pair whose imaginary part is rounding: the real and the imaginary part of
   its vector are then two real vectors of the one eigenspace. */
static void PartRoundedPairs(Search *s, int n) {
  for (int k = 0; k + 1 < n; k++)
    if (s->theta_im[k] > 0 && s->theta_im[k] <= 1e-13 * PetscAbsReal(s->theta_re[k])) {
      s->theta_im[k] = s->theta_im[k + 1] = 0;
      s->theta_re[k + 1] = s->theta_re[k];
    }
}

/* Eigenpairs of T = Q^T S Q. */
static PetscErrorCode RayleighRitz(Search *s) {
  PetscBLASInt n = s->basis, one = 1, lwork, info;
  double *T, *work;

  PetscFunctionBegin;
  lwork = 8 * n;
  PetscCall(PetscMalloc2(n * n, &T, lwork, &work));
  for (int j = 0; j < n; j++) PetscCall(VecMDot(s->W[j], n, s->Q, T + j * n));
  PetscCallBLAS("LAPACKgeev",
                LAPACKgeev_("N", "V", &n, T, &n, s->theta_re, s->theta_im, NULL, &one, s->S, &n, work, &lwork, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK geev failed (%d)", (int)info);
  PetscCall(PetscFree2(T, work));
  PartRoundedPairs(s, n);
  PetscCall(PetscArraycpy(s->re, s->theta_re, n));
  PetscCall(PetscArraycpy(s->im, s->theta_im, n));
  PetscCall(STBackTransform(s->st, n, s->re, s->im));
  SortPairs(s);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One pass in the complement of the basis. *slow: its leading eigenvalue decays no faster than `last`. */
static PetscErrorCode SearchComplement(Search *s, double tolerance, double last, PetscBool *slow, PetscInt *found) {
  double re, im;

  PetscFunctionBegin;
  *slow = PETSC_FALSE;
  PetscCall(EPSSetTolerances(s->eps, tolerance, 50));
  PetscCall(EPSSolve(s->eps));
  PetscCall(EPSGetConverged(s->eps, found));
  if (!*found) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(EPSGetEigenvalue(s->eps, 0, &re, &im));
  *slow = (PetscBool)((s->map ? hypot(re, im) : re) >= last - 10 * tolerance * PetscAbsReal(last));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* First to a low accuracy: is there a slow one? Only then to the wanted one. */
static PetscErrorCode LookForMissed(Search *s, int *missed) {
  const double coarse = PetscMax(1e-6, s->o->tolerance);
  PetscBool slow;
  PetscInt found;

  PetscFunctionBegin;
  *missed = 0;
  for (int pass = 1; pass <= s->wanted && s->basis < PetscMin(MAX_BASIS, s->grid->cells); pass++) {
    const double last = Slowness(s, s->order[PetscMin(s->wanted, s->basis) - 1]);
    PetscCall(EPSSetDeflationSpace(s->eps, s->basis, s->Q));
    PetscCall(EPSSetDimensions(s->eps, 1, PETSC_DETERMINE, PETSC_DETERMINE));
    PetscCall(SetStart(s, pass));
    PetscCall(SearchComplement(s, coarse, last, &slow, &found));
    if (!slow) break;
    PetscCall(SetStart(s, pass));
    PetscCall(SearchComplement(s, s->o->tolerance, last, &slow, &found));
    if (!slow) break;
    PetscCall(Append(s, found));
    PetscCall(RayleighRitz(s));
    *missed += (int)found;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Norms of r = sign W y - c_v v - c_w w. y: NULL stands for zero. */
static PetscErrorCode ResidualNorms(Search *s, Vec r, const double y[], double sign, double c_v, Vec v, double c_w,
                                    Vec w, double *norm, double *mass) {
  PetscFunctionBegin;
  PetscCall(VecSet(r, 0));
  if (y) PetscCall(VecMAXPY(r, s->basis, y, s->W));
  PetscCall(VecScale(r, sign));
  PetscCall(VecAXPBYPCZ(r, -c_v, -c_w, 1, v, w));
  PetscCall(VecNorm(r, NORM_2, norm));
  PetscCall(VecNorm(r, NORM_1, mass));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* v = Q (column), r = S v - theta v over |theta v| */
static PetscErrorCode Extract(Search *s, SgdEigenpairs e, int at, int k) {
  const int n = s->basis;
  const PetscBool second = (PetscBool)(s->theta_im[k] < 0); /* of a pair: LAPACK keeps re, im in columns k-1, k */
  const double *re = s->S + (second ? k - 1 : k) * n, *im = re + n, sign = second ? -1 : 1;
  const double a = s->theta_re[k], b = s->theta_im[k];
  double x, y, x_mass, y_mass;
  Vec r;

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(s->B, &e->v[at], &e->w[at]));
  PetscCall(VecMAXPY(e->v[at], n, re, s->Q));
  if (b != 0) PetscCall(VecMAXPY(e->w[at], n, im, s->Q));
  PetscCall(VecScale(e->w[at], sign));
  PetscCall(VecDuplicate(e->v[at], &r));
  PetscCall(ResidualNorms(s, r, re, 1, a, e->v[at], -b, e->w[at], &x, &x_mass));
  PetscCall(ResidualNorms(s, r, b != 0 ? im : NULL, sign, b, e->v[at], a, e->w[at], &y, &y_mass));
  PetscCall(VecDestroy(&r));
  e->residual[at] = hypot(x, y) / hypot(a, b);
  e->residual_mass[at] = (x_mass + y_mass) / hypot(a, b);
  e->re[at] = s->re[k];
  e->im[at] = s->im[k];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The wanted ones in order; half a complex pair at the end is left out. */
static PetscErrorCode Collect(Search *s, SgdEigenpairs e) {
  int count = PetscMin(s->wanted, s->basis);

  PetscFunctionBegin;
  if (s->im[s->order[count - 1]] != 0) {
    int members = 0;
    for (int k = 0; k < count; k++) members += s->im[s->order[k]] != 0;
    if (members % 2) count--;
  }
  e->count = count;
  e->shift = s->map ? 0 : PetscAbsReal(s->shift);
  PetscCall(PetscCalloc6(s->basis, &e->re, s->basis, &e->im, s->basis, &e->residual, s->basis, &e->residual_mass,
                         s->basis, &e->v, s->basis, &e->w));
  for (int k = 0; k < count; k++) PetscCall(Extract(s, e, k, s->order[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What crowds next to the slowest mode: the truncated equation's own short waves, or a step that is no smoother. */
static const char *Remedy(const Search *s) {
  return SgdModelHasStableBand(s->model)
             ? "short waves of the truncated equation crowd there: scheme: semi_implicit damps them; or ask for fewer "
               "(stationary.eigenpairs), raise stationary.ncv or stationary.tolerance"
             : "ask for fewer (stationary.eigenpairs), raise stationary.ncv or stationary.tolerance";
}

/* Those that have converged are the slowest, and are kept; left eigenvectors are of use in full number only. */
static PetscErrorCode NotConverged(Search *s, PetscInt found, SgdEigenpairs e) {
  if (found && !s->o->adjoint) {
    e->unconverged = s->wanted - (int)found;
    s->wanted = (int)found;
    return SgdWarn(s->grid->comm,
                   "model %s: only the %" PetscInt_FMT " slowest of %d eigenpairs converged to %g, and the rest is not "
                   "known; %s",
                   SgdModelName(s->model), found, s->wanted + e->unconverged, s->o->tolerance, Remedy(s));
  }
  return SgdFail(s->grid->comm, SGD_EXIT_NUMBERS,
                 "model %s: only %" PetscInt_FMT " of %d eigenpairs converged to %g; %s", SgdModelName(s->model), found,
                 s->wanted, s->o->tolerance, Remedy(s));
}

/* Generators may come assembled, for factorisations; a transpose is then a copy. */
static PetscErrorCode CreateOperator(Search *s) {
  Mat A = SgdModelOperator(s->model);
  PetscBool assembled;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompareAny((PetscObject)A, &assembled, MATSEQAIJ, MATMPIAIJ, ""));
  if (s->map || !assembled)
    PetscCall(SgdCellsShell(s->grid, A, s->o->adjoint, &s->B));
  else {
    PetscCall(SgdCellsOperator(s->grid, A, &s->B));
    if (s->o->adjoint) PetscCall(MatTranspose(s->B, MAT_INPLACE_MATRIX, &s->B));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Products with B, or (shift-and-invert) solves: an iteration of KSPPREONLY is a solve. */
static PetscErrorCode Applications(Search *s, PetscInt *applications) {
  PetscBool shell;
  KSP ksp;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)s->B, MATSHELL, &shell));
  if (shell) {
    PetscCall(SgdCellsProducts(s->B, applications));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(STGetKSP(s->st, &ksp));
  PetscCall(KSPGetTotalIterations(ksp, applications));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FreeSearch(Search *s) {
  PetscFunctionBegin;
  for (int k = 0; k < s->basis; k++) {
    PetscCall(VecDestroy(&s->Q[k]));
    PetscCall(VecDestroy(&s->W[k]));
  }
  PetscCall(EPSDestroy(&s->eps));
  PetscCall(MatDestroy(&s->B));
  PetscCall(PetscFree(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEigenpairsCompute(SgdModel model, SgdGrid grid, double eta, const SgdEigenpairsOptions *o,
                                    SgdEigenpairs *eigenpairs) {
  Search *s;
  SgdEigenpairs e;
  PetscInt found;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  PetscCall(PetscNew(&e));
  *s = (Search){.model = model, .grid = grid, .o = o, .eta = eta, .wanted = PetscMin(o->eigenpairs, grid->cells)};
  s->map = (PetscBool)(SgdModelGetKind(model) == SGD_MAP);
  PetscCall(CreateOperator(s));
  PetscCall(SetUpSolver(s));
  PetscCall(SetStart(s, 0));
  PetscCall(EPSSolve(s->eps));
  PetscCall(EPSGetConverged(s->eps, &found));
  if (found < s->wanted) PetscCall(NotConverged(s, found, e));
  PetscCall(Append(s, found));
  PetscCall(RayleighRitz(s));
  PetscCall(LookForMissed(s, &e->missed));
  PetscCall(Applications(s, &e->applications));
  PetscCall(Collect(s, e));
  PetscCall(FreeSearch(s));
  *eigenpairs = e;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEigenpairsDestroy(SgdEigenpairs *eigenpairs) {
  SgdEigenpairs e = *eigenpairs;

  PetscFunctionBegin;
  if (!e) PetscFunctionReturn(PETSC_SUCCESS);
  for (int k = 0; k < e->count; k++) {
    PetscCall(VecDestroy(&e->v[k]));
    PetscCall(VecDestroy(&e->w[k]));
  }
  PetscCall(PetscFree6(e->re, e->im, e->residual, e->residual_mass, e->v, e->w));
  PetscCall(PetscFree(*eigenpairs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double SgdEigenpairsLogMu(SgdEigenpairs e, SgdModelKind kind, double eta, int k) {
  return kind == SGD_MAP ? log(hypot(e->re[k], e->im[k])) : eta * e->re[k];
}
