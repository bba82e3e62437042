#include "operators/push_forward/atoms.h"
#include "cases/noise/batch_list.h"
#include "meshes/fields_local.h"
#include "cases/base/random.h"
#include <petscblaslapack.h>

struct _p_SgdAtoms {
  const SgdStep *step;
  int count, dim;  /* M, d */
  PetscInt K;      /* batches of an atom: 1, or those of an epoch */
  PetscInt *batch; /* [M][K][B], sample indices; NULL: closed form */
  double *xi;      /* [M][d], closed form: centred variables of unit variance */
  double *u;       /* [M][d], the displacements */
  double *w, *gi;  /* scratch: [P], [N][d] */
  PetscBool drawn; /* some for all */
  char words[160];
};

/* All batches or epochs, or some of them. */
static PetscErrorCode ListBatches(SgdAtoms a, const SgdAtomsOptions *o, double count) {
  const SgdStep *c = a->step;
  const PetscInt N = SgdLandscapeSamples(c->landscape), B = c->batch;
  const PetscBool all = (PetscBool)(o->which == SGD_ATOMS_ALL || (o->which == SGD_ATOMS_AUTO && count <= o->most));
  const SgdDrawLaw law = o->epoch                                 ? SGD_DRAW_EPOCH
                         : c->sampling == SGD_WITHOUT_REPLACEMENT ? SGD_DRAW_WITHOUT_REPLACEMENT
                                                                  : SGD_DRAW_WITH_REPLACEMENT;
  const char *what = o->epoch ? "orderings of an epoch" : "batches of the samples";

  PetscFunctionBegin;
  a->K = o->epoch ? N / B : 1;
  a->count = all ? (int)count : o->count;
  a->drawn = (PetscBool)!all;
  PetscCall(PetscMalloc1((size_t)a->count * a->K * B, &a->batch));
  PetscCall(PetscMalloc3((size_t)a->count * a->dim, &a->u, c->frame->P, &a->w, N * a->dim, &a->gi));
  if (!all)
    PetscCall(PetscSNPrintf(a->words, sizeof a->words, "an ensemble of %d of %.3g %s, seed %d", a->count, count, what,
                            o->seed));
  else
    PetscCall(PetscSNPrintf(a->words, sizeof a->words, "all %d %s", a->count, what));
  if (!all)
    PetscCall(SgdBatchListDraw(N, B, law, o->seed, a->count, a->K, a->batch));
  else if (o->epoch)
    PetscCall(SgdEpochListAll(N, B, a->count, a->batch));
  else
    SgdBatchListAll(N, B, c->sampling, a->count, a->batch);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateSamples(SgdAtoms a, const SgdAtomsOptions *o) {
  const SgdStep *c = a->step;
  const PetscInt N = SgdLandscapeSamples(c->landscape);
  const double count = o->epoch ? SgdEpochListCount(N, c->batch) : SgdBatchListCount(N, c->batch, c->sampling);

  PetscFunctionBegin;
  PetscCall(ListBatches(a, o, count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is the covariance zero at every cell? Collective. */
static PetscErrorCode Deterministic(SgdFields f, PetscBool *zero) {
  double most = 0;

  PetscFunctionBegin;
  for (int p = 0; p < SGD_PAIRS(f->grid->dim); p++)
    for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++) most = PetscMax(most, PetscAbsReal(f->C[p][i]));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, f->grid->comm));
  *zero = (PetscBool)(most == 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* xi: all signs, or Gaussian draws; without any noise one atom, xi = 0, plain gradient descent. */
static PetscErrorCode CreateClosedForm(SgdAtoms a, const SgdAtomsOptions *o) {
  const int d = a->dim;
  const PetscBool drawn = (PetscBool)(o->which == SGD_ATOMS_SAMPLED);
  PetscBool zero = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(Deterministic(a->step->fields, &zero));
  a->K = 1;
  a->count = zero ? 1 : (drawn ? o->count : 1 << d);
  a->drawn = (PetscBool)(drawn && !zero);
  PetscCall(PetscCalloc2((size_t)a->count * d, &a->xi, (size_t)a->count * d, &a->u));
  for (int i = 0; i < a->count * d && !zero; i++)
    a->xi[i] = drawn ? SgdRandomNormal((uint64_t)o->seed, (uint64_t)SGD_DRAW_LANDSCAPE << 32, (uint64_t)i)
                     : ((i / d) >> (i % d) & 1 ? 1 : -1);
  if (zero)
    PetscCall(PetscStrncpy(a->words, "no noise: gradient descent, one atom", sizeof a->words));
  else if (drawn)
    PetscCall(PetscSNPrintf(a->words, sizeof a->words, "an ensemble of %d Gaussian draws G = g + C^{1/2} xi, seed %d",
                            a->count, o->seed));
  else
    PetscCall(PetscSNPrintf(a->words, sizeof a->words, "the %d atoms G = g + C^{1/2} (+-1)", a->count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of batches of the samples. */
static PetscErrorCode FitSamples(const SgdStepPlan *p, SgdReport *r, const SgdAtomsOptions *o) {
  const PetscInt N = SgdLandscapeSamples(p->landscape);
  const double count = o->epoch ? SgdEpochListCount(N, p->batch) : SgdBatchListCount(N, p->batch, p->sampling);

  PetscFunctionBegin;
  SgdCaseCheck(r->kase, !p->memory, SgdReportKey(r, "atoms"),
               "batches of samples have no phase space: use model master");
  SgdCaseCheck(r->kase, o->which != SGD_ATOMS_ALL || count <= o->most, SgdReportKey(r, "atoms"),
               "there are %.3g of them, more than max_atoms = %d: use sampled, or model master, whose law is exact for "
               "any number",
               count, o->most);
  for (int k = 0; k < p->axes && o->epoch; k++)
    SgdCaseCheck(r->kase, p->boundary[k] == SGD_ABSORBING, "slice.boundary", "an epoch needs absorbing boundaries");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdAtomsFit(const SgdStepPlan *p, SgdReport *r, const SgdAtomsOptions *o) {
  PetscFunctionBegin;
  SgdCaseCheck(
      r->kase, !p->scattered, SgdReportKey(r, "model"),
      "follows the samples' own gradients on the slice; with slice.complement: ensemble only a step's mean and "
      "covariance are known");
  if (SgdLandscapeSamples(p->landscape)) PetscCall(FitSamples(p, r, o));
  SgdCaseCheck(r->kase, !o->epoch || SgdLandscapeSamples(p->landscape), SgdReportKey(r, "epoch"),
               "a landscape in closed form has no samples, hence no epochs");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdAtomsCreate(const SgdStep *step, SgdReport *report, const SgdAtomsOptions *options, SgdAtoms *atoms) {
  const SgdGrid grid = step->fields->grid;
  SgdStepPlan plan = {.landscape = step->landscape,
                      .batch = step->batch,
                      .sampling = step->sampling,
                      .axes = grid->dim,
                      .memory = (PetscBool)(step->frame->dim != grid->dim),
                      .scattered = SgdLandscapeScattered(step->landscape)};
  SgdAtoms a;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(plan.boundary, grid->boundary, 3));
  PetscCall(SgdAtomsFit(&plan, report, options));
  PetscCall(PetscNew(&a));
  a->step = step;
  a->dim = step->fields->grid->dim;
  if (SgdLandscapeSamples(step->landscape))
    PetscCall(CreateSamples(a, options));
  else
    PetscCall(CreateClosedForm(a, options));
  *atoms = a;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdAtomsDestroy(SgdAtoms *atoms) {
  SgdAtoms a = *atoms;

  PetscFunctionBegin;
  if (!a) PetscFunctionReturn(PETSC_SUCCESS);
  if (a->batch)
    PetscCall(PetscFree3(a->u, a->w, a->gi));
  else
    PetscCall(PetscFree2(a->xi, a->u));
  PetscCall(PetscFree(a->batch));
  PetscCall(PetscFree(*atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int SgdAtomsCount(SgdAtoms a) {
  return a->count;
}

PetscBool SgdAtomsDrawn(SgdAtoms a) {
  return a->drawn;
}

const char *SgdAtomsWords(SgdAtoms a) {
  return a->words;
}

/* gi [N][d], all samples' gradients at the point x of the slice */
static PetscErrorCode SampleGradients(SgdAtoms a, const double x[]) {
  const SgdStep *c = a->step;

  PetscFunctionBegin;
  SgdFramePoint(c->frame, x, a->w);
  PetscCall(SgdLandscapeSampleGradients(c->landscape, a->w, a->dim, c->frame->V, a->gi));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* u -= eta (mean over the batch of the samples' gradients) */
static void StepBatch(SgdAtoms a, const PetscInt *batch, double *u) {
  const PetscInt B = a->step->batch;

  for (int k = 0; k < a->dim; k++) {
    double sum = 0;
    for (PetscInt s = 0; s < B; s++) sum += a->gi[batch[s] * a->dim + k];
    u[k] -= a->step->learning_rate * sum / (double)B;
  }
}

static PetscBool InsideBox(SgdGrid grid, const double x[], const double u[], double place[]) {
  PetscBool in = PETSC_TRUE;

  for (int k = 0; k < grid->dim; k++) {
    place[k] = x[k] + u[k];
    if (!(place[k] > grid->min[k] && place[k] < grid->max[k])) in = PETSC_FALSE;
  }
  return in;
}

static PetscErrorCode FollowBatches(SgdAtoms a, const double x[]) {
  SgdGrid grid = a->step->fields->grid;
  const PetscInt B = a->step->batch;
  double place[3];

  PetscFunctionBegin;
  PetscCall(SampleGradients(a, x));
  for (int i = 0; i < a->count; i++) StepBatch(a, a->batch + i * a->K * B, a->u + i * a->dim);
  for (int i = 0; i < a->count && a->K > 1; i++)
    for (PetscInt k = 1; k < a->K && InsideBox(grid, x, a->u + i * a->dim, place); k++) {
      PetscCall(SampleGradients(a, place));
      StepBatch(a, a->batch + (i * a->K + k) * B, a->u + i * a->dim);
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* u = -eta (g + C^{1/2} xi), the symmetric root by eigenvectors, C^{1/2} = sum_e sqrt(lambda_e) u_e u_e^T */
static PetscErrorCode FollowClosedForm(SgdAtoms a, const double place[]) {
  const int d = a->dim;
  const double eta = a->step->learning_rate;
  PetscBLASInt n = d, lwork = 16, info;
  double U[9], lambda[3], work[16], root[9] = {0}, g[3], C[6];

  PetscFunctionBegin;
  SgdFieldsInterpolate(a->step->fields, place, g, C);
  for (int k = 0; k < d; k++)
    for (int l = 0; l < d; l++) U[k * d + l] = C[SgdPair(d, k, l)];
  LAPACKsyev_("V", "L", &n, U, &n, lambda, work, &lwork, &info);
  for (int e = 0; e < d; e++)
    for (int k = 0; k < d; k++)
      for (int l = 0; l < d; l++) root[k * d + l] += sqrt(PetscMax(0, lambda[e])) * U[e * d + k] * U[e * d + l];
  for (int s = 0; s < a->count; s++)
    for (int k = 0; k < d; k++) {
      a->u[s * d + k] = -eta * g[k];
      for (int l = 0; l < d; l++) a->u[s * d + k] -= eta * root[k * d + l] * a->xi[s * d + l];
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdAtomsAt(SgdAtoms a, const double place[], const double **displacement) {
  SgdGrid grid = a->step->fields->grid;
  double x[3];

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(a->u, (size_t)a->count * a->dim));
  for (int k = 0; k < a->dim; k++) x[k] = grid->min[k] + (place[k] + 0.5) * grid->h[k];
  if (a->batch)
    PetscCall(FollowBatches(a, x));
  else
    PetscCall(FollowClosedForm(a, place));
  *displacement = a->u;
  PetscFunctionReturn(PETSC_SUCCESS);
}
