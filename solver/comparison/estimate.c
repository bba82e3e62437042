#include "solver/comparison/estimate.h"
#include "operators/matrices/uniformised.h"

#define SHORT 2.0 /* seconds of a first product, which may set up a solver, after which a second is measured */

/* The longest of the ranks' times of a product. */
static PetscErrorCode TimeProduct(SgdGrid grid, Mat A, double *seconds) {
  Vec x, y;

  PetscFunctionBegin;
  PetscCall(SgdGridCreateState(grid, &x));
  PetscCall(VecDuplicate(x, &y));
  PetscCall(VecSet(x, 1.0 / (double)grid->cells));
  *seconds = 0;
  for (int k = 0; k < 2 && *seconds < SHORT; k++) {
    const double start = MPI_Wtime();
    PetscCall(MatMult(A, x, y));
    *seconds = MPI_Wtime() - start;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, seconds, 1, MPI_DOUBLE, MPI_MAX, grid->comm));
  }
  PetscCall(VecDestroy(&x));
  PetscCall(VecDestroy(&y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Seconds a step of SGD; zero: nothing to measure (an ensemble has no operator). */
static PetscErrorCode StepOf(const SgdModels *models, SgdModel model, double *seconds) {
  Mat A = SgdModelOperator(model);
  double rate = 0;

  PetscFunctionBegin;
  *seconds = 0;
  if (!A) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TimeProduct(models->grid, A, seconds));
  if (SgdModelGetKind(model) != SGD_GENERATOR) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdUniformRate(A, &rate));
  *seconds *= PetscMax(1, rate * models->context.slice->schedule.eta[models->piece]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest resident set of a rank, in MB. */
static PetscErrorCode ViewMemory(SgdGrid grid) {
  PetscLogDouble bytes;
  double most;

  PetscFunctionBegin;
  PetscCall(PetscMemoryGetCurrentUsage(&bytes));
  most = bytes;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, grid->comm));
  PetscCall(SgdSay(grid->comm, "  memory: %.0f MB a rank with all models set up, of which a density takes %.3g MB\n",
                   1e-6 * most, 8e-6 * (double)(grid->last_cell - grid->first_cell)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "80, 102" */
static void HalfCells(int dim, const PetscInt n[], char *cells, size_t size) {
  size_t used = 0;

  *cells = 0;
  for (int a = 0; a < dim; a++)
    used += (size_t)snprintf(cells + used, size - used, "%s%d", a ? ", " : "", (int)((n[a] + 1) / 2));
}

/* Steps cost at least as the cells do. */
static PetscErrorCode ViewHalf(SgdGrid grid, const char *slowest, double all) {
  char cells[80];

  PetscFunctionBegin;
  HalfCells(grid->dim, grid->n, cells, sizeof cells);
  PetscCall(SgdSay(grid->comm,
                   "  cheaper: slice.cells: [%s] takes about %.2g s, if the step noise is to remain a cell wide; most "
                   "of the time goes to %s\n",
                   cells, all / (1 << grid->dim), slowest));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEstimateView(const SgdModels *models, PetscInt steps) {
  const MPI_Comm comm = models->grid->comm;
  double all = 0, most = 0, step;
  const char *slowest = "";
  PetscMPIInt ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  PetscCall(SgdSay(comm, "Estimate, from a measured step on %d rank%s:\n", ranks, ranks > 1 ? "s" : ""));
  for (int m = 0; m < models->count; m++) {
    SgdModel model = models->model[m];
    if (models->failed[m]) continue;
    const PetscErrorCode ierr = StepOf(models, model, &step);
    if (ierr && SgdExitCode(ierr) == SGD_EXIT_NUMBERS) continue; /* the run ends this model alone */
    PetscCall(ierr);
    if (step <= 0) continue;
    PetscCall(SgdSay(comm, "  %s: %s%.2g s a step, %.2g s for %" PetscInt_FMT " steps\n", SgdModelName(model),
                     SgdModelGetKind(model) == SGD_GENERATOR ? "at most " : "", step, step * (double)steps, steps));
    all += step * (double)steps;
    if (step > most) slowest = SgdModelName(model), most = step;
  }
  PetscCall(ViewMemory(models->grid));
  if (all > 0) PetscCall(ViewHalf(models->grid, slowest, all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Seconds of loss, gradient and covariance at a point, on d coordinate directions. */
static PetscErrorCode TimePoint(SgdLandscape l, int d, double *seconds) {
  const PetscInt P = SgdLandscapeDimension(l);
  double loss, g[3], C[9], *w, *V;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(P, &w, d * P, &V));
  for (PetscInt i = 0; i < P; i++) w[i] = 0.1 * sin((double)i);
  for (int a = 0; a < d && a < P; a++) V[a * P + a] = 1;
  for (int k = 0; k < 2; k++) { /* the first finds the data cold */
    *seconds = MPI_Wtime();
    PetscCall(SgdLandscapePoint(l, w, d, V, &loss, g, C, NULL));
    *seconds = MPI_Wtime() - *seconds;
  }
  PetscCall(PetscFree2(w, V));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where the spectrum will set the cells: what a rank has now, and a cell's share. */
static PetscErrorCode ViewUnknownCells(MPI_Comm comm, const SgdSliceOptions *o) {
  const int d = SgdSliceDimension(o);
  const double cells = d == 1 ? 1e3 : (d == 2 ? 4e4 : 1e6); /* of an ordinary slice */
  PetscLogDouble bytes;
  char words[512] = "";
  double most;

  PetscFunctionBegin;
  const double each = o->take ? o->take(o->models, d, cells, words, sizeof words) : SGD_CELL_BYTES;
  PetscCall(PetscMemoryGetCurrentUsage(&bytes));
  most = bytes;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, comm));
  PetscCall(
      SgdSay(comm,
             "  memory: %.0f MB a rank now; the models take about %.0f bytes for each of the cells, which the "
             "spectrum sets (%s)\n  cheaper: half of the cells an axis (slice.cells) take 1/%d of that and of the "
             "time of the steps, if the step noise is to remain a cell wide\n",
             1e-6 * most, each, words, 1 << d));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a rank has now, landscape and data, and what the models take on the cells that the case asks for. */
static PetscErrorCode ViewCells(MPI_Comm comm, const SgdSliceOptions *o, PetscMPIInt ranks) {
  const int d = SgdSliceDimension(o);
  PetscInt n[3] = {1, 1, 1};
  double cells = 1, most;
  PetscLogDouble bytes;
  char words[512] = "", half[80];

  PetscFunctionBegin;
  for (int a = 0; a < d; a++) cells *= (double)(n[a] = o->cells[a]);
  const double each = o->take ? o->take(o->models, d, cells, words, sizeof words) : SGD_CELL_BYTES;
  PetscCall(PetscMemoryGetCurrentUsage(&bytes));
  most = bytes + each * cells / ranks;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, comm));
  HalfCells(d, n, half, sizeof half);
  PetscCall(SgdSay(comm,
                   "  memory: about %.0f MB a rank with all models on %.0f cells (bytes a cell: %s)\n  cheaper: "
                   "slice.cells: [%s] takes 1/%d of the time of the steps and of the models' memory, if the step noise "
                   "is to remain a cell wide\n",
                   1e-6 * most, cells, words, half, 1 << d));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEstimateFields(MPI_Comm comm, SgdLandscape l, const SgdSliceOptions *o) {
  const int d = SgdSliceDimension(o), wanted = o->nodes < 0 ? (int)SgdModelsNodes(d) : o->nodes;
  double points = 1, point;
  PetscMPIInt ranks;

  PetscFunctionBegin;
  if (o->nodes == 0 && !o->cells_count) PetscFunctionReturn(PETSC_SUCCESS); /* every cell of a grid not yet known */
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  PetscCall(TimePoint(l, d, &point));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &point, 1, MPI_DOUBLE, MPI_MAX, comm));
  for (int a = 0; a < d; a++) points *= wanted > 0 ? wanted : o->cells[a % (int)o->cells_count];
  PetscCall(SgdSay(comm,
                   "  the fields take %.0f points of the landscape, %.2g s each as measured: %.2g s on %d "
                   "rank%s; a run says what its steps take before the first; fewer points: slice.nodes\n",
                   points, point, points * point / ranks, ranks, ranks > 1 ? "s" : ""));
  if ((int)o->cells_count == d)
    PetscCall(ViewCells(comm, o, ranks));
  else
    PetscCall(ViewUnknownCells(comm, o));
  PetscFunctionReturn(PETSC_SUCCESS);
}
