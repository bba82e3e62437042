/* sgdfp: the density of network parameters under SGD. What the program does is the list of calls below. */
#include "solver/commands/commands.h"
#include "solver/output/figures.h"
#include "cases/base/package.h"
#include "solver/restart/interrupt.h"
#include "solver/start.h"
#include <slepcsys.h>

static PetscErrorCode Main(int argc, char **argv) {
  SgdInvocation invocation = {0};
  PetscBool done;

  PetscFunctionBegin;
  PetscCall(SgdInvocationParse(argc, argv, &invocation, &done));
  if (!done) PetscCall(SgdCommand(&invocation));
  PetscCall(SgdInvocationFree(&invocation));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A bug, or no memory: other ranks may be waiting. */
static void Abort(void) {
  int ranks = 1;

  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (ranks > 1) MPI_Abort(MPI_COMM_WORLD, 1);
}

int main(int argc, char **argv) {
  PetscErrorCode ierr;
  PetscBool done;
  int code;

  if (SgdInvocationAtOnce(argc, argv, &done)) return 1;
  if (done) return SGD_EXIT_DONE;
  if ((code = SgdStart(argc, argv))) return code;
  if (SgdErrorHandlerPush() || SgdInitializePackage() || SgdInterruptInstall()) return 1;
  ierr = Main(argc, argv);
  if (SgdExitCode(ierr) == 1) Abort();
  code = SgdDraw(SgdExitCode(ierr));
  if (!ierr)
    ierr = SlepcFinalize();
  else
    MPI_Finalize(); /* after a user's error objects are left as they are */
  return code ? code : SgdExitCode(ierr);
}
