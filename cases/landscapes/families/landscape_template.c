/* A template: copy it, give it your name (CONTRIBUTING.md, "A landscape"). It is a small family of its own, in closed form.

   Family `template`: least squares on a stream of Gaussian data. A sample is x ~ N(0, I) with the label x.m + e,
   e ~ N(0, s2); with u = w - m its loss is l_i(w) = (x.u - e)^2/2, its gradient x (x.u - e), its Hessian x x^T. So
     mean loss  (|u|^2 + s2)/2,    gradient g = u,    Hessian I,
     covariance of one draw  C1 = u u^T + (|u|^2 + s2) I     (fourth moments of a Gaussian: Isserlis). */
#include "cases/landscapes/landscapeimpl.h"
#include "cases/file/case_types.h"

/* What the case may say in section `landscape`; keys that are not listed are refused with the nearest one. */
typedef struct {
  char *family;
  double *minimum; /* m: a list, and how many numbers it has */
  unsigned minimum_count;
  double residual; /* s2 */
} Options;

static const cyaml_schema_field_t fields[] = {SGD_STRING("family", Options, family),
                                              SGD_NUMBERS("minimum", Options, minimum),
                                              SGD_NUMBER("residual", Options, residual), CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults = "residual: 1\n";

/* Read and check. l->data is the family's own; here the options, which belong to the case and live as long. */
static PetscErrorCode LandscapeCreate_Template(SgdLandscape l, SgdCase c) {
  Options *o;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "landscape", &schema, defaults, NULL, &o));
  SgdCaseCheck(c, o->minimum_count >= 1, "landscape.minimum", "expected a list of numbers, one a parameter");
  SgdCaseCheck(c, o->residual >= 0, "landscape.residual", "a variance must not be negative, got %g", o->residual);
  l->dimension = (PetscInt)o->minimum_count; /* P; l->samples stays 0: a closed form */
  l->data = o;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Free what Create has allocated: nothing. */
static PetscErrorCode LandscapeDestroy_Template(SgdLandscape l) {
  (void)l;
  return PETSC_SUCCESS;
}

static PetscErrorCode LandscapeView_Template(SgdLandscape l) {
  return SgdSay(l->comm, "Landscape: template, least squares on Gaussian data, dimension %d\n", (int)l->dimension);
}

/* The reference point where the case gives none. Without this function: zero. */
static PetscErrorCode LandscapeStart_Template(SgdLandscape l, PetscInt seed, double *w) {
  (void)seed;
  return PetscArraycpy(w, ((const Options *)l->data)->minimum, l->dimension);
}

/* l = (|u|^2 + s2)/2, g = u; either may not be wanted. A family on data adds up samples first .. last - 1 here. */
static void LandscapeGradient_Template(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *loss,
                                       double *g) {
  const Options *o = l->data;
  double square = 0;

  (void)first, (void)last;
  for (PetscInt i = 0; i < l->dimension; i++) {
    const double u = w[i] - o->minimum[i];
    if (g) g[i] = u;
    square += u * u;
  }
  if (loss) *loss = (square + o->residual) / 2;
}

/* H v = v */
static void LandscapeHessianApply_Template(SgdLandscape l, const double *w, const double *v, PetscInt first,
                                           PetscInt last, double *hv) {
  (void)w, (void)first, (void)last;
  for (PetscInt i = 0; i < l->dimension; i++) hv[i] = v[i];
}

static double Dot(PetscInt P, const double *x, const double *y) {
  double sum = 0;
  for (PetscInt i = 0; i < P; i++) sum += x[i] * y[i];
  return sum;
}

/* u.v and |u|^2 */
static double Along(SgdLandscape l, const double *w, const double *v, double *square) {
  const Options *o = l->data;
  double along = 0;

  *square = 0;
  for (PetscInt i = 0; i < l->dimension; i++) {
    const double u = w[i] - o->minimum[i];
    along += u * v[i];
    *square += u * u;
  }
  return along;
}

/* C1_ab = (u.v_a)(u.v_b) + (|u|^2 + s2) v_a.v_b on the rows v_a of V [d][P]: of one draw; batches are the caller's. */
static void LandscapeCovariance_Template(SgdLandscape l, const double *w, PetscInt d, const double *V, double *C1) {
  const PetscInt P = l->dimension;
  const double residual = ((const Options *)l->data)->residual;
  double square;

  for (PetscInt a = 0; a < d; a++)
    for (PetscInt b = 0; b < d; b++) {
      const double u_a = Along(l, w, V + a * P, &square), u_b = Along(l, w, V + b * P, &square);
      C1[a * d + b] = u_a * u_b + (square + residual) * Dot(P, V + a * P, V + b * P);
    }
}

/* Along one direction v: the variances of v.G and of v.H v = (x.v)^2, and the covariance of the two. */
static void LandscapeModeNoise_Template(SgdLandscape l, const double *w, const double *v, double *D1, double *Gamma1,
                                        double *cov1) {
  const double length2 = Dot(l->dimension, v, v);
  double square;

  LandscapeCovariance_Template(l, w, 1, v, D1);
  *Gamma1 = 2 * length2 * length2;
  *cov1 = 2 * length2 * Along(l, w, v, &square);
}

/* What is left out: no samples (sample_directional, batch_gradient), Gaussian noise (characteristic), no classifier. */
const SgdLandscapeOps SgdLandscapeTemplate = {.name = "template",
                                              .create = LandscapeCreate_Template,
                                              .destroy = LandscapeDestroy_Template,
                                              .view = LandscapeView_Template,
                                              .start = LandscapeStart_Template,
                                              .gradient = LandscapeGradient_Template,
                                              .hessian_apply = LandscapeHessianApply_Template,
                                              .covariance = LandscapeCovariance_Template,
                                              .mode_noise = LandscapeModeNoise_Template};
