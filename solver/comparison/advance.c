#include "solver/comparison/advance.h"
#include "solver/evolution/evolve.h"
#include "solver/restart/stages.h"

struct _p_SgdAdvance {
  SgdModels *models;
  const SgdLeapOptions *leaps;
  SgdEvolution evolution[SGD_MAX_MODELS]; /* NULL: a model that is measured */
  SgdMeasured measured[SGD_MAX_MODELS];   /* NULL: one that is computed */
  Vec y[SGD_MAX_MODELS];
  Vec none[SGD_MAX_MODELS]; /* the density of a model that could not be set up: not a number */
  double seconds[SGD_MAX_MODELS];
  PetscBool broken[SGD_MAX_MODELS], stopped[SGD_MAX_MODELS];
  int piece, model; /* of the schedule; under way */
  double before;    /* the clock when the model under way began */
  SgdWatch *watch;
  SgdStepMoments record; /* NULL: none */
  PetscErrorCode (*entered)(void *context);
  void *context;
};

static const SgdSchedule *Schedule(SgdAdvance a) {
  return &a->models->context.slice->schedule;
}

/* The ensemble of a model that is measured, from y[m], once and for all. */
static PetscErrorCode BeginMeasured(SgdAdvance a, int m) {
  PetscFunctionBegin;
  if (a->measured[m]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdMeasuredCreate(a->models, a->models->model[m], a->y[m], &a->measured[m]));
  a->y[m] = SgdMeasuredState(a->measured[m]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The evolution of the current piece, from y[m]. */
static PetscErrorCode BeginEvolution(SgdAdvance a, int m) {
  SgdModels *models = a->models;
  SgdEvolution last = a->evolution[m];

  PetscFunctionBegin;
  PetscCall(SgdEvolutionCreate(models->model[m], models->grid, Schedule(a)->eta[a->piece], a->y[m], &a->evolution[m]));
  PetscCall(SgdEvolutionLeaps(a->evolution[m], models->grid, a->leaps));
  SgdEvolutionWatch(a->evolution[m], a->watch);
  SgdEvolutionRecord(a->evolution[m], a->record, m, Schedule(a)->start[a->piece]);
  a->y[m] = SgdEvolutionState(a->evolution[m]);
  PetscCall(SgdEvolutionDestroy(&last));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One that could not be set up goes no further: from a later piece on, what it had stays as it was. */
static PetscErrorCode BeginNone(SgdAdvance a, int m) {
  PetscFunctionBegin;
  a->broken[m] = PETSC_TRUE;
  if (a->evolution[m] || a->none[m]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecDuplicate(a->y[m], &a->none[m]));
  PetscCall(VecSet(a->none[m], NAN));
  a->y[m] = a->none[m];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BeginPiece(SgdAdvance a) {
  SgdModels *models = a->models;

  PetscFunctionBegin;
  for (int m = 0; m < models->count; m++)
    if (models->failed[m])
      PetscCall(BeginNone(a, m));
    else if (SgdModelGetKind(models->model[m]) == SGD_ENSEMBLE)
      PetscCall(BeginMeasured(a, m));
    else
      PetscCall(BeginEvolution(a, m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdAdvanceCreate(SgdModels *models, const SgdLeapOptions *leaps, Vec y0, SgdAdvance *advance) {
  SgdAdvance a;

  PetscFunctionBegin;
  PetscCall(PetscNew(&a));
  *advance = a;
  a->models = models;
  a->leaps = leaps;
  a->before = MPI_Wtime();
  for (int m = 0; m < models->count; m++) a->y[m] = y0;
  PetscCall(BeginPiece(a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdAdvanceWatch(SgdAdvance a, SgdWatch *watch) {
  a->watch = watch;
  for (int m = 0; m < a->models->count; m++)
    if (a->evolution[m]) SgdEvolutionWatch(a->evolution[m], watch);
}

void SgdAdvanceRecord(SgdAdvance a, SgdStepMoments s) {
  a->record = s;
  for (int m = 0; m < a->models->count; m++)
    if (a->evolution[m]) SgdEvolutionRecord(a->evolution[m], s, m, Schedule(a)->start[a->piece]);
}

void SgdAdvanceOnPiece(SgdAdvance a, PetscErrorCode (*entered)(void *context), void *context) {
  a->entered = entered;
  a->context = context;
}

PetscErrorCode SgdAdvanceView(SgdAdvance a) {
  PetscFunctionBegin;
  for (int m = 0; m < a->models->count; m++)
    if (a->evolution[m]) PetscCall(SgdEvolutionView(a->evolution[m]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Models and evolutions of a later piece of the schedule. */
static PetscErrorCode Enter(SgdAdvance a, int piece) {
  PetscFunctionBegin;
  a->piece = piece;
  PetscCall(SgdModelsEnter(a->models, piece));
  PetscCall(BeginPiece(a));
  if (a->entered) PetscCall(a->entered(a->context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdAdvanceStop(SgdAdvance a, int m) {
  PetscFunctionBegin;
  a->stopped[m] = PETSC_TRUE;
  PetscCall(VecSet(a->y[m], NAN));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool SgdAdvanceBroken(SgdAdvance a, int m) {
  return a->broken[m];
}

/* Model m to step n of this piece; numbers that cannot be had end this model only. */
static PetscErrorCode AdvanceOne(SgdAdvance a, int m, PetscInt n) {
  PetscErrorCode ierr;

  PetscFunctionBegin;
  if (a->stopped[m] || a->broken[m]) PetscFunctionReturn(PETSC_SUCCESS);
  if (a->measured[m])
    ierr = SgdMeasuredWalk(a->measured[m], n, a->watch);
  else
    ierr = SgdEvolutionAdvance(a->evolution[m], n - Schedule(a)->start[a->piece]);
  a->broken[m] = (PetscBool)(ierr && SgdExitCode(ierr) == SGD_EXIT_NUMBERS);
  if (!a->broken[m]) PetscCall(ierr);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The densities at step n of the models that are measured, whose ensembles are there. */
static PetscErrorCode Measure(SgdAdvance a, PetscInt n) {
  PetscFunctionBegin;
  for (int m = 0; m < a->models->count; m++) {
    const double start = MPI_Wtime();
    PetscErrorCode ierr;
    if (!a->measured[m] || a->stopped[m] || a->broken[m]) continue;
    ierr = SgdMeasuredDensity(a->measured[m], n);
    a->broken[m] = (PetscBool)(ierr && SgdExitCode(ierr) == SGD_EXIT_NUMBERS);
    if (!a->broken[m]) PetscCall(ierr);
    a->seconds[m] += MPI_Wtime() - start;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every model to step n of this piece of the schedule. */
static PetscErrorCode Within(SgdAdvance a, PetscInt n) {
  char stage[80];

  PetscFunctionBegin;
  for (int m = 0; m < a->models->count && !SgdWatchPaused(a->watch); m++) {
    a->model = m;
    a->before = MPI_Wtime();
    SgdWatchAnew(a->watch);
    PetscCall(PetscSNPrintf(stage, sizeof stage, "Step:%s", SgdModelName(a->models->model[m])));
    PetscCall(SgdStagePush(stage));
    PetscCall(AdvanceOne(a, m, n));
    PetscCall(SgdStagePop());
    a->seconds[m] += MPI_Wtime() - a->before;
    a->before = MPI_Wtime();
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool AnyMeasured(SgdAdvance a) {
  for (int m = 0; m < a->models->count; m++)
    if (a->measured[m]) return PETSC_TRUE;
  return PETSC_FALSE;
}

PetscErrorCode SgdAdvanceTo(SgdAdvance a, PetscInt n) {
  const SgdSchedule *s = Schedule(a);

  PetscFunctionBegin;
  while (n > s->start[a->piece + 1]) {
    PetscCall(Within(a, s->start[a->piece + 1]));
    if (!SgdWatchPaused(a->watch)) PetscCall(SgdWatchSecure(a->watch));
    if (SgdWatchPaused(a->watch)) PetscFunctionReturn(PETSC_SUCCESS);
    PetscCall(Enter(a, a->piece + 1));
  }
  PetscCall(Within(a, n));
  if (!SgdWatchPaused(a->watch) && AnyMeasured(a)) PetscCall(SgdWatchSecure(a->watch));
  if (!SgdWatchPaused(a->watch)) PetscCall(Measure(a, n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdAdvanceCheckpoint(SgdAdvance a, SgdCheckpoint c, const char *name) {
  char path[128];
  int piece = a->piece;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(path, sizeof path, "%s/piece", name));
  PetscCall(SgdCheckpointShared(c, path, sizeof piece, &piece));
  if (piece != a->piece) PetscCall(Enter(a, piece));
  PetscCall(PetscSNPrintf(path, sizeof path, "%s/seconds", name));
  PetscCall(SgdCheckpointShared(c, path, (size_t)a->models->count * sizeof *a->seconds, a->seconds));
  PetscCall(PetscSNPrintf(path, sizeof path, "%s/stopped", name));
  PetscCall(SgdCheckpointShared(c, path, sizeof a->stopped, a->stopped));
  for (int m = 0; m < a->models->count; m++) {
    PetscCall(PetscSNPrintf(path, sizeof path, "%s/%d", name, m));
    if (a->measured[m])
      PetscCall(SgdMeasuredCheckpoint(a->measured[m], c, path));
    else if (a->evolution[m])
      PetscCall(SgdEvolutionCheckpoint(a->evolution[m], c, path));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* SGD steps that model m has done. */
static double Done(SgdAdvance a, int m) {
  if (a->measured[m]) return (double)SgdMeasuredStep(a->measured[m]);
  if (!a->evolution[m]) return 0;
  return (double)Schedule(a)->start[a->piece] + SgdEvolutionStep(a->evolution[m]);
}

void SgdAdvanceProgress(SgdAdvance a, const char **model, double *step, double *left) {
  const double steps = Schedule(a)->steps;
  double seconds = 0, done = 0;

  *model = SgdModelName(a->models->model[a->model]);
  *step = Done(a, a->model);
  *left = 0;
  for (int m = 0; m < a->models->count; m++) {
    const double s = a->seconds[m] + (m == a->model ? MPI_Wtime() - a->before : 0);
    const double n = Done(a, m);
    seconds += s;
    done += n;
    *left += n > 0 ? s / n * (steps - n) : 0;
  }
  for (int m = 0; m < a->models->count; m++) /* a model that has not begun: as the others go on average */
    if (Done(a, m) <= 0 && !a->broken[m]) *left += done > 0 ? seconds / done * steps : 0;
  if (!(done > 0)) *left = -1;
}

SgdMeasured SgdAdvanceMeasured(SgdAdvance a, int m) {
  return a->measured[m];
}

Vec *SgdAdvanceStates(SgdAdvance a) {
  return a->y;
}

int SgdAdvancePiece(SgdAdvance a) {
  return a->piece;
}

const double *SgdAdvanceSeconds(SgdAdvance a) {
  return a->seconds;
}

PetscErrorCode SgdAdvanceDestroy(SgdAdvance *a) {
  PetscFunctionBegin;
  if (!*a) PetscFunctionReturn(PETSC_SUCCESS);
  for (int m = 0; m < (*a)->models->count; m++) {
    PetscCall(SgdEvolutionDestroy(&(*a)->evolution[m]));
    PetscCall(SgdMeasuredDestroy(&(*a)->measured[m]));
    PetscCall(VecDestroy(&(*a)->none[m]));
  }
  PetscCall(PetscFree(*a));
  PetscFunctionReturn(PETSC_SUCCESS);
}
