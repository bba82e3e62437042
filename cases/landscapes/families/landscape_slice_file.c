/* Family `slice_file`: a slice of another program's landscape (slice_file.h). Its parameters ARE the slice's
   coordinates, so that the axes of a case are coordinate:1 .. coordinate:d. With each sample's gradient in the file it
   is a landscape on samples; with the covariance alone, one with a noise that is taken as Gaussian and whose Hessian's
   fluctuation is not known. */
#include "cases/landscapes/landscapeimpl.h"
#include "cases/file/case_types.h"
#include "cases/data/slice_file.h"
#include "cases/base/blas.h"
#include <math.h>

typedef struct {
  char *family, *file;
} Options;

static const cyaml_schema_field_t fields[] = {SGD_STRING("family", Options, family), SGD_STRING("file", Options, file),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);

typedef struct {
  SgdSliceFile slice;
  double *b; /* [total] weights of the nodes */
} Data;

static const SgdLandscapeOps with_samples;

static PetscErrorCode LandscapeCreate_SliceFile(SgdLandscape l, SgdCase c) {
  char path[PETSC_MAX_PATH_LEN];
  Options *o;
  Data *data;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "landscape", &schema, "file: ''\n", NULL, &o));
  SgdCaseCheck(c, *o->file, "landscape.file", "this family needs the name of an exported slice here");
  PetscCall(SgdCaseFile(c, "landscape.file", o->file, path));
  PetscCall(PetscNew(&data));
  l->data = data;
  PetscCall(SgdSliceFileLoad(l->comm, path, &data->slice));
  PetscCall(PetscMalloc1(data->slice.total, &data->b));
  l->dimension = data->slice.dim;
  l->population = data->slice.samples;
  l->domain = (SgdLandscapeDomain){data->slice.min, data->slice.max, data->slice.nodes};
  if (data->slice.gi) {
    l->samples = data->slice.samples;
    l->ops = &with_samples;
  }
  SgdBlasOneThread();
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeDestroy_SliceFile(SgdLandscape l) {
  Data *data = l->data;

  PetscFunctionBegin;
  PetscCall(SgdSliceFileDestroy(&data->slice));
  PetscCall(PetscFree(data->b));
  PetscCall(PetscFree(l->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeView_SliceFile(SgdLandscape l) {
  const SgdSliceFile *s = &((Data *)l->data)->slice;

  PetscFunctionBegin;
  PetscCall(SgdSay(l->comm, "Landscape: slice_file, %d ax%s%s%s%s%s%s, %d Chebyshev nodes per axis\n", s->dim,
                   s->dim == 1 ? "is" : "es", *s->axes ? " (" : "", s->axes, *s->axes ? ")" : "",
                   *s->model ? " of " : "", s->model, s->nodes));
  for (int a = 0; a < s->dim; a++) {
    PetscCall(SgdSay(l->comm, "  coordinate %d: [%.6g, %.6g]", a + 1, s->min[a], s->max[a]));
    if (isfinite(s->eigenvalue[a])) PetscCall(SgdSay(l->comm, ", Hessian eigenvalue %.6g", s->eigenvalue[a]));
    PetscCall(SgdSay(l->comm, "\n"));
  }
  PetscCall(SgdSay(l->comm, "  noise: %d samples, %s\n", s->samples,
                   s->gi ? "each with its gradient"
                         : "by their covariance alone (whose scale nothing in the file can show: one draw's, not a "
                           "batch's): taken as Gaussian, the Hessian's fluctuation unknown"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The origin of the slice, or the middle of a box that does not hold it. */
static PetscErrorCode LandscapeStart_SliceFile(SgdLandscape l, PetscInt seed, double *w) {
  const SgdSliceFile *s = &((Data *)l->data)->slice;

  (void)seed;
  for (int a = 0; a < s->dim; a++) w[a] = s->min[a] <= 0 && s->max[a] >= 0 ? 0 : 0.5 * (s->min[a] + s->max[a]);
  return PETSC_SUCCESS;
}

/* How many samples a range stands for: sums over them are wanted (closed forms: the value itself). */
static double ShareOfSamples(SgdLandscape l, PetscInt first, PetscInt last) {
  return l->samples ? (double)(last - first) : 1.0;
}

static void LandscapeGradient_SliceFile(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *loss,
                                        double *g) {
  Data *data = l->data;
  const SgdSliceFile *s = &data->slice;

  SgdSliceFileWeights(s, w, data->b);
  if (loss) SgdSliceFileSum(s, data->b, 1, 1, s->loss, loss);
  if (loss) *loss *= ShareOfSamples(l, first, last);
  if (g) SgdSliceFileSum(s, data->b, s->dim, s->dim, s->g, g);
  for (int a = 0; g && a < s->dim; a++) g[a] *= ShareOfSamples(l, first, last);
}

/* (H v)_a = (v.grad g_a + sum_b v_b d_a g_b)/2: the interpolants of the g_a are a gradient only up to their error, and
   a Hessian is symmetric. */
static void LandscapeHessianApply_SliceFile(SgdLandscape l, const double *w, const double *v, PetscInt first,
                                            PetscInt last, double *hv) {
  Data *data = l->data;
  const SgdSliceFile *s = &data->slice;
  const double half = 0.5 * ShareOfSamples(l, first, last);
  double along[3], J[3][3] = {{0}};

  for (int a = 0; a < s->dim; a++) {
    const double unit[3] = {a == 0, a == 1, a == 2};
    SgdSliceFileSlopeWeights(s, w, unit, data->b);
    SgdSliceFileSum(s, data->b, s->dim, s->dim, s->g, along);
    for (int b = 0; b < s->dim; b++) J[b][a] = along[b];
  }
  for (int a = 0; a < s->dim; a++) {
    hv[a] = 0;
    for (int b = 0; b < s->dim; b++) hv[a] += half * (J[a][b] + J[b][a]) * v[b];
  }
}

/* value [rows] = field [rows][d] v */
static void ProjectFields(int d, PetscInt rows, PetscInt directions, const double *V, const double *field,
                          double *value) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows, (int)directions, d, 1.0, field, d, V, d, 0.0, value,
              (int)directions);
}

/* The mean loss stands for each sample's: the file does not tell them apart. */
static void LandscapeSampleDirectional_SliceFile(SgdLandscape l, const double *w, PetscInt d, const double *V,
                                                 PetscInt first, PetscInt last, double *loss, double *g, double *c) {
  Data *data = l->data;
  const SgdSliceFile *s = &data->slice;
  const PetscInt n = last - first, stride = (PetscInt)s->samples * s->dim;
  double *gi;

  if (n < 1 || PetscMalloc1(n * s->dim, &gi)) return;
  SgdSliceFileWeights(s, w, data->b);
  if (loss) SgdSliceFileSum(s, data->b, 1, 1, s->loss, loss);
  for (PetscInt i = 1; loss && i < n; i++) loss[i] = loss[0];
  if (g) {
    SgdSliceFileSum(s, data->b, stride, n * s->dim, s->gi + first * s->dim, gi);
    ProjectFields(s->dim, n, d, V, gi, g);
  }
  if (c) {
    SgdSliceFileSlopeWeights(s, w, V, data->b);
    SgdSliceFileSum(s, data->b, stride, n * s->dim, s->gi + first * s->dim, gi);
    ProjectFields(s->dim, n, 1, V, gi, c);
  }
  (void)PetscFree(gi);
}

static void LandscapeBatchGradient_SliceFile(SgdLandscape l, const double *w, PetscInt batch, const PetscInt *index,
                                             double *loss, double *g) {
  Data *data = l->data;
  const SgdSliceFile *s = &data->slice;
  double one[3];

  SgdSliceFileWeights(s, w, data->b);
  if (loss) SgdSliceFileSum(s, data->b, 1, 1, s->loss, loss);
  for (int a = 0; a < s->dim; a++) g[a] = 0;
  for (PetscInt k = 0; k < batch; k++) {
    SgdSliceFileSum(s, data->b, (PetscInt)s->samples * s->dim, s->dim, s->gi + index[k] * s->dim, one);
    for (int a = 0; a < s->dim; a++) g[a] += one[a] / (double)batch;
  }
}

static void LandscapeCovariance_SliceFile(SgdLandscape l, const double *w, PetscInt d, const double *V, double *C1) {
  Data *data = l->data;
  const SgdSliceFile *s = &data->slice;
  double C[9];

  SgdSliceFileWeights(s, w, data->b);
  SgdSliceFileSum(s, data->b, s->dim * s->dim, s->dim * s->dim, s->C1, C);
  SgdLandscapeProjectCovariance(s->dim, C, d, V, C1);
}

/* v.grad Var(v.grad l_i) = 2 Cov(v.grad l_i, v.H_i v); Var(v.H_i v) is not in the file. */
static void LandscapeModeNoise_SliceFile(SgdLandscape l, const double *w, const double *v, double *D1, double *Gamma1,
                                         double *cov1) {
  Data *data = l->data;
  const SgdSliceFile *s = &data->slice;
  double C[9];

  LandscapeCovariance_SliceFile(l, w, 1, v, D1);
  SgdSliceFileSlopeWeights(s, w, v, data->b);
  SgdSliceFileSum(s, data->b, s->dim * s->dim, s->dim * s->dim, s->C1, C);
  SgdLandscapeProjectCovariance(s->dim, C, 1, v, cov1);
  *cov1 *= 0.5;
  *Gamma1 = 0;
}

#define SLICE_FILE_OPS                                                                                                 \
  .name = "slice_file", .create = LandscapeCreate_SliceFile, .destroy = LandscapeDestroy_SliceFile,                    \
  .view = LandscapeView_SliceFile, .start = LandscapeStart_SliceFile, .gradient = LandscapeGradient_SliceFile,         \
  .hessian_apply = LandscapeHessianApply_SliceFile

const SgdLandscapeOps SgdLandscapeSliceFile = {SLICE_FILE_OPS, .covariance = LandscapeCovariance_SliceFile,
                                               .mode_noise = LandscapeModeNoise_SliceFile};
static const SgdLandscapeOps with_samples = {SLICE_FILE_OPS, .sample_directional = LandscapeSampleDirectional_SliceFile,
                                             .batch_gradient = LandscapeBatchGradient_SliceFile};
