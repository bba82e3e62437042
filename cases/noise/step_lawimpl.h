/* What a named law of the step noise fills in. A new law is one file laws/law_<name>.c and one line in step_laws.def. */
#pragma once
#include "cases/noise/step_law.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

/* The largest message of `create`. */
enum { SGD_LAW_MESSAGE = 256 };

typedef struct {
  const char *name;  /* as in the case */
  const char *reads; /* its parameter's key; NULL: it has none */
  /* E exp(-i q X) of one centred variable X; and where P(|X| > reach) <= tail. */
  double _Complex (*phi)(SgdStepLaw law, double q);
  double (*reach)(SgdStepLaw law, double tail);
  /* Check law->parameters, set law->data. Nonzero: they make no law, the reason in the message. NULL: nothing to do. */
  int (*create)(SgdStepLaw law, char message[SGD_LAW_MESSAGE]);
  void (*destroy)(SgdStepLaw law);
  double (*range)(SgdStepLaw law, double *last); /* SgdStepLawRange; NULL: known everywhere */
  bool (*heavy)(SgdStepLaw law);                 /* SgdStepLawHeavy; NULL: no */
  bool other_variance;                           /* its variance is not 1, or is not known */
} SgdStepLawOps;

struct _p_SgdStepLaw {
  const SgdStepLawOps *ops;
  SgdStepLawParameters parameters; /* its strings are the caller's: for `create` alone */
  void *data;                      /* the law's own */
};

/* [exp(i q/r)/(1 + i q/r)]^k, r = sqrt k: X = (Y - k)/r with Y of the gamma law of shape k. */
static inline double _Complex SgdLawGammaCharacteristic(double k, double q) {
  const double x = q / sqrt(k);
  return cexp(k * (I * x - clog(1 + I * x)));
}
/* P(X > sqrt(2 t) + c t) <= exp(-t) for a variable whose cumulants are those of a gamma variable of scale c. */
static inline double SgdLawSubGammaReach(double c, double tail) {
  const double t = -log(tail);
  return sqrt(2 * t) + c * t;
}

#define SGD_LAW(ops) extern const SgdStepLawOps ops;
#include "cases/noise/step_laws.def"
#undef SGD_LAW
