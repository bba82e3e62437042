/* Power-law tails of stationary densities under multiplicative noise (Kesten 1973). Far out one step multiplies w by
   1 - eta h, with h the minibatch's curvature, and the density falls as |w|^{-1-alpha} with
     E|1 - eta h|^alpha = 1;
   the variance is finite iff alpha > 2, which for any law of h is eta Gamma < lambda (2 - eta lambda), Gamma = Var h.
   Here h is Gaussian. Langevin's diffusion eta (D + Gamma w^2)/2 gives alpha = 1 + 2 lambda/(eta Gamma) instead. Plain
   C. */
#pragma once

/* E|m + s Z|^alpha, Z a standard normal, s > 0: the noncentral chi-square's moment,
   (2 s^2)^{alpha/2} sum_k Poisson(k; m^2/(2 s^2)) Gamma((1 + alpha)/2 + k)/Gamma(1/2 + k). */
double SgdAbsoluteMoment(double m, double s, double alpha);
/* The Lyapunov exponent E ln|m + s Z|, the rate at which a typical run grows a step: below zero there is a stationary
   density, whatever its variance. (m + s Z)^2/s^2 is a noncentral chi-square, so it is
   ln s + (ln 2 + sum_k Poisson(k; m^2/(2 s^2)) psi(k + 1/2))/2. s = 0: ln|m|. */
double SgdLyapunovExponent(double m, double s);
/* SGD's exponent; infinity where it is above 100 (or Gamma = 0 and |1 - eta lambda| < 1: all moments are finite), 0
   where there is no stationary density at all (E ln|1 - eta h| >= 0). */
double SgdTailExponent(double eta, double lambda, double Gamma);
/* Langevin's; infinity for Gamma = 0 < lambda, 0 where there is no stationary density. */
double SgdTailExponentLangevin(double eta, double lambda, double Gamma);
