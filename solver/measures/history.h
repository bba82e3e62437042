/* The numbers of a run: moments and distances of every model at every output step. */
#pragma once
#include "solver/measures/distances.h"
#include "solver/measures/error_estimate.h"
#include "solver/measures/jackknife.h"
#include "solver/measures/verdict.h"

typedef struct {
  int models, reference, steps; /* output steps so far */
  int capacity;
  const char *const *model;
  PetscInt *step;
  SgdMoments *moments;         /* [steps][models] */
  SgdDistances *distances;     /* [steps][models], the reference's own are zero */
  SgdVerdict *verdict;         /* [steps][models] */
  SgdErrors *errors;           /* [steps][models]; NULL: not checked */
  SgdSamplingErrors *sampling; /* [steps][models]; NULL: no model is measured */
} SgdHistory;

/* The first output step at which model m had failed (an index of step), or -1. */
PETSC_INTERN int SgdHistoryFailed(const SgdHistory *h, int m);
/* What is to be said of model m at output k: "ok", or "failed at step 20: a variance is negative (-1)"; without commas. */
PETSC_INTERN PetscErrorCode SgdHistoryStatus(const SgdHistory *h, int m, int k, char *text, size_t size);
/* The worst of model m's certificates over all output steps. */
PETSC_INTERN SgdCertificate SgdHistoryCertificate(const SgdHistory *h, int m);
/* A quantity by the name of its column in moments.csv or distances.csv (mean_1, cov_12, l1, w1_1 ..) for model m at
   output index k. Returns nonzero if there is none of that name. */
PETSC_INTERN int SgdHistoryQuantity(const SgdHistory *h, int dim, int k, int m, const char *name, double *value);
