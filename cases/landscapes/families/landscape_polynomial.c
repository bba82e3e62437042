/* Family `polynomial`: the loss is a polynomial in 1-3 dimensions, sum_t c_t prod_a w_a^{p_ta}; the noise of one draw
   is Gaussian with covariance C1(w) = noise_covariance + sum of polynomial terms per entry. */
#include "cases/landscapes/landscapeimpl.h"
#include "cases/file/case_types.h"

typedef struct {
  double coefficient;
  int *powers;
  unsigned powers_count;
  int row, column; /* entry of C1 (1-based), in noise_terms only */
} Term;

typedef struct {
  char *family;
  int dimension;
  Term *terms, *noise_terms;
  unsigned terms_count, noise_terms_count;
  double *noise_covariance;
  unsigned noise_covariance_count;
} Options;

static const cyaml_schema_field_t term_fields[] = {
    CYAML_FIELD_FLOAT("coefficient", CYAML_FLAG_DEFAULT, Term, coefficient), SGD_INTEGERS("powers", Term, powers),
    CYAML_FIELD_END};
static const cyaml_schema_value_t term_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, Term, term_fields)};
static const cyaml_schema_field_t noise_fields[] = {
    CYAML_FIELD_FLOAT("coefficient", CYAML_FLAG_DEFAULT, Term, coefficient), SGD_INTEGERS("powers", Term, powers),
    CYAML_FIELD_INT("row", CYAML_FLAG_DEFAULT, Term, row), CYAML_FIELD_INT("column", CYAML_FLAG_DEFAULT, Term, column),
    CYAML_FIELD_END};
static const cyaml_schema_value_t noise_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, Term, noise_fields)};
static const cyaml_schema_field_t fields[] = {
    SGD_STRING("family", Options, family),
    CYAML_FIELD_INT("dimension", CYAML_FLAG_DEFAULT, Options, dimension),
    CYAML_FIELD_SEQUENCE("terms", CYAML_FLAG_POINTER, Options, terms, &term_schema, 1, CYAML_UNLIMITED),
    CYAML_FIELD_SEQUENCE("noise_covariance", CYAML_FLAG_POINTER, Options, noise_covariance, &SgdCaseNumber, 1, 9),
    SGD_LIST("noise_terms", Options, noise_terms, &noise_schema),
    CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);

/* d^k/dx^k of x^p */
static double IntegerPower(double x, int p, int k) {
  double value = 1;
  for (int i = 0; i < k; i++) value *= p - i;
  if (p < k) return 0;
  for (int i = 0; i < p - k; i++) value *= x;
  return value;
}

/* The term's mixed derivative, order[a] times along axis a. */
static double TermValue(const Term *t, int dim, const double *w, const int order[3]) {
  double value = t->coefficient;
  for (int a = 0; a < dim; a++) value *= IntegerPower(w[a], t->powers[a], order[a]);
  return value;
}

