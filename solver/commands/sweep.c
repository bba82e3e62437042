/* The command sweep: groups of ranks take the runs in turn (sweep_queue.h), each in a folder of its own (sweep_run.h),
   and one table holds what came out (sweep_table.h). A run that ends with an error does not end the others. */
#include "solver/output/figures.h"
#include "solver/commands/claim.h"
#include "solver/commands/sweep_queue.h"
#include "solver/commands/sweep_run.h"
#include "solver/commands/sweep_shared.h"
#include "solver/commands/sweep_table.h"
#include "solver/output/output.h"
#include "solver/restart/interrupt.h"

typedef struct {
  int done, found, failed, worst; /* worst: of the exit codes */
  double seconds;                 /* of the runs that were done, all groups' */
  char message[512];              /* of the run that ended worst */
} Tally;

static void Count(Tally *t, const SgdSweepEnd *end) {
  t->done += !end->found;
  t->found += end->found;
  t->failed += end->exit != 0;
  if (end->exit > t->worst) snprintf(t->message, sizeof t->message, "%s", end->message);
  t->worst = PetscMax(t->worst, end->exit);
  if (!end->found) t->seconds += end->seconds;
}

/* One line a run, by its group, with what the rest may take: this group's mean, for its share of what is left. */
static PetscErrorCode Tell(const SgdSweepPlan *plan, const SgdSweepQueue *q, int run, const SgdSweepEnd *end,
                           const Tally *mine) {
  const double left = (plan->runs - run - 1) * (mine->done ? mine->seconds / mine->done : 0) / q->groups;
  char name[256], result[600] = "";

  PetscFunctionBegin;
  PetscCall(SgdSweepRunName(plan, run, name, sizeof name));
  if (end->exit) PetscCall(PetscSNPrintf(result, sizeof result, ", exit %d: %s", end->exit, end->message));
  if (!end->exit && end->warnings)
    PetscCall(PetscSNPrintf(result, sizeof result, ", %d warning%s", end->warnings, end->warnings > 1 ? "s" : ""));
  if (end->found)
    PetscCall(SgdSay(q->group, "  [%d/%d] %s: done before%s\n", run + 1, plan->runs, name, result));
  else
    PetscCall(SgdSay(q->group, "  [%d/%d] %s: %.3g s%s, about %.0f s left\n", run + 1, plan->runs, name, end->seconds,
                     result, left));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* This group's turns; a signal or a disk that fails ends them. */
static PetscErrorCode Turns(const SgdWork *work, const SgdSweepPlan *plan, const SgdSweepShared *shared,
                            SgdSweepQueue *q, Tally *mine) {
  SgdSweepEnd end;
  int run;

  PetscFunctionBegin;
  for (;;) {
    PetscCall(SgdSweepQueueNext(q, &run));
    if (run >= plan->runs) break;
    PetscCall(SgdSweepRun(work, plan, run, shared->sets, shared->set, q->group, &end));
    Count(mine, &end);
    PetscCall(Tell(plan, q, run, &end, mine));
    if (end.exit == SGD_EXIT_FILES || end.exit > SGD_EXIT_SIGNAL) PetscCall(SgdSweepQueueStop(q));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Over the groups, each counted once. */
static PetscErrorCode Gather(MPI_Comm comm, const SgdSweepQueue *q, Tally *t) {
  PetscMPIInt rank = 1;
  struct {
    int exit, rank;
  } worst = {.exit = t->worst};
  char message[sizeof t->message];
  int count[3];

  PetscFunctionBegin;
  if (q->group != MPI_COMM_NULL) PetscCallMPI(MPI_Comm_rank(q->group, &rank));
  count[0] = rank ? 0 : t->done;
  count[1] = rank ? 0 : t->found;
  count[2] = rank ? 0 : t->failed;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, count, 3, MPI_INT, MPI_SUM, comm));
  PetscCallMPI(MPI_Comm_rank(comm, &worst.rank));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_2INT, MPI_MAXLOC, comm));
  PetscCall(PetscStrncpy(message, t->message, sizeof message));
  PetscCallMPI(MPI_Bcast(message, (int)sizeof message, MPI_CHAR, worst.rank, comm));
  *t = (Tally){.done = count[0], .found = count[1], .failed = count[2], .worst = worst.exit};
  PetscCall(PetscStrncpy(t->message, message, sizeof t->message));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A key that is none, or a value of the wrong kind, is told before anything is done: by the first run and the last. */
