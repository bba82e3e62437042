/* What one step of the master equation costs by levels of common noise, and its transpose: on the quickstart's own fields
   (2D, trained here, a few seconds; -quickstart "" leaves it out), and in 3D with noise that turns and varies by a factor of four. On one rank every
   instruction set that the processor has, in the same run (3D: not the baseline). Medians of `-repeats` (default 5); on one rank of processor time, which
   other work on the machine disturbs less, on several of the clock's.
   Run from the root:  bench_levels [-repeats 5] [-cells 128] [-quickstart cases/examples/quickstart.yaml]
                       mpiexec -n 2 bench_levels                                                                       */
#include "bench_clock.h"
#include "cases/base/instruction_set.h"
#include "operators/master/master.h"
#include "operators/push_forward/levels.h"
#include "solver/commands/sections.h"
#include "solver/problem/axes.h"
#include "solver/problem/models.h"
#include <slepcsys.h>

typedef struct {
  const char *name;
  double tolerance, bar; /* Mcell/s a core that the project asks for; 0: none */
} Goal;

static int Ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Median of a product, or of one with the transpose. */
static PetscErrorCode Time(Mat A, PetscBool transpose, Vec x, Vec y, int repeats, double *median) {
  double t[101];

  PetscFunctionBegin;
  for (int i = -1; i < repeats; i++) { /* one to warm up */
    MPI_Barrier(PETSC_COMM_WORLD);
    const double start = BenchSeconds();
    PetscCall(transpose ? MatMultTranspose(A, x, y) : MatMult(A, x, y));
    MPI_Barrier(PETSC_COMM_WORLD);
    if (i >= 0) t[i] = BenchSeconds() - start;
  }
  qsort(t, (size_t)repeats, sizeof *t, Ascending);
  *median = t[repeats / 2];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Row(SgdFields f, double eta, const Goal *goal, int repeats) {
  const char *reason, *set = SgdInstructionSetNames[SgdInstructionSetUsed()];
  double forward, backward, rate;
  PetscMPIInt ranks;
  char text[256];
  SgdLevels levels;
  Vec x, y;
  Mat A;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  const double start = BenchSeconds();
  PetscCall(SgdLevelsCreate(f, eta, goal->tolerance, &levels, &reason));
  const double setup = BenchSeconds() - start;
  if (reason) return PetscPrintf(PETSC_COMM_WORLD, "%s: levels do not serve: %s\n", goal->name, reason);
  PetscCall(SgdLevelsView(levels, text, sizeof text));
  PetscCall(SgdLevelsMap(levels, &A));
  PetscCall(SgdGridCreateState(f->grid, &x));
  PetscCall(VecDuplicate(x, &y));
  PetscCall(VecSet(x, 1.0 / (double)f->grid->cells));
  PetscCall(Time(A, PETSC_FALSE, x, y, repeats, &forward));
  PetscCall(Time(A, PETSC_TRUE, y, x, repeats, &backward));
  rate = 1e-6 * (double)f->grid->cells / forward;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "| %s | %.0e | %s | %d | %.4g | %.3g | %.2f | %.1f | %s |\n", goal->name,
                        goal->tolerance, set, ranks, rate, goal->bar, backward / forward, setup / forward, text));
  PetscCall(MatDestroy(&A));
  PetscCall(VecDestroy(&x));
  PetscCall(VecDestroy(&y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Widest set first. */
static PetscErrorCode Rows(SgdFields f, double eta, const Goal goal[], int goals, int repeats,
                           SgdInstructionSet narrowest) {
  PetscMPIInt ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  if (ranks > 1 || narrowest > SgdInstructionSetWidest()) narrowest = SgdInstructionSetWidest();
  for (int set = (int)SgdInstructionSetWidest(); set >= (int)narrowest; set--) {
    SgdInstructionSetForce((SgdInstructionSet)set);
    for (int k = 0; k < goals; k++) PetscCall(Row(f, eta, &goal[k], repeats));
  }
  SgdInstructionSetForce(SgdInstructionSetWidest());
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The fields that `run` would have, without its models. */
static PetscErrorCode Quickstart(const char *path, int repeats) {
  static const char *const set[] = {"models=[gaussian_closure]", "expect=[]"};
  static const Goal goal[] = {{"quickstart", 1e-8, 3}, {"quickstart", 1e-11, 2}, {"quickstart", 1e-14, 0}};
  SgdSections s = {0};
  SgdReference r = {0};
  SgdSliceStage slice = {0};
  SgdModels models = {0};
  SgdCase c;

  PetscFunctionBegin;
  PetscCall(SgdCaseOpen(PETSC_COMM_WORLD, path, 2, set, &c));
  PetscCall(SgdSectionsRead(c, &s));
  PetscCall(SgdReferenceFind(s.landscape, s.training, NULL, &r));
  if (SgdAxesNeedSpectrum(s.slice)) PetscCall(SgdReferenceSpectrum(&r, c, s.spectrum, s.settings.sgd));
  PetscCall(SgdSliceStageCreate(c, s.slice, &s.settings, &r, NULL, &slice));
  const SgdModelsContext context = {
      .kase = c, .landscape = s.landscape, .sgd = s.settings.sgd, .slice = &slice, .nodes = s.slice->nodes};
  PetscCall(SgdModelsCreate(&context, &s.models, slice.grid, &models));
  PetscCall(Rows(models.fields, s.settings.sgd->learning_rate, goal, 3, repeats, SGD_BASELINE));
  PetscCall(SgdModelsDestroy(&models));
  PetscCall(SgdSliceStageDestroy(&slice));
  PetscCall(SgdReferenceDestroy(&r));
  PetscCall(SgdSectionsFree(&s));
  PetscCall(SgdCaseClose(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A pull to the centre in 3D. */
static void Pull(SgdFields f, PetscInt i, const double x[]) {
  for (int a = 0; a < 3; a++) f->g[a][i] = 0.5 * x[a] + 0.2 * x[(a + 1) % 3];
}

typedef void (*Fill)(SgdFields f, PetscInt i, const double x[], double eta);

/* A step's noise of 4 to 16 cells^2 along its narrowest direction, from the centre to the corners, 1 : 1.26 : 1.6 along the
   three, turned about two axes by angles that change over the box. */
static void Turning(SgdFields f, PetscInt i, const double x[], double eta) {
  const double size = 4 * (1 + x[0] * x[0] + x[1] * x[1] + x[2] * x[2]) / (eta * eta), axis[3] = {1, sqrt(1.6), 1.6};
  const double t = 0.5 + 0.4 * x[0] - 0.3 * x[1] * x[2], p = 0.4 - 0.4 * x[1] + 0.2 * x[0] * x[2];
  const double Q[3][3] = {
      {cos(t), -sin(t) * cos(p), sin(t) * sin(p)}, {sin(t), cos(t) * cos(p), -cos(t) * sin(p)}, {0, sin(p), cos(p)}};

  Pull(f, i, x);
  for (int a = 0; a < 3; a++)
    for (int b = a; b < 3; b++) {
      double sum = 0;
      for (int k = 0; k < 3; k++) sum += Q[a][k] * axis[k] * Q[b][k];
      f->C[SgdPair(3, a, b)][i] = size * sum * f->grid->h[a] * f->grid->h[b];
    }
}

/* A step's noise of 1 to 4 cells^2, each of three directions for itself (so that they differ by up to four at a place),
   turned about the third axis: too narrow for much to be common, and the harder for that. */
static void Unequal(SgdFields f, PetscInt i, const double x[], double eta) {
  const double *h = f->grid->h, angle = 0.5 + 0.6 * x[2], c = cos(angle), s = sin(angle), most = 4 / (eta * eta);
  const double u = most * (0.625 + 0.375 * sin(2 * x[0])), v = most * (0.625 - 0.375 * sin(2 * x[1] + x[0])),
               w = most * (0.625 + 0.375 * cos(2 * x[2]));

  Pull(f, i, x);
  f->C[SgdPair(3, 0, 0)][i] = (c * c * u + s * s * v) * h[0] * h[0];
  f->C[SgdPair(3, 0, 1)][i] = c * s * (u - v) * h[0] * h[1];
  f->C[SgdPair(3, 1, 1)][i] = (s * s * u + c * c * v) * h[1] * h[1];
  f->C[SgdPair(3, 2, 2)][i] = w * h[2] * h[2];
}

static PetscErrorCode Space(const char *name, Fill fill, PetscInt n, int repeats) {
  const Goal goal[] = {{name, 1e-4, 2}, {name, 1e-6, 1}, {name, 1e-8, 0.5}};
  const PetscInt cells[3] = {n, n, n};
  const double min[3] = {-1, -1, -1}, max[3] = {1, 1, 1}, eta = 0.1;
  const SgdBoundary boundary[3] = {SGD_ABSORBING, SGD_ABSORBING, SGD_ABSORBING};
  SgdFields f;
  double x[3];

  PetscFunctionBegin;
  PetscCall(PetscNew(&f));
  PetscCall(SgdGridCreate(PETSC_COMM_WORLD, 3, cells, min, max, boundary, &f->grid));
  f->first_cell = f->grid->first_cell;
  f->last_cell = f->grid->last_cell;
  for (int a = 0; a < 3; a++) PetscCall(PetscMalloc1(f->last_cell - f->first_cell, &f->g[a]));
  for (int p = 0; p < 6; p++) PetscCall(PetscCalloc1(f->last_cell - f->first_cell, &f->C[p]));
  for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++) {
    SgdGridCentre(f->grid, f->first_cell + i, x);
    fill(f, i, x, eta);
  }
  PetscCall(Rows(f, eta, goal, 3, repeats, SGD_AVX2));
  for (int a = 0; a < 3; a++) PetscCall(PetscFree(f->g[a]));
  for (int p = 0; p < 6; p++) PetscCall(PetscFree(f->C[p]));
  PetscCall(SgdGridDestroy(&f->grid));
  PetscCall(PetscFree(f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) {
  char path[PETSC_MAX_PATH_LEN] = "cases/examples/quickstart.yaml";
  PetscInt repeats = 5, cells = 128;
  PetscErrorCode ierr;

  if (SlepcInitialize(&argc, &argv, NULL, "Time of a step of the master equation by levels of common noise")) return 1;
  PetscOptionsGetInt(NULL, NULL, "-repeats", &repeats, NULL);
  PetscOptionsGetInt(NULL, NULL, "-cells", &cells, NULL);
  PetscOptionsGetString(NULL, NULL, "-quickstart", path, sizeof path, NULL);
  repeats = PetscMin(PetscMax(repeats, 1), 101);
  PetscPrintf(
      PETSC_COMM_WORLD,
      "%s\n\n| fields | tolerance | instructions | ranks | Mcell/s | asked | transpose/step | set-up/step | form |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
      SgdProcessor());
  ierr = path[0] ? Quickstart(path, (int)repeats) : PETSC_SUCCESS;
  if (!ierr) ierr = Space("3D", Turning, cells, (int)repeats);
  if (!ierr) ierr = Space("3D, narrow and unequal", Unequal, cells, (int)repeats);
  return SlepcFinalize() || ierr;
}