static PetscErrorCode CheckTerms(SgdCase c, const char *key, int dim, const Term *terms, unsigned count,
                                 PetscBool noise) {
  char place[64];

  PetscFunctionBegin;
  for (unsigned i = 0; i < count; i++) {
    PetscCall(PetscSNPrintf(place, sizeof place, "%s.%u", key, i));
    SgdCaseCheck(c, terms[i].powers_count == (unsigned)dim, place, "expected powers for %d axes, found %u", dim,
                 terms[i].powers_count);
    for (int a = 0; a < dim; a++)
      SgdCaseCheck(c, terms[i].powers[a] >= 0 && terms[i].powers[a] <= 64, place,
                   "powers are whole numbers 0 .. 64, got %d", terms[i].powers[a]);
    if (noise)
      SgdCaseCheck(c, terms[i].row >= 1 && terms[i].row <= dim && terms[i].column >= 1 && terms[i].column <= dim, place,
                   "row and column must lie in 1 .. %d", dim);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeCreate_Polynomial(SgdLandscape l, SgdCase c) {
  Options *o;
  int d;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "landscape", &schema, NULL, NULL, &o));
  d = o->dimension;
  SgdCaseCheck(c, d >= 1 && d <= 3, "landscape.dimension", "expected 1, 2 or 3, got %d", d);
  SgdCaseCheck(c, o->noise_covariance_count == (unsigned)(d * d), "landscape.noise_covariance",
               "expected %d numbers (%d rows of %d), found %u", d * d, d, d, o->noise_covariance_count);
  for (int i = 0; i < d; i++)
    for (int j = 0; j < d; j++)
      SgdCaseCheck(c, o->noise_covariance[i * d + j] == o->noise_covariance[j * d + i], "landscape.noise_covariance",
                   "must be symmetric");
  PetscCall(CheckTerms(c, "landscape.terms", d, o->terms, o->terms_count, PETSC_FALSE));
  PetscCall(CheckTerms(c, "landscape.noise_terms", d, o->noise_terms, o->noise_terms_count, PETSC_TRUE));
  l->dimension = d;
  l->data = o; /* owned by the case, which outlives the landscape */
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeDestroy_Polynomial(SgdLandscape l) {
  (void)l;
  return PETSC_SUCCESS;
}

static PetscErrorCode LandscapeView_Polynomial(SgdLandscape l) {
  const Options *o = l->data;
  return SgdSay(l->comm, "Landscape: polynomial of %u terms in %d dimension%s, Gaussian noise%s\n", o->terms_count,
                o->dimension, o->dimension > 1 ? "s" : "", o->noise_terms_count ? " that depends on the place" : "");
}

static void LandscapeGradient_Polynomial(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *loss,
                                         double *g) {
  const Options *o = l->data;

  (void)first, (void)last;
  if (loss) *loss = 0;
  for (int a = 0; g && a < o->dimension; a++) g[a] = 0;
  for (unsigned t = 0; t < o->terms_count; t++) {
    if (loss) *loss += TermValue(&o->terms[t], o->dimension, w, (int[3]){0, 0, 0});
    for (int a = 0; g && a < o->dimension; a++)
      g[a] += TermValue(&o->terms[t], o->dimension, w, (int[3]){a == 0, a == 1, a == 2});
  }
}

static void LandscapeHessianApply_Polynomial(SgdLandscape l, const double *w, const double *v, PetscInt first,
                                             PetscInt last, double *hv) {
  const Options *o = l->data;

  (void)first, (void)last;
  for (int a = 0; a < o->dimension; a++) {
    hv[a] = 0;
    for (int b = 0; b < o->dimension; b++)
      for (unsigned t = 0; t < o->terms_count; t++)
        hv[a] += v[b] * TermValue(&o->terms[t], o->dimension, w,
                                  (int[3]){(a == 0) + (b == 0), (a == 1) + (b == 1), (a == 2) + (b == 2)});
  }
}

static void LandscapeCovariance_Polynomial(SgdLandscape l, const double *w, PetscInt d, const double *V, double *C1) {
  const Options *o = l->data;
  const int P = o->dimension;
  double C[9];

  for (int i = 0; i < P * P; i++) C[i] = o->noise_covariance[i];
  for (unsigned t = 0; t < o->noise_terms_count; t++) {
    const Term *term = &o->noise_terms[t];
    double value = TermValue(term, P, w, (int[3]){0, 0, 0});
    C[(term->row - 1) * P + term->column - 1] += value;
    if (term->row != term->column) C[(term->column - 1) * P + term->row - 1] += value;
  }
  SgdLandscapeProjectCovariance(P, C, d, V, C1);
}

/* Additive noise: the Hessian does not fluctuate. */
static void LandscapeModeNoise_Polynomial(SgdLandscape l, const double *w, const double *v, double *D1, double *Gamma1,
                                          double *cov1) {
  LandscapeCovariance_Polynomial(l, w, 1, v, D1);
  *Gamma1 = *cov1 = 0;
}

const SgdLandscapeOps SgdLandscapePolynomial = {.name = "polynomial",
                                                .create = LandscapeCreate_Polynomial,
                                                .destroy = LandscapeDestroy_Polynomial,
                                                .view = LandscapeView_Polynomial,
                                                .gradient = LandscapeGradient_Polynomial,
                                                .hessian_apply = LandscapeHessianApply_Polynomial,
                                                .covariance = LandscapeCovariance_Polynomial,
                                                .mode_noise = LandscapeModeNoise_Polynomial};
