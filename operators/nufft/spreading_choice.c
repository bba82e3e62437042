#include "operators/nufft/spreading_choice.h"
#include "operators/nufft/spreading.h"
#include <math.h>

#define PI      3.14159265358979323846
#define TABLE   (3 * SGD_ENVELOPE) /* |psihat| at xi = pi i / SGD_ENVELOPE up to 3 pi */
#define RATIOS  15
#define NEGLECT 0.01 /* modes below this times the tolerance are dropped */

static const double ratios[RATIOS] = {0.125, 0.1875, 0.25, 0.375, 0.5,  0.625, 0.75, 0.875,
                                      1,     1.125,  1.25, 1.5,   1.75, 2,     2.5};

int SgdGoodLength(int n) {
  static const int primes[] = {2, 3, 5, 7};

  for (n += n % 2;; n += 2) {
    int rest = n;
    for (int i = 0; i < 4; i++)
      while (rest % primes[i] == 0) rest /= primes[i];
    if (rest == 1) return n;
  }
}

/* Time of a transform over that of a power of two, a point: FFTW's inner loops for these odd factors are the fast ones. */
static double Weight(int n) {
  while (n % 2 == 0) n /= 2;
  return n == 1 || n == 3 || n == 5 || n == 7 || n == 25 ? 1 : (n == 9 || n == 15 ? 1.15 : 1.3);
}

int SgdFastLength(int n, double most) {
  int best = SgdGoodLength(n);

  for (int i = best; i <= most * n; i = SgdGoodLength(i + 1))
    if (i * Weight(i) < best * Weight(best)) best = i;
  return best;
}

static double At(const double *table, double xi) {
  const double s = xi * SGD_ENVELOPE / PI;
  const int i = (int)s < TABLE ? (int)s : TABLE - 1;
  return table[i] + (s - i) * (table[i + 1] - table[i]);
}

/* The error of one axis, with R = fine / coarse. */
static double AxisError(const double *table, const double *envelope, double R, double *amplification) {
  double most = 0;

  *amplification = 1;
  for (int i = 0; i <= SGD_ENVELOPE; i++) {
    const double xi = PI * i / SGD_ENVELOPE / R;
    if (xi >= PI && R < 1) {
      most = fmax(most, envelope[i]); /* lost */
      continue;
    }
    const double transform = At(table, xi);
    most = fmax(most, envelope[i] * (At(table, 2 * PI - xi) + At(table, 2 * PI + xi)) / transform);
    *amplification = fmax(*amplification, envelope[i] * table[0] / transform);
  }
  return most;
}

/* Nanoseconds, roughly: the loop over sources and the transforms of the fine grid (measured on AVX-512). */
static double Cost(const SgdSpreadingProblem *p, int width, const int fine[3]) {
  const double vectors = width > 8 ? 2 : 1;
  double points = 1;

  for (int a = 0; a < p->dim; a++) points *= fine[a];
  return p->cells * (3 * p->dim + 1.8 * vectors * pow(width, p->dim - 1)) + 4 * points;
}

typedef struct {
  double error, beta, amplification;
} Axis;

/* |psihat| of every shape parameter that is tried at this width: table [shapes], beta [shapes]. */
static int Shapes(int width, double table[SGD_ES_SHAPES][TABLE + 1], double beta[SGD_ES_SHAPES]) {
  double xi[TABLE + 1];
  int shapes = 0;

  for (int i = 0; i <= TABLE; i++) xi[i] = PI * i / SGD_ENVELOPE;
  for (double shape = 1.0; shape < 2.75; shape += 0.1) beta[shapes++] = shape * width;
  SgdEsKernelTransforms(width, shapes, beta, TABLE + 1, xi, table[0]);
  for (int b = 0; b < shapes; b++)
    for (int i = 0; i <= TABLE; i++) table[b][i] = fabs(table[b][i]);
  return shapes;
}

/* The shape parameter with the least error on an axis, with R = fine / coarse. */
static Axis BestShape(const SgdSpreadingProblem *p, int a, double R, int shapes, const double table[][TABLE + 1],
                      const double beta[]) {
  Axis best = {HUGE_VAL, 0, 1};
  double amplification;

  for (int b = 0; b < shapes; b++) {
    const double error = AxisError(table[b], p->envelope[a], R, &amplification);
    if (error < best.error) best = (Axis){error, beta[b], amplification};
  }
  return best;
}

