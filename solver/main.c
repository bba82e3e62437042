#include "base.h"
#include <slepcsys.h>

int main(int argc, char **argv) {
  PetscErrorCode ierr = SlepcInitialize(&argc, &argv, NULL, NULL);
  if (ierr) return 1;
  ierr = SlepcFinalize();
  return SgdExitCode(ierr);
}
