#include "solver/measures/trust.h"
#include "meshes/fields.h"

#define INITIAL        1e-12
#define MOST_NEGATIVE  0.5
#define MOST_RETURNED  0.01
#define MOST_ALLOWED   1e-8 /* whatever the number of products */
#define ROUNDING_TERMS 16

static PetscErrorCode ProductsOfStep(SgdModel model, double eta, double *products) {
  Mat A = SgdModelOperator(model);
  PetscBool diagonal;
  PetscReal least, most;
  Vec d;

  PetscFunctionBegin;
  *products = 1;
  if (SgdModelGetKind(model) != SGD_GENERATOR) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatHasOperation(A, MATOP_GET_DIAGONAL, &diagonal));
  if (!diagonal) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatCreateVecs(A, NULL, &d));
  PetscCall(MatGetDiagonal(A, d));
  PetscCall(VecMin(d, NULL, &least));
  PetscCall(VecMax(d, NULL, &most));
  PetscCall(VecDestroy(&d));
  *products = PetscMax(1, eta * PetscMax(-least, most));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From the products of a step in the present piece of the schedule to those in piece k: a generator's drift has eta
   once, its diffusion eta^2/B. */
static double ProductsOfPiece(const SgdSchedule *s, int present, int k, PetscBool map, double products) {
  const double r = s->eta[k] / s->eta[present];

  return map ? 1 : PetscMax(1, products * r * PetscMax(1, r * (double)s->batch[present] / (double)s->batch[k]));
}

PetscErrorCode SgdMassBudget(SgdModel model, SgdGrid grid, const SgdSchedule *s, int piece, PetscInt step,
                             double *budget) {
  const double terms = ROUNDING_TERMS + log2((double)grid->cells);
  const PetscBool map = (PetscBool)(SgdModelGetKind(model) != SGD_GENERATOR);
  double products, roots = 0;

  PetscFunctionBegin;
  PetscCall(ProductsOfStep(model, s->eta[piece], &products));
  for (int k = 0; k <= piece; k++)
    roots +=
        sqrt(ProductsOfPiece(s, piece, k, map, products)) * (double)(PetscMin(step, s->start[k + 1]) - s->start[k]);
  *budget = PetscMin(INITIAL + PETSC_MACHINE_EPSILON * terms * roots, MOST_ALLOWED);
  PetscFunctionReturn(PETSC_SUCCESS);
}

SgdFailure SgdTrustJudge(const SgdMoments *m, int dim, double budget, double *value) {
  *value = m->mass + m->outflow - 1;
  if (!isfinite(*value)) return SGD_FAILED_FINITE;
  if (!(fabs(*value) < budget)) return SGD_FAILED_BUDGET;
  *value = m->mass;
  if (m->mass > 1 + MOST_RETURNED) return SGD_FAILED_RETURN;
  *value = m->negative_mass;
  if (!(m->negative_mass < MOST_NEGATIVE)) return SGD_FAILED_NEGATIVE;
  for (int a = 0; a < dim; a++) {
    *value = m->cov[SgdPair(dim, a, a)]; /* not a number where nothing is left in the box, which is no failure */
    if (*value < 0) return SGD_FAILED_VARIANCE;
  }
  return SGD_TRUSTED;
}

PetscErrorCode SgdFailureText(SgdFailure failure, double value, char *text, size_t size) {
  static const char *const format[] = {"",
                                       "its mass is not a finite number (%g)",
                                       "mass + outflow differs from 1 by %.3g, more than rounding explains",
                                       "the box holds a mass of %.3g, more than there is",
                                       "its negative cells hold %.3g of the mass",
                                       "a variance is negative (%.3g)",
                                       "one step misses its own equation's moments by %.3g of the density's spread",
                                       "its step could not be computed",
                                       "it could not be set up"};

  return PetscSNPrintf(text, size, format[failure], value);
}
