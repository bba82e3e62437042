/* Does a model's operator carry the first two moments as the model's own equation says? For every model and output step,
   where the mass is: the present density y, without what a step carries near the box's faces, is taken one step (a
   generator: one time derivative, times eta) by the operator A, and
     sum_t (A y)_t a_t,  sum_t (A y)_t a_t a_t    are compared with    sum_j y_j (a_j + b_j),
     sum_j y_j [(a_j + b_j)(a_j + b_j) + S_j]
   (maps; generators: sum_j y_j b_j, sum_j y_j (a_j b_j + b_j a_j + S_j)), b and S the equation's own (SgdModelOwnMoments):
   the adjoint of A on a and a a against g and C, weighted by the density. One product with A. */
#pragma once
#include "meshes/fields.h"
#include "operators/models/model.h"
#include "solver/measures/moments.h"

typedef struct {
  double share;      /* of the mass that was tried; what is left a step carries near the faces; 0: nothing was */
  double mean;       /* largest error of a mean, in standard deviations of the step's noise along its axis */
  double covariance; /* largest error of a second moment, in variances of the step's noise along its axes; both are not
                        numbers where nothing was tried, or where the equation has no such moments */
  double allowed;    /* what rounding, and mass that leaves all the same, may make of both */
  double gross;      /* the larger of both in units of the density's own spread after the step */
} SgdCertificate;

/* fields: with the noise of the step whose learning rate is eta; m: moments of y. Along an axis without noise the
   density's own spread is the unit. Collective. */
PETSC_INTERN PetscErrorCode SgdCertificateCompute(SgdModel model, SgdFields fields, double eta, Vec y,
                                                  const SgdMoments *m, SgdCertificate *certificate);
/* Merge two certificates of one model: the larger of each error, the smaller share that was tried. */
PETSC_INTERN void SgdCertificateWorse(SgdCertificate *worst, const SgdCertificate *other);
