#include "cases/noise/step_law.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

typedef struct {
  const char *name;
  double _Complex (*phi)(SgdStepLaw law, double q);
  double (*reach)(SgdStepLaw law, double tail);
  const char *(*check)(SgdStepLaw law); /* what is wrong, or NULL */
} Law;

struct _p_SgdStepLaw {
  const Law *law;
  double shape, rate, alpha;
  int rows;
  double *q;
  double _Complex *value;
};

static double _Complex Gaussian(SgdStepLaw l, double q) {
  (void)l;
  return exp(-0.5 * q * q);
}
static double GaussianReach(SgdStepLaw l, double tail) {
  (void)l;
  return sqrt(-2 * log(tail));
}

static double _Complex Uniform(SgdStepLaw l, double q) {
  const double x = sqrt(3) * q;
  (void)l;
  return fabs(x) < 1e-4 ? 1 - x * x / 6 : sin(x) / x;
}
static double UniformReach(SgdStepLaw l, double tail) {
  (void)l;
  (void)tail;
  return sqrt(3);
}

static double _Complex Rademacher(SgdStepLaw l, double q) {
  (void)l;
  return cos(q);
}
static double RademacherReach(SgdStepLaw l, double tail) {
  (void)l;
  (void)tail;
  return 1;
}

/* X = (Y - k)/sqrt k with Y of the gamma law of shape k. */
static double _Complex GammaOf(double k, double q) {
  const double x = q / sqrt(k);
  return cexp(k * (I * x - clog(1 + I * x)));
}
/* P(X > sqrt(2 t) + c t) <= exp(-t) for a variable whose cumulants are those of a gamma variable of scale c. */
static double SubGamma(double c, double tail) {
  const double t = -log(tail);
  return sqrt(2 * t) + c * t;
}
static double _Complex Exponential(SgdStepLaw l, double q) {
  (void)l;
  return GammaOf(1, q);
}
static double ExponentialReach(SgdStepLaw l, double tail) {
  (void)l;
  return fmax(1, -log(tail) - 1);
}
static double _Complex Gamma(SgdStepLaw l, double q) {
  return GammaOf(l->shape, q);
}
static double GammaReach(SgdStepLaw l, double tail) {
  return SubGamma(1 / sqrt(l->shape), tail);
}
static const char *GammaCheck(SgdStepLaw l) {
  return l->shape > 0 ? NULL : "law gamma: shape must be positive";
}

static double _Complex Laplace(SgdStepLaw l, double q) {
  (void)l;
  return 1 / (1 + 0.5 * q * q);
}
static double LaplaceReach(SgdStepLaw l, double tail) {
  (void)l;
  return -log(tail) / sqrt(2);
}

static double _Complex CompoundPoisson(SgdStepLaw l, double q) {
  const double x = q / sqrt(2 * l->rate);
  return cexp(l->rate * (1 / (1 + I * x) - 1 + I * x));
}
static double CompoundPoissonReach(SgdStepLaw l, double tail) {
  return SubGamma(1 / sqrt(2 * l->rate), tail);
}
static const char *CompoundPoissonCheck(SgdStepLaw l) {
  return l->rate > 0 ? NULL : "law compound_poisson: rate must be positive";
}

static double _Complex AlphaStable(SgdStepLaw l, double q) {
  return exp(-pow(fabs(q), l->alpha));
}
/* P(|X| > x) ~ (2/pi) sin(pi alpha/2) Gamma(alpha) x^-alpha */
static double AlphaStableReach(SgdStepLaw l, double tail) {
  const double c = 2 / PI * fmax(sin(PI * l->alpha / 2), 1e-3) * tgamma(l->alpha);
  return fmax(2 * sqrt(-log(tail)), pow(c / tail, 1 / l->alpha));
}
static const char *AlphaStableCheck(SgdStepLaw l) {
  return l->alpha > 0 && l->alpha <= 2 ? NULL : "law alpha_stable: alpha must be in (0, 2]";
}

/* Row i of the table, also of its mirror image: phi(-q) = conj phi(q). */
static double RowPlace(SgdStepLaw l, int i) {
  return i < 0 ? -l->q[-i] : l->q[i];
}
static double _Complex RowValue(SgdStepLaw l, int i) {
  return i < 0 ? conj(l->value[-i]) : l->value[i];
}

