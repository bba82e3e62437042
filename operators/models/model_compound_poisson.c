/* Model `compound_poisson`: the surrogate that keeps the drift and lets the noise come in jumps, tau = eta n,
     d_tau p = d_i(g_i p) + (1/eta) { E[p(. + eta xi) - p] },     xi = G - g the centred minibatch noise at the place
   left: between jumps w follows -g; at the rate 1/eta it jumps by -eta xi. On the linear problem g = lambda w, xi of
   the same law everywhere with variance s2, d<w>/dtau = -lambda <w>,   dS/dtau = -2 lambda S + eta s2, which are
   Langevin's (the contraction within a step, SGD's factor 1/(1 - eta lambda/2), is lost), but the noise keeps its
   higher cumulants: at long times kappa_n(w) = (-1)^n eta^{n-1} E[xi^n]/(n lambda)     (SGD: (-eta)^n kappa_n(xi)/(1 -
   (1 - eta lambda)^n)), an excess kurtosis of 3 eta lambda even for Gaussian xi, where SGD and Langevin have none. On
   the grid: the drift by upwind transfers, positive; the jumps by the master equation's map without its drift. Upwind
   adds a variance h_a |g_a| a unit of tau, which is taken off the jumps' (eta C_aa' = eta C_aa - h_a |g_a|, no step
   noise below a cell): mean and variance have no error in space where that has room, higher cumulants order 1 in h. The
   law `exact` cannot be scaled and keeps the extra variance. */
#include "operators/matrices/shell.h"
#include "operators/matrices/transfer_matrix.h"
#include "operators/models/model_masterimpl.h"

typedef struct {
  Mat drift, S; /* generator; the jumps' law as a map */
  double eta;
  struct _p_SgdFields fields; /* the grid's, with g = 0 and C' */
} Surrogate;

