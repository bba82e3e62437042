#include "solver/comparison/error_bars.h"
#include "solver/output/columns.h"
#include "solver/output/text_files.h"
#include <stdio.h>

struct _p_SgdErrorBars {
  SgdGrid grid;
  const char *folder;
  FILE *file; /* NULL on all ranks but 0 */
};

#define NAME "sampling_errors.csv"

static void Head(FILE *f, int dim) {
  fputs("model,step,outflow", f);
  SgdColumnsOfMoments(f, dim);
  fputs(",entropy,noise_l1,l1,hellinger,kl", f);
  SgdColumnsOfAxes(f, "w1", dim);
  fputs(",mean_error,cov_error\n", f);
}

static void Row(FILE *f, int dim, const char *model, PetscInt step, const SgdSamplingErrors *e) {
  const SgdDistances *d = &e->distances;

  fprintf(f, "%s,%" PetscInt_FMT ",%.6g", model, step, e->moments.outflow);
  SgdColumnMoments(f, 6, dim, &e->moments);
  fprintf(f, ",%.6g,%.6g,%.6g,%.6g,%.6g", e->moments.entropy, e->noise_l1, d->l1, d->hellinger, d->kl);
  SgdColumnNumbers(f, 6, dim, d->w1);
  fprintf(f, ",%.6g,%.6g\n", d->mean_error, d->cov_error);
}

PetscErrorCode SgdErrorBarsCreate(const SgdModels *models, const char *folder, SgdErrorBars *bars) {
  PetscBool any = PETSC_FALSE;
  SgdErrorBars s;

  PetscFunctionBegin;
  *bars = NULL;
  for (int m = 0; m < models->count; m++) any = (PetscBool)(any || SgdModelGetKind(models->model[m]) == SGD_ENSEMBLE);
  if (!any) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscNew(&s));
  *bars = s;
  s->grid = models->grid;
  s->folder = folder;
  PetscCall(SgdOpenText(s->grid->comm, folder, NAME, &s->file));
  if (s->file) Head(s->file, s->grid->dim);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdErrorBarsCells(const SgdModels *models, SgdAdvance a, Vec cell[]) {
  for (int m = 0; m < models->count; m++)
    cell[m] = SgdAdvanceMeasured(a, m) ? SgdMeasuredSample(SgdAdvanceMeasured(a, m)).cell : NULL;
}

/* The density of model m with its parts; none where it is computed, is the initial one, or has failed. */
static SgdSampledDensity Sample(SgdAdvance a, const SgdHistory *h, int k, int m) {
  if (!SgdAdvanceMeasured(a, m) || SgdHistoryFailed(h, m) >= 0 || h->step[k] == 0) return (SgdSampledDensity){0};
  return SgdMeasuredSample(SgdAdvanceMeasured(a, m));
}

/* a and b independent */
static void AddInQuadrature(SgdDistances *a, const SgdDistances *b) {
  double *x = (double *)a;
  const double *y = (const double *)b;

  for (size_t i = 0; i < sizeof *a / sizeof *x; i++) x[i] = hypot(x[i], y[i]);
}

