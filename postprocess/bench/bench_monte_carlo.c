/* Time to the final density with an L1 error of 1e-3: an ensemble of SGD trajectories with a histogram against the
   master equation, one core each, in one process. Two cases: the paper's rough landscape
   (cases/examples/rough_landscape.yaml) and a rotated quadratic in two dimensions
   (tests/verification/quadratic_2d.yaml); run from the project's root.

     bench_monte_carlo [-log2_trajectories 20] [-bins1 64] [-bins2 32]

   The ensemble is as good as we can make it: the noise law sampled directly (no landscape is evaluated), Philox in
   registers, every loop over trajectories vectorised, cosines and logarithms by the vector library. Its histogram has
   bins much wider than the solver's cells, and only their masses are compared: a real density estimate would have the
   bias of that width on top. The error falls as 1/sqrt(N), so from N trajectories in t seconds at error e the time to
   1e-3 is t (e/1e-3)^2. The master equation is timed with and without its set-up, on the case's own grid, where its
   error is below 1e-6. */
#include "bench_clock.h"
#include "solver/commands/sections.h"
#include "solver/comparison/advance.h"
#include "solver/problem/initial_density.h"
#include "solver/problem/models.h"
#include <slepcsys.h>

#define LANES  512 /* trajectories advanced together: they stay in the first cache */
#define TARGET 1e-3

typedef struct {
  uint32_t v[4];
} Four;