/* Lagrange interpolation on the six nearest rows. */
static double _Complex Tabulated(SgdStepLaw l, double q) {
  const double x = fabs(q);
  double _Complex sum = 0;
  int low = 0, high = l->rows - 1;

  if (x > l->q[high]) return 0;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    if (l->q[middle] <= x)
      low = middle;
    else
      high = middle;
  }
  const int first = low + 3 > l->rows - 1 ? l->rows - 6 : low - 2;
  for (int i = first; i < first + 6; i++) {
    double weight = 1;
    for (int j = first; j < first + 6; j++)
      if (j != i) weight *= (x - RowPlace(l, j)) / (RowPlace(l, i) - RowPlace(l, j));
    sum += weight * RowValue(l, i);
  }
  return q < 0 ? conj(sum) : sum;
}
static double TabulatedReach(SgdStepLaw l, double tail) {
  (void)l;
  (void)tail;
  return 24;
}
static const char *TabulatedCheck(SgdStepLaw l) {
  if (l->rows < 4) return "law tabulated: the table needs at least four rows \"q re im\"";
  if (l->q[0] != 0 || cabs(l->value[0] - 1) > 1e-12) return "law tabulated: the first row must be \"0 1 0\"";
  for (int i = 1; i < l->rows; i++)
    if (!(l->q[i] > l->q[i - 1])) return "law tabulated: q must grow from row to row";
  for (int i = 0; i < l->rows; i++)
    if (!(cabs(l->value[i]) <= 1 + 1e-9)) return "law tabulated: a characteristic function never exceeds 1 in modulus";
  return NULL;
}

static const Law registry[] = {
    {"gaussian", Gaussian, GaussianReach, NULL},
    {"uniform", Uniform, UniformReach, NULL},
    {"rademacher", Rademacher, RademacherReach, NULL},
    {"exponential", Exponential, ExponentialReach, NULL},
    {"gamma", Gamma, GammaReach, GammaCheck},
    {"laplace", Laplace, LaplaceReach, NULL},
    {"compound_poisson", CompoundPoisson, CompoundPoissonReach, CompoundPoissonCheck},
    {"alpha_stable", AlphaStable, AlphaStableReach, AlphaStableCheck},
    {"tabulated", Tabulated, TabulatedReach, TabulatedCheck},
};
#define LAWS (int)(sizeof registry / sizeof *registry)

const char *const *SgdStepLawNames(void) {
  static const char *names[LAWS + 1];

  for (int i = 0; i < LAWS; i++) names[i] = registry[i].name;
  return names;
}

/* Rows "q re im"; lines that begin with # are comments. Returns nonzero if the file or memory fails. */
static int ReadTable(SgdStepLaw l, const char *path) {
  FILE *file = fopen(path, "r");
  char line[256];
  int room = 0;

  if (!file) return 1;
  while (fgets(line, sizeof line, file)) {
    double q, re, im;
    if (line[0] == '#' || sscanf(line, "%lf %lf %lf", &q, &re, &im) != 3) continue;
    if (l->rows == room) {
      room = room ? 2 * room : 256;
      double *more_q = realloc(l->q, (size_t)room * sizeof *l->q);
      if (more_q) l->q = more_q;
      double _Complex *more = realloc(l->value, (size_t)room * sizeof *l->value);
      if (more) l->value = more;
      if (!more_q || !more) break;
    }
    l->q[l->rows] = q;
    l->value[l->rows++] = CMPLX(re, im);
  }
  const int failed = !feof(file);
  fclose(file);
  return failed;
}

SgdStepLaw SgdStepLawCreate(const char *name, const SgdStepLawParameters *parameters, char message[256]) {
  SgdStepLaw l = calloc(1, sizeof *l);
  const char *wrong = NULL;

  snprintf(message, 256, "out of memory");
  if (!l) return NULL;
  for (int i = 0; i < LAWS; i++)
    if (!strcmp(registry[i].name, name)) l->law = &registry[i];
  l->shape = parameters->shape;
  l->rate = parameters->rate;
  l->alpha = parameters->alpha;
  if (!l->law)
    snprintf(message, 256, "unknown law \"%s\"", name);
  else if (l->law->phi == Tabulated && (!parameters->table || ReadTable(l, parameters->table)))
    snprintf(message, 256, "law tabulated: cannot read the table \"%s\"", parameters->table ? parameters->table : "");
  else if (l->law->check && (wrong = l->law->check(l)))
    snprintf(message, 256, "%s", wrong);
  else
    return l;
  SgdStepLawDestroy(&l);
  return NULL;
}

void SgdStepLawDestroy(SgdStepLaw *law) {
  if (!*law) return;
  free((*law)->q);
  free((*law)->value);
  free(*law);
  *law = NULL;
}

double _Complex SgdStepLawCharacteristic(SgdStepLaw law, double q) {
  return law->law->phi(law, q);
}

double SgdStepLawReach(SgdStepLaw law, double tail) {
  return law->law->reach(law, tail);
}

double SgdStepLawRange(SgdStepLaw law, double *last) {
  *last = law->rows ? cabs(law->value[law->rows - 1]) : 0;
  return law->rows ? law->q[law->rows - 1] : HUGE_VAL;
}
