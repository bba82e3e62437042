/* Activation functions of a network layer, with the two derivatives that gradients, Hessian-vector products and jets
   need. Plain C. */
#pragma once

typedef enum { SGD_SILU, SGD_TANH, SGD_RELU } SgdActivation;

/* NULL-terminated; the index of a name is its SgdActivation. */
extern const char *const SgdActivationNames[];

/* phi [n] = phi(z), d1 [n] = phi'(z), d2 [n] = phi''(z), elementwise; d1 and d2 may be NULL. ReLU's derivatives at its
   kink are taken from the left (0), its phi'' is 0 everywhere. phi may be z itself. */
void SgdActivationApply(SgdActivation kind, int n, const double *z, double *phi, double *d1, double *d2);
