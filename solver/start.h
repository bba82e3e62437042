/* What the program needs before its first line of work: open streams, a folder to be in, address space, MPI, PETSc, SLEPc. */
#pragma once
#include "cases/base/base.h"

/* The exit code: SGD_EXIT_DONE, or that of a start which has failed and said so in a line. Call it once, first of all. */
PETSC_INTERN int SgdStart(int argc, char **argv);
