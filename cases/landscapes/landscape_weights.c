/* Section `weights`: samples that do not count alike. A sample is drawn with probability p_i and its gradient counts f_i times,
     g = sum_i p_i f_i grad l_i,   C1 = sum_i p_i f_i^2 grad l_i grad l_i^T - g g^T,
     E exp(-i q (G - g)) = [sum_i p_i exp(-i q (f_i grad l_i - g)/B)]^B          (batches are drawn with replacement; THEORY.md (96)).
   From weights u_i, by class or by sample, with what `use` says:
     probability   p_i = u_i/sum u,  f_i = 1            the loss is the weighted one; what weighted samplers do
     loss          p_i = 1/N,  f_i = N u_i/sum u        the same loss, drawn evenly: another noise
     importance    p_i = u_i/sum u,  f_i = 1/(N p_i)    the loss is the plain one, whatever the weights: another noise
   by: class without values is class-balanced, u_i = 1/(samples of its class). To everybody else the landscape then has no
   samples but a law of one draw, which it knows exactly: densities in one dimension and trajectories have it, in more dimensions
   its covariance is used. */
#include "cases/landscapes/landscapeimpl.h"
#include "cases/base/blas.h"
#include "cases/file/case_types.h"
#include "cases/file/choice.h"
#include <string.h>

typedef struct {
  char *by, *use;
  double *values;
  unsigned values_count;
} Options;

static const cyaml_schema_field_t fields[] = {SGD_STRING("by", Options, by), SGD_STRING("use", Options, use),
                                              SGD_NUMBERS("values", Options, values), CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);

typedef enum { BY_NONE, BY_CLASS, BY_SAMPLE } By;
typedef enum { USE_PROBABILITY, USE_LOSS, USE_IMPORTANCE } Use;
static const char *const by_names[] = {"none", "class", "sample", NULL};
static const char *const use_names[] = {"probability", "loss", "importance", NULL};

typedef struct {
  SgdLandscape inner;
  double *p, *f;      /* [N] */
  double *cumulative; /* [N]: p_0 + .. + p_i */
  By by;
  Use use;
} Weighted;

static Weighted *Of(SgdLandscape l) {
  return l->data;
}

/* Directional derivatives f_i v.grad l_i [N][d] (and f_i v.H_i v [N], d = 1), and their mean. */
static void Directional(const Weighted *k, const double *w, PetscInt d, const double *V, double *g, double *c,
                        double *mean) {
  const PetscInt N = k->inner->samples;

  k->inner->ops->sample_directional(k->inner, w, d, V, 0, N, NULL, g, c);
  for (PetscInt a = 0; a < d; a++) mean[a] = 0;
  for (PetscInt i = 0; i < N; i++) {
    for (PetscInt a = 0; a < d; a++) mean[a] += k->p[i] * (g[i * d + a] *= k->f[i]);
    if (c) c[i] *= k->f[i];
  }
}

static void Gradient(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *loss, double *g) {
  const Weighted *k = Of(l);
  const PetscInt N = k->inner->samples, P = l->dimension;
  double *each = NULL, one;

  (void)first, (void)last;
  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1(P, &each));
  if (loss) *loss = 0;
  if (g) memset(g, 0, (size_t)P * sizeof *g);
  for (PetscInt i = 0; i < N; i++) {
    if (k->p[i] == 0) continue;
    k->inner->ops->gradient(k->inner, w, i, i + 1, loss ? &one : NULL, g ? each : NULL);
    if (loss) *loss += k->p[i] * k->f[i] * one;
    if (g) cblas_daxpy((int)P, k->p[i] * k->f[i], each, 1, g, 1);
  }
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(each));
}

static void HessianApply(SgdLandscape l, const double *w, const double *v, PetscInt first, PetscInt last, double *hv) {
  const Weighted *k = Of(l);
  const PetscInt P = l->dimension;
  double *each = NULL;

  (void)first, (void)last;
  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1(P, &each));
  memset(hv, 0, (size_t)P * sizeof *hv);
  for (PetscInt i = 0; i < k->inner->samples; i++) {
    if (k->p[i] == 0) continue;
    k->inner->ops->hessian_apply(k->inner, w, v, i, i + 1, each);
    cblas_daxpy((int)P, k->p[i] * k->f[i], each, 1, hv, 1);
  }
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(each));
}

/* Room for N rows of n numbers. */
static double *Rows(const Weighted *k, PetscInt n) {
  double *rows = NULL;

  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1((size_t)k->inner->samples * (size_t)n, &rows));
  return rows;
}

