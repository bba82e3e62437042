#include "solver/measures/history.h"
#include <string.h>

/* "prefix_i" or, with pair, "prefix_ij": the axes from 0 on; nonzero if the name is another. */
static int Axis(const char *name, const char *prefix, int dim, int *i, int *j) {
  const size_t n = strlen(prefix);

  if (strncmp(name, prefix, n) || name[n] != '_') return 1;
  *i = name[n + 1] - '1';
  if (*i < 0 || *i >= dim) return 1;
  if (!j) return name[n + 2] != 0;
  *j = name[n + 2] - '1';
  return *j < 0 || *j >= dim || name[n + 3] != 0;
}

/* A quantity that has a value for each axis, or pair of axes. 1: there is none of this name. */
static int OfAxes(const SgdMoments *q, const SgdDistances *d, int dim, const char *name, double *value) {
  int i, j;

  if (!Axis(name, "mean", dim, &i, NULL))
    *value = q->mean[i];
  else if (!Axis(name, "skewness", dim, &i, NULL))
    *value = q->skewness[i];
  else if (!Axis(name, "kurtosis", dim, &i, NULL))
    *value = q->kurtosis[i];
  else if (!Axis(name, "w1", dim, &i, NULL))
    *value = d->w1[i];
  else if (!Axis(name, "cov", dim, &i, &j))
    *value = q->cov[(i < j ? i : j) * dim - (i < j ? i : j) * ((i < j ? i : j) - 1) / 2 + (i < j ? j - i : i - j)];
  else
    return 1;
  return 0;
}

int SgdHistoryQuantity(const SgdHistory *h, int dim, int k, int m, const char *name, double *value) {
  const SgdMoments *q = &h->moments[k * h->models + m];
  const SgdDistances *d = &h->distances[k * h->models + m];
  const struct {
    const char *name;
    double value;
  } scalar[] = {{"mass", q->mass},
                {"outflow", q->outflow},
                {"entropy", q->entropy},
                {"min_density", q->min_density},
                {"negative_mass", q->negative_mass},
                {"l1", d->l1},
                {"hellinger", d->hellinger},
                {"kl", d->kl},
                {"mean_error", d->mean_error},
                {"cov_error", d->cov_error}};

  for (size_t s = 0; s < sizeof scalar / sizeof *scalar; s++)
    if (!strcmp(name, scalar[s].name)) {
      *value = scalar[s].value;
      return 0;
    }
  return OfAxes(q, d, dim, name, value);
}

int SgdHistoryFailed(const SgdHistory *h, int m) {
  for (int k = 0; k < h->steps; k++)
    if (h->verdict[k * h->models + m].failure != SGD_TRUSTED) return k;
  return -1;
}

PetscErrorCode SgdHistoryStatus(const SgdHistory *h, int m, int k, char *text, size_t size) {
  const int failed = SgdHistoryFailed(h, m);
  char reason[128];

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(text, "ok", size));
  if (failed < 0 || failed > k) PetscFunctionReturn(PETSC_SUCCESS);
  const SgdVerdict *v = &h->verdict[failed * h->models + m];
  PetscCall(SgdFailureText(v->failure, v->failure_value, reason, sizeof reason));
  for (char *p = reason; *p; p++)
    if (*p == ',') *p = ';';
  PetscCall(PetscSNPrintf(text, size, "failed at step %" PetscInt_FMT ": %s", h->step[failed], reason));
  PetscFunctionReturn(PETSC_SUCCESS);
}

SgdCertificate SgdHistoryCertificate(const SgdHistory *h, int m) {
  SgdCertificate worst = {.mean = NAN, .covariance = NAN};

  for (int k = 0; k < h->steps; k++) SgdCertificateWorse(&worst, &h->verdict[k * h->models + m].step);
  return worst;
}
