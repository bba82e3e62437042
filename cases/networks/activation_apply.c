#include "cases/networks/activation.h"
#include "cases/base/instruction_set.h"
#include <math.h>
#include <stddef.h>

/* With s = 1/(1 + exp(-z)):  phi = z s,  phi' = s (1 + z (1-s)),  phi'' = s (1-s) (2 + z (1 - 2s)) */
static void SiLU(int n, const double *z, double *phi, double *d1, double *d2) {
  for (int i = 0; i < n; i++) {
    const double x = z[i], s = 1.0 / (1.0 + exp(-x));
    phi[i] = x * s;
    if (d1) d1[i] = s * (1.0 + x * (1.0 - s));
    if (d2) d2[i] = s * (1.0 - s) * (2.0 + x * (1.0 - 2.0 * s));
  }
}

/* phi' = 1 - phi^2,  phi'' = -2 phi phi' */
static void Tanh(int n, const double *z, double *phi, double *d1, double *d2) {
  for (int i = 0; i < n; i++) {
    const double t = tanh(z[i]);
    phi[i] = t;
    if (d1) d1[i] = 1.0 - t * t;
    if (d2) d2[i] = -2.0 * t * (1.0 - t * t);
  }
}

static void ReLU(int n, const double *z, double *phi, double *d1, double *d2) {
  for (int i = 0; i < n; i++) {
    const int on = z[i] > 0.0;
    phi[i] = on ? z[i] : 0.0;
    if (d1) d1[i] = on;
    if (d2) d2[i] = 0.0;
  }
}

SGD_PER_SET(void, SgdActivationApply, (SgdActivation kind, int n, const double *z, double *phi, double *d1, double *d2),
            (kind, n, z, phi, d1, d2))
void SGD_HERE(SgdActivationApply)(SgdActivation kind, int n, const double *z, double *phi, double *d1, double *d2) {
  switch (kind) {
  case SGD_SILU:
    SiLU(n, z, phi, d1, d2);
    break;
  case SGD_TANH:
    Tanh(n, z, phi, d1, d2);
    break;
  case SGD_RELU:
    ReLU(n, z, phi, d1, d2);
    break;
  }
}
