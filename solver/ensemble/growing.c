#include "solver/ensemble/growingimpl.h"
#include "cases/base/blas.h"
#include "cases/base/random.h"

#define START 0x53544152 /* keeps the stream of the starts apart from those of the batches */

static int Own(SgdGrowing k) {
  return (k->last_own - k->first_own) * k->each;
}

static int First(int rank, int size, int count) {
  return (int)((PetscInt64)rank * count / size);
}

/* w = w_ref + V a, a from the initial density */
static void Start(SgdGrowing k, int member, double *w) {
  for (PetscInt i = 0; i < k->P; i++) w[i] = k->x.w_ref[i];
  for (int a = 0; k->x.std0 && a < k->x.dim; a++) {
    const double xi =
        SgdRandomNormal((uint64_t)k->x.options->seed, (uint64_t)START << 32 | (uint64_t)member, (uint64_t)a);
    cblas_daxpy((int)k->P, k->x.mean0[a] + k->x.std0[a] * xi, k->x.V + (size_t)a * (size_t)k->P, 1, w, 1);
  }
}

void SgdGrowingPlace(SgdGrowing k, const double *w, double a[]) {
  for (PetscInt i = 0; i < k->P; i++) k->g[i] = w[i] - k->x.w_ref[i];
  for (int b = 0; b < k->x.dim; b++) a[b] = cblas_ddot((int)k->P, k->x.V + (size_t)b * (size_t)k->P, 1, k->g, 1);
}

/* Where the ancestors are, for the memory. */
static void Track(SgdGrowing k) {
  const size_t d = (size_t)k->x.dim, row = (size_t)(k->middle + 1) * d;

  if (!k->track || k->n > k->middle) return;
  for (int j = 0; j < Own(k); j++)
    SgdGrowingPlace(k, k->w + (size_t)j * (size_t)k->P, k->track + (size_t)j * row + (size_t)k->n * d);
}

/* The steps of the doublings where they are given, or room to measure them in. */
static PetscErrorCode Plan(SgdGrowing k) {
  const SgdNetworkOptions *o = k->x.options;
  const PetscInt end = k->x.schedule->steps;

  PetscFunctionBegin;
  k->middle = end / 2;
  k->settled = (PetscBool)(o->grow_count > 0 || o->doublings == 0 || k->middle < 1);
  for (int i = 0; i < o->doublings; i++)
    k->at[i] = k->settled && o->grow_count ? PetscMax(0, end - o->grow[i]) : k->middle;
  if (!k->settled)
    PetscCall(PetscCalloc1((size_t)PetscMax(1, Own(k)) * (size_t)(k->middle + 1) * (size_t)k->x.dim, &k->track));
  Track(k);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdGrowingCreate(const SgdGrowingContext *context, SgdGrowing *growing) {
  SgdGrowing k;

  PetscFunctionBegin;
  PetscCall(PetscNew(&k));
  *growing = k;
  k->x = *context;
  k->comm = SgdLandscapeComm(context->landscape);
  PetscCallMPI(MPI_Comm_rank(k->comm, &k->rank));
  PetscCallMPI(MPI_Comm_size(k->comm, &k->size));
  k->P = SgdLandscapeDimension(context->landscape);
  k->ancestors = context->options->members;
  k->first_own = First(k->rank, k->size, k->ancestors);
  k->last_own = First(k->rank + 1, k->size, k->ancestors);
  k->each = 1;
  PetscCall(PetscMalloc1((size_t)PetscMax(1, Own(k)) * (size_t)k->P, &k->w));
  PetscCall(PetscMalloc1(k->P, &k->g));
  for (int j = 0; j < Own(k); j++) Start(k, k->first_own + j, k->w + (size_t)j * (size_t)k->P);
  PetscCall(Plan(k));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Each member twice, one after the other: an ancestor's descendants stay together. */
static PetscErrorCode Double(SgdGrowing k) {
  const size_t P = (size_t)k->P;
  double *w;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)PetscMax(1, 2 * Own(k)) * P, &w));
  for (int j = 0; j < 2 * Own(k); j++) PetscCall(PetscArraycpy(w + (size_t)j * P, k->w + (size_t)(j / 2) * P, P));
  PetscCall(PetscFree(k->w));
  k->w = w;
  k->each *= 2;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The doublings that are due at this step, the first of which has not been done. */
