/* sgdfp: the density of network parameters under SGD. What the program does is the list of calls below. */
#include "solver/commands/commands.h"
#include "cases/base/package.h"
#include "solver/restart/interrupt.h"
#include <errno.h>
#include <fcntl.h>
#include <slepcsys.h>
#include <string.h>
#include <unistd.h>

static PetscErrorCode Main(int argc, char **argv) {
  SgdInvocation invocation = {0};
  PetscBool done;

  PetscFunctionBegin;
  PetscCall(SgdInvocationParse(argc, argv, &invocation, &done));
  if (!done) PetscCall(SgdCommand(&invocation));
  PetscCall(SgdInvocationFree(&invocation));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* PETSc takes --help and --version for itself, with its own text: hide them from it. */
static int WithoutHelp(int argc, char **argv, char **kept) {
  int count = 0;

  for (int i = 0; i < argc; i++)
    if (strcmp(argv[i], "--help") && strcmp(argv[i], "-h") && strcmp(argv[i], "--version")) kept[count++] = argv[i];
  kept[count] = NULL;
  return count;
}

/* What was closed is opened on nothing, so that no data file is taken for the terminal; and there is a folder to be in. */
static int Surroundings(void) {
  char path[PETSC_MAX_PATH_LEN];
  int file;

  do file = open("/dev/null", O_RDWR);
  while (file >= 0 && file <= STDERR_FILENO);
  if (file >= 0) close(file);
  if (getcwd(path, sizeof path)) return SGD_EXIT_DONE;
  fprintf(stderr, "sgdfp: the folder it was started in: %s\n", strerror(errno));
  return SGD_EXIT_FILES;
}

int main(int argc, char **argv) {
  const int nowhere = Surroundings();
  char **kept = malloc(((size_t)argc + 1) * sizeof *kept), **given = kept;
  int count = kept ? WithoutHelp(argc, argv, kept) : 0;
  PetscErrorCode ierr;

  if (nowhere) return nowhere;
  if (!kept || SlepcInitialize(&count, &given, NULL, NULL)) return 1;
  if (SgdErrorHandlerPush() || SgdInitializePackage() || SgdInterruptInstall()) return 1;
  ierr = Main(argc, argv);
  if (SgdExitCode(ierr) == 1) MPI_Abort(MPI_COMM_WORLD, 1); /* a bug: other ranks may be waiting */
  if (!ierr)
    ierr = SlepcFinalize();
  else
    MPI_Finalize(); /* after a user's error objects are left as they are */
  free(kept);
  return SgdExitCode(ierr);
}
