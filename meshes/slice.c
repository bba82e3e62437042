#include "meshes/slice.h"
#include "cases/base/node_memory.h"
#include "cases/file/case_types.h"
#include "cases/file/choice.h"

static const cyaml_schema_field_t fields[] = {
    SGD_STRINGS("axes", SgdSliceOptions, axes),
    SGD_STRING("file", SgdSliceOptions, file),
    SGD_NUMBERS("min", SgdSliceOptions, min),
    SGD_NUMBERS("max", SgdSliceOptions, max),
    SGD_INTEGERS("cells", SgdSliceOptions, cells),
    CYAML_FIELD_SEQUENCE_COUNT("boundary", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, SgdSliceOptions, boundary_name,
                               boundary_count, &SgdCaseString, 0, CYAML_UNLIMITED),
    SGD_INTEGER("nodes", SgdSliceOptions, nodes),
    SGD_NUMBERS("deviations", SgdSliceOptions, deviations),
    SGD_NUMBER("cells_per_noise", SgdSliceOptions, cells_per_noise),
    SGD_NUMBER("max_cells", SgdSliceOptions, max_cells),
    SGD_STRING("follow", SgdSliceOptions, follow_name),
    SGD_INTEGER("refresh", SgdSliceOptions, refresh),
    SGD_INTEGER("mean_trajectories", SgdSliceOptions, mean_trajectories),
    SGD_STRING("complement", SgdSliceOptions, complement),
    CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(SgdSliceOptions, fields);
static const char *defaults = "axes: [sharpest]\nmin: []\nmax: []\ncells: []\nboundary: []\nnodes: -1\ndeviations: []\n"
                              "cells_per_noise: 2.5\nmax_cells: 0\nfollow: none\nrefresh: 50\n"
                              "mean_trajectories: 64\ncomplement: rest\n";
static const char *const boundaries[] = {"absorbing", "reflecting", "periodic", NULL}; /* as SgdBoundary */
static const char *const complements[] = {"rest", "ensemble", NULL};
static const char *const follows[] = {"none", "mean_path", "mean", NULL};

static PetscErrorCode ReadChoices(SgdCase c, SgdSliceOptions *o) {
  int found = 0;

  PetscFunctionBegin;
  for (unsigned a = 0; a < o->boundary_count; a++) {
    PetscCall(SgdCaseChoice(c, "slice.boundary", boundaries, o->boundary_name[a], &found));
    o->boundary[a] = (SgdBoundary)found;
  }
  PetscCall(SgdCaseChoice(c, "slice.follow", follows, o->follow_name, &found));
  o->follows = (PetscBool)(found > 0);
  o->mean = (PetscBool)(found == 2);
  SgdCaseCheck(c, o->mean_trajectories >= 2, "slice.mean_trajectories", "expected at least 2, got %d",
               o->mean_trajectories);
  PetscCall(SgdCaseChoice(c, "slice.complement", complements, o->complement, &found));
  o->spreads = (PetscBool)(found == 1);
  SgdCaseCheck(c, !o->spreads || o->mean, "slice.complement", "ensemble needs slice.follow: mean, found %s",
               o->follow_name);
  SgdCaseCheck(c, !o->spreads || o->mean_trajectories >= 32, "slice.mean_trajectories",
               "complement: ensemble takes at least 32, got %d", o->mean_trajectories);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int SgdSliceDimension(const SgdSliceOptions *o) {
  return o->dimension;
}

static PetscErrorCode CheckCounts(SgdCase c, const SgdSliceOptions *o) {
  const unsigned d = (unsigned)o->dimension;

  PetscFunctionBegin;
  SgdCaseCheck(c, o->axes_count >= 1 && o->axes_count <= 3, "slice.axes", "expected 1, 2 or 3 axes, found %u",
               o->axes_count);
  SgdCaseCheck(
      c, d == o->axes_count || o->axes_count == 1, "slice.axes",
      "with momentum, or an optimizer that remembers, the density lives in the states of one axis; found %u axes",
      o->axes_count);
  SgdCaseCheck(c, o->min_count == o->max_count, "slice.max",
               "min has %u numbers and max %u: give both, one number an axis", o->min_count, o->max_count);
  SgdCaseCheck(c, o->min_count == 0 || o->min_count == d, "slice.min", "expected %u numbers, one an axis, found %u", d,
               o->min_count);
  SgdCaseCheck(c, o->cells_count == 0 || o->cells_count == d, "slice.cells",
               "expected %u numbers, one an axis, found %u", d, o->cells_count);
  SgdCaseCheck(c, o->deviations_count == 0 || o->deviations_count == d, "slice.deviations",
               "expected %u numbers, one an axis, found %u", d, o->deviations_count);
  SgdCaseCheck(c, o->boundary_count == 0 || o->boundary_count == d, "slice.boundary",
               "expected %u names, one an axis, found %u", d, o->boundary_count);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* slice.max_cells, else what the nodes' free memory could hold; never more than indices can number. */
static PetscErrorCode SetMostCells(SgdCase c, SgdSliceOptions *o) {
  const double indices = (double)PETSC_MAX_INT;

  PetscFunctionBegin;
  SgdCaseCheck(c, o->max_cells == 0 || (o->max_cells >= 16 && o->max_cells <= indices), "slice.max_cells",
               "expected 0 (by memory) or 16 .. %.3g, got %g", indices, o->max_cells);
  o->by_memory = o->max_cells == 0;
  if (!o->by_memory) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdNodeMemory(SgdCaseComm(c), &o->free));
  o->max_cells = PetscMin(indices, o->free / SGD_CELL_BYTES);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Before anything of the grid is made, which is itself as large as the grid. */
static PetscErrorCode CheckTotal(SgdCase c, const SgdSliceOptions *o, double total) {
  const double indices = (double)PETSC_MAX_INT;
  char words[512] = "of any run";
  double each = SGD_CELL_BYTES;

  PetscFunctionBegin;
  SgdCaseCheck(c, o->by_memory || total <= o->max_cells, "slice.cells",
               "%.3g cells in all are more than slice.max_cells = %.3g", total, o->max_cells);
  SgdCaseCheck(c, total <= indices, "slice.cells",
               "%.3g cells in all are more than PETSc's indices can number (%.3g): 64-bit indices can", total, indices);
  if (!o->by_memory) PetscFunctionReturn(PETSC_SUCCESS);
  if (o->take) each = o->take(o->models, o->dimension, total, words, sizeof words);
  SgdCaseCheck(c, total * each <= o->free, "slice.cells",
               "%.3g cells in all take about %.3g GB (bytes a cell, measured: %s), more than the nodes have free (%.3g "
               "GB): %.2g cells would do",
               total, 1e-9 * total * each, words, 1e-9 * o->free, o->free / each);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSliceRead(SgdCase c, int memory, SgdSliceOptions **options) {
  SgdSliceOptions *o;
  double total = 1;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "slice", &schema, defaults, NULL, options));
  o = *options;
  o->dimension = (int)o->axes_count + memory;
  PetscCall(CheckCounts(c, o));
  for (unsigned a = 0; a < o->min_count; a++)
    SgdCaseCheck(c, o->min[a] < o->max[a], "slice.max", "axis %u: max %g must lie above min %g", a + 1, o->max[a],
                 o->min[a]);
  for (unsigned a = 0; a < o->cells_count; a++) {
    SgdCaseCheck(c, o->cells[a] >= 4, "slice.cells", "axis %u: at least 4 cells, got %d", a + 1, o->cells[a]);
    total *= o->cells[a];
  }
  PetscCall(SetMostCells(c, o));
  PetscCall(CheckTotal(c, o, total));
  PetscCall(ReadChoices(c, o));
  SgdCaseCheck(c, o->nodes == -1 || o->nodes == 0 || (o->nodes >= 4 && o->nodes <= 1025), "slice.nodes",
               "expected -1 (automatic), 0 (every cell) or 4 .. 1025, got %d", o->nodes);
  SgdCaseCheck(c, o->refresh >= 1, "slice.refresh", "must be at least 1, got %d", o->refresh);
  for (unsigned a = 0; a < o->deviations_count; a++)
    SgdCaseCheck(c, o->deviations[a] >= 3 && o->deviations[a] <= 1000, "slice.deviations", "expected 3 .. 1000, got %g",
                 o->deviations[a]);
  SgdCaseCheck(c, o->cells_per_noise >= 0.5 && o->cells_per_noise <= 100, "slice.cells_per_noise",
               "expected 0.5 .. 100, got %g", o->cells_per_noise);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSliceGrid(SgdCase c, const SgdSliceOptions *o, MPI_Comm comm, const SgdSliceNeed *need,
                            SgdGrid *grid) {
  const int d = SgdSliceDimension(o);
  PetscInt n[3] = {1, 1, 1};
  double low[3], high[3], total = 1;
  SgdBoundary boundary[3] = {SGD_ABSORBING, SGD_ABSORBING, SGD_ABSORBING};

  PetscFunctionBegin;
  for (int a = 0; a < d; a++) {
    low[a] = o->min_count ? o->min[a] : need->low[a];
    high[a] = o->max_count ? o->max[a] : need->high[a];
    /* even, so that the check of errors finds pairs of cells */
    const double wanted = 2 * ceil(0.5 * (high[a] - low[a]) * o->cells_per_noise / need->scale[a]);
    if (!o->cells_count && !(wanted < o->max_cells))
      PetscCall(SgdCaseError(c, "slice.cells", NULL,
                             "axis %d wants %.3g cells: it reaches from %.4g to %.4g over the horizon and %.3g must be "
                             "resolved %.3g times; "
                             "give slice.min, slice.max and slice.cells, or a shorter horizon",
                             a + 1, wanted, low[a], high[a], need->scale[a], o->cells_per_noise));
    n[a] = o->cells_count ? o->cells[a] : (PetscInt)PetscMax(32, wanted);
    if (o->boundary_count) boundary[a] = o->boundary[a];
    total *= (double)n[a];
  }
  PetscCall(CheckTotal(c, o, total));
  PetscCall(SgdGridCreate(comm, d, n, low, high, boundary, grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}
