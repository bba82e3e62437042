/* One step of a first-order optimizer on a slice of one axis, with what it remembers: a map of the state z = (a, memory)
   that the gradient G of the step drives,  z' = M(z; G),  G = g(a) + noise (THEORY.md (91)).  Plain C.

     sign_sgd      (a)         a' = a - eta sign(G)
     clipped_sgd   (a)         a' = a - eta max(-c, min(G, c))
     sam           (a)         a' = a - eta G(a + rho sign G(a)), both gradients of the same batch: sharpness-aware minimisation,
                               G/|G| on one axis being its sign
     heavy_ball    (a, v)      v' = beta v - eta G,  a' = a + v'
     nesterov      (a, v)      v' = beta v - eta G(a + beta v),  a' = a + v'; written in y = a + beta v, where the
                               gradient is taken:  v' = beta v - eta G(y),  y' = y + beta^2 v - (1 + beta) eta G(y)
     rmsprop       (a, s)      s' = beta_2 s + (1 - beta_2) G^2,  a' = a - eta G/(sqrt(s') + epsilon)
     adam, adamw   (a, m, s)   m' = beta_1 m + (1 - beta_1) G,  s' as above,
                               a' = a - eta m'/(sqrt(s') + epsilon) - eta mu (a + a_0)          (adamw: mu > 0)
     also          (a, u)      the weights of two groups of samples, raised where their loss is high (group_weights.h)
   Adam's factors 1 - beta^n against the start at zero are left out: a map that changes from step to step has no
   stationary density; they are gone after a few times 1/(1 - beta_2) steps. The optimizers act on each parameter alone,
   so a slice along a coordinate is theirs; along any other direction a is taken for a parameter of its own.
   Sam's batch has one Gaussian number x for both places, G(a) = g(a) + sqrt(C(a)) x: exact where C is the same everywhere.

   H. Robbins, S. Monro 1951; Y. Nesterov 1983; T. Tieleman, G. Hinton 2012; D. Kingma, J. Ba, ICLR 2015; I. Loshchilov,
   F. Hutter, ICLR 2019; J. Bernstein et al., ICML 2018 (sign); P. Foret et al., ICLR 2021 (sam); B. Polyak 1964. */
#pragma once
#include "meshes/group_weights.h"
#include <petscsys.h>

typedef enum {
  SGD_RULE_SGD, /* no rule of this kind: the slice's own step */
  SGD_RULE_SIGN,
  SGD_RULE_CLIPPED,
  SGD_RULE_SAM,
  SGD_RULE_HEAVY_BALL,
  SGD_RULE_NESTEROV,
  SGD_RULE_RMSPROP,
  SGD_RULE_ADAM,
  SGD_RULE_ADAMW,
  SGD_RULE_ALSO
} SgdRuleKind;
extern const char *const SgdRuleNames[]; /* as in the case, in the order of the enum, NULL-terminated */

typedef struct {
  SgdRuleKind kind;
  double learning_rate; /* eta */
  double momentum;      /* beta, beta_1 */
  double decay;         /* beta_2 */
  double epsilon;
  double threshold;         /* c */
  double radius;            /* rho */
  double weight_decay;      /* mu */
  double place;             /* a_0: the parameter at a = 0 */
  SgdGroupWeights weighing; /* of also */
  const int *group;         /* [groups], 1 or 2: the group of each sample; NULL: the two classes */
  int groups;
} SgdUpdateRule;

/* The batch's gradient on the slice's axis: mean and variance at a, and at a + rho and a - rho, which sam alone looks at; and the
   groups', which also alone does. */
typedef struct {
  double g, variance, side_g[2], side_variance[2];
  const SgdRuleGroups *groups;
} SgdRuleGradient;

/* The state's dimension: 1, and one for each thing remembered; and the name of axis 1 or 2. */
int SgdRuleDimension(SgdRuleKind kind);
const char *SgdRuleAxis(SgdRuleKind kind, int axis);
/* Is it one of the two kinds of momentum, whose state is (a, v)? */
static inline int SgdRuleMomentum(SgdRuleKind kind) {
  return kind == SGD_RULE_HEAVY_BALL || kind == SGD_RULE_NESTEROV;
}
/* M(z; G) [dimension]; of sam G is the gradient at the second place. */
void SgdRuleApply(const SgdUpdateRule *r, const double z[], double G, double out[]);

/* Where the step leads from z under Gaussian noise: the states and their probabilities, which sum
   to one; nodes <= 60. Smooth maps by the trapezoidal rule over the noise, whose error falls faster than any power of its `nodes`;
   sign, clipping and sam by their own cases. place [SGD_RULE_MOST][dimension]; returns the number of states. */
#define SGD_RULE_MOST  256
#define SGD_RULE_NODES 29
int SgdRuleAtoms(const SgdUpdateRule *r, int nodes, const double z[], const SgdRuleGradient *G, double place[],
                 double weight[]);
/* Mean and covariance (upper triangle by rows) of the displacement z' - z. */
void SgdRuleMoments(const SgdUpdateRule *r, int nodes, const double z[], const SgdRuleGradient *G, double mean[],
                    double cov[]);
