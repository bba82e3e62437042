/* Heavy ball (momentum beta) on a slice of one dimension as a motion in phase space (a, v):
     v' = beta v - eta G(a),   a' = a + v'.
   Written as an SGD step (a, v)' = (a, v) - eta G2, its mean gradient and covariance are
     g2 = (g - beta v/eta, g + (1 - beta) v/eta),   C2 = C [[1, 1], [1, 1]]   (one noise drives both),
   so the master equation and its grid take it as they take any slice of two dimensions. Plain C. */
#pragma once

/* g and C are those of the slice at a; g2 [2], C2 upper triangle [3]. */
static inline void SgdPhaseSpace(double eta, double beta, double v, double g, double C, double g2[], double C2[]) {
  g2[0] = g - beta * v / eta;
  g2[1] = g + (1 - beta) * v / eta;
  C2[0] = C2[1] = C2[2] = C;
}

/* grad g2 [2][2] from the slice's Hessian. */
static inline void SgdPhaseSpaceHessian(double eta, double beta, double H, double H2[]) {
  H2[0] = H2[2] = H;
  H2[1] = -beta / eta;
  H2[3] = (1 - beta) / eta;
}
