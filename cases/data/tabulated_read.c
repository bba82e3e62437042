/* The HDF5 side of a tabulated landscape, and what is made of it. */
#include "cases/data/tabulated.h"
#include "cases/base/chebyshev.h"
#include "cases/data/field_file.h"
#include "cases/data/field_names.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const datasets[] = {"nodes_1", "nodes_2", "nodes_3", "loss", "gradient", "covariance", "third"};
static const char *const attributes[] = {"format"};
static const SgdFieldNames names = {"/", sizeof datasets / sizeof *datasets, 1, datasets, attributes};

static PetscBool Has(const SgdFieldFile *r, const char *name) {
  return (PetscBool)(H5Lexists(r->file, name, H5P_DEFAULT) > 0);
}

/* Dataset `name` into a new array; its shape must be that of the nodes, then d `rank` times. For nodes: rank -1, any
   length, which goes to *length. */
static int Array(SgdFieldFile *r, const SgdTabulated *t, const char *name, int rank, PetscInt *length, double **to) {
  const hid_t set = Has(r, name) ? H5Dopen2(r->file, name, H5P_DEFAULT) : -1, space = set < 0 ? -1 : H5Dget_space(set);
  hsize_t found[H5S_MAX_RANK] = {0}, count = 1;
  const int wanted = rank < 0 ? 1 : t->dim + rank;
  char words[128];
  int bad = 0;

  if (set < 0)
    return SgdFieldFileBad(r, "has no dataset /%s%s", name,
                           SgdFieldNamesInstead(&names, r->file, name, words, sizeof words));
  if (H5Sget_simple_extent_ndims(space) == wanted) H5Sget_simple_extent_dims(space, found, NULL);
  for (int k = 0; k < wanted; k++) {
    const hsize_t expected = rank < 0 ? found[k] : k < t->dim ? (hsize_t)t->n[k] : (hsize_t)t->dim;
    if (!found[k] || found[k] != expected)
      bad = SgdFieldFileBad(r, "/%s has another shape than the nodes and the dimension ask for", name);
    count *= expected;
  }
  if (length) *length = (PetscInt)found[0];
  snprintf(words, sizeof words, "/%s", name);
  if (!bad) bad = SgdFieldFileNumbers(r, set, words, count, to);
  H5Sclose(space);
  H5Dclose(set);
  return bad;
}

static int ReadHeader(SgdFieldFile *r, SgdTabulated *t) {
  const hid_t a = H5Aexists(r->file, "format") > 0 ? H5Aopen(r->file, "format", H5P_DEFAULT) : -1;
  const hid_t type = a < 0 ? -1 : H5Aget_type(a);
  char *text = NULL;
  PetscBool same = PETSC_FALSE;

  if (type >= 0 && H5Tis_variable_str(type) > 0 && H5Aread(a, type, &text) >= 0 && text)
    same = (PetscBool)!strcmp(text, "sgdfp-landscape-1");
  H5free_memory(text);
  if (type >= 0) H5Tclose(type);
  if (a >= 0) H5Aclose(a);
  if (!same)
    return SgdFieldFileBad(
        r, "is no landscape on a grid: its attribute format must be 'sgdfp-landscape-1' (sgdfp.write_landscape of the "
           "Python package writes it)");
  for (t->dim = 0; t->dim < 3; t->dim++) {
    const char name[] = {'n', 'o', 'd', 'e', 's', '_', (char)('1' + t->dim), 0};
    if (!Has(r, name)) break;
  }
  return t->dim ? 0 : SgdFieldFileBad(r, "has no dataset /nodes_1");
}

/* Uniform, or Chebyshev points of the second kind; four and more, increasing. */
static int ReadTabulatedNodes(SgdFieldFile *r, SgdTabulated *t, int axis) {
  char name[24];
  double *x = NULL, uniform = 0, chebyshev = 0;
  PetscInt n;
  int bad;

  snprintf(name, sizeof name, "nodes_%d", axis + 1);
  bad = Array(r, t, name, -1, &n, &x);
  if (!bad && (n < 4 || n > SGD_TABULATED_NODES || !(x[0] < x[n - 1])))
    bad = SgdFieldFileBad(r, "/%s: expected 4 to %d nodes in increasing order", name, SGD_TABULATED_NODES);
  for (PetscInt j = 0; !bad && j < n; j++) {
    const double width = x[n - 1] - x[0];
    uniform = PetscMax(uniform, fabs(x[j] - x[0] - width * (double)j / (double)(n - 1)) / width);
    chebyshev = PetscMax(chebyshev, fabs(x[j] - SgdChebyshevNode(n, j, x[0], x[n - 1])) / width);
  }
  if (!bad && uniform > 1e-10 && (chebyshev > 1e-10 || n > SGD_TABULATED_CHEBYSHEV))
    bad = SgdFieldFileBad(r, "/%s: the nodes are neither uniform nor up to %d Chebyshev points of the second kind",
                          name, SGD_TABULATED_CHEBYSHEV);
  if (!bad) {
    t->n[axis] = n;
    t->min[axis] = x[0];
    t->max[axis] = x[n - 1];
    t->uniform[axis] = (PetscBool)(uniform <= 1e-10);
  }
  PetscCall(PetscFree(x));
  return bad;
}

