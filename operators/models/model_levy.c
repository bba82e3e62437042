/* Model `levy`: the fractional Fokker-Planck equation of SGD under heavy-tailed noise, tau = eta n, Ito,
     d_tau p = d_i(g_i p) - sum_a (-d_a^2)^{alpha/2} (sigma_a^alpha p),   sigma_a^alpha = eta^{alpha-1} s_a^alpha,
   independent symmetric alpha-stable motions along the axes, so that over one step tau = eta they move w by eta s_a X
   with X of characteristic function exp(-|q|^alpha), as master's law alpha_stable does (Simsekli, Sagun and
   Gurbuzbalaban, ICML 2019). s_a: given, or sqrt(C_aa) at the place that is left; a correlation of C between axes is
   dropped and reported. alpha = 2 is Langevin with variance 2 s^2, as for that law. On the grid: jumps by any number of
   cells at the rates of fractional_laplacian.h; those by one cell are a diffusion D_aa = sigma_a^alpha w_1
   h_a^{2-alpha} and share langevin's fluxes with the drift. Jumps over a face are in the ledger, all of the tail. The
   far jumps are a matrix on small grids (and for `method: assembled`), else convolutions by FFT (levy_fft.c). */
#include "operators/generators/drift_diffusion.h"
#include "operators/generators/fractional_laplacian.h"
#include "operators/generators/levy_fft.h"
#include "operators/models/modelimpl.h"
#include "cases/file/case_types.h"
#include "cases/file/choice.h"
#include "operators/matrices/transfer_matrix.h"

/* Entries of the matrix, which ties each cell to all others on its lines: beyond the first `auto` takes FFTs, beyond
   the second there is no matrix. */
#define FEW_ENTRIES  2e6
#define MOST_ENTRIES 3e7

typedef enum { AUTO, ASSEMBLED, FFT } Method;

typedef struct {
  SgdModelCommon common;
  double alpha;
  double *scale;
  unsigned scale_count;
  char *method_name;
  Method method; /* what the name stands for; no key */
} Options;

static const cyaml_schema_field_t fields[] = {SGD_MODEL_FIELDS(Options), SGD_NUMBER("alpha", Options, alpha),
                                              SGD_NUMBERS("scale", Options, scale),
                                              SGD_STRING("method", Options, method_name), CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults = "alpha: 1.5\nscale: []\nmethod: auto\n";

static PetscErrorCode ModelCreate_Levy(SgdModel m, SgdCase c, const char *section) {
  static const char *const methods[] = {"auto", "assembled", "fft", NULL}; /* as Method */
  int method = 0;
  Options *o;
  char key[96];

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, section, &schema, defaults, "model", &o));
  m->options = o;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.alpha", section));
  SgdCaseCheck(c, o->alpha > 0 && o->alpha <= 2, key, "expected a number in (0, 2], got %g", o->alpha);
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.scale", section));
  for (unsigned a = 0; a < o->scale_count; a++)
    SgdCaseCheck(c, o->scale[a] > 0, key, "expected positive numbers, got %g", o->scale[a]);
  PetscCall(SgdCaseChoiceIn(c, section, "method", methods, o->method_name, &method));
  o->method = (Method)method;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static SgdLevyNoise NoiseOf(SgdModel m) {
  const Options *o = m->options;
  return (SgdLevyNoise){m->step.fields, m->step.learning_rate, o->alpha, o->scale_count ? o->scale : NULL};
}