static void Covariance(SgdLandscape l, const double *w, PetscInt d, const double *V, double *C1) {
  const Weighted *k = Of(l);
  double *g = Rows(k, d), *mean = NULL;

  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1(d, &mean));
  Directional(k, w, d, V, g, NULL, mean);
  for (PetscInt i = 0; i < d * d; i++) C1[i] = 0;
  for (PetscInt i = 0; i < k->inner->samples; i++)
    for (PetscInt a = 0; a < d; a++)
      for (PetscInt b = 0; b < d; b++) C1[a * d + b] += k->p[i] * (g[i * d + a] - mean[a]) * (g[i * d + b] - mean[b]);
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(g));
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(mean));
}

static void ModeNoise(SgdLandscape l, const double *w, const double *v, double *D1, double *Gamma1, double *cov1) {
  const Weighted *k = Of(l);
  double *g = Rows(k, 1), *c = Rows(k, 1), mean, curvature = 0;

  Directional(k, w, 1, v, g, c, &mean);
  for (PetscInt i = 0; i < k->inner->samples; i++) curvature += k->p[i] * c[i];
  *D1 = *Gamma1 = *cov1 = 0;
  for (PetscInt i = 0; i < k->inner->samples; i++) {
    *D1 += k->p[i] * PetscSqr(g[i] - mean);
    *Gamma1 += k->p[i] * PetscSqr(c[i] - curvature);
    *cov1 += k->p[i] * (g[i] - mean) * (c[i] - curvature);
  }
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(g));
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(c));
}

static void Characteristic(SgdLandscape l, const double *w, const double *v, PetscInt n, const double *q,
                           double _Complex *phi) {
  const Weighted *k = Of(l);
  double *g = Rows(k, 1), mean;

  Directional(k, w, 1, v, g, NULL, &mean);
  for (PetscInt m = 0; m < n; m++) {
    phi[m] = 0;
    for (PetscInt i = 0; i < k->inner->samples; i++) phi[m] += k->p[i] * cexp(-I * q[m] * (g[i] - mean));
  }
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(g));
}

static PetscInt Find(const Weighted *k, double u) {
  PetscInt low = 0, high = k->inner->samples - 1;

  while (low < high) {
    const PetscInt middle = (low + high) / 2;
    if (k->cumulative[middle] > u)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static void Draw(SgdLandscape l, const double *w, PetscInt batch, const double *u, double *g) {
  const Weighted *k = Of(l);
  const PetscInt P = l->dimension;
  double *each = NULL;

  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1(P, &each));
  memset(g, 0, (size_t)P * sizeof *g);
  for (PetscInt b = 0; b < batch; b++) {
    const PetscInt i = Find(k, u[b]);
    k->inner->ops->gradient(k->inner, w, i, i + 1, NULL, each);
    cblas_daxpy((int)P, k->f[i] / (double)batch, each, 1, g, 1);
  }
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(each));
}

static PetscErrorCode Start(SgdLandscape l, PetscInt seed, double *w) {
  return SgdLandscapeStart(Of(l)->inner, seed, w);
}

