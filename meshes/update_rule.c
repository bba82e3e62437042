#include "meshes/update_rule.h"
#include <math.h>

const char *const SgdRuleNames[] = {"sgd",     "sign_sgd", "clipped_sgd", "sam",  "heavy_ball", "nesterov",
                                    "rmsprop", "adam",     "adamw",       "also", NULL};

int SgdRuleDimension(SgdRuleKind kind) {
  static const int dimension[] = {1, 1, 1, 1, 2, 2, 2, 3, 3, 2};
  return dimension[kind];
}

const char *SgdRuleAxis(SgdRuleKind kind, int axis) {
  if (SgdRuleMomentum(kind)) return "velocity";
  if (kind == SGD_RULE_ALSO) return "log odds u of group 1";
  return kind != SGD_RULE_RMSPROP && axis == 1 ? "mean gradient m" : "mean square s";
}

static double Sign(double x) {
  return (double)((x > 0) - (x < 0));
}

void SgdRuleApply(const SgdUpdateRule *r, const double z[], double G, double out[]) {
  const double eta = r->learning_rate, beta = r->momentum, slow = r->decay;

  switch (r->kind) {
  case SGD_RULE_SGD:
  case SGD_RULE_SAM:
  case SGD_RULE_ALSO: /* moves by its groups, not by one gradient */
    out[0] = z[0] - eta * G;
    break;
  case SGD_RULE_SIGN:
    out[0] = z[0] - eta * Sign(G);
    break;
  case SGD_RULE_CLIPPED:
    out[0] = z[0] - eta * fmax(-r->threshold, fmin(G, r->threshold));
    break;
  case SGD_RULE_HEAVY_BALL:
    out[1] = beta * z[1] - eta * G;
    out[0] = z[0] + out[1];
    break;
  case SGD_RULE_NESTEROV:
    out[0] = z[0] + beta * beta * z[1] - (1 + beta) * eta * G;
    out[1] = beta * z[1] - eta * G;
    break;
  case SGD_RULE_RMSPROP:
    out[1] = slow * z[1] + (1 - slow) * G * G;
    out[0] = z[0] - eta * G / (sqrt(fmax(out[1], 0)) + r->epsilon);
    break;
  case SGD_RULE_ADAM:
  case SGD_RULE_ADAMW:
    out[1] = beta * z[1] + (1 - beta) * G;
    out[2] = slow * z[2] + (1 - slow) * G * G;
    out[0] = z[0] - eta * out[1] / (sqrt(fmax(out[2], 0)) + r->epsilon) - eta * r->weight_decay * (z[0] + r->place);
    break;
  }
}

/* P(x > t) of a standard normal x */
static double Above(double t) {
  return 0.5 * erfc(t * M_SQRT1_2);
}

static int Sure(const SgdUpdateRule *r, const double z[], double G, double probability, double place[],
                double weight[]) {
  SgdRuleApply(r, z, G, place);
  weight[0] = probability;
  return 1;
}

/* Equal steps h of the noise over [-L, L]: the error of the sum, exp(-2 pi^2/h^2), and the tail, exp(-L^2/2), are alike
   for L = 2 pi/h. */
static int Trapezoid(const SgdUpdateRule *r, int nodes, const double z[], double g, double deviation, double place[],
                     double weight[]) {
  const int d = SgdRuleDimension(r->kind);
  const double h = sqrt(4 * PETSC_PI / (nodes - 1)), reach = 0.5 * h * (nodes - 1);
  double sum = 0;

  for (int i = 0; i < nodes; i++) {
    const double x = -reach + h * i;
    weight[i] = exp(-0.5 * x * x);
    sum += weight[i];
    SgdRuleApply(r, z, g + deviation * x, place + i * d);
  }
  for (int i = 0; i < nodes; i++) weight[i] /= sum;
  return nodes;
}

/* Gradients between low and high of a Gaussian, of this probability in all: Gauss-Legendre on equal parts, eight points each,
   for a density that is smooth there but does not vanish at the ends. */