static PetscErrorCode ModelFit_Levy(SgdModel m, const SgdStepPlan *plan) {
  const Options *o = m->options;
  char key[96];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.scale", m->report.section));
  SgdCaseCheck(m->report.kase, !o->scale_count || (int)o->scale_count == plan->axes, key,
               "expected %d numbers, one an axis, got %u", plan->axes, o->scale_count);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* *fft: by convolutions. */
static PetscErrorCode ChooseMethod(SgdModel m, PetscBool *fft) {
  const Options *o = m->options;
  SgdGrid grid = m->step.fields->grid;
  double entries = 0;

  PetscFunctionBegin;
  PetscCall(ModelFit_Levy(m, &(SgdStepPlan){.axes = grid->dim}));
  for (int a = 0; a < grid->dim; a++) entries += (double)grid->cells * (double)grid->n[a];
  *fft = (PetscBool)(o->method == FFT || (o->method == AUTO && entries > FEW_ENTRIES));
  if (!*fft && entries > MOST_ENTRIES)
    return SgdFail(grid->comm, SGD_EXIT_CASE,
                   "model %s: far jumps tie each cell to all others on its lines, %.2g matrix entries, more than %.2g: "
                   "use method: fft",
                   m->report.name, entries, MOST_ENTRIES);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest |C_ab|/sqrt(C_aa C_bb), which independent axes leave out. */
static PetscErrorCode ReportCorrelation(SgdModel m) {
  SgdFields f = m->step.fields;
  const int d = f->grid->dim;
  double most = 0;

  PetscFunctionBegin;
  if (d == 1 || ((const Options *)m->options)->scale_count) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++)
    for (int a = 0; a < d; a++)
      for (int b = a + 1; b < d; b++) {
        const double size = sqrt(f->C[SgdPair(d, a, a)][i] * f->C[SgdPair(d, b, b)][i]);
        if (size > 0) most = PetscMax(most, PetscAbsReal(f->C[SgdPair(d, a, b)][i]) / size);
      }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, f->grid->comm));
  PetscCall(
      SgdReportFigure(&m->report, "noise correlation between axes, left out", most, 0.1, (PetscBool)(most <= 0.1)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All jumps of more than one cell along axis a; `near` is the rate w_1 of the others. */
static PetscErrorCode AddFarJumps(SgdTransfers t, const PetscInt index[], int n, int a, const SgdLevyAxis *x,
                                  double alpha, double near, double strength) {
  int offset[3] = {0, 0, 0};
  const int i = (int)index[a], ends[2] = {i + 1, n - i};

  PetscFunctionBegin;
  for (int o = 1; o < x->period; o++) {
    const double rate = x->rate[o] - near * ((o == 1) + (o == x->period - 1));
    offset[a] = o;
    PetscCall(SgdTransfersAdd(t, index, offset, strength * PetscMax(0, rate)));
  }
  for (int side = 0; side < 2 && !x->period; side++) {
    const int sign = side ? 1 : -1, face = PetscMax(2, ends[side]);
    for (int k = 2; k < face; k++) {
      offset[a] = sign * k;
      PetscCall(SgdTransfersAdd(t, index, offset, strength * x->rate[k]));
    }
    offset[a] = sign * face;
    PetscCall(SgdTransfersAdd(t, index, offset, strength * SgdFractionalTail(alpha, face, x->rate[face])));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FarJumps(SgdModel m, const double near, Mat *L) {
  SgdFields f = m->step.fields;
  SgdGrid grid = f->grid;
  const double alpha = ((const Options *)m->options)->alpha;
  const SgdLevyNoise noise = NoiseOf(m);
  SgdTransfers t;
  PetscInt index[3];
  SgdLevyAxis x;

  PetscFunctionBegin;
  PetscCall(SgdTransfersCreate(grid, &t));
  for (int a = 0; a < grid->dim; a++) {
    PetscCall(SgdLevyAxisCreate(grid, a, alpha, &x));
    for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
      SgdGridIndex(grid, cell, index);
      PetscCall(AddFarJumps(t, index, (int)grid->n[a], a, &x, alpha, near,
                            SgdLevyStrength(&noise, a, cell - f->first_cell) * pow(grid->h[a], -alpha)));
    }
    PetscCall(SgdLevyAxisDestroy(&x));
  }
  PetscCall(SgdTransfersAssemble(t, 0, 1, L));
  PetscCall(SgdTransfersDestroy(&t));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* b = -g, D_aa = sigma_a^alpha w_1 h_a^{2-alpha} */
static PetscErrorCode NearJumps(SgdModel m, double near, Mat *L) {
  SgdFields f = m->step.fields;
  SgdGrid grid = f->grid;
  const double alpha = ((const Options *)m->options)->alpha;
  const SgdLevyNoise noise = NoiseOf(m);
  SgdDriftDiffusion dd;

  PetscFunctionBegin;
  PetscCall(SgdDriftDiffusionCreate(f, &dd));
  for (int a = 0; a < grid->dim; a++)
    for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++) {
      dd->b[a][i] = -f->g[a][i];
      dd->D[SgdPair(grid->dim, a, a)][i] = SgdLevyStrength(&noise, a, i) * near * pow(grid->h[a], 2 - alpha);
    }
  PetscCall(SgdDriftDiffusionAssemble(dd, SGD_FLUX_MOMENT_EXACT, m->report.name,
                                      "every direction of the slice needs some noise (or give its `scale`)", L));
  PetscCall(SgdDriftDiffusionDestroy(&dd));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelSetUp_Levy(SgdModel m) {
  const SgdLevyNoise noise = NoiseOf(m);
  PetscBool fft;
  double w[2];
  Mat near, far;

  PetscFunctionBegin;
  PetscCall(ChooseMethod(m, &fft));
  PetscCall(ReportCorrelation(m));
  if (((const Options *)m->options)->alpha < 2)
    PetscCall(SgdWarn(m->step.fields->grid->comm,
                      "model %s: its density has no variance: covariances, skewness and kurtosis are those of what the "
                      "box holds, and grow with slice.min, slice.max",
                      m->report.name));
  SgdFractionalRates(((const Options *)m->options)->alpha, 1, w);
  PetscCall(NearJumps(m, w[1], &near));
  if (fft) {
    PetscCall(SgdLevyFarJumpsFft(&noise, w[1], SGD_ASSEMBLED_PART, &near, &m->A));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(FarJumps(m, w[1], &far));
  m->A = near;
  PetscCall(MatAXPY(m->A, 1, far, DIFFERENT_NONZERO_PATTERN));
  PetscCall(MatDestroy(&far));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelEquation_Levy(SgdModel m, char *text, size_t size) {
  const Options *o = m->options;
  return PetscSNPrintf(text, size,
                       "(generator, tau = eta n, Ito): d_tau p = d_i(g_i p) - sum_a (-d_a^2)^{alpha/2} (sigma_a^alpha "
                       "p), alpha = %g, sigma_a^alpha = %g s_a^alpha, s_a %s",
                       o->alpha, pow(m->step.learning_rate, o->alpha - 1), o->scale_count ? "given" : "= sqrt(C_aa)");
}

const SgdModelOps SgdModelLevy = {.name = "levy",
                                  .cell_bytes = {0, 412},
                                  .kind = SGD_GENERATOR,
                                  .create = ModelCreate_Levy,
                                  .fit = ModelFit_Levy,
                                  .setup = ModelSetUp_Levy,
                                  .equation = ModelEquation_Levy};