static PetscErrorCode View(SgdLandscape l) {
  const Weighted *k = Of(l);
  double square = 0;

  PetscFunctionBegin;
  PetscCall(SgdLandscapeView(k->inner));
  for (PetscInt i = 0; i < k->inner->samples; i++) square += PetscSqr(k->p[i] * k->f[i]);
  PetscCall(SgdSay(l->comm, "  weights by %s, as %s: the mean gradient is worth %.4g samples of %d\n", by_names[k->by],
                   use_names[k->use], 1 / square, (int)k->inner->samples));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Accuracy(SgdLandscape l, const double *w) {
  const SgdLandscape inner = Of(l)->inner;
  return inner->ops->accuracy ? inner->ops->accuracy(inner, w) : NAN;
}

static PetscErrorCode Destroy(SgdLandscape l) {
  Weighted *k = Of(l);

  PetscFunctionBegin;
  PetscCall(SgdLandscapeDestroy(&k->inner));
  PetscCall(PetscFree3(k->p, k->f, k->cumulative));
  PetscCall(PetscFree(l->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const SgdLandscapeOps weighted = {.name = "weighted samples",
                                         .destroy = Destroy,
                                         .view = View,
                                         .start = Start,
                                         .gradient = Gradient,
                                         .hessian_apply = HessianApply,
                                         .covariance = Covariance,
                                         .mode_noise = ModeNoise,
                                         .characteristic = Characteristic,
                                         .draw = Draw,
                                         .accuracy = Accuracy};

/* u [N] */
static PetscErrorCode Weights(SgdCase c, const Options *o, SgdLandscape inner, By by, double *u) {
  const PetscInt N = inner->samples;
  const int *label = by == BY_CLASS && inner->ops->labels ? inner->ops->labels(inner) : NULL;
  int classes = 0;
  double *count;

  PetscFunctionBegin;
  SgdCaseCheck(c, by != BY_CLASS || label, "weights.by", "landscape %s has no classes", inner->ops->name);
  for (PetscInt i = 0; label && i < N; i++) classes = PetscMax(classes, label[i] + 1);
  SgdCaseCheck(c, (by == BY_CLASS && !o->values_count) || (PetscInt)o->values_count == (label ? classes : N),
               "weights.values", "expected %d numbers, one a %s; found %u", (int)(label ? classes : N), by_names[by],
               o->values_count);
  for (unsigned i = 0; i < o->values_count; i++)
    SgdCaseCheck(c, o->values[i] >= 0 && o->values[i] < 1e300, "weights.values", "must not be negative, got %g",
                 o->values[i]);
  PetscCall(PetscCalloc1(classes + 1, &count));
  for (PetscInt i = 0; label && i < N; i++) count[label[i]]++;
  for (PetscInt i = 0; i < N; i++) u[i] = o->values_count ? o->values[label ? label[i] : i] : 1 / count[label[i]];
  PetscCall(PetscFree(count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* p, f and the sums, from the weights in p. */
static PetscErrorCode Share(SgdCase c, Weighted *k) {
  const PetscInt N = k->inner->samples;
  double sum = 0, least = PETSC_MAX_REAL;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < N; i++) {
    sum += k->p[i];
    least = PetscMin(least, k->p[i]);
  }
  SgdCaseCheck(c, sum > 0, "weights.values", "all weights are zero");
  SgdCaseCheck(c, k->use != USE_IMPORTANCE || least > 0, "weights.values",
               "importance sampling divides by the weights: none may be zero");
  for (PetscInt i = 0; i < N; i++) {
    const double share = k->p[i] / sum;
    k->p[i] = k->use == USE_LOSS ? 1.0 / (double)N : share;
    k->f[i] = k->use == USE_LOSS ? (double)N * share : (k->use == USE_IMPORTANCE ? 1 / ((double)N * share) : 1);
    k->cumulative[i] = k->p[i] + (i ? k->cumulative[i - 1] : 0);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Wrap(SgdCase c, const Options *o, By by, Use use, SgdLandscape *landscape) {
  SgdLandscape inner = *landscape, l;
  const PetscInt N = inner->samples;
  Weighted *k;

  PetscFunctionBegin;
  PetscCall(PetscNew(&l));
  PetscCall(PetscNew(&k));
  *l = (struct _p_SgdLandscape){.ops = &weighted, .comm = inner->comm, .dimension = inner->dimension, .data = k};
  *k = (Weighted){.inner = inner, .by = by, .use = use};
  *landscape = l;
  PetscCall(PetscMalloc3(N, &k->p, N, &k->f, N, &k->cumulative));
  PetscCall(Weights(c, o, inner, by, k->p));
  PetscCall(Share(c, k));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLandscapeWeigh(SgdCase c, SgdLandscape *l) {
  const char *sampling;
  Options *o;
  int by = 0, use = 0;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "weights", &schema, "by: none\nuse: probability\nvalues: []\n", "by", &o));
  PetscCall(SgdCaseChoice(c, "weights.by", by_names, o->by, &by));
  PetscCall(SgdCaseChoice(c, "weights.use", use_names, o->use, &use));
  SgdCaseCheck(c, by != BY_NONE || !o->values_count, "weights.values", "say what they are for: weights.by");
  if (by == BY_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  SgdCaseCheck(c, (*l)->samples, "weights", "landscape %s has no samples", (*l)->ops->name);
  PetscCall(SgdCaseScalar(c, "sgd.sampling", NULL, "with_replacement", &sampling));
  SgdCaseCheck(c, !strcmp(sampling, "with_replacement"), "sgd.sampling",
               "weighted samples are drawn with replacement, got %s", sampling);
  PetscCall(Wrap(c, o, (By)by, (Use)use, l));
  PetscFunctionReturn(PETSC_SUCCESS);
}
