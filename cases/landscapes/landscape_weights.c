/* Section `weights`: samples that do not count alike. A sample is drawn with probability p_i and its gradient counts f_i times,
     g = sum_i p_i f_i grad l_i,   C1 = sum_i p_i f_i^2 grad l_i grad l_i^T - g g^T,
     E exp(-i q (G - g)) = [sum_i p_i exp(-i q (f_i grad l_i - g)/B)]^B          (batches are drawn with replacement; THEORY.md (96)).
   From weights u_i, by class or by sample, with what `use` says:
     probability   p_i = u_i/sum u,  f_i = 1            the loss is the weighted one; what weighted samplers do
     loss          p_i = 1/N,  f_i = N u_i/sum u        the same loss, drawn evenly: another noise
     importance    p_i = u_i/sum u,  f_i = 1/(N p_i)    the loss is the plain one, whatever the weights: another noise
   by: class without values is class-balanced, u_i = 1/(samples of its class). To everybody else the landscape then has no
   samples but a law of one draw, which it knows exactly: densities in one dimension and trajectories have it, and in more
   dimensions densities by law: exact; auto takes its covariance there and says so. */
#include "cases/landscapes/weighted_samples.h"
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
static PetscErrorCode Share(SgdCase c, Use use, SgdWeighted *k) {
  const PetscInt N = k->inner->samples;
  double sum = 0, least = PETSC_MAX_REAL;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < N; i++) {
    sum += k->p[i];
    least = PetscMin(least, k->p[i]);
  }
  SgdCaseCheck(c, sum > 0, "weights.values", "all weights are zero");
  SgdCaseCheck(c, use != USE_IMPORTANCE || least > 0, "weights.values",
               "importance sampling divides by the weights: none may be zero");
  for (PetscInt i = 0; i < N; i++) {
    const double share = k->p[i] / sum;
    k->p[i] = use == USE_LOSS ? 1.0 / (double)N : share;
    k->f[i] = use == USE_LOSS ? (double)N * share : (use == USE_IMPORTANCE ? 1 / ((double)N * share) : 1);
    k->cumulative[i] = k->p[i] + (i ? k->cumulative[i - 1] : 0);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Wrap(SgdCase c, const Options *o, By by, Use use, SgdLandscape *landscape) {
  SgdLandscape inner = *landscape, l;
  const PetscInt N = inner->samples;
  SgdWeighted *k;

  PetscFunctionBegin;
  PetscCall(PetscNew(&l));
  PetscCall(PetscNew(&k));
  *l = (struct _p_SgdLandscape){
      .ops = &SgdWeightedSamples, .comm = inner->comm, .dimension = inner->dimension, .test = inner->test, .data = k};
  *k = (SgdWeighted){.inner = inner, .by = by_names[by], .use = use_names[use]};
  *landscape = l;
  PetscCall(PetscMalloc3(N, &k->p, N, &k->f, N, &k->cumulative));
  PetscCall(Weights(c, o, inner, by, k->p));
  PetscCall(Share(c, use, k));
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
  SgdCaseCheck(c, by != BY_NONE || use == USE_PROBABILITY, "weights.use", "say what has weights: weights.by");
  if (by == BY_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  SgdCaseCheck(c, (*l)->samples, "weights", "landscape %s has no samples", (*l)->ops->name);
  PetscCall(SgdCaseScalar(c, "sgd.sampling", NULL, "with_replacement", &sampling));
  SgdCaseCheck(c, !strcmp(sampling, "with_replacement"), "sgd.sampling",
               "weighted samples are drawn with replacement, got %s", sampling);
  PetscCall(Wrap(c, o, (By)by, (Use)use, l));
  PetscFunctionReturn(PETSC_SUCCESS);
}