/* Philox 4x32-10 of counter (trajectory, step, call, 0) (Salmon et al. 2011), written for the vectoriser. */
static inline __attribute__((always_inline)) Four Philox(uint32_t trajectory, uint32_t step, uint32_t call) {
  uint32_t a = trajectory, b = step, c = call, d = 0, k0 = 2026, k1 = 7;

#pragma GCC unroll 10
  for (int round = 0; round < 10; round++) {
    const uint64_t p = (uint64_t)0xD2511F53u * a, q = (uint64_t)0xCD9E8D57u * c;
    a = (uint32_t)(q >> 32) ^ b ^ k0;
    b = (uint32_t)q;
    c = (uint32_t)(p >> 32) ^ d ^ k1;
    d = (uint32_t)p;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return (Four){{a, b, c, d}};
}

/* Uniform on (-1, 1), 32 bits: conversions from signed integers are the vector unit's own. */
static inline double Symmetric(uint32_t bits) {
  return ((double)(int32_t)bits + 0.5) * 0x1p-31;
}

/* Two standard normals (Box-Muller) from two words. */
static inline void Normals(uint32_t r, uint32_t s, double z[2]) {
  const double radius = sqrt(-2 * log(0.5 + 0.5 * Symmetric(r))), angle = PETSC_PI * Symmetric(s);
  z[0] = radius * cos(angle);
  z[1] = radius * cos(angle - 0.5 * PETSC_PI); /* not sin: the compiler would pair the two into a scalar sincos */
}

typedef struct {
  int dim, steps;
  double eta, mean[2], std[2];
} Process;

static void Start(const Process *p, uint32_t first, double w[2][LANES]) {
  for (int l = 0; l < LANES; l++) {
    const Four r = Philox(first + (uint32_t)l, 0, 0);
    double z[2];
    Normals(r.v[0], r.v[1], z);
    w[0][l] = p->mean[0] + p->std[0] * z[0];
    w[1][l] = p->mean[1] + p->std[1] * z[1];
  }
}

/* w' = w - eta (4 w^3 - 0.6 w + 0.15 + (1 + 0.1 w^2) xi), xi = sum_k (0.5/k^2) A_k cos(pi u_k): the phase pi k w drops
   out of the law. Four words make two harmonics. */
static void RoughStep(const Process *p, uint32_t first, uint32_t step, double w[2][LANES]) {
  double xi[LANES] = {0};

  for (int k = 1; k <= 20; k += 2) {
    const double c = 0.5 / (k * k), e = 0.5 / ((k + 1) * (k + 1));
    for (int l = 0; l < LANES; l++) {
      const Four r = Philox(first + (uint32_t)l, step, (uint32_t)k);
      xi[l] += c * Symmetric(r.v[0]) * cos(PETSC_PI * Symmetric(r.v[1])) +
               e * Symmetric(r.v[2]) * cos(PETSC_PI * Symmetric(r.v[3]));
    }
  }
  for (int l = 0; l < LANES; l++) {
    const double x = w[0][l];
    w[0][l] = x - p->eta * (4 * x * x * x - 0.6 * x + 0.15 + (1 + 0.1 * x * x) * xi[l]);
  }
}

/* w' = w - eta (H w + L z), H = (1, 0.3; 0.3, 0.5), L L^T = (1, 0.5; 0.5, 2). */
static void QuadraticStep(const Process *p, uint32_t first, uint32_t step, double w[2][LANES]) {
  const double lower = sqrt(1.75);

  for (int l = 0; l < LANES; l++) {
    const Four r = Philox(first + (uint32_t)l, step, 1);
    const double x = w[0][l], y = w[1][l];
    double z[2];
    Normals(r.v[0], r.v[1], z);
    w[0][l] = x - p->eta * (x + 0.3 * y + z[0]);
    w[1][l] = y - p->eta * (0.3 * x + 0.5 * y + 0.5 * z[0] + lower * z[1]);
  }
}

static void Count(SgdGrid grid, const int bins[2], double w[2][LANES], uint32_t *histogram) {
  for (int l = 0; l < LANES; l++) {
    int at = 0;
    PetscBool inside = PETSC_TRUE;
    for (int a = grid->dim - 1; a >= 0; a--) {
      const double b = (w[a][l] - grid->min[a]) / (grid->max[a] - grid->min[a]) * bins[a];
      if (!(b >= 0 && b < bins[a])) inside = PETSC_FALSE;
      at = at * bins[a] + (inside ? (int)b : 0);
    }
    if (inside) histogram[at]++;
  }
}

static double Ensemble(const Process *p, SgdGrid grid, const int bins[2], uint32_t count, uint32_t *histogram) {
  const double start = BenchSeconds();
  double w[2][LANES];

  for (uint32_t first = 0; first < count; first += LANES) {
    Start(p, first, w);
    for (int n = 1; n <= p->steps; n++)
      if (p->dim == 1)
        RoughStep(p, first, (uint32_t)n, w);
      else
        QuadraticStep(p, first, (uint32_t)n, w);
    Count(grid, bins, w, histogram);
  }
  return BenchSeconds() - start;
}

/* sum over bins of |histogram/N - the cells' mass in the bin| */
static PetscErrorCode Error(SgdGrid grid, Vec y, const int bins[2], uint32_t count, const uint32_t *histogram,
                            double *l1) {
  const int total = grid->dim == 1 ? bins[0] : bins[0] * bins[1];
  const PetscScalar *mass;
  PetscInt index[3];
  double *bin;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(total, &bin));
  PetscCall(VecGetArrayRead(y, &mass));
  for (PetscInt j = 0; j < grid->cells; j++) {
    int at = 0;
    SgdGridIndex(grid, j, index);
    for (int a = grid->dim - 1; a >= 0; a--) at = at * bins[a] + (int)(index[a] * bins[a] / grid->n[a]);
    bin[at] += mass[j];
  }
  PetscCall(VecRestoreArrayRead(y, &mass));
  *l1 = 0;
  for (int b = 0; b < total; b++) *l1 += fabs((double)histogram[b] / count - bin[b]);
  PetscCall(PetscFree(bin));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  SgdSections sections;
  SgdReference reference;
  SgdSliceStage slice;
  SgdModels models;
} Problem;

