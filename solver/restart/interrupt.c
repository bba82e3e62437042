#include "solver/restart/interrupt.h"
#include "solver/output/lock.h"
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 2  /* a second signal ends the program at once if it comes so many seconds after the first */
#define DEADLINE 4  /* seconds that a noted signal waits for the end of work that is known to have no checks */
#define LONGEST  20 /* and for the next check elsewhere: between two steps, which may be long or the machine loaded */

static const int caught[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2, SIGXCPU, SIGALRM};
static volatile sig_atomic_t held, pending, answered, saving, closed;
static volatile time_t first;
static char doing[64] = "start", kept[96] = SGD_KEEPS_NOTHING;
static int rank;

static void Write(const char *text) {
  if (write(STDERR_FILENO, text, strlen(text)) < 0) return; /* nobody to tell */
}

/* Only what a signal handler may call. */
static void EndAtOnce(int number) {
  if (!rank) {
    const char digits[] = {(char)('0' + number / 10), (char)('0' + number % 10), 0};
    Write("sgdfp: stopped by signal ");
    Write(number < 10 ? digits + 1 : digits);
    Write(" during ");
    Write(doing);
    Write(": ");
    Write(kept);
    Write("\n");
  }
  SgdLockDropAll();
  _exit(SGD_EXIT_SIGNAL + number);
}

/* Those that come again of themselves, for each line to a closed pipe or each second of processor time: a second one
   means nothing. */
static int Repeats(int number) {
  return number == SIGPIPE || number == SIGXCPU || number == SIGALRM;
}

/* The alarm that was set when the first signal was noted: between two checks lies something long, an eigensolver or a
   factorisation. What is being written is written to its end. */
static void Overdue(void) {
  if (answered) return;
  if (!saving && (closed || time(NULL) - first >= LONGEST)) EndAtOnce(pending);
  alarm(1);
}

static void Handle(int number) {
  if (held && pending && number == SIGALRM) Overdue();
  if (held && pending && Repeats(number)) return;
  if (!held || (pending && time(NULL) - first >= PATIENCE)) EndAtOnce(number);
  if (!pending) {
    first = time(NULL);
    alarm(DEADLINE);
  }
  pending = number;
}

/* nohup lets a program live on when its terminal goes. */
static PetscErrorCode Ignored(int number, PetscBool *ignored) {
  struct sigaction was;

  PetscFunctionBegin;
  PetscCheck(!sigaction(number, NULL, &was), PETSC_COMM_SELF, PETSC_ERR_SYS, "sigaction");
  *ignored = (PetscBool)(number == SIGHUP && was.sa_handler == SIG_IGN);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdInterruptInstall(void) {
  struct sigaction action;
  PetscBool ignored;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(PetscMemzero(&action, sizeof action));
  action.sa_handler = Handle;
  action.sa_flags = SA_RESTART;
  PetscCheck(signal(SIGXFSZ, SIG_IGN) != SIG_ERR, PETSC_COMM_SELF, PETSC_ERR_SYS, "signal"); /* the write says so */
  for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
    PetscCall(Ignored(caught[i], &ignored));
    PetscCheck(ignored || !sigaction(caught[i], &action, NULL), PETSC_COMM_SELF, PETSC_ERR_SYS, "sigaction");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdInterruptShows(void) {
  PetscFunctionBegin;
  PetscCheck(signal(SIGPIPE, SIG_DFL) != SIG_ERR, PETSC_COMM_SELF, PETSC_ERR_SYS, "signal");
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdInterruptHold(void) {
  held = 1;
}

void SgdInterruptRelease(void) {
  held = 0;
  if (pending) EndAtOnce(pending); /* it came after the last check */
}

int SgdInterruptPending(void) {
  return pending;
}

void SgdInterruptAnswered(void) {
  answered = 1;
}

void SgdInterruptClosed(PetscBool yes) {
  closed = yes;
}

void SgdInterruptSaving(PetscBool yes) {
  saving = yes;
}

void SgdInterruptDoing(const char *what) {
  strncpy(doing, what, sizeof doing - 1);
}

void SgdInterruptKeeps(const char *what) {
  strncpy(kept, what, sizeof kept - 1);
}
