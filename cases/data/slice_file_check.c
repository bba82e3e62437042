#include "cases/data/slice_file_check.h"
#include "cases/base/chebyshev.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 6 };
/* Gauss-Legendre on [-1, 1]: between two Chebyshev nodes the interpolant's highest mode turns by half a period */
static const double gauss[POINTS] = {-0.932469514203152, -0.661209386466265, -0.238619186083197,
                                     0.238619186083197,  0.661209386466265,  0.932469514203152};
static const double weight[POINTS] = {0.171324492379170, 0.360761573048139, 0.467913934572691,
                                      0.467913934572691, 0.360761573048139, 0.171324492379170};

/* Rounding of losses, relative to the largest: in single precision, which no estimate goes beyond, and in double. */
static const double rounding = 1e-6, least_rounding = 1e-14;
/* Smooth fields: what is never let pass, what the nodes' own error must explain (times `margin`), and what is mentioned. */
static const double smooth = 1e-3, told = 1e-5, margin = 10;

/* Share of g that the nodes may leave unresolved and g still count as smooth; beyond it, how far apart loss and gradient
   (their sizes) may be before the share itself, measured on a few nodes, counts. */
static const double resolved = 1e-4, kinked = 0.02;

/* What is found along one axis: sums over all intervals of all lines. */
typedef struct {
  double difference, loss, integral, product; /* squares of each, and loss times integral */
  double worst;                               /* the largest difference .. */
  PetscInt where;                             /* .. and the node at its interval's lower end */
  double tail, total;                         /* squares of the Chebyshev coefficients of g: the last third, all */
  double loss_tail;                           /* .. and of the loss: the last third, */
  PetscInt tails;                             /* .. of so many coefficients */
} Sums;

/* Q [n - 1][n]: integral of the interpolant over each interval between neighbours, from the nodal values. */
static void Integrals(const SgdSliceFile *s, int k, double *Q, double *row) {
  const int n = s->nodes;

  memset(Q, 0, (size_t)(n - 1) * (size_t)n * sizeof *Q);
  for (int j = 0; j + 1 < n; j++) {
    const double a = SgdChebyshevNode(n, j, s->min[k], s->max[k]), b = SgdChebyshevNode(n, j + 1, s->min[k], s->max[k]);
    for (int q = 0; q < POINTS; q++) {
      SgdChebyshevRow(n, s->min[k], s->max[k], 0.5 * (a + b) + 0.5 * (b - a) * gauss[q], row);
      for (int i = 0; i < n; i++) Q[j * n + i] += 0.5 * (b - a) * weight[q] * row[i];
    }
  }
}

/* The last third, two at least: even and odd functions have every other one. */
static int InTail(int n, int m) {
  return 3 * m >= 2 * n || m >= n - 2;
}

/* Chebyshev coefficient m of the values f [n] of one line. */
static double CoefficientOf(int n, const double *f, int m) {
  double c = 0;

  for (int j = 0; j < n; j++) c += f[j] * cos(M_PI * m * (n - 1 - j) / (n - 1)) * (j == 0 || j == n - 1 ? 0.5 : 1.0);
  return c * (m == 0 || m == n - 1 ? 1.0 : 2.0) / (n - 1);
}

static void AddCoefficients(int n, const double *g, const double *loss, Sums *sums) {
  for (int m = 0; m < n; m++) {
    const double c = CoefficientOf(n, g, m);
    sums->total += c * c;
    if (!InTail(n, m)) continue;
    sums->tail += c * c;
    sums->loss_tail += PetscSqr(CoefficientOf(n, loss, m));
    sums->tails++;
  }
}