static int CheckCovariance(SgdFieldFile *r, const SgdTabulated *t) {
  const int d = t->dim;
  int a, b;

  for (PetscInt m = 0; m < t->total; m++) {
    const double *C = t->C1 + m * d * d;
    if (!SgdFieldFileCovariance(d, C, 1e-8, &a, &b))
      return SgdFieldFileBad(
          r, "/covariance at node %lld (from 1) is no covariance: entries %d,%d and %d,%d are %g and %g",
          (long long)m + 1, a + 1, b + 1, b + 1, a + 1, C[a * d + b], C[b * d + a]);
    if (SgdFieldFileDeterminant(d, C) < -1e-8)
      return SgdFieldFileBad(r,
                             "/covariance at node %lld (from 1) is no covariance: it has a negative eigenvalue "
                             "(determinant of the correlations %.3g)",
                             (long long)m + 1, SgdFieldFileDeterminant(d, C));
  }
  return 0;
}

static int CheckThird(SgdFieldFile *r, const SgdTabulated *t) {
  for (PetscInt m = 0; m < t->total; m++)
    if (t->third[m] != 0 && !(t->C1[m] > 0))
      return SgdFieldFileBad(r, "/third at node %lld (from 1) is %g, but the variance there is %g", (long long)m + 1,
                             t->third[m], t->C1[m]);
  return 0;
}

static int ReadTabulated(SgdFieldFile *r, void *to) {
  SgdTabulated *t = to;

  if (ReadHeader(r, t)) return 1;
  t->total = 1;
  for (int k = 0; k < t->dim; k++) {
    if (ReadTabulatedNodes(r, t, k)) return 1;
    t->total *= t->n[k];
  }
  SgdFieldNamesUnknown(&names, r->file, t->unknown, sizeof t->unknown);
  t->own_gradient = Has(r, "gradient");
  if (Array(r, t, "loss", 0, NULL, &t->loss) || Array(r, t, "covariance", 2, NULL, &t->C1) || CheckCovariance(r, t))
    return 1;
  if (t->own_gradient && Array(r, t, "gradient", 1, NULL, &t->g)) return 1;
  if (!Has(r, "third")) return 0;
  if (t->dim > 1) return SgdFieldFileBad(r, "/third: a third cumulant is followed in one dimension only");
  return Array(r, t, "third", 3, NULL, &t->third) || CheckThird(r, t);
}

/* The slope of the loss at the nodes: the gradient where the file has none, else compared with it. */
static PetscErrorCode Slope(SgdTabulated *t, const double *prepared_loss) {
  double a[3], slope, largest = 0, worst = 0;

  PetscFunctionBegin;
  if (!t->g) PetscCall(PetscMalloc1(t->total * t->dim, &t->g));
  for (PetscInt m = 0; m < t->total; m++)
    for (int k = 0; k < t->dim; k++) {
      SgdTabulatedNode(t, m, a);
      SgdTabulatedValue(t, a, k, 1, prepared_loss, &slope);
      if (!t->own_gradient) t->g[m * t->dim + k] = slope;
      largest = PetscMax(largest, fabs(t->g[m * t->dim + k]));
      worst = PetscMax(worst, fabs(t->g[m * t->dim + k] - slope));
    }
  t->slope_error = largest > 0 ? worst / largest : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Interpolate(SgdTabulated *t) {
  const PetscInt d = t->dim;

  PetscFunctionBegin;
  PetscCall(SgdTabulatedError(t, 1, t->loss, &t->loss_error));
  PetscCall(SgdTabulatedError(t, d * d, t->C1, &t->C1_error));
  PetscCall(SgdTabulatedPrepare(t, 1, t->loss));
  PetscCall(Slope(t, t->loss));
  PetscCall(SgdTabulatedError(t, d, t->g, &t->g_error));
  PetscCall(SgdTabulatedPrepare(t, d, t->g));
  PetscCall(SgdTabulatedPrepare(t, d * d, t->C1));
  if (t->third) PetscCall(SgdTabulatedPrepare(t, 1, t->third));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTabulatedLoad(MPI_Comm comm, const char *path, SgdTabulated *t) {
  SgdFieldFile r = {.path = path};
  SgdTabulated header;
  PetscMPIInt rank;
  int bad = 0, third;

  PetscFunctionBegin;
  *t = (SgdTabulated){0};
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) bad = SgdFieldFileRead(&r, ReadTabulated, t);
  PetscCall(SgdAgree(comm, &bad));
  if (bad) {
    PetscCall(SgdTabulatedDestroy(t));
    PetscCall(SgdFail(comm, SGD_EXIT_FILES, "%s", r.text));
  }
  header = *t;
  third = t->third != NULL;
  PetscCallMPI(MPI_Bcast(&header, (PetscMPIInt)sizeof header, MPI_BYTE, 0, comm));
  PetscCallMPI(MPI_Bcast(&third, 1, MPI_INT, 0, comm));
  if (rank) {
    *t = header;
    t->loss = t->g = t->C1 = t->third = NULL;
  }
  PetscCall(SgdFieldFileShare(comm, t->total, &t->loss));
  PetscCall(SgdFieldFileShare(comm, t->total * t->dim * t->dim, &t->C1));
  if (t->own_gradient) PetscCall(SgdFieldFileShare(comm, t->total * t->dim, &t->g));
  if (third) PetscCall(SgdFieldFileShare(comm, t->total, &t->third));
  PetscCall(Interpolate(t));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTabulatedDestroy(SgdTabulated *t) {
  PetscFunctionBegin;
  PetscCall(PetscFree(t->loss));
  PetscCall(PetscFree(t->g));
  PetscCall(PetscFree(t->C1));
  PetscCall(PetscFree(t->third));
  PetscFunctionReturn(PETSC_SUCCESS);
}
