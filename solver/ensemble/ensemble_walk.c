/* Ranks take whole trajectories, one after the other, and meet a few times a second to hear how far they are; a
   checkpoint holds the records of the finished ones, and for each one under way its parameters, the optimizer's memory
   and its step. Which rank goes on with which does not matter: a step's batch is keyed by trajectory and step.
   Where the modes' vectors are shared out, ranks meet at each record too: every rank projects its stretches of all that
   is recorded, and the sum over the ranks is the record. */
#include "solver/ensemble/ensemble_walk.h"
#include "cases/base/blas.h"

#define ROUND 0.2 /* seconds between two agreements of the ranks */

/* One trajectory under way: parameters, and first and second moment of the optimizer [P] each. */
typedef struct Flight {
  int trajectory, record; /* records made */
  PetscInt n;             /* steps done */
  double *w, *m, *v;
} Flight;

struct _p_SgdEnsembleWalk {
  MPI_Comm comm;
  PetscMPIInt rank, size;
  SgdLandscape landscape;
  SgdLandscapeDraw draw;
  const SgdOptimizer *optimizer;
  SgdOptimizerRates rates;
  SgdTrajectoriesStep law;
  PetscInt P;
  const double *w_ref, *V;
  SgdShares shares;     /* how V's rows lie over the ranks; NULL: whole */
  double *apart, *part; /* where they are shared out: [ranks][local] and [ranks][modes] */
  struct Flight *due;   /* its record is, with w - w_ref in g; NULL: none, or V is whole */
  int burst;            /* steps before ranks that share V out meet, if no record is due earlier: the same on all */
  double *g;            /* [P] */
  SgdEnsemble e;        /* records that other ranks have are zero here until the end */
  unsigned char *done;  /* [count]: finished, by this rank or before a restart (then rank 0 has the records) */
  int *mine, mine_count, at; /* trajectories that fall to this rank, and the next to begin */
  Flight *flight;            /* [flights], the first is under way; the others come from a restart on fewer ranks */
  int flights;
  double steps, all_steps; /* done by all ranks before the restart and since; in all */
};

/* Every so many steps, the half of the way, and the end. */
static PetscErrorCode RecordSteps(PetscInt steps, PetscInt every, SgdEnsemble e) {
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(steps / every + 3, &e->step));
  for (PetscInt n = 1; n <= steps; n++)
    if (n % every == 0 || n == steps || n == PetscMax(1, steps / 2)) e->step[e->records++] = n;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int First(int rank, int size, int count) {
  return (int)((PetscInt64)rank * count / size);
}

