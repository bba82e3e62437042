#include "solver/output/verdict_json.h"

void SgdCertificateJson(SgdJson j, const SgdCertificate *c) {
  SgdJsonObject(j, "certificate");
  SgdJsonNumber(j, "step_share", c->share);
  if (c->share > 0) {
    SgdJsonNumber(j, "step_mean", c->mean);
    SgdJsonNumber(j, "step_covariance", c->covariance);
  }
  SgdJsonEnd(j);
}

void SgdVerdictJson(SgdJson j, int d, const SgdVerdict *v) {
  SgdJsonObject(j, "verdict");
  SgdJsonString(j, "resolution", SgdResolutionNames[v->all]);
  SgdJsonNumbers(j, "noise_cells", d, v->noise);
  SgdJsonNumbers(j, "spectral_tail", d, v->tail);
  SgdJsonNumbers(j, "added_variance", d, v->added);
  SgdJsonNumber(j, "negative_mass", v->negative_mass);
  SgdJsonNumber(j, "aliasing", v->aliasing);
  if (!PetscIsNanReal(v->beyond_band)) SgdJsonNumber(j, "beyond_band", v->beyond_band);
  SgdJsonEnd(j);
}