/* The line of nodes along axis k (stride apart in the arrays) that begins at node `first`. */
static void CheckLine(const SgdSliceFile *s, int k, const double *Q, PetscInt first, PetscInt stride, double *f,
                      Sums *sums) {
  const int n = s->nodes;

  for (int j = 0; j < n; j++) f[j] = s->g[(first + j * stride) * s->dim + k];
  for (int j = 0; j < n; j++) f[n + j] = s->loss[first + j * stride];
  AddCoefficients(n, f, f + n, sums);
  for (int j = 0; j + 1 < n; j++) {
    const PetscInt here = first + j * stride;
    const double loss = s->loss[here + stride] - s->loss[here];
    double integral = 0;
    for (int i = 0; i < n; i++) integral += Q[j * n + i] * f[i];
    const double difference = loss - integral;
    sums->difference += difference * difference;
    sums->loss += loss * loss;
    sums->integral += integral * integral;
    sums->product += loss * integral;
    if (fabs(difference) > fabs(sums->worst)) sums->worst = difference, sums->where = here;
  }
}

static int Along(const SgdSliceFile *s, int k, Sums *sums) {
  const size_t n = (size_t)s->nodes;
  double *work = malloc((n * n + 2 * n) * sizeof *work);
  PetscInt stride = 1;

  if (!work) return 1;
  for (int a = 0; a < k; a++) stride *= s->nodes;
  Integrals(s, k, work, work + n * (n - 1));
  for (PetscInt m = 0; m < s->total; m++)
    if (m / stride % s->nodes == 0) CheckLine(s, k, work, m, stride, work + n * (n - 1), sums);
  free(work);
  return 0;
}

static double LargestLoss(const SgdSliceFile *s) {
  double largest = 0;

  for (PetscInt m = 0; m < s->total; m++) largest = fmax(largest, fabs(s->loss[m]));
  return largest;
}

static void NodePlace(const SgdSliceFile *s, PetscInt m, char *text, size_t room) {
  size_t at = 0;

  for (int k = 0; k < s->dim && at < room; k++, m /= s->nodes)
    at += (size_t)snprintf(text + at, room - at, "%s%.4g", k ? ", " : "",
                           SgdChebyshevNode(s->nodes, m % s->nodes, s->min[k], s->max[k]));
}

static double Unresolved(const Sums *sums) {
  return sums->total > 0 ? sqrt(sums->tail / sums->total) : 0;
}

static double Allowed(double open, double least, double times) {
  return open < resolved ? fmin(smooth, fmax(margin * told, margin * open)) : least + times * open;
}

/* Square of what rounding may make of the loss's differences, summed over the intervals: white noise of deviation s has
   coefficients of variance 2 s^2/(n - 1), differences of 2 s^2. */
static double Rounding2(const SgdSliceFile *s, const Sums *sums) {
  const double intervals = (double)s->total / s->nodes * (s->nodes - 1), largest = LargestLoss(s);
  const double noise2 = sums->loss_tail / (double)sums->tails * (s->nodes - 1) / 2;

  return intervals * fmax(PetscSqr(least_rounding * largest), fmin(8 * noise2, PetscSqr(rounding * largest)));
}

static void TellGradient(int k, double apart, double times, double open, const char *place, char *text, size_t room) {
  char why[96] = "(a network with kinks, or too few nodes)";

  if (open < resolved)
    snprintf(why, sizeof why, "and g fits %.8g times the slope: rounding, or not quite the gradient of this loss",
             times);
  snprintf(text, room,
           "along axis %d the loss and the integral of g differ by %.2g of their size (largest above a = (%s)): the "
           "nodes leave %.2g of g unresolved %s",
           k + 1, apart, place, open, why);
}