/* For every axis and ratio. */
static void Scan(const SgdSpreadingProblem *p, int width, Axis best[3][RATIOS]) {
  double table[SGD_ES_SHAPES][TABLE + 1], beta[SGD_ES_SHAPES];
  const int shapes = Shapes(width, table, beta);

  for (int a = 0; a < p->dim; a++)
    for (int r = 0; r < RATIOS; r++) best[a][r] = BestShape(p, a, ratios[r], shapes, table, beta);
}

/* On each axis a length that is finer and faster to transform, with the shape parameter that is best there: kept where it errs
   no more. The shape of the coarser grid may err more on the finer one. */
static void Hasten(const SgdSpreadingProblem *p, SgdSpreadingChoice *c) {
  double table[SGD_ES_SHAPES][TABLE + 1], beta[SGD_ES_SHAPES];
  const int shapes = Shapes(c->width, table, beta);

  for (int a = 0; a < p->dim; a++) {
    const int n = c->fine[a], fast = SgdFastLength(n, p->dim < 3 ? 1.2 : 1.05);
    if (n == p->coarse[a] || fast == n) continue;
    const Axis before = BestShape(p, a, (double)n / p->coarse[a], shapes, table, beta),
               best = BestShape(p, a, (double)fast / p->coarse[a], shapes, table, beta);
    if (best.error > before.error) continue;
    c->fine[a] = fast;
    c->beta[a] = best.beta;
  }
}

/* The coarsest grid on each axis that meets the tolerance with this width, or the best one. */
static void Pick(const SgdSpreadingProblem *p, int width, Axis best[3][RATIOS], SgdSpreadingChoice *c) {
  c->width = width;
  c->error = 0;
  c->amplification = 1;
  for (int a = 0; a < p->dim; a++) {
    int r = 0;
    while (r < RATIOS - 1 && best[a][r].error > p->tolerance / p->dim) r++;
    for (int i = 0; best[a][r].error > p->tolerance / p->dim && i < RATIOS; i++)
      if (best[a][i].error < best[a][r].error) r = i;
    c->fine[a] = ratios[r] == 1 ? p->coarse[a] : SgdGoodLength((int)ceil(ratios[r] * p->coarse[a]));
    if (c->fine[a] < 2 * width + 2) c->fine[a] = SgdGoodLength(2 * width + 2);
    c->beta[a] = best[a][r].beta;
    c->error += best[a][r].error;
    c->amplification *= best[a][r].amplification;
  }
}

static int Modes(const SgdSpreadingProblem *p, int a, int fine) {
  const int n = fine < p->coarse[a] ? fine : p->coarse[a];
  int i = SGD_ENVELOPE, most;

  while (i > 0 && p->envelope[a][i] <= NEGLECT * p->tolerance) i--;
  most = (int)ceil((i + 1) * 0.5 * p->coarse[a] / SGD_ENVELOPE);
  return most < (n - 1) / 2 ? most : (n - 1) / 2;
}

int SgdSpreadingChoose(const SgdSpreadingProblem *p, SgdSpreadingChoice *choice) {
  Axis best[3][RATIOS];
  SgdSpreadingChoice c;
  double least = HUGE_VAL;
  int first = (int)(log(1 / p->tolerance) / (0.8 * PI)), found = 0;

  if (first < 2) first = 2;
  choice->error = HUGE_VAL;
  for (int width = first; width <= SGD_ES_MAX_WIDTH; width++) {
    if (found && p->cells * 1.8 * (width > 8 ? 2 : 1) * pow(width, p->dim - 1) > least) break;
    Scan(p, width, best);
    Pick(p, width, best, &c);
    const int ok = c.error <= p->tolerance;
    const double cost = Cost(p, width, c.fine);
    if ((ok && cost < least) || (!ok && !found && c.error < choice->error)) *choice = c;
    if (ok && cost < least) least = cost;
    found |= ok;
  }
  Hasten(p, choice);
  for (int a = 0; a < p->dim; a++) choice->modes[a] = Modes(p, a, choice->fine[a]);
  return !found;
}

double SgdSpreadingFlops(const SgdSpreading *s) {
  double flops = 0, points = 1;

  for (int a = 0; a < s->dim; a++) {
    flops += 2.0 * s->kernel[a].degree * s->kernel[a].width;
    points *= s->kernel[a].width;
  }
  return flops + 2 * points;
}
