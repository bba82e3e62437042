/* Family `rough`: the paper's rough landscape in one dimension (THEORY.md (84)).
     g(w) = sum_m drift[m] w^m                     (4 w^3 - 0.6 w + 0.15 by default)
     noise of one draw = s(w) xi,   s(w) = 1 + modulation w^2,
     xi = sum_{k=1..K} (amplitude/k^decay) A_k cos(pi k w + pi u_k),   A_k, u_k uniform on [-1, 1], afresh each draw.
   The phases pi u_k are uniform on the circle, so at any w the law of xi is the same:
     E exp(-i q xi) = psi(q) = prod_k F(q amplitude/k^decay),   F(x) = int_0^1 J0(x t) dt,
   because E exp(-i x A cos theta) over a uniform phase is J0(x A). Var xi = sum_k (amplitude/k^decay)^2 / 6. */
#include "cases/landscapes/landscapeimpl.h"
#include "cases/file/case_types.h"

typedef struct {
  char *family;
  double *drift;
  unsigned drift_count;
  int harmonics;
  double amplitude, decay, modulation;
} Options;

static const cyaml_schema_field_t fields[] = {SGD_STRING("family", Options, family),
                                              SGD_NUMBERS("drift", Options, drift),
                                              SGD_INTEGER("harmonics", Options, harmonics),
                                              SGD_NUMBER("amplitude", Options, amplitude),
                                              SGD_NUMBER("decay", Options, decay),
                                              SGD_NUMBER("modulation", Options, modulation),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults = "drift: [0.15, -0.6, 0, 4]\nharmonics: 20\namplitude: 0.5\ndecay: 2\nmodulation: 0.1\n";

/* psi is tabulated on a uniform mesh and interpolated by six-point Lagrange: with 128 points a unit the error is 1e-14.
 */
#define PER_UNIT 128

typedef struct {
  Options *o;
  double *table;
  PetscInt entries;
} Rough;

static PetscErrorCode LandscapeCreate_Rough(SgdLandscape l, SgdCase c) {
  Rough *r;

  PetscFunctionBegin;
  PetscCall(PetscNew(&r));
  PetscCall(SgdCaseRead(c, "landscape", &schema, defaults, NULL, &r->o));
  SgdCaseCheck(c, r->o->drift_count >= 1, "landscape.drift",
               "expected the coefficients of the mean gradient, lowest power first");
  SgdCaseCheck(c, r->o->harmonics >= 1 && r->o->harmonics <= 10000, "landscape.harmonics",
               "expected 1 .. 10000, got %d", r->o->harmonics);
  SgdCaseCheck(c, r->o->amplitude > 0, "landscape.amplitude", "must be positive, got %g", r->o->amplitude);
  SgdCaseCheck(c, r->o->modulation >= 0, "landscape.modulation", "must not be negative, got %g", r->o->modulation);
  l->dimension = 1;
  l->data = r;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeDestroy_Rough(SgdLandscape l) {
  Rough *r = l->data;

  PetscFunctionBegin;
  PetscCall(PetscFree(r->table));
  PetscCall(PetscFree(r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeView_Rough(SgdLandscape l) {
  const Options *o = ((Rough *)l->data)->o;
  return SgdSay(l->comm, "Landscape: rough, one dimension, %d harmonics of amplitude %g/k^%g, noise scale 1 + %g w^2\n",
                o->harmonics, o->amplitude, o->decay, o->modulation);
}

/* sum_m c_m w^{m+shift} times the factor of differentiation or integration */
static double RoughDrift(const Options *o, double w, int derivative) {
  double sum = 0;
  for (int m = 0; m < (int)o->drift_count; m++) {
    double c = o->drift[m];
    if (derivative == 1)
      sum += m ? c * m * pow(w, m - 1) : 0;
    else if (derivative == 0)
      sum += c * pow(w, m);
    else
      sum += c * pow(w, m + 1) / (m + 1);
  }
  return sum;
}

static void LandscapeGradient_Rough(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *loss,
                                    double *g) {
  const Options *o = ((Rough *)l->data)->o;

  (void)first, (void)last;
  if (loss) *loss = RoughDrift(o, w[0], -1);
  if (g) g[0] = RoughDrift(o, w[0], 0);
}

static void LandscapeHessianApply_Rough(SgdLandscape l, const double *w, const double *v, PetscInt first, PetscInt last,
                                        double *hv) {
  (void)first, (void)last;
  hv[0] = RoughDrift(((Rough *)l->data)->o, w[0], 1) * v[0];
}

static double Amplitude(const Options *o, int k) {
  return o->amplitude / pow(k, o->decay);
}

static double Scale(const Options *o, double w) {
  return 1 + o->modulation * w * w;
}

static void LandscapeCovariance_Rough(SgdLandscape l, const double *w, PetscInt d, const double *V, double *C1) {
  const Options *o = ((Rough *)l->data)->o;
  double variance = 0;

  (void)d;
  for (int k = 1; k <= o->harmonics; k++) variance += Amplitude(o, k) * Amplitude(o, k) / 6;
  C1[0] = Scale(o, w[0]) * Scale(o, w[0]) * variance * V[0] * V[0];
}

/* The derivative of the noise, s' xi + s xi': the harmonics of xi and of xi' at one place are uncorrelated. */
static void LandscapeModeNoise_Rough(SgdLandscape l, const double *w, const double *v, double *D1, double *Gamma1,
                                     double *cov1) {
  const Options *o = ((Rough *)l->data)->o;
  double xi = 0, slope = 0, s = Scale(o, w[0]), ds = 2 * o->modulation * w[0];

  for (int k = 1; k <= o->harmonics; k++) {
    double a = Amplitude(o, k);
    xi += a * a / 6;
    slope += a * a * M_PI * M_PI * k * k / 6;
  }
  *D1 = s * s * xi * v[0] * v[0];
  *Gamma1 = (ds * ds * xi + s * s * slope) * pow(v[0], 4);
  *cov1 = s * ds * xi * pow(v[0], 3);
}

/* F(x) = int_0^1 J0(x t) dt: its power series for small x, composite 8-point Gauss-Legendre beyond. */
static double MeanBessel(double x) {
  static const double node[4] = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363};
  static const double weight[4] = {0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763};
  double sum = 0;

  if (fabs(x) < 6) {
    double term = 1;
    for (int m = 0; fabs(term) > 1e-18; m++) {
      sum += term / (2 * m + 1);
      term *= -0.25 * x * x / ((m + 1.0) * (m + 1.0));
    }
    return sum;
  }
  int panels = (int)ceil(fabs(x) / 2.0);
  for (int p = 0; p < panels; p++)
    for (int i = 0; i < 4; i++)
      for (int sign = -1; sign <= 1; sign += 2) sum += weight[i] * j0(x * (p + 0.5 + 0.5 * sign * node[i]) / panels);
  return 0.5 * sum / panels;
}

static double Psi(const Options *o, double q) {
  double product = 1;
  for (int k = 1; k <= o->harmonics; k++) product *= MeanBessel(q * Amplitude(o, k));
  return product;
}

/* Make the table reach q. */
static void Tabulate(Rough *r, double q) {
  PetscInt need = (PetscInt)(q * PER_UNIT) + 8;

  if (need <= r->entries) return;
  if (PetscRealloc((size_t)need * sizeof(double), &r->table)) abort();
  for (PetscInt i = r->entries; i < need; i++) r->table[i] = Psi(r->o, (double)i / PER_UNIT);
  r->entries = need;
}

/* Six-point Lagrange interpolation in the table; psi is even. */
static double Interpolate(const Rough *r, double q) {
  double x = fabs(q) * PER_UNIT, sum = 0;
  PetscInt base = (PetscInt)x - 2;

  for (int i = 0; i < 6; i++) {
    double product = 1;
    for (int j = 0; j < 6; j++)
      if (j != i) product *= (x - (double)(base + j)) / (i - j);
    sum += product * r->table[labs(base + i)];
  }
  return sum;
}

static void LandscapeCharacteristic_Rough(SgdLandscape l, const double *w, const double *v, PetscInt n, const double *q,
                                          double _Complex *phi) {
  Rough *r = l->data;
  double scale = fabs(Scale(r->o, w[0]) * v[0]), reach = 0;

  for (PetscInt i = 0; i < n; i++) reach = fmax(reach, fabs(q[i]) * scale);
  Tabulate(r, reach);
  for (PetscInt i = 0; i < n; i++) phi[i] = Interpolate(r, q[i] * scale);
}

const SgdLandscapeOps SgdLandscapeRough = {.name = "rough",
                                           .create = LandscapeCreate_Rough,
                                           .destroy = LandscapeDestroy_Rough,
                                           .view = LandscapeView_Rough,
                                           .gradient = LandscapeGradient_Rough,
                                           .hessian_apply = LandscapeHessianApply_Rough,
                                           .covariance = LandscapeCovariance_Rough,
                                           .mode_noise = LandscapeModeNoise_Rough,
                                           .characteristic = LandscapeCharacteristic_Rough};
