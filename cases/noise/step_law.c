/* The register of named laws, and what one does with any of them. */
#include "cases/noise/step_lawimpl.h"
#include <stdlib.h>
#include <string.h>

#define SGD_LAW(ops) &ops,
static const SgdStepLawOps *const laws[] = {
#include "cases/noise/step_laws.def"
};
#undef SGD_LAW
enum { LAWS = sizeof laws / sizeof *laws };

const char *const *SgdStepLawNames(void) {
  static const char *names[LAWS + 1];

  for (int i = 0; i < LAWS; i++) names[i] = laws[i]->name;
  return names;
}

static const SgdStepLawOps *FindLaw(const char *name) {
  for (int i = 0; i < LAWS; i++)
    if (!strcmp(laws[i]->name, name)) return laws[i];
  return NULL;
}

const char *SgdStepLawReads(const char *name) {
  const SgdStepLawOps *ops = FindLaw(name);
  return ops && ops->reads ? ops->reads : "";
}

SgdStepLaw SgdStepLawCreate(const char *name, const SgdStepLawParameters *parameters, char message[256]) {
  const SgdStepLawOps *ops = FindLaw(name);
  SgdStepLaw l;

  snprintf(message, SGD_LAW_MESSAGE, ops ? "out of memory" : "unknown law \"%s\"", name);
  l = ops ? calloc(1, sizeof *l) : NULL;
  if (!l) return NULL;
  l->ops = ops;
  l->parameters = *parameters;
  if (ops->create && ops->create(l, message)) SgdStepLawDestroy(&l);
  return l;
}

void SgdStepLawDestroy(SgdStepLaw *law) {
  if (!*law) return;
  if ((*law)->ops->destroy) (*law)->ops->destroy(*law);
  free(*law);
  *law = NULL;
}

double _Complex SgdStepLawCharacteristic(SgdStepLaw law, double q) {
  return law->ops->phi(law, q);
}

double SgdStepLawReach(SgdStepLaw law, double tail) {
  return law->ops->reach(law, tail);
}

double SgdStepLawRange(SgdStepLaw law, double *last) {
  *last = 0;
  return law->ops->range ? law->ops->range(law, last) : HUGE_VAL;
}

bool SgdStepLawHeavy(SgdStepLaw law) {
  return law->ops->heavy && law->ops->heavy(law);
}

bool SgdStepLawOtherVariance(const char *name) {
  const SgdStepLawOps *ops = FindLaw(name);
  return ops && ops->other_variance;
}

bool SgdStepLawIsGaussian(const char *name) {
  return FindLaw(name) == &SgdLawGaussian;
}
