/* Family `formula`: the loss, and where wanted its gradient, as expressions in the coordinates a1 .. a3 and in named
   constants; the noise of one draw is Gaussian with the covariance C1(a) given entry by entry.
     loss: "sin(3*a1)/9 + a1^2/2"      gradient (else by differences, error printed): ["cos(3*a1)/3 + a1"]
     constants: ["k = 3", "depth = k/2"]                  noise_covariance: ["1 + a1^2"], rows one after the other
   A gradient that is not the loss's (a force without potential) is taken as it is, and said. */
#include "cases/base/formula.h"
#include "cases/file/case_types.h"
#include "cases/landscapes/landscapeimpl.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

#define MAX_CONSTANTS 64
#define PROBES        16

typedef struct {
  char *family, *loss;
  int dimension;
  char **constants, **gradient, **noise_covariance;
  unsigned constants_count, gradient_count, noise_covariance_count;
} Options;

static const cyaml_schema_field_t fields[] = {
    SGD_STRING("family", Options, family),
    CYAML_FIELD_INT("dimension", CYAML_FLAG_DEFAULT, Options, dimension),
    CYAML_FIELD_STRING_PTR("loss", CYAML_FLAG_POINTER, Options, loss, 0, CYAML_UNLIMITED),
    SGD_STRINGS("constants", Options, constants),
    SGD_STRINGS("gradient", Options, gradient),
    SGD_STRINGS("noise_covariance", Options, noise_covariance),
    CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);

typedef struct {
  Options *o;
  SgdConstant constant[MAX_CONSTANTS];
  char name[MAX_CONSTANTS][32];
  SgdFormula loss, g[3], C1[9]; /* g[0] NULL: by differences of the loss */
} Formula;