/* The case with the master equation alone, up to and without its models. */
static PetscErrorCode Open(const char *path, int sets, const char *const set[], SgdCase *c, Problem *p) {
  SgdSections *s = &p->sections;

  PetscFunctionBegin;
  PetscCall(SgdCaseOpen(PETSC_COMM_SELF, path, sets, set, c));
  PetscCall(SgdSectionsRead(*c, s));
  const SgdModelsContext context = {
      .kase = *c, .landscape = s->landscape, .sgd = s->settings.sgd, .slice = &p->slice, .nodes = s->slice->nodes};
  PetscCall(SgdReferenceFind(s->landscape, s->training, NULL, &p->reference));
  PetscCall(SgdSliceStageCreate(*c, s->slice, &s->settings, &p->reference, NULL, &p->slice));
  PetscCall(SgdModelsCreate(&context, &s->models, p->slice.grid, &p->models));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Seconds of set-up and of all steps; y: the final density. */
static PetscErrorCode Deterministic(Problem *p, SgdAdvance *a, double *setup, double *steps) {
  Vec y0;

  PetscFunctionBegin;
  double before = BenchSeconds();
  PetscCall(SgdModelsSetUp(&p->models));
  PetscCall(SgdInitialDensity(p->slice.grid, p->slice.prediction, &y0));
  PetscCall(SgdAdvanceCreate(&p->models, p->sections.leaps, y0, a));
  *setup = BenchSeconds() - before;
  before = BenchSeconds();
  PetscCall(SgdAdvanceTo(*a, p->sections.settings.sgd->steps));
  *steps = BenchSeconds() - before;
  PetscCall(VecDestroy(&y0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Bench(const char *path, int sets, const char *const set[], const int bins[2], uint32_t count) {
  double setup = 0, steps = 0, l1;
  uint32_t *histogram;
  SgdAdvance a;
  Problem p;
  SgdCase c;

  PetscFunctionBegin;
  PetscCall(Open(path, sets, set, &c, &p));
  PetscCall(Deterministic(&p, &a, &setup, &steps));
  Process process = {
      .dim = p.slice.grid->dim, .steps = p.sections.settings.sgd->steps, .eta = p.sections.settings.sgd->learning_rate};
  for (int k = 0; k < p.slice.grid->dim; k++) {
    process.mean[k] = p.slice.prediction->mean0[k];
    process.std[k] = p.slice.prediction->std0[k];
  }
  PetscCall(PetscCalloc1(bins[0] * bins[1], &histogram));
  const double t = Ensemble(&process, p.slice.grid, bins, count, histogram);
  PetscCall(Error(p.slice.grid, SgdAdvanceStates(a)[0], bins, count, histogram, &l1));
  const double needed = t * PetscSqr(l1 / TARGET), rate = (double)count * process.steps / t;
  PetscCall(PetscPrintf(PETSC_COMM_SELF,
                        "%s: %d steps\n  ensemble: %u trajectories, %.3g s, %.3g steps/s, L1 error %.3g in %d bins; "
                        "to %.0e: %.3g trajectories, %.3g s\n  master: %d cells, set-up %.3g s, steps %.3g s\n"
                        "  ratio: %.3g with set-up, %.3g without\n",
                        path, process.steps, count, t, rate, l1, bins[0] * bins[1], TARGET,
                        count * PetscSqr(l1 / TARGET), needed, (int)p.slice.grid->cells, setup, steps,
                        needed / (setup + steps), needed / steps));
  PetscCall(PetscFree(histogram));
  PetscCall(SgdAdvanceDestroy(&a));
  PetscCall(SgdModelsDestroy(&p.models));
  PetscCall(SgdSliceStageDestroy(&p.slice));
  PetscCall(SgdReferenceDestroy(&p.reference));
  PetscCall(SgdSectionsFree(&p.sections));
  PetscCall(SgdCaseClose(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) {
  static const char *const line[] = {"models=[master]", "expect=[]"}, *const plane[] = {
                                                                          "models=[{model: master, tolerance: 1.0e-6}]",
                                                                          "expect=[]", "slice.cells=[128,128]"};
  PetscInt log2_trajectories = 20, line_bins = 64, plane_bins = 32;

  if (SlepcInitialize(&argc, &argv, NULL, "Trajectories against the master equation")) return 1;
  PetscOptionsGetInt(NULL, NULL, "-log2_trajectories", &log2_trajectories, NULL);
  PetscOptionsGetInt(NULL, NULL, "-bins1", &line_bins, NULL);
  PetscOptionsGetInt(NULL, NULL, "-bins2", &plane_bins, NULL);
  const uint32_t count = 1u << PetscMin(PetscMax(log2_trajectories, 10), 31);
  const int b1[2] = {(int)line_bins, 1}, b2[2] = {(int)plane_bins, (int)plane_bins};
  PetscCall(Bench("cases/examples/rough_landscape.yaml", 2, line, b1, count));
  PetscCall(Bench("tests/verification/quadratic_2d.yaml", 3, plane, b2, count));
  return SlepcFinalize() != 0;
}