static PetscErrorCode Grow(SgdGrowing k) {
  PetscFunctionBegin;
  if (!k->settled && k->n == k->middle) PetscCall(SgdGrowingSettle(k));
  for (int i = 0; k->settled && i < k->x.options->doublings; i++)
    if (k->each == 1 << i && k->n >= k->at[i]) PetscCall(Double(k));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DrawOf(SgdGrowing k, PetscInt batch) {
  PetscFunctionBegin;
  if (k->draw && k->batch == batch) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdLandscapeDrawDestroy(&k->draw));
  PetscCall(SgdLandscapeDrawCreate(k->x.landscape, batch, k->x.law, k->x.options->seed, &k->draw));
  k->batch = batch;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* w' = w - eta G(w), every member with a batch of its own. */
static PetscErrorCode StepAll(SgdGrowing k) {
  const SgdSchedule *s = k->x.schedule;
  const int piece = SgdSchedulePiece(s, k->n), first = k->first_own * k->each;

  PetscFunctionBegin;
  PetscCall(DrawOf(k, s->batch[piece]));
  for (int j = 0; j < Own(k); j++) {
    double *w = k->w + (size_t)j * (size_t)k->P;
    PetscCall(SgdLandscapeDrawGradient(k->draw, first + j, k->n, w, k->g));
    cblas_daxpy((int)k->P, -s->eta[piece], k->g, 1, w, 1);
  }
  k->n++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdGrowingTo(SgdGrowing k, PetscInt n, SgdWatch *watch) {
  PetscFunctionBegin;
  while (k->n < n && !SgdWatchPaused(watch)) {
    PetscCall(Grow(k));
    PetscCall(StepAll(k));
    Track(k);
    if (k->n < n) PetscCall(SgdWatchLook(watch));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscInt SgdGrowingStep(SgdGrowing k) {
  return k->n;
}

int SgdGrowingCount(SgdGrowing k) {
  return k->ancestors * k->each;
}

const double *SgdGrowingMembers(SgdGrowing k, int *first, int *local) {
  *first = k->first_own * k->each;
  *local = Own(k);
  return k->w;
}

PetscErrorCode SgdGrowingGather(SgdGrowing k, int columns, const double *rows, double *all) {
  PetscMPIInt *count, *start;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(k->size, &count, k->size, &start));
  for (int r = 0; r < k->size; r++) {
    start[r] = First(r, k->size, k->ancestors) * k->each * columns;
    count[r] = First(r + 1, k->size, k->ancestors) * k->each * columns - start[r];
  }
  PetscCallMPI(MPI_Allgatherv(rows, Own(k) * columns, MPI_DOUBLE, all, count, start, MPI_DOUBLE, k->comm));
  PetscCall(PetscFree2(count, start));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A rank's numbers, in the order of the ancestors, to a checkpoint or from it. */
static PetscErrorCode Keep(SgdGrowing k, SgdCheckpoint c, const char *name, const char *part, size_t count,
                           double *data) {
  char path[128];
  Vec v;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(path, sizeof path, "%s/%s", name, part));
  PetscCall(VecCreateMPIWithArray(k->comm, 1, (PetscInt)count, PETSC_DECIDE, data, &v));
  PetscCall(SgdCheckpointState(c, path, v));
  PetscCall(VecDestroy(&v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdGrowingCheckpoint(SgdGrowing k, SgdCheckpoint c, const char *name) {
  char path[128];
  struct {
    PetscInt n, at[16];
    int each, settled;
  } s = {.n = k->n, .each = k->each, .settled = k->settled};

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(s.at, k->at, 16));
  PetscCall(PetscSNPrintf(path, sizeof path, "%s/state", name));
  PetscCall(SgdCheckpointShared(c, path, sizeof s, &s));
  k->n = s.n;
  k->settled = (PetscBool)s.settled;
  PetscCall(PetscArraycpy(k->at, s.at, 16));
  while (k->each < s.each) PetscCall(Double(k));
  PetscCall(Keep(k, c, name, "members", (size_t)Own(k) * (size_t)k->P, k->w));
  if (!k->settled)
    PetscCall(Keep(k, c, name, "track",
                   (size_t)(k->last_own - k->first_own) * (size_t)(k->middle + 1) * (size_t)k->x.dim, k->track));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double SgdGrowingCost(SgdGrowing k, PetscInt first) {
  const SgdSchedule *s = k->x.schedule;
  double cost = 0;

  for (PetscInt n = first; n < s->steps - 1; n++) {
    int members = k->ancestors;
    for (int i = 0; i < k->x.options->doublings; i++) members *= n >= k->at[i] ? 2 : 1;
    cost += (double)members * (SgdLandscapeSamples(k->x.landscape) ? (double)s->batch[SgdSchedulePiece(s, n)] : 1);
  }
  return cost;
}

/* Seconds of one batch's gradient, the slowest rank's. */
static PetscErrorCode TimeGradient(SgdGrowing k, double *seconds) {
  const double start = MPI_Wtime();
  int times = 0;

  PetscFunctionBegin;
  PetscCall(DrawOf(k, k->x.schedule->batch[0]));
  do PetscCall(SgdLandscapeDrawGradient(k->draw, 0, times++, k->x.w_ref, k->g));
  while (MPI_Wtime() - start < 0.02);
  *seconds = (MPI_Wtime() - start) / times;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, seconds, 1, MPI_DOUBLE, MPI_MAX, k->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdGrowingView(SgdGrowing k) {
  const PetscInt samples = SgdLandscapeSamples(k->x.landscape);
  const double cost = SgdGrowingCost(k, k->n);
  double seconds;

  PetscFunctionBegin;
  PetscCall(TimeGradient(k, &seconds));
  PetscCall(
      SgdSay(k->comm,
             "  network: %s%.3g gradients%s for the walk of %d trajectories growing to %d, about %.2g s on %d ranks; "
             "each output step takes the last step's law besides\n",
             k->settled ? "" : "at most ", cost, samples ? " of single samples" : "", k->ancestors,
             k->ancestors << k->x.options->doublings,
             cost * seconds / (samples ? (double)k->batch : 1) / PetscMin(k->size, k->ancestors), k->size));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdGrowingDestroy(SgdGrowing *growing) {
  SgdGrowing k = *growing;

  PetscFunctionBegin;
  if (!k) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdLandscapeDrawDestroy(&k->draw));
  PetscCall(PetscFree(k->track));
  PetscCall(PetscFree(k->w));
  PetscCall(PetscFree(k->g));
  PetscCall(PetscFree(*growing));
  PetscFunctionReturn(PETSC_SUCCESS);
}
