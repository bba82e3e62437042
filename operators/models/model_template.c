/* A template: copy it, give it your name (CONTRIBUTING.md, "A model"). It is a small model of its own.

   Model `template`: diffusion along the axes, tau = eta n, Ito,
     d_tau p = d_i(g_i p) + (eta T/2) d_i^2 (C_ii p):
   Langevin (THEORY.md (34)) with the noise at `temperature` T times its strength; drops its correlation between axes.
   On the grid: the mass of a cell jumps to its two neighbours along each axis i at the rates
     rate(+-) = eta T C_ii/(2 h_i^2) -+ g_i/(2 h_i),
   whose first two moments are exact; they are rates only while |g_i| h_i <= eta T C_ii, and refused beyond. */
#include "cases/file/case_types.h"
#include "operators/matrices/transfer_matrix.h"
#include "operators/models/modelimpl.h"

/* What the case may say in this item of `models`; `model` and `name` come with SgdModelCommon. */
typedef struct {
  SgdModelCommon common;
  double temperature;
} Options;

static const cyaml_schema_field_t fields[] = {SGD_MODEL_FIELDS(Options),
                                              SGD_NUMBER("temperature", Options, temperature), CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults = "temperature: 1\n";

/* Read and check, once; m->options belongs to the case. */
static PetscErrorCode ModelCreate_Template(SgdModel m, SgdCase c, const char *section) {
  const Options *o;
  char key[96];

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, section, &schema, defaults, "model", &m->options));
  o = m->options;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.temperature", section));
  SgdCaseCheck(c, o->temperature > 0, key, "must be positive, got %g", o->temperature);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* eta T C_aa at held cell i. C is that of a batch already, g the mean gradient (meshes/fields.h). */
static double Noise(SgdModel m, int a, PetscInt i) {
  const Options *o = m->options;
  return m->step.learning_rate * o->temperature * m->step.fields->C[SgdPair(m->step.fields->grid->dim, a, a)][i];
}

/* The largest |g_a| h_a/(eta T C_aa), as a figure that verdicts and summary.json show; beyond 1, exit 3. Collective. */
static PetscErrorCode CheckRates(SgdModel m) {
  SgdFields f = m->step.fields;
  double most = 0;

  PetscFunctionBegin;
  for (int a = 0; a < f->grid->dim; a++)
    for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++)
      most = PetscMax(most, PetscAbsReal(f->g[a][i]) * f->grid->h[a] / Noise(m, a, i));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, f->grid->comm));
  PetscCall(SgdReportFigure(&m->report, "drift / noise of a cell", most, 1, (PetscBool)(most <= 1)));
  if (!(most <= 1))
    return SgdFail(f->grid->comm, SGD_EXIT_NUMBERS,
                   "model %s: the drift is %.3g times what a cell's noise carries: use more cells (slice.cells)",
                   m->report.name, most);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From a step (fields on the grid, eta, batch) to m->A on state vectors: a generator's columns add up to zero. Transfers
   cannot lose mass: what jumps over an absorbing face is entered in the ledger. */
static PetscErrorCode ModelSetUp_Template(SgdModel m) {
  SgdGrid grid = m->step.fields->grid;
  SgdTransfers t;
  PetscInt index[3];

  PetscFunctionBegin;
  PetscCall(CheckRates(m));
  PetscCall(SgdTransfersCreate(grid, &t));
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    const PetscInt i = cell - m->step.fields->first_cell; /* fields hold a halo of rows too */
    SgdGridIndex(grid, cell, index);
    for (int a = 0; a < grid->dim; a++)
      for (int sign = -1; sign <= 1; sign += 2) {
        int offset[3] = {0, 0, 0};
        offset[a] = sign;
        PetscCall(SgdTransfersAdd(t, index, offset,
                                  Noise(m, a, i) / (2 * PetscSqr(grid->h[a])) -
                                      sign * m->step.fields->g[a][i] / (2 * grid->h[a])));
      }
  }
  PetscCall(SgdTransfersAssemble(t, 0, 1, &m->A));
  PetscCall(SgdTransfersDestroy(&t));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mean and covariance that the equation itself gives the mass at held cell i per unit of tau: the run compares them with
   what the matrix does. NULL in the table below where they are not known. */
static PetscBool ModelMoments_Template(SgdModel m, PetscInt i, double b[], double S[]) {
  const int d = m->step.fields->grid->dim;

  for (int a = 0; a < d; a++)
    for (int c = a; c < d; c++) S[SgdPair(d, a, c)] = a == c ? Noise(m, a, i) : 0;
  for (int a = 0; a < d; a++) b[a] = -m->step.fields->g[a][i];
  return PETSC_TRUE;
}

/* For the log and summary.json: the equation with its constants, and what it drops. */
static PetscErrorCode ModelEquation_Template(SgdModel m, char *text, size_t size) {
  const Options *o = m->options;
  return PetscSNPrintf(text, size,
                       "(generator, tau = eta n, Ito): d_tau p = d_i(g_i p) + (eta T/2) d_i^2 (C_ii p), eta T/2 = %g; "
                       "drops the noise's correlation between axes",
                       m->step.learning_rate * o->temperature / 2);
}

const SgdModelOps SgdModelTemplate = {.name = "template",
                                      .kind = SGD_GENERATOR,
                                      .order = 2,
                                      .create = ModelCreate_Template,
                                      .setup = ModelSetUp_Template,
                                      .equation = ModelEquation_Template,
                                      .moments = ModelMoments_Template};