/* An expression of the case, at key. */
static PetscErrorCode Parse(SgdCase c, const char *key, const char *text, int dim, const Formula *x, int constants,
                            SgdFormula *f) {
  const char *why;

  static const char *const axes[] = {"", "a1, ", "a1, a2, ", "a1, a2, a3, "};

  PetscFunctionBegin;
  PetscCall(SgdFormulaCreate(text, dim, constants, x->constant, f, &why));
  if (why)
    PetscCall(SgdCaseError(c, key, NULL, "expected an expression in %spi, e and %s: %s", axes[dim],
                           dim ? "the constants" : "the constants before it", why));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool NameIsGood(const char *name) {
  if (!isalpha((unsigned char)*name)) return PETSC_FALSE;
  for (const char *s = name; *s; s++)
    if (!isalnum((unsigned char)*s) && *s != '_') return PETSC_FALSE;
  return (PetscBool)(strcmp(name, "a1") && strcmp(name, "a2") && strcmp(name, "a3"));
}

/* A second meaning of pi, e or an earlier constant would replace the first without a word. */
static PetscBool NameIsTaken(const Formula *x, int i) {
  PetscBool taken = (PetscBool)(!strcmp(x->name[i], "pi") || !strcmp(x->name[i], "e"));

  for (int k = 0; k < i; k++) taken = (PetscBool)(taken || !strcmp(x->name[i], x->name[k]));
  return taken;
}

/* "name = expression", with the constants before it. */
static PetscErrorCode ReadConstant(SgdCase c, Formula *x, int i) {
  const char *text = x->o->constants[i], *equals = strchr(text, '=');
  SgdFormula f;
  char key[64];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(key, sizeof key, "landscape.constants.%d", i));
  SgdCaseCheck(c, equals, key, "expected \"name = expression\", found \"%s\"", text);
  if (sscanf(text, " %31[^= ]", x->name[i]) != 1 || !NameIsGood(x->name[i]))
    PetscCall(SgdCaseError(c, key, NULL,
                           "expected a name of letters, digits and _ (not a1 .. a3) before '=', found \"%s\"", text));
  SgdCaseCheck(c, !NameIsTaken(x, i), key, "\"%s\" has a value already: expected a new name", x->name[i]);
  PetscCall(Parse(c, key, equals + 1, 0, x, i, &f));
  x->constant[i] = (SgdConstant){x->name[i], SgdFormulaValue(f, NULL)};
  PetscCall(SgdFormulaDestroy(&f));
  SgdCaseCheck(c, isfinite(x->constant[i].value), key, "is not finite");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadList(SgdCase c, const Formula *x, const char *name, unsigned count, char *const *text,
                               SgdFormula *f) {
  char key[64];

  PetscFunctionBegin;
  for (unsigned i = 0; i < count; i++) {
    PetscCall(PetscSNPrintf(key, sizeof key, "landscape.%s.%u", name, i));
    PetscCall(Parse(c, key, text[i], x->o->dimension, x, (int)x->o->constants_count, &f[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* C1 is read at probes around the origin, where an asymmetry by mistake shows. */
static PetscErrorCode CheckSymmetry(SgdCase c, const Formula *x) {
  const int d = x->o->dimension;

  PetscFunctionBegin;
  for (int i = 0; i < d; i++)
    for (int j = i + 1; j < d; j++)
      for (int k = 0; k < PROBES; k++) {
        double a[3];
        for (int b = 0; b < d; b++) a[b] = sin(1.7 * k + 2.3 * b);
        const double upper = SgdFormulaValue(x->C1[i * d + j], a), lower = SgdFormulaValue(x->C1[j * d + i], a);
        SgdCaseCheck(
            c, PetscAbsReal(upper - lower) <= 1e-12 * (PetscAbsReal(upper) + PetscAbsReal(lower)) || isnan(upper),
            "landscape.noise_covariance", "must be symmetric: entries %d,%d and %d,%d are %g and %g at a1 = %g", i + 1,
            j + 1, j + 1, i + 1, upper, lower, a[0]);
      }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeCreate_Formula(SgdLandscape l, SgdCase c) {
  Formula *x;
  Options *o;

  PetscFunctionBegin;
  PetscCall(PetscNew(&x));
  l->data = x;
  PetscCall(SgdCaseRead(c, "landscape", &schema, "noise_covariance: []", NULL, &x->o));
  o = x->o;
  const unsigned d = (unsigned)o->dimension;
  SgdCaseCheck(c, o->dimension >= 1 && o->dimension <= 3, "landscape.dimension", "expected 1, 2 or 3, got %d",
               o->dimension);
  SgdCaseCheck(c, o->constants_count <= MAX_CONSTANTS, "landscape.constants", "expected at most %d", MAX_CONSTANTS);
  SgdCaseCheck(c, o->gradient_count == 0 || o->gradient_count == d, "landscape.gradient",
               "expected %u expressions, one an axis, found %u", d, o->gradient_count);
  SgdCaseCheck(c, o->noise_covariance_count == d * d, "landscape.noise_covariance",
               "expected %u expressions (%u rows of %u), found %u", d * d, d, d, o->noise_covariance_count);
  for (unsigned i = 0; i < o->constants_count; i++) PetscCall(ReadConstant(c, x, (int)i));
  PetscCall(Parse(c, "landscape.loss", o->loss, o->dimension, x, (int)o->constants_count, &x->loss));
  PetscCall(ReadList(c, x, "gradient", o->gradient_count, o->gradient, x->g));
  PetscCall(ReadList(c, x, "noise_covariance", d * d, o->noise_covariance, x->C1));
  PetscCall(CheckSymmetry(c, x));
  l->dimension = o->dimension;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeDestroy_Formula(SgdLandscape l) {
  Formula *x = l->data;

  PetscFunctionBegin;
  PetscCall(SgdFormulaDestroy(&x->loss));
  for (int i = 0; i < 3; i++) PetscCall(SgdFormulaDestroy(&x->g[i]));
  for (int i = 0; i < 9; i++) PetscCall(SgdFormulaDestroy(&x->C1[i]));
  PetscCall(PetscFree(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The slope along axis i at probe k of [-1, 1]^d, and how far off it is: the differences by their own estimate, a gradient
   that is given by more than that from them. */
static double ProbeSlope(const Formula *x, int i, int k, double *error) {
  double a[3];

  for (int b = 0; b < x->o->dimension; b++) a[b] = sin(1.7 * k + 2.3 * b);
  const double slope = SgdFormulaFirst(x->loss, a, i, error);
  if (!x->g[0]) return slope;
  const double given = SgdFormulaValue(x->g[i], a);
  *error = PetscMax(0, PetscAbsReal(given - slope) - *error);
  return PetscMax(PetscAbsReal(given), PetscAbsReal(slope));
}

/* The largest error over the probes, each axis's in units of its own largest slope there. */
static double GradientError(const Formula *x) {
  double worst = 0;

  for (int i = 0; i < x->o->dimension; i++) {
    double most = 0, steepest = 0;
    for (int k = 0; k < PROBES; k++) {
      double error;
      const double slope = PetscAbsReal(ProbeSlope(x, i, k, &error));
      if (isfinite(slope)) most = PetscMax(most, error), steepest = PetscMax(steepest, slope);
    }
    if (most > 0) worst = PetscMax(worst, most / PetscMax(steepest, PETSC_MIN_REAL));
  }
  return worst;
}

static PetscErrorCode LandscapeView_Formula(SgdLandscape l) {
  const Formula *x = l->data;
  const double error = GradientError(x);
  const char *text = !x->g[0]       ? "gradient by extrapolated differences, relative error about"
                     : error > 1e-6 ? "gradient as given: NOT that of the loss, relative difference"
                                    : "gradient as given, from the loss's own by";

  PetscFunctionBegin;
  PetscCall(SgdSay(l->comm, "Landscape: formula in %d dimension%s, loss %s; %s %.2g (probes in [-1, 1])\n",
                   x->o->dimension, x->o->dimension > 1 ? "s" : "", x->o->loss, text, error));
  if (x->g[0] && error > 1e-6)
    PetscCall(
        SgdWarn(l->comm,
                "landscape.gradient is not the slope of landscape.loss: at probes in [-1, 1] they differ by up to "
                "%.2g of the slope; everything but the loss itself is of the gradient as given, a force",
                error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void LandscapeGradient_Formula(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *loss,
                                      double *g) {
  const Formula *x = l->data;

  (void)first, (void)last;
  if (loss) *loss = SgdFormulaValue(x->loss, w);
  for (int i = 0; g && i < x->o->dimension; i++)
    g[i] = x->g[0] ? SgdFormulaValue(x->g[i], w) : SgdFormulaFirst(x->loss, w, i, NULL);
}

/* H_ij = d g_i / d a_j. */
static void LandscapeHessianApply_Formula(SgdLandscape l, const double *w, const double *v, PetscInt first,
                                          PetscInt last, double *hv) {
  const Formula *x = l->data;

  (void)first, (void)last;
  for (int i = 0; i < x->o->dimension; i++) {
    hv[i] = 0;
    for (int j = 0; j < x->o->dimension; j++)
      hv[i] += v[j] * (x->g[0] ? SgdFormulaFirst(x->g[i], w, j, NULL) : SgdFormulaSecond(x->loss, w, i, j, NULL));
  }
}

static void LandscapeCovariance_Formula(SgdLandscape l, const double *w, PetscInt d, const double *V, double *C1) {
  const Formula *x = l->data;
  const int P = x->o->dimension;
  double C[9];

  for (int i = 0; i < P * P; i++) C[i] = SgdFormulaValue(x->C1[i], w);
  SgdLandscapeProjectCovariance(P, C, d, V, C1);
}

/* The noise is that of the gradient; the Hessian does not fluctuate. */
static void LandscapeModeNoise_Formula(SgdLandscape l, const double *w, const double *v, double *D1, double *Gamma1,
                                       double *cov1) {
  LandscapeCovariance_Formula(l, w, 1, v, D1);
  *Gamma1 = *cov1 = 0;
}

const SgdLandscapeOps SgdLandscapeFormula = {.name = "formula",
                                             .create = LandscapeCreate_Formula,
                                             .destroy = LandscapeDestroy_Formula,
                                             .view = LandscapeView_Formula,
                                             .gradient = LandscapeGradient_Formula,
                                             .hessian_apply = LandscapeHessianApply_Formula,
                                             .covariance = LandscapeCovariance_Formula,
                                             .mode_noise = LandscapeModeNoise_Formula};
