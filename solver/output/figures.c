#include "solver/output/figures.h"
#include <libgen.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char Drawn[PETSC_MAX_PATH_LEN]; /* the folder; empty: nothing is drawn, or not by this rank */
static PetscBool DrawnQuietly, Asked;

/* The folder of the scripts: in the tree build/sgdfp stands beside it, where it is installed bin/sgdfp does. */
static PetscBool Scripts(char *folder, size_t size) {
  static const char *const place[] = {"../postprocess", "../share/sgdfp/postprocess"};
  char program[PETSC_MAX_PATH_LEN], script[PETSC_MAX_PATH_LEN];
  const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

  if (length < 0) return PETSC_FALSE;
  program[length] = 0;
  dirname(program);
  for (size_t k = 0; k < sizeof place / sizeof *place; k++) {
    if (snprintf(folder, size, "%s/%s", program, place[k]) >= (int)size) continue;
    if (snprintf(script, sizeof script, "%s/plot.py", folder) >= (int)sizeof script) continue;
    if (!access(script, R_OK)) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

PetscErrorCode SgdDrawCheck(const char *command) {
  char folder[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  if (!strcmp(command, "check"))
    return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "--figures: check leaves no files to draw");
  if (!Scripts(folder, sizeof folder))
    return SgdFail(
        PETSC_COMM_WORLD, SGD_EXIT_CASE,
        "--figures: no ../postprocess/plot.py or ../share/sgdfp/postprocess/plot.py beside the program: leave "
        "it out, and draw from the repository");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDrawLater(const char *folder, PetscBool quiet) {
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (!rank) PetscCall(PetscStrncpy(Drawn, folder, sizeof Drawn));
  DrawnQuietly = quiet;
  Asked = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In the child: the scripts take the place of the program. */
static void Become(const char *shell, const char *script) {
  if (DrawnQuietly && !freopen("/dev/null", "w", stdout)) _exit(127);
  execl(shell, shell, script, Drawn, (char *)NULL);
  _exit(127);
}

/* Did the scripts draw? */
static PetscBool Draw(const char *folder) {
  char shell[PETSC_MAX_PATH_LEN + 16], script[PETSC_MAX_PATH_LEN + 16];
  int status = 1;
  pid_t child;

  snprintf(shell, sizeof shell, "%s/python.sh", folder);
  snprintf(script, sizeof script, "%s/plot.py", folder);
  fflush(NULL);
  if (!(child = fork())) Become(shell, script);
  return (PetscBool)(child > 0 && waitpid(child, &status, 0) == child && !status);
}

/* Ranks that do not draw sleep until the first one has: were they to end with a code of their own, mpiexec would end it. */
static void Wait(void) {
  const struct timespec pause = {.tv_nsec = 20000000};
  MPI_Request request;
  int done = 0;

  MPI_Ibarrier(PETSC_COMM_WORLD, &request);
  while (MPI_Test(&request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && !done) nanosleep(&pause, NULL);
}

int SgdDraw(int code) {
  char folder[PETSC_MAX_PATH_LEN];
  PetscBool drawn = PETSC_TRUE;

  if (!Asked) return code;
  if (*Drawn) {
    if (!DrawnQuietly) printf("Figures:\n");
    drawn = (PetscBool)(Scripts(folder, sizeof folder) && Draw(folder));
    if (!drawn)
      fprintf(stderr,
              "sgdfp: the results are complete, but not their figures (see above); again: "
              "postprocess/python.sh postprocess/plot.py %s\n",
              Drawn);
  }
  Wait();
  return code || drawn ? code : SGD_EXIT_FILES;
}