static int Between(const SgdUpdateRule *r, int parts, const double z[], double g, double deviation, double low,
                   double high, double probability, double place[], double weight[]) {
  static const double node[8] = {-0.96028985649753618, -0.79666647741362673, -0.52553240991632899, -0.18343464249564978,
                                 0.18343464249564978,  0.52553240991632899,  0.79666647741362673,  0.96028985649753618},
                      share[8] = {0.10122853629037669, 0.22238103445337434, 0.31370664587788705, 0.36268378337836177,
                                  0.36268378337836177, 0.31370664587788705, 0.22238103445337434, 0.10122853629037669};
  const double width = (high - low) / parts;
  double sum = 0;
  int count = 0;

  if (!(high > low)) return 0;
  for (int p = 0; p < parts; p++)
    for (int i = 0; i < 8; i++) {
      const double G = low + width * (p + 0.5 + 0.5 * node[i]), x = (G - g) / deviation;
      weight[count] = share[i] * exp(-0.5 * x * x);
      sum += weight[count];
      SgdRuleApply(r, z, G, place + count++);
    }
  for (int i = 0; i < count; i++) weight[i] *= probability / sum;
  return count;
}

/* What is clipped sits on the two ends. */
static int Clipped(const SgdUpdateRule *r, int nodes, const double z[], double g, double deviation, double place[],
                   double weight[]) {
  const double c = r->threshold, above = Above((c - g) / deviation), below = Above((g + c) / deviation);
  int count = Between(r, PetscMax(1, nodes / 4), z, g, deviation, fmax(-c, g - 9 * deviation),
                      fmin(c, g + 9 * deviation), 1 - above - below, place, weight);

  count += Sure(r, z, c, above, place + count, weight + count);
  return count + Sure(r, z, -c, below, place + count, weight + count);
}

/* The sign of the gradient at a, x above or below -g/sqrt(C), says on which side the batch's gradient is taken again. */
static int Climbing(const SgdUpdateRule *r, int nodes, const double z[], const SgdRuleGradient *G, double place[],
                    double weight[]) {
  const double t = G->variance > 0 ? fmax(-9, fmin(-G->g / sqrt(G->variance), 9)) : (G->g > 0 ? -9 : 9);
  int count = 0;

  for (int side = 0; side < 2; side++) {
    const double s = sqrt(fmax(G->side_variance[side], 0)), g = G->side_g[side], share = side ? Above(-t) : Above(t);
    if (!(share > 1e-18)) continue;
    if (s == 0)
      count += Sure(r, z, g, share, place + count, weight + count);
    else
      count += Between(r, nodes / 7, z, g, s, g + s * (side ? -9 : t), g + s * (side ? t : 9), share, place + count,
                       weight + count);
  }
  return count;
}

int SgdRuleAtoms(const SgdUpdateRule *r, int nodes, const double z[], const SgdRuleGradient *G, double place[],
                 double weight[]) {
  const double g = G->g, deviation = sqrt(fmax(G->variance, 0));

  if (r->kind == SGD_RULE_ALSO) return SgdGroupAtoms(r->learning_rate, &r->weighing, z, G->groups, place, weight);
  if (r->kind == SGD_RULE_SAM) return Climbing(r, nodes, z, G, place, weight);
  if (deviation == 0) return Sure(r, z, g, 1, place, weight);
  if (r->kind == SGD_RULE_SIGN) {
    const double down = Above(-g / deviation); /* P(G > 0) */
    return Sure(r, z, 1, down, place, weight) + Sure(r, z, -1, 1 - down, place + 1, weight + 1);
  }
  if (r->kind == SGD_RULE_CLIPPED) return Clipped(r, nodes, z, g, deviation, place, weight);
  return Trapezoid(r, nodes, z, g, deviation, place, weight);
}

void SgdRuleMoments(const SgdUpdateRule *r, int nodes, const double z[], const SgdRuleGradient *G, double mean[],
                    double cov[]) {
  const int d = SgdRuleDimension(r->kind);
  double place[3 * SGD_RULE_MOST], weight[SGD_RULE_MOST];
  const int count = SgdRuleAtoms(r, nodes, z, G, place, weight);

  for (int a = 0; a < d; a++) {
    mean[a] = 0;
    for (int i = 0; i < count; i++) mean[a] += weight[i] * (place[i * d + a] - z[a]);
  }
  for (int a = 0, k = 0; a < d; a++)
    for (int b = a; b < d; b++, k++) {
      cov[k] = 0;
      for (int i = 0; i < count; i++)
        cov[k] += weight[i] * (place[i * d + a] - z[a] - mean[a]) * (place[i * d + b] - z[b] - mean[b]);
    }
}
