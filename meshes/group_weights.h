/* ALSO's weights on two groups of samples: SGD on pi_1 F_1 + pi_2 F_2, F_k the loss of group k, whose weights rise where the loss is high.
   The state is (a, u), u = ln(pi_1/pi_2). Every step draws B samples of each group, with replacement:

     a' = a - eta (pi_1 G_1 + pi_2 G_2),       pi_1 = 1/(1 + exp(-u)),
     u' = (1 - gamma tau) u + gamma tau u_0 + gamma (F_1 - F_2),       u_0 = ln(q/(1 - q)),

   mirror ascent in pi on  pi.F - tau KL(pi || (q, 1 - q)):  pi_k' ~ pi_k^(1 - gamma tau) q_k^(gamma tau) exp(gamma F_k)  (THEORY.md (98)).
   The law of (G_1, G_2, F_1 - F_2) is that of the batches themselves where they are few, else Gaussian. Plain C.

   Adaptive loss scaling: ALSO, arXiv 2508.16734 (their step in a is Adam's and their ascent optimistic; here both are plain);
   group DRO: S. Sagawa et al., ICLR 2020 (tau = 0). */
#pragma once

typedef struct {
  double ascent; /* gamma */
  double pull;   /* tau */
  double prior;  /* q */
} SgdGroupWeights;

/* What the groups give at a place of the slice's axis: values are G_1, G_2 and F_1 - F_2. */
typedef struct {
  double mean[3], cov[6];    /* of a step's draw; pairs 11, 12, 13, 22, 23, 33 */
  int batches;               /* 0: too many to list, then the law is Gaussian */
  const double *value;       /* [batches][3] */
  const double *probability; /* [batches] */
} SgdRuleGroups;

/* z' [2] of one draw. */
void SgdGroupApply(double eta, const SgdGroupWeights *k, const double z[], const double value[], double out[]);
/* All of them, as SgdRuleAtoms. */
int SgdGroupAtoms(double eta, const SgdGroupWeights *k, const double z[], const SgdRuleGroups *g, double place[],
                  double weight[]);
