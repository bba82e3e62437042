/* Model `jump`: SGD at random times. The steps are those of the master equation's map K (THEORY.md (2)), but
   they come as a Poisson process of rate 1/eta in tau instead of at tau = eta n:
     d_tau p = (K - I) p / eta,      p(tau) = sum_k Poisson(k; tau/eta) K^k p(0).
   The generator of a Markov jump process whatever the law of the noise, far jumps included; its stationary density is
   SGD's own. For a linear gradient lambda w and noise of variance D,
     d<w>/dtau = -lambda <w>,   d<w^2>/dtau = -lambda (2 - eta lambda) <w^2> + eta D:
   Langevin's mean, SGD's stationary variance, and eta lambda^2 <w>^2 more variance a unit of time on the way, because
   the number of steps is random. */
#include "operators/matrices/shell.h"
#include "operators/models/model_masterimpl.h"

typedef struct {
  Mat K;
  double eta;
} Jump;

/* y = (op(K) x - x)/eta */
static PetscErrorCode MatApply_Jump(Mat A, Vec x, Vec y, PetscErrorCode (*mult)(Mat, Vec, Vec)) {
  Jump *j;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &j));
  PetscCall(mult(j->K, x, y));
  PetscCall(VecAXPBY(y, -1 / j->eta, 1 / j->eta, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatMult_Jump(Mat A, Vec x, Vec y) {
  return MatApply_Jump(A, x, y, MatMult);
}

static PetscErrorCode MatMultTranspose_Jump(Mat A, Vec x, Vec y) {
  return MatApply_Jump(A, x, y, MatMultTranspose);
}

/* -1/eta, the rate at which jumps come. Where K sends a cell partly to itself the net rate is lower, but this is the
   splitting that uniformisation wants: I + eta A = K to rounding, one product a jump. */
static PetscErrorCode MatGetDiagonal_Jump(Mat A, Vec diagonal) {
  Jump *j;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &j));
  PetscCall(VecSet(diagonal, -1 / j->eta));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatDestroy_Jump(void *given) {
  Jump *j = SgdShellContext(given);

  PetscFunctionBegin;
  PetscCall(MatDestroy(&j->K));
  PetscCall(PetscFree(j));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelCreate_Jump(SgdModel m, SgdCase c, const char *section) {
  return SgdModelMasterRead(m, c, section, "auto");
}

static PetscErrorCode ModelSetUp_Jump(SgdModel m) {
  PetscInt local, size;
  Jump *j;

  PetscFunctionBegin;
  PetscCall(PetscNew(&j));
  PetscCall(SgdMasterMapCreate(&m->step, SgdModelMasterOptionsOf(m), &m->report, &j->K));
  j->eta = m->step.learning_rate;
  PetscCall(MatGetLocalSize(j->K, &local, NULL));
  PetscCall(MatGetSize(j->K, &size, NULL));
  PetscCall(MatCreateShell(m->step.fields->grid->comm, local, local, size, size, j, &m->A));
  PetscCall(MatShellSetContextDestroy(m->A, MatDestroy_Jump));
  PetscCall(MatShellSetOperation(m->A, MATOP_MULT, (void (*)(void))MatMult_Jump));
  PetscCall(MatShellSetOperation(m->A, MATOP_MULT_TRANSPOSE, (void (*)(void))MatMultTranspose_Jump));
  PetscCall(MatShellSetOperation(m->A, MATOP_GET_DIAGONAL, (void (*)(void))MatGetDiagonal_Jump));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* d<w w>/dtau = (E[T T] - w w)/eta: per unit of tau a mean of -g and a covariance of eta (C + g g^T). */
static PetscBool ModelMoments_Jump(SgdModel m, PetscInt i, double b[], double S[]) {
  const SgdFields f = m->step.fields;
  const int d = f->grid->dim;
  const double eta = m->step.learning_rate;

  if (!SgdModelMasterMoments(m, i, b, S)) return PETSC_FALSE;
  for (int a = 0; a < d; a++) b[a] /= eta;
  for (int a = 0; a < d; a++)
    for (int c = a; c < d; c++) S[SgdPair(d, a, c)] = S[SgdPair(d, a, c)] / eta + eta * b[a] * b[c];
  return PETSC_TRUE;
}

static PetscErrorCode ModelEquation_Jump(SgdModel m, char *text, size_t size) {
  return PetscSNPrintf(text, size,
                       "(generator, tau = eta n): d_tau p = (K - I) p/eta, jumps at rate 1/eta = %g, K the master "
                       "equation's step, eta = %g",
                       1 / m->step.learning_rate, m->step.learning_rate);
}

const SgdModelOps SgdModelJump = {.name = "jump",
                                  .cell_bytes = {0, 178},
                                  .kind = SGD_GENERATOR,
                                  .create = ModelCreate_Jump,
                                  .fit = SgdModelMasterFit,
                                  .setup = ModelSetUp_Jump,
                                  .equation = ModelEquation_Jump,
                                  .moments = ModelMoments_Jump};
