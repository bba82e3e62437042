/* Section `optimizer` of the case: which first-order optimizer moves the density (meshes/update_rule.h).
     name          sgd, sign_sgd, clipped_sgd, sam, heavy_ball, nesterov, rmsprop, adam, adamw, also
     momentum      heavy_ball, nesterov: beta (0.9); adam, adamw: beta_1 (0.9)
     decay         rmsprop, adam, adamw: beta_2, the memory of the mean square (0.99)
     epsilon       of the same (1e-8)
     threshold     clipped_sgd: the largest |G| that passes (1)
     radius        sam: rho, how far the gradient is climbed (0.05)
     weight_decay  adamw: mu (0.01)
     ascent        also: gamma, the step of the groups' weights (0.1)
     pull          also: tau, back to `prior` (0.1)
     prior         also: q, the weight of group 1 that it pulls to (0.5)
     groups        also: 1 or 2 for each sample; none: the data's two classes */
#pragma once
#include "cases/file/case.h"
#include "meshes/update_rule.h"

PETSC_INTERN PetscErrorCode SgdUpdateRuleRead(SgdCase c, double learning_rate, SgdUpdateRule *r);