static PetscErrorCode ErrorsOf(SgdAdvance a, SgdHistory *h, int k, int m) {
  SgdSamplingErrors *e = &h->sampling[k * h->models + m];
  const SgdSampledDensity own = Sample(a, h, k, m), reference = Sample(a, h, k, h->reference);
  Vec *y = SgdAdvanceStates(a);
  SgdDistances more;

  PetscFunctionBegin;
  *e = (SgdSamplingErrors){.noise_l1 = own.noise_l1};
  if (own.parts) PetscCall(SgdJackknifeMoments(&own, &e->moments));
  if (m == h->reference || SgdHistoryFailed(h, m) >= 0) PetscFunctionReturn(PETSC_SUCCESS);
  if (own.parts) PetscCall(SgdJackknifeDistances(&own, y[h->reference], PETSC_TRUE, &e->distances));
  if (reference.parts) {
    PetscCall(SgdJackknifeDistances(&reference, y[m], PETSC_FALSE, &more));
    AddInQuadrature(&e->distances, &more);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdErrorBarsRow(SgdErrorBars s, const SgdHistory *h, int k) {
  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(PETSC_SUCCESS);
  for (int m = 0; s->file && m < h->models; m++)
    Row(s->file, s->grid->dim, h->model[m], h->step[k], &h->sampling[k * h->models + m]);
  PetscCall(SgdFlushText(s->grid->comm, s->folder, NAME, s->file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdErrorBarsStep(SgdErrorBars s, SgdAdvance a, SgdHistory *h, int k) {
  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(PETSC_SUCCESS);
  for (int m = 0; m < h->models; m++) PetscCall(ErrorsOf(a, h, k, m));
  PetscCall(SgdErrorBarsRow(s, h, k));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ViewModel(SgdErrorBars s, const SgdHistory *h, int m) {
  const int at = (h->steps - 1) * h->models + m;
  const SgdMoments *v = &h->moments[at];
  const SgdDistances *d = &h->distances[at];
  const SgdSamplingErrors *e = &h->sampling[at];
  const MPI_Comm comm = s->grid->comm;

  PetscFunctionBegin;
  if (SgdHistoryFailed(h, m) >= 0) PetscFunctionReturn(PETSC_SUCCESS);
  for (int a = 0; e->noise_l1 > 0 && a < s->grid->dim; a++) {
    const int aa = SgdPair(s->grid->dim, a, a);
    PetscCall(SgdSay(comm, "  %s, axis %d: mean %.4g +- %.2g, variance %.4g +- %.2g\n", h->model[m], a + 1, v->mean[a],
                     e->moments.mean[a], v->cov[aa], e->moments.cov[aa]));
  }
  if (e->noise_l1 > 0)
    PetscCall(
        SgdSay(comm, "  %s: of the density %.2g (L1) is expected to be sampling noise\n", h->model[m], e->noise_l1));
  if (m != h->reference && e->distances.l1 > 0)
    PetscCall(SgdSay(comm, "  %s to %s: L1 %.3g +- %.2g, covariance %.3g +- %.2g\n", h->model[m],
                     h->model[h->reference], d->l1, e->distances.l1, d->cov_error, e->distances.cov_error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdErrorBarsView(SgdErrorBars s, const SgdHistory *h) {
  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdSay(s->grid->comm, "Measured, at the last step, with standard errors (jackknife over ancestors):\n"));
  for (int m = 0; m < h->models; m++) PetscCall(ViewModel(s, h, m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define MARGINALS "marginal_errors.csv"

static PetscErrorCode WriteMarginal(const SgdSampledDensity *s, int axis, const char *model, FILE *f) {
  const SgdGrid grid = s->grid;
  double *density, *error;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(grid->n[axis], &density, grid->n[axis], &error));
  PetscCall(SgdMarginal(grid, s->y, axis, density));
  PetscCall(SgdJackknifeMarginal(s, axis, error));
  for (PetscInt i = 0; f && i < grid->n[axis]; i++)
    fprintf(f, "%d,%.17g,%s,%.9g,%.6g\n", axis + 1, grid->min[axis] + ((double)i + 0.5) * grid->h[axis], model,
            density[i], error[i]);
  PetscCall(PetscFree2(density, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdErrorBarsMarginals(SgdErrorBars s, SgdAdvance a, const SgdHistory *h) {
  FILE *f;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdOpenText(s->grid->comm, s->folder, MARGINALS, &f));
  if (f) fputs("axis,x,model,density,error\n", f);
  for (int m = 0; m < h->models; m++) {
    const SgdSampledDensity sample = Sample(a, h, h->steps - 1, m);
    for (int axis = 0; sample.parts && axis < s->grid->dim; axis++)
      PetscCall(WriteMarginal(&sample, axis, h->model[m], f));
  }
  PetscCall(SgdCloseText(s->grid->comm, s->folder, MARGINALS, &f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdErrorBarsDestroy(SgdErrorBars *bars) {
  SgdErrorBars s = *bars;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdCloseText(s->grid->comm, s->folder, NAME, &s->file));
  PetscCall(PetscFree(*bars));
  PetscFunctionReturn(PETSC_SUCCESS);
}