/* Deal out those that are neither done nor under way, in parts of equal length. */
static PetscErrorCode DealOut(SgdEnsembleWalk k, const unsigned char *taken) {
  int open = 0, seen = 0;

  PetscFunctionBegin;
  for (int t = 0; t < k->e->count; t++) open += !taken[t];
  const int first = First(k->rank, k->size, open), last = First(k->rank + 1, k->size, open);
  k->mine_count = k->at = 0;
  for (int t = 0; t < k->e->count; t++) {
    if (taken[t]) continue;
    if (seen >= first && seen < last) k->mine[k->mine_count++] = t;
    seen++;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEnsembleWalkCreate(SgdLandscape l, const double *w_ref, const SgdTrajectoriesOptions *o,
                                     const SgdTrajectoriesStep *step, SgdShares shares, int modes, const double *V,
                                     SgdEnsembleWalk *walk) {
  SgdEnsembleWalk k;

  PetscFunctionBegin;
  PetscCall(PetscNew(&k));
  *walk = k;
  k->comm = SgdLandscapeComm(l);
  k->landscape = l;
  PetscCallMPI(MPI_Comm_rank(k->comm, &k->rank));
  PetscCallMPI(MPI_Comm_size(k->comm, &k->size));
  k->optimizer = SgdOptimizerFind(o->optimizer);
  k->rates = (SgdOptimizerRates){step->learning_rate, o->momentum, o->decay, o->epsilon};
  k->law = *step;
  k->P = SgdLandscapeDimension(l);
  k->w_ref = w_ref;
  k->V = V;
  k->shares = shares;
  k->burst = 1;
  if (shares)
    PetscCall(
        PetscCalloc2((size_t)k->size * (size_t)shares->local, &k->apart, (size_t)k->size * (size_t)modes, &k->part));
  PetscCall(PetscNew(&k->e));
  k->e->count = o->count;
  k->e->modes = modes;
  PetscCall(RecordSteps(step->steps, o->every, k->e));
  PetscCall(PetscCalloc1((size_t)k->e->count * (size_t)k->e->records * (size_t)modes, &k->e->a));
  if (SgdLandscapeTestSamples(l))
    PetscCall(PetscCalloc1((size_t)k->e->count * (size_t)k->e->records * SGD_LOSSES, &k->e->loss));
  PetscCall(SgdLandscapeDrawCreate(l, step->batch, step->law, o->seed, &k->draw));
  PetscCall(PetscCalloc3(k->P, &k->g, o->count, &k->done, o->count, &k->mine));
  k->all_steps = (double)o->count * (double)step->steps;
  PetscCall(DealOut(k, k->done));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double *Records(SgdEnsembleWalk k, int trajectory) {
  return k->e->a + (size_t)trajectory * (size_t)k->e->records * (size_t)k->e->modes;
}

/* Room for `count` flights of 3 P numbers each, in one piece. */
static PetscErrorCode MakeFlights(SgdEnsembleWalk k, int count) {
  const size_t P = (size_t)k->P;

  PetscFunctionBegin;
  if (k->flight) PetscCall(PetscFree(k->flight[0].w));
  PetscCall(PetscFree(k->flight));
  k->flights = 0;
  PetscCall(PetscCalloc1(PetscMax(1, count), &k->flight));
  PetscCall(PetscCalloc1((size_t)PetscMax(1, count) * 3 * P, &k->flight[0].w));
  for (int f = 0; f < PetscMax(1, count); f++) {
    k->flight[f].w = k->flight[0].w + 3 * (size_t)f * P;
    k->flight[f].m = k->flight[f].w + P;
    k->flight[f].v = k->flight[f].m + P;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The flight under way, or the next of this rank's trajectories at its start; NULL: nothing is left. */
static PetscErrorCode Current(SgdEnsembleWalk k, Flight **flight) {
  PetscFunctionBegin;
  *flight = NULL;
  if (!k->flights && k->at == k->mine_count) PetscFunctionReturn(PETSC_SUCCESS);
  if (!k->flight) PetscCall(MakeFlights(k, 1));
  if (!k->flights) {
    Flight *f = &k->flight[0];
    f->trajectory = k->mine[k->at++];
    f->record = 0;
    f->n = 0;
    PetscCall(PetscArraycpy(f->w, k->w_ref, k->P));
    PetscCall(PetscArrayzero(f->m, k->P));
    PetscCall(PetscArrayzero(f->v, k->P));
    k->flights = 1;
  }
  *flight = &k->flight[k->flights - 1];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double *NextRecord(SgdEnsembleWalk k, Flight *f) {
  return Records(k, f->trajectory) + (size_t)f->record++ * (size_t)k->e->modes;
}

/* The losses of the record that comes next, where samples are held out. */
static PetscErrorCode RecordLosses(SgdEnsembleWalk k, const Flight *f) {
  const size_t at = (size_t)f->trajectory * (size_t)k->e->records + (size_t)f->record;
  SgdLandscapeLosses losses;

  PetscFunctionBegin;
  if (!k->e->loss) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdLandscapeTest(k->landscape, f->w, &losses));
  PetscCall(PetscArraycpy(k->e->loss + at * SGD_LOSSES, (const double *)&losses, SGD_LOSSES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void EndIfDone(SgdEnsembleWalk k, const Flight *f) {
  if (f->n < k->law.steps) return;
  k->done[f->trajectory] = 1;
  k->flights--;
}

/* One step of SGD; a = V (w - w_ref) where it is recorded, or due where V is shared out. */
static PetscErrorCode StepOne(SgdEnsembleWalk k, Flight *f) {
  PetscFunctionBegin;
  PetscCall(SgdLandscapeDrawGradient(k->draw, f->trajectory, f->n, f->w, k->g));
  k->optimizer->step(&k->rates, f->n, k->P, k->g, f->w, f->m, f->v);
  f->n++;
  if (f->n != k->e->step[f->record]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(RecordLosses(k, f));
  for (PetscInt i = 0; i < k->P; i++) k->g[i] = f->w[i] - k->w_ref[i];
  if (k->shares) {
    k->due = f;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  cblas_dgemv(CblasRowMajor, CblasNoTrans, k->e->modes, (int)k->P, 1.0, k->V, (int)k->P, k->g, 1, 0.0, NextRecord(k, f),
              1);
  EndIfDone(k, f);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The records that are due on the ranks: each rank's stretches of all of them, projected, and the sum to whose it is. */
static PetscErrorCode ProjectTogether(SgdEnsembleWalk k) {
  const int M = k->e->modes, local = (int)k->shares->local;
  double *record;

  PetscFunctionBegin;
  PetscCall(SgdSharesTakeApart(k->shares, (PetscBool) !!k->due, k->g, k->apart));
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, k->size, M, local, 1.0, k->apart, PetscMax(1, local), k->V,
              PetscMax(1, local), 0.0, k->part, M);
  PetscCall(PetscMalloc1(M, &record));
  PetscCallMPI(MPI_Reduce_scatter_block(k->part, record, M, MPI_DOUBLE, MPI_SUM, k->comm));
  if (k->due) {
    PetscCall(PetscArraycpy(NextRecord(k, k->due), record, M));
    EndIfDone(k, k->due);
    k->due = NULL;
  }
  PetscCall(PetscFree(record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Steps until the ranks are to agree again; steps: those taken, work: is there more? Ranks that wait for each other's
   records count steps instead of seconds, and so reach them together. */
static PetscErrorCode Round(SgdEnsembleWalk k, double *steps, double *work) {
  const double start = MPI_Wtime();
  Flight *f;

  PetscFunctionBegin;
  *steps = 0;
  do {
    PetscCall(Current(k, &f));
    if (!f) break;
    PetscCall(StepOne(k, f));
    ++*steps;
  } while (!k->due && (k->shares ? *steps < k->burst : MPI_Wtime() - start < ROUND));
  PetscCall(Current(k, &f));
  *work = f ? 1 : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* seconds: of the last round, a mean over the ranks */
static void AdaptBurst(SgdEnsembleWalk k, double seconds) {
  if (seconds < 0.5 * ROUND) k->burst = PetscMin(1 << 20, 2 * k->burst);
  if (seconds > 2 * ROUND) k->burst = PetscMax(1, k->burst / 2);
}

PetscErrorCode SgdEnsembleWalkOn(SgdEnsembleWalk k, SgdWatch *watch) {
  double sum[4]; /* steps taken, ranks that have work, those whose record is due, seconds */

  PetscFunctionBegin;
  do {
    const double start = MPI_Wtime();
    PetscCall(Round(k, &sum[0], &sum[1]));
    sum[2] = k->due ? 1 : 0;
    sum[3] = MPI_Wtime() - start;
    k->e->seconds += sum[3];
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, 4, MPI_DOUBLE, MPI_SUM, k->comm));
    k->steps += sum[0];
    if (sum[2] > 0) PetscCall(ProjectTogether(k));
    AdaptBurst(k, sum[3] / k->size);
    if (sum[1] > 0) PetscCall(SgdWatchLook(watch));
  } while (sum[1] > 0 && !SgdWatchPaused(watch));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdEnsembleWalkProgress(SgdEnsembleWalk k, double *done, double *left) {
  *done = k->steps / k->all_steps;
  *left = *done > 0 ? k->e->seconds * (1 - *done) / *done : 0;
}

/* The sum over the ranks, of which each has its own records and zeros elsewhere, to all of them. */
static PetscErrorCode SumRecords(SgdEnsembleWalk k, int each, double *a) {
  const size_t all = (size_t)k->e->count * (size_t)k->e->records * (size_t)each, part = 1 << 24;

  PetscFunctionBegin;
  for (size_t from = 0; from < all; from += part)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, a + from, (int)PetscMin(part, all - from), MPI_DOUBLE, MPI_SUM, k->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* record [count][records][each]. After reading they are rank 0's. */
static PetscErrorCode TransferTable(SgdEnsembleWalk k, SgdCheckpoint c, const char *name, int each, double *record) {
  const size_t all = (size_t)k->e->count * (size_t)k->e->records * (size_t)each;
  double *a;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(all, &a));
  PetscCall(PetscArraycpy(a, record, all));
  PetscCall(SumRecords(k, each, a));
  PetscCall(SgdCheckpointShared(c, name, all * sizeof *a, a));
  if (SgdCheckpointReading(c) && !k->rank) PetscCall(PetscArraycpy(record, a, all));
  PetscCall(PetscFree(a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Records made so far, and which trajectories are done. */
static PetscErrorCode TransferRecords(SgdEnsembleWalk k, SgdCheckpoint c) {
  PetscFunctionBegin;
  PetscCall(TransferTable(k, c, "/ensemble/records", k->e->modes, k->e->a));
  if (k->e->loss) PetscCall(TransferTable(k, c, "/ensemble/losses", SGD_LOSSES, k->e->loss));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, k->done, k->e->count, MPI_UNSIGNED_CHAR, MPI_MAX, k->comm));
  PetscCall(SgdCheckpointShared(c, "/ensemble/done", (size_t)k->e->count, k->done));
  PetscCall(SgdCheckpointShared(c, "/ensemble/seconds", sizeof k->e->seconds, &k->e->seconds));
  PetscCall(SgdCheckpointShared(c, "/ensemble/steps", sizeof k->steps, &k->steps));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The trajectories under way on all ranks: trajectory, records, steps [count][3]. */
static PetscErrorCode TransferList(SgdEnsembleWalk k, SgdCheckpoint c, int *count, PetscInt **list) {
  PetscMPIInt *each, *start, mine = 3 * k->flights, total = 0;
  PetscInt *own;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(k->size, &each, k->size, &start, mine + 1, &own));
  for (int f = 0; f < k->flights; f++) {
    own[3 * f] = k->flight[f].trajectory;
    own[3 * f + 1] = k->flight[f].record;
    own[3 * f + 2] = k->flight[f].n;
  }
  PetscCallMPI(MPI_Allgather(&mine, 1, MPI_INT, each, 1, MPI_INT, k->comm));
  for (PetscMPIInt r = 0; r < k->size; r++) start[r] = total, total += each[r];
  *count = total / 3;
  PetscCall(SgdCheckpointShared(c, "/ensemble/flights", sizeof *count, count));
  PetscCall(PetscCalloc1(3 * *count + 1, list));
  if (!SgdCheckpointReading(c))
    PetscCallMPI(MPI_Allgatherv(own, mine, MPIU_INT, *list, each, start, MPIU_INT, k->comm));
  PetscCall(SgdCheckpointShared(c, "/ensemble/flight", 3 * (size_t)*count * sizeof **list, *list));
  PetscCall(PetscFree3(each, start, own));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Flights [first, last) of those in the checkpoint become this rank's; the trajectories left over are dealt out. */
static PetscErrorCode TakeOver(SgdEnsembleWalk k, int count, const PetscInt *list) {
  const int first = First(k->rank, k->size, count), last = First(k->rank + 1, k->size, count);
  unsigned char *taken;

  PetscFunctionBegin;
  PetscCall(MakeFlights(k, last - first));
  k->flights = last - first;
  for (int f = first; f < last; f++) {
    k->flight[f - first].trajectory = (int)list[3 * f];
    k->flight[f - first].record = (int)list[3 * f + 1];
    k->flight[f - first].n = list[3 * f + 2];
  }
  PetscCall(PetscMalloc1(k->e->count, &taken));
  PetscCall(PetscArraycpy(taken, k->done, k->e->count));
  for (int f = 0; f < count; f++) taken[list[3 * f]] = 1;
  PetscCall(DealOut(k, taken));
  PetscCall(PetscFree(taken));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEnsembleWalkCheckpoint(SgdEnsembleWalk k, SgdCheckpoint c) {
  PetscInt *list;
  int count;
  Vec state;

  PetscFunctionBegin;
  PetscCall(TransferRecords(k, c));
  PetscCall(TransferList(k, c, &count, &list));
  if (SgdCheckpointReading(c)) PetscCall(TakeOver(k, count, list));
  PetscCall(PetscFree(list));
  PetscCall(VecCreateMPIWithArray(k->comm, 1, 3 * k->P * k->flights, PETSC_DETERMINE,
                                  k->flights ? k->flight[0].w : NULL, &state));
  PetscCall(SgdCheckpointState(c, "/ensemble/state", state));
  PetscCall(VecDestroy(&state));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEnsembleWalkFinish(SgdEnsembleWalk *walk, SgdEnsemble *ensemble) {
  SgdEnsembleWalk k = *walk;

  PetscFunctionBegin;
  PetscCall(SumRecords(k, k->e->modes, k->e->a));
  if (k->e->loss) PetscCall(SumRecords(k, SGD_LOSSES, k->e->loss));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &k->e->seconds, 1, MPI_DOUBLE, MPI_MAX, k->comm));
  SgdEnsembleMarkDiverged(k->e);
  *ensemble = k->e;
  if (k->flight) PetscCall(PetscFree(k->flight[0].w));
  PetscCall(PetscFree(k->flight));
  PetscCall(SgdLandscapeDrawDestroy(&k->draw));
  PetscCall(PetscFree2(k->apart, k->part));
  PetscCall(PetscFree3(k->g, k->done, k->mine));
  PetscCall(PetscFree(*walk));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTrajectoriesRun(SgdLandscape l, const double *w_ref, const SgdTrajectoriesOptions *o,
                                  const SgdTrajectoriesStep *step, SgdShares shares, int modes, const double *V,
                                  SgdEnsemble *ensemble) {
  SgdEnsembleWalk walk;

  PetscFunctionBegin;
  PetscCall(SgdEnsembleWalkCreate(l, w_ref, o, step, shares, modes, V, &walk));
  PetscCall(SgdEnsembleWalkOn(walk, NULL));
  PetscCall(SgdEnsembleWalkFinish(&walk, ensemble));
  PetscFunctionReturn(PETSC_SUCCESS);
}
