/* Model `langevin`: the usual continuous-time model (THEORY.md (34)), tau = eta n, Ito,
     d_tau p = d_i(g_i p) + (eta/2) d_i d_j (C_ij p),
   and its popular variants, chosen by `noise`:
    - frozen: C taken at the reference point a = 0 everywhere (additive noise);
    - isotropic: C = sigma^2 I with sigma^2 = tr C(0)/d, a bath of temperature T = eta sigma^2/2, whose stationary
      density is Gibbs's exp(-loss/T);
    - raw: the raw second moment C + g g^T in the place of C ("modified Langevin"; it adds to the discrete equation's noise
      what its steps in time already have);
   and by `drift`: state_dependent, or frozen, g = g(0) everywhere. */
#include "operators/fokker_planck/kramers_moyal.h"
#include "operators/generators/drift_diffusion.h"
#include "operators/models/modelimpl.h"
#include "cases/file/case_types.h"
#include "cases/file/choice.h"

typedef enum { STATE_DEPENDENT, FROZEN, ISOTROPIC, RAW } Noise;

typedef struct {
  SgdModelCommon common;
  char *flux_name, *noise_name, *drift_name;
  SgdFlux flux; /* what the names stand for; no keys */
  Noise noise;
  PetscBool frozen_drift;
} Options;

static const cyaml_schema_field_t fields[] = {SGD_MODEL_FIELDS(Options), SGD_STRING("flux", Options, flux_name),
                                              SGD_STRING("noise", Options, noise_name),
                                              SGD_STRING("drift", Options, drift_name), CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults = "flux: moment_exact\nnoise: state_dependent\ndrift: state_dependent\n";

static PetscErrorCode ModelCreate_Langevin(SgdModel m, SgdCase c, const char *section) {
  static const char *const noises[] = {"state_dependent", "frozen", "isotropic", "raw", NULL}; /* as Noise */
  static const char *const drifts[] = {"state_dependent", "frozen", NULL};
  Options *o;
  int noise = 0, drift = 0;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, section, &schema, defaults, "model", &o));
  m->options = o;
  PetscCall(SgdFluxRead(c, section, o->flux_name, &o->flux));
  PetscCall(SgdCaseChoiceIn(c, section, "noise", noises, o->noise_name, &noise));
  PetscCall(SgdCaseChoiceIn(c, section, "drift", drifts, o->drift_name, &drift));
  o->noise = (Noise)noise;
  o->frozen_drift = (PetscBool)(drift == 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* g, and C of one SGD step as pairs, at the reference point. */
static PetscErrorCode AtReference(const SgdStep *c, double g[3], double C[6]) {
  const int d = c->fields->grid->dim;
  const double origin[3] = {0, 0, 0}, factor = SgdLandscapeBatchFactor(c->landscape, c->batch, c->sampling);
  double loss, C1[9], outside, *w;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(c->frame->P, &w));
  SgdFramePoint(c->frame, origin, w);
  PetscCall(SgdLandscapePoint(c->landscape, w, d, c->frame->V, &loss, g, C1, &outside));
  PetscCall(PetscFree(w));
  for (int a = 0; a < d; a++)
    for (int b = a; b < d; b++) C[SgdPair(d, a, b)] = factor * C1[a * d + b];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void MakeIsotropic(int d, double C[6]) {
  double trace = 0;

  for (int a = 0; a < d; a++) trace += C[SgdPair(d, a, a)];
  for (int a = 0; a < d; a++)
    for (int b = a; b < d; b++) C[SgdPair(d, a, b)] = a == b ? trace / d : 0;
}

static double NoiseAt(const Options *o, SgdFields f, PetscInt i, int a, int b) {
  return o->noise == RAW ? SgdSecondMoment(f, i, a, b) : f->C[SgdPair(f->grid->dim, a, b)][i];
}

/* b = -g, D = (eta/2) C */
static PetscErrorCode FillLangevin(SgdModel m, SgdDriftDiffusion dd) {
  const Options *o = m->options;
  SgdFields f = m->step.fields;
  const int d = f->grid->dim;
  const PetscBool constant = (PetscBool)(o->noise == FROZEN || o->noise == ISOTROPIC);
  double g[3], C[6];

  PetscFunctionBegin;
  if (constant || o->frozen_drift) PetscCall(AtReference(&m->step, g, C));
  if (o->noise == ISOTROPIC) MakeIsotropic(d, C);
  for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++) {
    for (int a = 0; a < d; a++) dd->b[a][i] = o->frozen_drift ? -g[a] : -f->g[a][i];
    for (int a = 0; a < d; a++)
      for (int b = a; b < d; b++)
        dd->D[SgdPair(d, a, b)][i] =
            0.5 * m->step.learning_rate * (constant ? C[SgdPair(d, a, b)] : NoiseAt(o, f, i, a, b));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelSetUp_Langevin(SgdModel m) {
  SgdDriftDiffusion dd;

  PetscFunctionBegin;
  PetscCall(SgdDriftDiffusionCreate(m->step.fields, &dd));
  PetscCall(FillLangevin(m, dd));
  PetscCall(SgdDriftDiffusionAssemble(dd, ((const Options *)m->options)->flux, m->report.name,
                                      "every direction of the slice needs some noise (and not too far from isotropic "
                                      "for the lattice: cells of a better shape help)",
                                      &m->A));
  SgdDriftDiffusionTakeAdded(dd, m->added);
  SgdDriftDiffusionTakeFields(dd, m->own);
  PetscCall(SgdDriftDiffusionDestroy(&dd));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelEquation_Langevin(SgdModel m, char *text, size_t size) {
  const Options *o = m->options;
  const double eta = m->step.learning_rate;
  return PetscSNPrintf(
      text, size,
      "(generator, tau = eta n, Ito): d_tau p = d_i(g_i p) + d_i d_j (D_ij p), D = eta C/2, eta/2 = %g; "
      "noise %s, drift %s, %s fluxes",
      eta / 2, o->noise_name, o->drift_name, o->flux_name);
}

const SgdModelOps SgdModelLangevin = {.name = "langevin",
                                      .cell_bytes = {321, 514, 650},
                                      .kind = SGD_GENERATOR,
                                      .states = PETSC_TRUE,
                                      .order = 2,
                                      .create = ModelCreate_Langevin,
                                      .setup = ModelSetUp_Langevin,
                                      .equation = ModelEquation_Langevin,
                                      .moments = SgdModelKeptMoments};
