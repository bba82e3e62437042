/* Model `gaussian_closure`: the master equation with its noise closed at the second cumulant (THEORY.md (11)),
     phat_{n+1}(k) = sum_j m_j exp(-i k.T_j) exp(-(eta^2/2) k.C(a_j) k),   T_j = a_j - eta g(a_j):
   same g, same C, Gaussian noise. The map is that of model master with law gaussian, under a name of its own. Of another optimizer:
   its Kramers-Moyal expansion through the second coefficient, by a Gaussian (master_states_closure.c). */
#include "operators/models/model_masterimpl.h"

static PetscErrorCode ModelCreate_GaussianClosure(SgdModel m, SgdCase c, const char *section) {
  const SgdMasterOptions *o;
  char key[96];

  PetscFunctionBegin;
  PetscCall(SgdModelMasterRead(m, c, section, "gaussian"));
  o = SgdModelMasterOptionsOf(m);
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.law", section));
  SgdCaseCheck(c, o->law == SGD_MASTER_LAW_GAUSSIAN, key, "this closure is Gaussian; model master takes law \"%s\"",
               o->law_name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In an optimizer's states there is one method. */
static PetscErrorCode ModelFit_GaussianClosure(SgdModel m, const SgdStepPlan *plan) {
  return plan->rule ? PETSC_SUCCESS : SgdModelMasterFit(m, plan);
}

static PetscErrorCode ModelSetUp_GaussianClosure(SgdModel m) {
  if (m->step.rule) return SgdMasterStatesClosure(&m->step, &m->A);
  return SgdMasterMapCreate(&m->step, SgdModelMasterOptionsOf(m), &m->report, &m->A);
}

static PetscErrorCode ModelEquation_GaussianClosure(SgdModel m, char *text, size_t size) {
  if (m->step.rule)
    return PetscSNPrintf(
        text, size,
        "(map): p_{n+1}(z) = int N(z; z' + b(z'), S(z')) p_n(z') dz', b and S the mean and covariance of "
        "one step's displacement by %s: its Kramers-Moyal expansion through the second coefficient",
        SgdRuleNames[m->step.rule->kind]);
  return PetscSNPrintf(text, size,
                       "(map): p_{n+1}(w) = int N(w; w' - eta g(w'), eta^2 C(w')) p_n(w') dw', eta = %g: the master "
                       "equation without the noise's cumulants beyond the second",
                       m->step.learning_rate);
}

const SgdModelOps SgdModelGaussianClosure = {.name = "gaussian_closure",
                                             .cell_bytes = {0, 195},
                                             .kind = SGD_MAP,
                                             .states = PETSC_TRUE,
                                             .create = ModelCreate_GaussianClosure,
                                             .fit = ModelFit_GaussianClosure,
                                             .setup = ModelSetUp_GaussianClosure,
                                             .equation = ModelEquation_GaussianClosure,
                                             .moments = SgdModelMasterMoments};
