/* Family `quadratic`: l(w) = (w - m)^T A (w - m) / 2 - b.(w - m) with random b and A (THEORY.md (50)).
     mean Hessian  K = Q diag(lambda) Q^T        mean gradient  g = K (w - m) + Q slope
     one draw      C1(w) = C0 + Q diag(Gamma_i x_i^2) Q^T,   x = Q^T (w - m)
   where C0 is the covariance of b and Gamma_i the variance of A's i-th diagonal entry in the eigenbasis. */
#include "cases/landscapes/landscapeimpl.h"
#include "cases/file/case_types.h"
#include "cases/base/random.h"
#include <petscblaslapack.h>

typedef struct {
  char *family;
  double *eigenvalues, *hessian, *minimum, *gradient_noise, *noise_covariance, *hessian_noise, *slope;
  unsigned eigenvalues_count, hessian_count, minimum_count, gradient_noise_count, noise_covariance_count,
      hessian_noise_count, slope_count;
  int rotation_seed;
} Options;

static const cyaml_schema_field_t fields[] = {SGD_STRING("family", Options, family),
                                              SGD_NUMBERS("eigenvalues", Options, eigenvalues),
                                              SGD_INTEGER("rotation_seed", Options, rotation_seed),
                                              SGD_NUMBERS("hessian", Options, hessian),
                                              SGD_NUMBERS("minimum", Options, minimum),
                                              SGD_NUMBERS("gradient_noise", Options, gradient_noise),
                                              SGD_NUMBERS("noise_covariance", Options, noise_covariance),
                                              SGD_NUMBERS("hessian_noise", Options, hessian_noise),
                                              SGD_NUMBERS("slope", Options, slope),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults = "rotation_seed: 0\nminimum: []\nhessian_noise: []\nslope: []\n";

typedef struct {
  PetscInt P;
  double *K, *Q, *C0;                 /* [P][P] by rows; column i of Q is eigenvector i */
  double *Gamma, *m, *lambda, *slope; /* slope: Q times the case's */
} Quadratic;

/* A random orthogonal matrix: Gram-Schmidt (twice, for orthogonality to rounding) on Philox normals. */
static void RandomRotation(PetscInt P, int seed, double *Q) {
  for (PetscInt c = 0; c < P; c++) {
    for (PetscInt r = 0; r < P; r++)
      Q[r * P + c] = seed ? SgdRandomNormal((uint64_t)seed, (uint64_t)c, (uint64_t)r) : (r == c);
    for (int pass = 0; pass < 2; pass++) {
      double norm = 0;
      for (PetscInt k = 0; k < c; k++) {
        double dot = 0;
        for (PetscInt r = 0; r < P; r++) dot += Q[r * P + c] * Q[r * P + k];
        for (PetscInt r = 0; r < P; r++) Q[r * P + c] -= dot * Q[r * P + k];
      }
      for (PetscInt r = 0; r < P; r++) norm += Q[r * P + c] * Q[r * P + c];
      for (PetscInt r = 0; r < P; r++) Q[r * P + c] /= sqrt(norm);
    }
  }
}

/* M = Q diag(x) Q^T */
static void FromEigenvalues(PetscInt P, const double *Q, const double *x, double *M) {
  for (PetscInt i = 0; i < P; i++)
    for (PetscInt j = 0; j < P; j++) {
      double sum = 0;
      for (PetscInt k = 0; k < P; k++) sum += Q[i * P + k] * x[k] * Q[j * P + k];
      M[i * P + j] = sum;
    }
}

/* lambda and Q of a given symmetric K. */
static PetscErrorCode Diagonalise(Quadratic *q) {
  PetscBLASInt n = (PetscBLASInt)q->P, lwork = (PetscBLASInt)(4 * q->P + 64), info;
  double *work, *A;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(lwork, &work, q->P * q->P, &A));
  PetscCall(PetscArraycpy(A, q->K, q->P * q->P));
  LAPACKsyev_("V", "L", &n, A, &n, q->lambda, work, &lwork, &info);
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK syev: %d", (int)info);
  for (PetscInt i = 0; i < q->P; i++) /* Fortran columns are eigenvectors */
    for (PetscInt k = 0; k < q->P; k++) q->Q[i * q->P + k] = A[k * q->P + i];
  PetscCall(PetscFree2(work, A));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckSymmetric(SgdCase c, const char *key, PetscInt P, const double *M) {
  PetscFunctionBegin;
  for (PetscInt i = 0; i < P; i++)
    for (PetscInt j = 0; j < i; j++)
      SgdCaseCheck(c, M[i * P + j] == M[j * P + i], key, "must be symmetric: entries (%d,%d) and (%d,%d) differ",
                   (int)i + 1, (int)j + 1, (int)j + 1, (int)i + 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckLists(SgdCase c, const Options *o, PetscInt P) {
  const unsigned p = (unsigned)P;

  PetscFunctionBegin;
  SgdCaseCheck(c, o->minimum_count == 0 || o->minimum_count == p, "landscape.minimum", "expected %u numbers, found %u",
               p, o->minimum_count);
  SgdCaseCheck(c, o->hessian_noise_count == 0 || o->hessian_noise_count == p, "landscape.hessian_noise",
               "expected %u variances, found %u", p, o->hessian_noise_count);
  SgdCaseCheck(c, o->slope_count == 0 || o->slope_count == p, "landscape.slope", "expected %u numbers, found %u", p,
               o->slope_count);
  SgdCaseCheck(c, !o->gradient_noise_count != !o->noise_covariance_count, "landscape",
               "give either gradient_noise (%u variances along the eigenvectors) or noise_covariance (%u x %u numbers)",
               p, p, p);
  SgdCaseCheck(c, !o->gradient_noise_count || o->gradient_noise_count == p, "landscape.gradient_noise",
               "expected %u variances, found %u", p, o->gradient_noise_count);
  SgdCaseCheck(c, !o->noise_covariance_count || o->noise_covariance_count == p * p, "landscape.noise_covariance",
               "expected %u numbers (%u rows of %u), found %u", p * p, p, p, o->noise_covariance_count);
  for (unsigned i = 0; i < o->gradient_noise_count; i++)
    SgdCaseCheck(c, o->gradient_noise[i] >= 0, "landscape.gradient_noise", "variances must not be negative, got %g",
                 o->gradient_noise[i]);
  for (unsigned i = 0; i < o->hessian_noise_count; i++)
    SgdCaseCheck(c, o->hessian_noise[i] >= 0, "landscape.hessian_noise", "variances must not be negative, got %g",
                 o->hessian_noise[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FillMatrices(SgdCase c, const Options *o, Quadratic *q) {
  const PetscInt P = q->P;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(P * P, &q->K));
  PetscCall(PetscCalloc2(P * P, &q->Q, P * P, &q->C0));
  PetscCall(PetscCalloc4(P, &q->Gamma, P, &q->m, P, &q->lambda, P, &q->slope));
  if (o->hessian_count) {
    PetscCall(PetscArraycpy(q->K, o->hessian, P * P));
    PetscCall(CheckSymmetric(c, "landscape.hessian", P, q->K));
    PetscCall(Diagonalise(q));
  } else {
    PetscCall(PetscArraycpy(q->lambda, o->eigenvalues, P));
    RandomRotation(P, o->rotation_seed, q->Q);
    FromEigenvalues(P, q->Q, q->lambda, q->K);
  }
  if (o->gradient_noise_count)
    FromEigenvalues(P, q->Q, o->gradient_noise, q->C0);
  else {
    PetscCall(PetscArraycpy(q->C0, o->noise_covariance, P * P));
    PetscCall(CheckSymmetric(c, "landscape.noise_covariance", P, q->C0));
  }
  if (o->minimum_count) PetscCall(PetscArraycpy(q->m, o->minimum, P));
  for (unsigned i = 0; i < o->slope_count; i++)
    for (PetscInt r = 0; r < P; r++) q->slope[r] += q->Q[r * P + i] * o->slope[i];
  if (o->hessian_noise_count) PetscCall(PetscArraycpy(q->Gamma, o->hessian_noise, P));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeCreate_Quadratic(SgdLandscape l, SgdCase c) {
  Options *o;
  Quadratic *q;
  PetscInt P;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "landscape", &schema, defaults, NULL, &o));
  SgdCaseCheck(c, !o->eigenvalues_count != !o->hessian_count, "landscape", "give either eigenvalues or hessian");
  P = o->eigenvalues_count ? (PetscInt)o->eigenvalues_count : (PetscInt)lround(sqrt((double)o->hessian_count));
  SgdCaseCheck(c, !o->hessian_count || (unsigned)(P * P) == o->hessian_count, "landscape.hessian",
               "expected a square matrix by rows; %u numbers are not one", o->hessian_count);
  PetscCall(CheckLists(c, o, P));
  PetscCall(PetscNew(&q));
  q->P = P;
  l->data = q;
  l->dimension = P;
  PetscCall(FillMatrices(c, o, q));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeDestroy_Quadratic(SgdLandscape l) {
  Quadratic *q = l->data;

  PetscFunctionBegin;
  PetscCall(PetscFree(q->K));
  PetscCall(PetscFree2(q->Q, q->C0));
  PetscCall(PetscFree4(q->Gamma, q->m, q->lambda, q->slope));
  PetscCall(PetscFree(q));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeView_Quadratic(SgdLandscape l) {
  const Quadratic *q = l->data;
  PetscBool random_hessian = PETSC_FALSE;

  for (PetscInt i = 0; i < q->P; i++)
    if (q->Gamma[i] > 0) random_hessian = PETSC_TRUE;
  return SgdSay(l->comm, "Landscape: quadratic, dimension %d, random gradient%s\n", (int)q->P,
                random_hessian ? " and random Hessian" : "");
}

static PetscErrorCode LandscapeStart_Quadratic(SgdLandscape l, PetscInt seed, double *w) {
  (void)seed;
  return PetscArraycpy(w, ((Quadratic *)l->data)->m, l->dimension);
}

/* g = K (w - m) + s, l = (w - m).(K (w - m)/2 + s) */
static void LandscapeGradient_Quadratic(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *loss,
                                        double *g) {
  const Quadratic *q = l->data;
  double energy = 0;

  (void)first, (void)last;
  for (PetscInt i = 0; i < q->P; i++) {
    double sum = 0;
    for (PetscInt j = 0; j < q->P; j++) sum += q->K[i * q->P + j] * (w[j] - q->m[j]);
    if (g) g[i] = sum + q->slope[i];
    energy += (0.5 * sum + q->slope[i]) * (w[i] - q->m[i]);
  }
  if (loss) *loss = energy;
}

static void LandscapeHessianApply_Quadratic(SgdLandscape l, const double *w, const double *v, PetscInt first,
                                            PetscInt last, double *hv) {
  const Quadratic *q = l->data;

  (void)w, (void)first, (void)last;
  for (PetscInt i = 0; i < q->P; i++) {
    hv[i] = 0;
    for (PetscInt j = 0; j < q->P; j++) hv[i] += q->K[i * q->P + j] * v[j];
  }
}

/* sum_i Gamma_i x_i^2 (Q_i.u)(Q_i.v), with x_i = Q_i.(w - m); w NULL: without x_i^2 */
static double RandomHessianTerm(const Quadratic *q, const double *w, const double *u, const double *v) {
  double total = 0;

  for (PetscInt i = 0; i < q->P; i++) {
    double x = 0, qu = 0, qv = 0;
    if (q->Gamma[i] == 0) continue;
    for (PetscInt r = 0; r < q->P; r++) {
      x += q->Q[r * q->P + i] * (w[r] - q->m[r]);
      qu += q->Q[r * q->P + i] * u[r];
      qv += q->Q[r * q->P + i] * v[r];
    }
    total += q->Gamma[i] * x * x * qu * qv;
  }
  return total;
}

static void LandscapeCovariance_Quadratic(SgdLandscape l, const double *w, PetscInt d, const double *V, double *C1) {
  const Quadratic *q = l->data;

  for (PetscInt a = 0; a < d; a++)
    for (PetscInt b = 0; b < d; b++) {
      const double *u = V + a * q->P, *v = V + b * q->P;
      double sum = RandomHessianTerm(q, w, u, v);
      for (PetscInt i = 0; i < q->P; i++)
        for (PetscInt j = 0; j < q->P; j++) sum += u[i] * q->C0[i * q->P + j] * v[j];
      C1[a * d + b] = sum;
    }
}

/* Gamma along v: Var(v.A v) = sum_i Gamma_i (Q_i.v)^4; gradient and Hessian noise are independent. */
static void LandscapeModeNoise_Quadratic(SgdLandscape l, const double *w, const double *v, double *D1, double *Gamma1,
                                         double *cov1) {
  const Quadratic *q = l->data;

  LandscapeCovariance_Quadratic(l, w, 1, v, D1);
  *Gamma1 = *cov1 = 0;
  for (PetscInt i = 0; i < q->P; i++) {
    double qv = 0;
    for (PetscInt r = 0; r < q->P; r++) qv += q->Q[r * q->P + i] * v[r];
    *Gamma1 += q->Gamma[i] * qv * qv * qv * qv;
  }
}

const SgdLandscapeOps SgdLandscapeQuadratic = {.name = "quadratic",
                                               .create = LandscapeCreate_Quadratic,
                                               .destroy = LandscapeDestroy_Quadratic,
                                               .view = LandscapeView_Quadratic,
                                               .start = LandscapeStart_Quadratic,
                                               .gradient = LandscapeGradient_Quadratic,
                                               .hessian_apply = LandscapeHessianApply_Quadratic,
                                               .covariance = LandscapeCovariance_Quadratic,
                                               .mode_noise = LandscapeModeNoise_Quadratic};