/* y = drift x + (S x - x)/eta */
static PetscErrorCode MatApply_CompoundPoisson(Mat A, Vec x, Vec y, PetscErrorCode (*mult)(Mat, Vec, Vec),
                                               PetscErrorCode (*multadd)(Mat, Vec, Vec, Vec)) {
  Surrogate *s;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &s));
  PetscCall(mult(s->S, x, y));
  PetscCall(VecAXPBY(y, -1 / s->eta, 1 / s->eta, x));
  PetscCall(multadd(s->drift, x, y, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatMult_CompoundPoisson(Mat A, Vec x, Vec y) {
  return MatApply_CompoundPoisson(A, x, y, MatMult, MatMultAdd);
}

static PetscErrorCode MatMultTranspose_CompoundPoisson(Mat A, Vec x, Vec y) {
  return MatApply_CompoundPoisson(A, x, y, MatMultTranspose, MatMultTransposeAdd);
}

/* The rate at which drift and jumps take mass out of a cell; what of a jump comes back to it is not counted
   (model_jump.c). */
static PetscErrorCode MatGetDiagonal_CompoundPoisson(Mat A, Vec diagonal) {
  Surrogate *s;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &s));
  PetscCall(MatGetDiagonal(s->drift, diagonal));
  PetscCall(VecShift(diagonal, -1 / s->eta));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatDestroy_CompoundPoisson(void *given) {
  Surrogate *s = SgdShellContext(given);

  PetscFunctionBegin;
  PetscCall(MatDestroy(&s->drift));
  PetscCall(MatDestroy(&s->S));
  for (int a = 0; a < 3; a++) PetscCall(PetscFree(s->fields.g[a]));
  for (int c = 0; c < 6; c++) PetscCall(PetscFree(s->fields.C[c]));
  PetscCall(PetscFree(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelCreate_CompoundPoisson(SgdModel m, SgdCase c, const char *section) {
  return SgdModelMasterRead(m, c, section, "gaussian");
}

/* |g_a|/h_a to the next cell downhill. */
static PetscErrorCode UpwindDrift(SgdFields f, Mat *drift) {
  SgdGrid grid = f->grid;
  SgdTransfers t;
  PetscInt index[3];

  PetscFunctionBegin;
  PetscCall(SgdTransfersCreate(grid, &t));
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    SgdGridIndex(grid, cell, index);
    for (int a = 0; a < grid->dim; a++) {
      const double g = f->g[a][cell - f->first_cell];
      int offset[3] = {0, 0, 0};
      offset[a] = g > 0 ? -1 : 1;
      PetscCall(SgdTransfersAdd(t, index, offset, PetscAbsReal(g) / grid->h[a]));
    }
  }
  PetscCall(SgdTransfersAssemble(t, 0, 1, drift));
  PetscCall(SgdTransfersDestroy(&t));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* g = 0; C' with what upwind adds taken off, along each axis as far as there is room. */
static PetscErrorCode JumpFields(SgdModel m, PetscBool scaled, SgdFields to, double *most) {
  SgdFields f = m->step.fields;
  const PetscInt held = f->last_cell - f->first_cell;
  const int d = f->grid->dim;
  const double eta = m->step.learning_rate;

  PetscFunctionBegin;
  *to = *f;
  *most = 0;
  for (int a = 0; a < d; a++) PetscCall(PetscCalloc1(held, &to->g[a]));
  for (int c = 0; c < SGD_PAIRS(d); c++) {
    PetscCall(PetscMalloc1(held, &to->C[c]));
    PetscCall(PetscArraycpy(to->C[c], f->C[c], held));
  }
  for (int a = 0; a < d; a++)
    for (PetscInt i = 0; i < held; i++) {
      const double C = f->C[SgdPair(d, a, a)][i], h = f->grid->h[a], added = h * PetscAbsReal(f->g[a][i]) / eta;
      *most = PetscMax(*most, added / C);
      if (scaled) to->C[SgdPair(d, a, a)][i] = PetscMax(C - added, PetscMin(C, PetscSqr(h / eta)));
    }
  for (int a = 0; a < d && scaled; a++) /* correlations stay what they are */
    for (int b = a + 1; b < d; b++)
      for (PetscInt i = 0; i < held; i++)
        to->C[SgdPair(d, a, b)][i] *= sqrt(to->C[SgdPair(d, a, a)][i] / f->C[SgdPair(d, a, a)][i] *
                                           to->C[SgdPair(d, b, b)][i] / f->C[SgdPair(d, b, b)][i]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, 1, MPI_DOUBLE, MPI_MAX, f->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateShell(SgdModel m, Surrogate *s) {
  PetscInt local, size;
  Mat part;

  PetscFunctionBegin;
  PetscCall(MatGetLocalSize(s->S, &local, NULL));
  PetscCall(MatGetSize(s->S, &size, NULL));
  PetscCall(MatCreateShell(m->step.fields->grid->comm, local, local, size, size, s, &m->A));
  PetscCall(MatShellSetContextDestroy(m->A, MatDestroy_CompoundPoisson));
  PetscCall(MatShellSetOperation(m->A, MATOP_MULT, (void (*)(void))MatMult_CompoundPoisson));
  PetscCall(MatShellSetOperation(m->A, MATOP_MULT_TRANSPOSE, (void (*)(void))MatMultTranspose_CompoundPoisson));
  PetscCall(MatShellSetOperation(m->A, MATOP_GET_DIAGONAL, (void (*)(void))MatGetDiagonal_CompoundPoisson));
  PetscCall(MatDuplicate(s->drift, MAT_COPY_VALUES, &part));
  PetscCall(MatShift(part, -1 / s->eta));
  PetscCall(PetscObjectCompose((PetscObject)m->A, SGD_ASSEMBLED_PART, (PetscObject)part));
  PetscCall(MatDestroy(&part));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelSetUp_CompoundPoisson(SgdModel m) {
  const SgdMasterOptions *o = SgdModelMasterOptionsOf(m);
  const PetscBool scaled = (PetscBool)(o->law != SGD_MASTER_LAW_EXACT && o->law != SGD_MASTER_LAW_AUTO);
  SgdStep jumps = m->step;
  Surrogate *s;
  double most;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  s->eta = m->step.learning_rate;
  PetscCall(UpwindDrift(m->step.fields, &s->drift));
  PetscCall(JumpFields(m, scaled, &s->fields, &most));
  jumps.fields = &s->fields;
  PetscCall(SgdMasterMapCreate(&jumps, o, &m->report, &s->S));
  PetscCall(CreateShell(m, s));
  PetscCall(SgdReportFigure(&m->report,
                            scaled ? "upwind variance / noise, taken off the jumps up to 1"
                                   : "upwind variance / noise, added to it",
                            most, 1, (PetscBool)(most <= 1)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Per unit of tau: those of Langevin. */
static PetscBool ModelMoments_CompoundPoisson(SgdModel m, PetscInt i, double b[], double S[]) {
  const int d = m->step.fields->grid->dim;

  if (!SgdModelMasterMoments(m, i, b, S)) return PETSC_FALSE;
  for (int a = 0; a < d; a++) b[a] /= m->step.learning_rate;
  for (int c = 0; c < SGD_PAIRS(d); c++) S[c] /= m->step.learning_rate;
  return PETSC_TRUE;
}

static PetscErrorCode ModelEquation_CompoundPoisson(SgdModel m, char *text, size_t size) {
  return PetscSNPrintf(
      text, size,
      "(generator, tau = eta n): d_tau p = d_i(g_i p) + (E[p(. + eta xi)] - p)/eta: drift -g, and jumps "
      "-eta xi at rate 1/eta = %g, xi the centred minibatch noise, eta = %g; upwind drift: mean and "
      "variance exact in space, higher cumulants order 1",
      1 / m->step.learning_rate, m->step.learning_rate);
}

const SgdModelOps SgdModelCompoundPoisson = {.name = "compound_poisson",
                                             .kind = SGD_GENERATOR,
                                             .order = 1,
                                             .create = ModelCreate_CompoundPoisson,
                                             .setup = ModelSetUp_CompoundPoisson,
                                             .equation = ModelEquation_CompoundPoisson,
                                             .moments = ModelMoments_CompoundPoisson};