static void JudgeGradient(const SgdSliceFile *s, int k, const Sums *sums, SgdSliceFileVerdict *v) {
  const double rounding2 = Rounding2(s, sums);
  const double size = fmax(sums->loss, sums->integral), apart = size > 0 ? sqrt(sums->difference / size) : 0;
  const double times = sums->loss > 0 && sums->product > 0 ? sums->integral / sums->product : 0;
  const double open = Unresolved(sums);
  char place[96], fits[64] = "g falls where the loss rises";

  if (!isfinite(apart) || !isfinite(open)) {
    snprintf(v->fault, sizeof v->fault,
             "the squares of /slice/loss or /slice/g overflow (a loss of %.4g): give the loss another unit",
             LargestLoss(s));
    return;
  }
  if (rounding2 > 0.01 * sums->integral && sums->integral > 0)
    snprintf(v->warning, sizeof v->warning,
             "along axis %d the loss changes by no more than its rounding from node to node (by %.2g, a loss of %.4g): "
             "it could not be compared with g",
             k + 1, sqrt(sums->loss / ((double)s->total / s->nodes * (s->nodes - 1))), LargestLoss(s));
  if (sums->difference <= rounding2 || apart <= fmin(smooth, fmax(told, margin * open))) return;
  NodePlace(s, sums->where, place, sizeof place);
  if (times > 0) snprintf(fits, sizeof fits, "g fits %.*g times the slope", fabs(times - 1) < 1e-3 ? 8 : 4, times);
  if (apart > Allowed(open, kinked, 10) || fabs(times - 1) > Allowed(open, 0.5 * kinked, 3))
    snprintf(v->fault, sizeof v->fault,
             "/slice/g along axis %d is not the slope of /slice/loss: between neighbouring nodes the loss and the "
             "integral of g differ by %.2g of their size (largest above a = (%s)); %s. Axes "
             "exchanged, another scale, or the gradient of another loss?",
             k + 1, apart, place, fits);
  else
    TellGradient(k, apart, times, open, place, v->warning, sizeof v->warning);
}

/* d g_k / d a_k at the origin, from the interpolant */
static int CurvatureAlong(const SgdSliceFile *s, int k, double *curvature) {
  const double origin[3] = {0}, unit[3] = {k == 0, k == 1, k == 2};
  double *b = malloc((size_t)s->total * sizeof *b), along[3];

  if (!b) return 1;
  SgdSliceFileSlopeWeights(s, origin, unit, b);
  SgdSliceFileSum(s, b, s->dim, s->dim, s->g, along);
  *curvature = along[k];
  free(b);
  return 0;
}

/* A derivative in the middle of the box makes an unresolved share of g larger by about n over half the box. */
static int JudgeCurvature(const SgdSliceFile *s, int k, const Sums *sums, SgdSliceFileVerdict *v) {
  const double lines = (double)s->total / s->nodes, g = sqrt(sums->total / lines), open = Unresolved(sums);
  const double share = open < resolved ? smooth : 2 * kinked;
  double curvature, scale = 0, allowed, blur;

  for (int a = 0; a < s->dim; a++) {
    if (!isfinite(s->eigenvalue[a]) || s->min[a] > 0 || s->max[a] < 0) return 0;
    scale = fmax(scale, fabs(s->eigenvalue[a]));
  }
  if (CurvatureAlong(s, k, &curvature)) return 1;
  blur = 10 * open * g * 2 * s->nodes / (s->max[k] - s->min[k]);
  allowed = share * scale + blur;
  if (fabs(curvature - s->eigenvalue[k]) > allowed)
    snprintf(v->fault, sizeof v->fault,
             "at the origin the second derivative of the loss along axis %d is %.6g by /slice/g, but the attribute "
             "eigenvalues says %.6g (they may differ by %.2g): axes exchanged, another scale, or another point?",
             k + 1, curvature, s->eigenvalue[k], allowed);
  else if (fabs(curvature - s->eigenvalue[k]) > (open < resolved ? told * scale + blur : smooth * scale) &&
           !*v->warning)
    snprintf(v->warning, sizeof v->warning,
             "at the origin the second derivative along axis %d is %.8g by /slice/g, %.8g by the attribute "
             "eigenvalues: the nodes leave %.2g of g unresolved%s",
             k + 1, curvature, s->eigenvalue[k], open,
             open < resolved ? ", which does not explain it" : " (a network with kinks, or too few nodes)");
  return 0;
}

int SgdSliceFileCheck(const SgdSliceFile *s, SgdSliceFileVerdict *verdict) {
  *verdict = (SgdSliceFileVerdict){"", ""};
  for (int k = 0; k < s->dim && !*verdict->fault; k++) {
    Sums sums = {0};
    if (Along(s, k, &sums)) return 1;
    JudgeGradient(s, k, &sums, verdict);
    if (!*verdict->fault && JudgeCurvature(s, k, &sums, verdict)) return 1;
  }
  return 0;
}