static PetscErrorCode CheckCase(const SgdWork *work, const SgdSweepPlan *plan, int run) {
  const SgdInvocation *v = work->invocation;
  SgdSections sections;
  const char **set;
  SgdCase c;

  PetscFunctionBegin;
  PetscCall(SgdSweepSets(plan, run, v->sets, v->set, &set));
  PetscCall(SgdCaseOpen(SgdCaseComm(work->sections->kase), v->path, v->sets + plan->keys, set, &c));
  PetscCall(SgdSectionsRead(c, &sections));
  PetscCall(SgdSectionsFree(&sections));
  PetscCall(SgdCaseClose(&c));
  PetscCall(SgdSweepSetsFree(plan, v->sets, &set));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is in the folder is of the same case, or nothing; but for the sweep itself, which may grow. */
static PetscErrorCode CheckFolder(const SgdWork *work) {
  const SgdCase c = work->sections->kase;
  char differences[256];

  PetscFunctionBegin;
  if (work->invocation->overwrite) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdClaimDifferences(c, work->folder, differences, sizeof differences));
  if (*differences)
    return SgdFail(SgdCaseComm(c), SGD_EXIT_FILES,
                   "%s holds a sweep of another case, which differs in %s: --overwrite replaces it, -o DIR leaves it "
                   "alone",
                   work->folder, differences);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Verdict(const SgdWork *work, const SgdSweepPlan *plan, const Tally *t) {
  const MPI_Comm comm = SgdCaseComm(work->sections->kase);
  const SgdInvocation *v = work->invocation;

  PetscFunctionBegin;
  PetscCall(SgdSay(comm, "Sweep: %d runs, %d done now, %d before, %d failed: %s/sweep.csv\n", plan->runs, t->done,
                   t->found, t->failed, work->folder));
  if (t->worst > SGD_EXIT_SIGNAL)
    return SgdFail(comm, (SgdExit)t->worst, "the sweep was stopped by signal %d; the same command goes on with it",
                   t->worst - SGD_EXIT_SIGNAL);
  if (t->worst == SGD_EXIT_FILES)
    return SgdFail(comm, SGD_EXIT_FILES, "the sweep was stopped: %s; the same command goes on with it", t->message);
  if (v->figures) PetscCall(SgdDrawLater(work->folder, (PetscBool)(v->quiet || v->json))); /* of those that are right */
  if (t->worst)
    return SgdFail(comm, (SgdExit)t->worst, "%d of %d runs failed; columns exit and message of %s/sweep.csv", t->failed,
                   plan->runs, work->folder);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCommandSweep(SgdWork *work) {
  const SgdInvocation *v = work->invocation;
  const SgdSweepOptions *o = work->sections->sweep;
  const SgdCase c = work->sections->kase;
  const MPI_Comm comm = SgdCaseComm(c);
  Tally tally = {.done = 0};
  SgdSweepShared shared;
  SgdSweepQueue queue;
  SgdSweepPlan plan;

  PetscFunctionBegin;
  SgdInterruptKeeps(SGD_KEEPS_RUNS);
  PetscCall(SgdSweepPlanCreate(c, o, v->varies, v->vary, &plan));
  PetscCall(CheckCase(work, &plan, 0));
  if (plan.runs > 1) PetscCall(CheckCase(work, &plan, plan.runs - 1));
  PetscCall(CheckFolder(work));
  PetscCall(SgdOutputCase(work->folder, c, v->argc, v->argv));
  PetscCall(SgdSweepShare(work, &plan, &shared));
  PetscCall(SgdSweepQueueOpen(comm, o->ranks, &queue));
  PetscCall(SgdSay(comm, "Sweep: %d runs, %d at a time on %d ranks each%s\n", plan.runs, queue.groups, o->ranks,
                   queue.idle ? "; some ranks are left over and wait" : ""));
  if (queue.group != MPI_COMM_NULL) PetscCall(Turns(work, &plan, &shared, &queue, &tally));
  PetscCall(Gather(comm, &queue, &tally));
  PetscCall(SgdSweepQueueClose(&queue));
  PetscCall(SgdSweepTableWrite(comm, &plan, work->folder));
  PetscCall(SgdSweepShareFree(&shared));
  const PetscErrorCode verdict = Verdict(work, &plan, &tally);
  PetscCall(SgdSweepPlanDestroy(&plan));
  PetscCall(verdict);
  PetscFunctionReturn(PETSC_SUCCESS);
}
