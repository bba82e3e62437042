/* A verdict as an object of a JSON file: the same in summary.json and stationary.json. */
#pragma once
#include "solver/measures/verdict.h"
#include "solver/output/json.h"

/* "verdict": resolution (ok, marginal, poor, failed), then the figures that decided it, as in verdict.csv. */
PETSC_INTERN void SgdVerdictJson(SgdJson j, int dim, const SgdVerdict *v);
/* "certificate": one step's moments against the model's own equation; share 0: not known. */
PETSC_INTERN void SgdCertificateJson(SgdJson j, const SgdCertificate *c);
