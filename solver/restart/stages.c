#include "solver/restart/stages.h"
#include "solver/restart/interrupt.h"
#include <petsclog.h>
#include <string.h>

enum { MOST = 64, DEEPEST = 8 };

static struct {
  char name[MOST][80];
  double seconds[MOST];
  int count, open[DEEPEST], depth; /* open: the stages that are under way */
  double began, before;            /* the clock: of all, of the stage that is open now */
} book;

static int Find(const char *name) {
  int i = 0;

  while (i < book.count && strcmp(book.name[i], name)) i++;
  if (i == book.count && book.count < MOST) snprintf(book.name[book.count++], sizeof *book.name, "%s", name);
  return PetscMin(i, MOST - 1);
}

/* What has gone since the last entry is the innermost stage's. */
static void Enter(void) {
  const double now = MPI_Wtime();

  if (book.depth && book.depth <= DEEPEST) book.seconds[book.open[book.depth - 1]] += now - book.before;
  book.before = now;
}

PetscErrorCode SgdStagePush(const char *name) {
  PetscLogStage stage = -1;

  PetscFunctionBegin;
  SgdInterruptDoing(name);
  PetscCall(PetscLogStageGetId(name, &stage));
  if (stage < 0) PetscCall(PetscLogStageRegister(name, &stage));
  PetscCall(PetscLogStagePush(stage));
  Enter();
  if (book.depth < DEEPEST) book.open[book.depth] = Find(name);
  book.depth++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStagePop(void) {
  PetscFunctionBegin;
  PetscCall(PetscLogStagePop());
  Enter();
  book.depth = PetscMax(book.depth - 1, 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdStagesAnew(void) {
  book.count = book.depth = 0;
  memset(book.seconds, 0, sizeof book.seconds);
  book.began = MPI_Wtime();
}

PetscErrorCode SgdStagesView(MPI_Comm comm) {
  const double all = MPI_Wtime() - book.began;
  char text[1024] = "";
  double rest = all;

  PetscFunctionBegin;
  for (int i = 0; i < book.count; i++) {
    rest -= book.seconds[i];
    if (!(book.seconds[i] >= 0.005 * all)) continue;
    PetscCall(PetscSNPrintf(text + strlen(text), sizeof text - strlen(text), ", %s %.0f %%", book.name[i],
                            100 * book.seconds[i] / all));
  }
  PetscCall(SgdSay(comm, "Time: %.3g s%s%s, the rest %.0f %%\n", all, *text ? ":" : "", *text ? text + 1 : "",
                   100 * PetscMax(rest, 0) / all));
  PetscFunctionReturn(PETSC_SUCCESS);
}
