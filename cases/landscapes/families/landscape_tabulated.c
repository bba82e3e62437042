/* Family `tabulated`: loss, mean gradient and covariance of one draw on a grid of nodes from HDF5 (cases/data/
   tabulated.h). Its parameters are the grid's coordinates; a point outside the grid counts as the nearest one in it. In
   one dimension a third cumulant may be given: the noise of a draw is then a shifted gamma law with the variance and the
   third cumulant of the place. */
#include "cases/data/tabulated.h"
#include "cases/file/case_types.h"
#include "cases/landscapes/landscapeimpl.h"

#define COARSE 1e-3 /* relative error of interpolation that is worth a warning */
#define SLOPE                                                                                                          \
  1e-4 /* and difference between the gradient and the slope of the loss, where interpolation is better; five times it always */

typedef struct {
  char *family, *file;
} Options;

static const cyaml_schema_field_t fields[] = {SGD_STRING("family", Options, family), SGD_STRING("file", Options, file),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);

static const SgdLandscapeOps with_third;

static PetscErrorCode LandscapeCreate_Tabulated(SgdLandscape l, SgdCase c) {
  char path[PETSC_MAX_PATH_LEN];
  Options *o;
  SgdTabulated *t;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "landscape", &schema, "file: ''\n", NULL, &o));
  SgdCaseCheck(c, *o->file, "landscape.file", "this family needs the name of a file here (sgdfp.write_landscape)");
  PetscCall(SgdCaseFile(c, "landscape.file", o->file, path));
  PetscCall(PetscNew(&t));
  l->data = t;
  PetscCall(SgdTabulatedLoad(l->comm, path, t));
  l->dimension = t->dim;
  l->domain = (SgdLandscapeDomain){t->min, t->max, 0};
  if (t->third) l->ops = &with_third;
  if (*t->unknown) PetscCall(SgdWarn(l->comm, "%s: %s", path, t->unknown));
  if (t->own_gradient &&
      t->slope_error > PetscMax(SLOPE, PetscMin(5 * SLOPE, 10 * PetscMax(t->loss_error, t->g_error))))
    PetscCall(
        SgdWarn(l->comm,
                "%s: the gradient is not the slope of the loss: they differ by %.2g of the largest (another scale, "
                "axes exchanged?); it is taken as it stands, a drift of its own",
                path, t->slope_error));
  const double worst = PetscMax(t->loss_error, PetscMax(t->g_error, t->C1_error));
  if (worst > COARSE)
    PetscCall(SgdWarn(l->comm,
                      "%s: its nodes do not resolve the fields, error of interpolation about %.2g of the largest value",
                      path, worst));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeDestroy_Tabulated(SgdLandscape l) {
  PetscFunctionBegin;
  PetscCall(SgdTabulatedDestroy(l->data));
  PetscCall(PetscFree(l->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeView_Tabulated(SgdLandscape l) {
  const SgdTabulated *t = l->data;
  const char *gradient = !t->own_gradient        ? "gradient: the slope of the loss"
                         : t->slope_error > 1e-3 ? "gradient as given: NOT that of the loss"
                                                 : "gradient as given";

  PetscFunctionBegin;
  PetscCall(SgdSay(l->comm, "Landscape: tabulated, %d ax%s\n", t->dim, t->dim == 1 ? "is" : "es"));
  for (int a = 0; a < t->dim; a++)
    PetscCall(SgdSay(l->comm, "  coordinate %d: [%.6g, %.6g], %lld %s nodes\n", a + 1, t->min[a], t->max[a],
                     (long long)t->n[a], t->uniform[a] ? "uniform" : "Chebyshev"));
  PetscCall(SgdSay(l->comm,
                   "  errors of interpolation, of the largest value: loss %.2g, gradient %.2g, covariance %.2g\n",
                   t->loss_error, t->g_error, t->C1_error));
  PetscCall(SgdSay(l->comm, "  %s", gradient));
  if (t->own_gradient) PetscCall(SgdSay(l->comm, " (they differ by %.2g of the largest)", t->slope_error));
  PetscCall(
      SgdSay(l->comm, "; noise of a draw: %s\n", t->third ? "gamma law of the given third cumulant" : "Gaussian"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The origin, or the middle of a box that does not hold it. */
static PetscErrorCode LandscapeStart_Tabulated(SgdLandscape l, PetscInt seed, double *w) {
  const SgdTabulated *t = l->data;

  (void)seed;
  for (int a = 0; a < t->dim; a++) w[a] = t->min[a] <= 0 && t->max[a] >= 0 ? 0 : 0.5 * (t->min[a] + t->max[a]);
  return PETSC_SUCCESS;
}

static void LandscapeGradient_Tabulated(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *loss,
                                        double *g) {
  const SgdTabulated *t = l->data;

  (void)first, (void)last;
  if (loss) SgdTabulatedValue(t, w, -1, 1, t->loss, loss);
  if (g) SgdTabulatedValue(t, w, -1, t->dim, t->g, g);
}

/* The symmetric part of d g_a/d a_b: interpolants are a gradient only up to their error, and a Hessian is symmetric. */
static void LandscapeHessianApply_Tabulated(SgdLandscape l, const double *w, const double *v, PetscInt first,
                                            PetscInt last, double *hv) {
  const SgdTabulated *t = l->data;
  double J[3][3];

  (void)first, (void)last;
  for (int b = 0; b < t->dim; b++) SgdTabulatedValue(t, w, b, t->dim, t->g, J[b]);
  for (int a = 0; a < t->dim; a++) {
    hv[a] = 0;
    for (int b = 0; b < t->dim; b++) hv[a] += 0.5 * (J[a][b] + J[b][a]) * v[b];
  }
}

static void LandscapeCovariance_Tabulated(SgdLandscape l, const double *w, PetscInt d, const double *V, double *C1) {
  const SgdTabulated *t = l->data;
  double C[9];

  SgdTabulatedValue(t, w, -1, t->dim * t->dim, t->C1, C);
  SgdLandscapeProjectCovariance(t->dim, C, d, V, C1);
}

/* The noise is that of the gradient; the Hessian's fluctuation is not in the file. */
static void LandscapeModeNoise_Tabulated(SgdLandscape l, const double *w, const double *v, double *D1, double *Gamma1,
                                         double *cov1) {
  LandscapeCovariance_Tabulated(l, w, 1, v, D1);
  *Gamma1 = *cov1 = 0;
}

/* log E exp(-i q X) of X = theta (Y - k), Y of the gamma law of shape k: k (i z - log(1 + i z)), z = q theta, with
   k theta^2 = C and 2 k theta^3 = kappa. Its series where z is small: the terms cancel, and k has no end. */
static void LandscapeCharacteristic_Tabulated(SgdLandscape l, const double *w, const double *v, PetscInt n,
                                              const double *q, double _Complex *phi) {
  const SgdTabulated *t = l->data;
  double C, kappa;

  SgdTabulatedValue(t, w, -1, 1, t->C1, &C);
  SgdTabulatedValue(t, w, -1, 1, t->third, &kappa);
  C *= v[0] * v[0];
  kappa *= v[0] * v[0] * v[0];
  const double theta = C > 0 ? 0.5 * kappa / C : 0;
  for (PetscInt m = 0; m < n; m++) {
    const double z = q[m] * theta, Cq = C * q[m] * q[m];
    const double _Complex series = -0.5 + I * z / 3 + z * z / 4 - I * z * z * z / 5;
    const double _Complex whole = fabs(z) < 1e-4 ? series : (I * z - clog(1 + I * z)) / (z * z);
    phi[m] = C > 0 ? cexp(Cq * whole) : 1;
  }
}

#define TABULATED_OPS                                                                                                  \
  .name = "tabulated", .create = LandscapeCreate_Tabulated, .destroy = LandscapeDestroy_Tabulated,                     \
  .view = LandscapeView_Tabulated, .start = LandscapeStart_Tabulated, .gradient = LandscapeGradient_Tabulated,         \
  .hessian_apply = LandscapeHessianApply_Tabulated, .covariance = LandscapeCovariance_Tabulated,                       \
  .mode_noise = LandscapeModeNoise_Tabulated

const SgdLandscapeOps SgdLandscapeTabulated = {TABULATED_OPS};
static const SgdLandscapeOps with_third = {TABULATED_OPS, .characteristic = LandscapeCharacteristic_Tabulated};
