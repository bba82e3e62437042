/* Closed moments near a path, and the regime of a mode (THEORY.md (50) - (52)). Plain C on small arrays. */
#pragma once
#include <stdbool.h>

typedef enum { SGD_CONFINED, SGD_DIFFUSIVE, SGD_UNSTABLE } SgdRegime;
const char *SgdRegimeName(SgdRegime r);

/* What the diagonal theory says of one mode: minibatch variances D of the gradient and Gamma of the Hessian along it.
 */
typedef struct {
  SgdRegime regime;
  double margin;              /* lambda (2 - eta lambda) - eta Gamma: confined where positive */
  double variance_stationary; /* eta D/margin; NaN where there is none */
  double variance_horizon;    /* Pi_n from Pi_0 at the horizon */
  double variance_langevin; /* eta D/(2 lambda - eta Gamma), Langevin's stationary variance; NaN where there is none */
  double tail, tail_langevin; /* of the stationary densities |w|^{-1-tail} (tail.h): above 2 where the variance is
                                 finite, 0 where there is no stationary density */
  bool collapses;             /* no noise at the critical point itself: all mass ends there, and there is no density */
  double diffusion;           /* eta D/2 per unit of tau: the spread of a mode with lambda = Gamma = 0 */
} SgdModePrediction;

/* Pi_{n+1} = [(1 - eta lambda)^2 + eta^2 Gamma] Pi_n + eta^2 D. Diffusive: the factor changes Pi by less than a tenth
   over the `steps` of the horizon, so that Pi_n = Pi_0 + eta^2 D n; confined: below one; unstable: above. */
SgdModePrediction SgdModePredict(double eta, double lambda, double D, double Gamma, double Pi0, int steps);

/* One SGD step of mean [d] and covariance Pi [d][d] with mean gradient g, Hessian H [d][d], covariance C [d][d] of the
   step's gradient noise at the mean and Hessian noise Gamma [d] per axis: mean' = mean - eta g,   Pi' = (I - eta H) Pi
   (I - eta H)^T + eta^2 C + eta^2 diag(Gamma_i Pi_ii). */
void SgdClosureStepSGD(int d, double eta, const double *g, const double *H, const double *C, const double *Gamma,
                       double *mean, double *Pi);
/* The same for Langevin over dtau = eta, linearised: d mean = -g - H (mean - start), dPi = -H Pi - Pi H^T + eta C + eta
   diag(Gamma_i Pi_ii); Runge-Kutta 4 with substeps of at most 0.1/|H|. */
void SgdClosureStepLangevin(int d, double eta, const double *g, const double *H, const double *C, const double *Gamma,
                            double *mean, double *Pi);
