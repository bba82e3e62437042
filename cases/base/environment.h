/* What acts on a run from outside the case and the command line, told where it does: options in PETSC_OPTIONS and
   PETSc's files, and more threads and ranks on a node than cores for them. */
#pragma once
#include "cases/base/base.h"

/* Has no launcher started this process? Those of Open MPI, MPICH, PMIx and Slurm are known by their variables. */
PETSC_EXTERN PetscBool SgdEnvironmentAlone(void);
/* Before MPI starts: Open MPI's files do without a pointer that processes share, which nothing here uses. Its semaphore is
   named by a file's last name alone, for all programs of a node, and a program that is killed while it holds it would
   leave all others that open a file of that name waiting for ever. A process that is alone takes no daemon and no folder
   of MPI's, half of the time of its start; not where it is embedded in a program, which may start others by MPI. A user's
   own choice stands. */
PETSC_EXTERN void SgdEnvironmentPrepare(PetscBool embedded);
/* Lines on rank 0; none where there is nothing to tell. Collective. */
PETSC_EXTERN PetscErrorCode SgdEnvironmentView(MPI_Comm comm);
