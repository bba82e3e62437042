#include "solver/commands/processor.h"
#include "cases/base/instruction_set.h"
#include "cases/file/nearest.h"
#include <stdlib.h>

static PetscErrorCode CheckWanted(MPI_Comm comm, const char *wanted) {
  char hint[256];

  PetscFunctionBegin;
  for (int s = 0; s < SGD_INSTRUCTION_SETS; s++) {
    if (strcmp(wanted, SgdInstructionSetNames[s])) continue;
    if (s > (int)SgdInstructionSetWidest())
      return SgdFail(comm, SGD_EXIT_CASE,
                     "environment variable SGDFP_INSTRUCTIONS=%s: this processor (%s), or this program, has no more "
                     "than %s",
                     wanted, SgdProcessor(), SgdInstructionSetNames[SgdInstructionSetWidest()]);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  SgdWordHint(wanted, SGD_INSTRUCTION_SETS, SgdInstructionSetNames, hint, sizeof hint);
  return SgdFail(comm, SGD_EXIT_CASE,
                 "environment variable SGDFP_INSTRUCTIONS: expected baseline, avx2 or avx512, found \"%s\"%s", wanted,
                 hint);
}

PetscErrorCode SgdProcessorView(MPI_Comm comm) {
  const char *wanted = getenv("SGDFP_INSTRUCTIONS");

  PetscFunctionBegin;
  if (wanted && *wanted) PetscCall(CheckWanted(comm, wanted));
  PetscCall(SgdSay(comm, "Processor: %s; inner loops compiled for %s\n", SgdProcessor(), SgdInstructionSetWords()));
  PetscFunctionReturn(PETSC_SUCCESS);
}
