/* sgdfp as a library: the density of network parameters under SGD, from a C or C++ program.

     SgdfpInitialize(&argc, &argv);
     SgdfpCase c;
     if (!SgdfpOpenText(MPI_COMM_WORLD, text, 0, NULL, &c) && !SgdfpRun(c, "out", 1)) {
       double variance;
       SgdfpMoment(c, 0, SgdfpOutputs(c) - 1, "cov_11", &variance);
     } else
       fprintf(stderr, "%s\n", SgdfpError(c));
     SgdfpClose(&c);
     SgdfpFinalize();

   Compile with `mpicc program.c $(pkg-config --cflags --libs sgdfp)`. What a case may say is in CASE_FILE.md, what a run
   leaves in its folder in ARCHITECTURE.md (share/sgdfp/doc of the installation).

   Every function that takes a case is called by all ranks of its communicator together, and gives the same on each.
   Functions that return int return SGDFP_DONE or one of the codes below, which are the program's exit codes; the reason
   is then in SgdfpError. Nothing is printed unless SgdfpSpeak asks for it. */
#ifndef SGDFP_H
#define SGDFP_H
#include <mpi.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SGDFP_VERSION_MAJOR 0
#define SGDFP_VERSION_MINOR 1

enum {
  SGDFP_DONE = 0,
  SGDFP_BUG = 1,     /* a fault of the library, or a call that makes no sense */
  SGDFP_CASE = 2,    /* the case is wrong: place, key, what was expected */
  SGDFP_NUMBERS = 3, /* the numbers cannot be trusted, or an expectation of the case was missed */
  SGDFP_FILES = 4    /* a file cannot be read or written */
};

typedef struct _p_SgdfpCase *SgdfpCase;

/* Before anything else: MPI, PETSC and SLEPc, as far as the program has not initialised them itself. PETSc's options are
   read from the command line; a section `petsc` of a case adds to them. */
int SgdfpInitialize(int *argc, char ***argv);
/* Ends what SgdfpInitialize began. */
int SgdfpFinalize(void);

/* A case from a file, or from its text (files that it names are looked for beside the working folder), with `count`
   overrides "key.path=value". It is read and checked; nothing long is computed. The handle is made in any case, for
   SgdfpError, and to be closed. */
int SgdfpOpenFile(MPI_Comm comm, const char *path, int count, const char *const set[], SgdfpCase *c);
int SgdfpOpenText(MPI_Comm comm, const char *text, int count, const char *const set[], SgdfpCase *c);
int SgdfpClose(SgdfpCase *c);

/* Print what the program would print on rank 0 (yes: not 0), from the next call on. */
int SgdfpSpeak(SgdfpCase c, int yes);
/* What the command `run` does: all models side by side, files into `folder` (made if needed). overwrite: not 0 if what
   an earlier run left there may go; otherwise a finished result there is SGDFP_FILES. Once a case. What is measured can
   be read below also after SGDFP_NUMBERS, as far as it came. */
int SgdfpRun(SgdfpCase c, const char *folder, int overwrite);

/* Why the last call did not succeed, and the warnings of the run, in order. The texts live until SgdfpClose. */
const char *SgdfpError(SgdfpCase c);
int SgdfpWarnings(SgdfpCase c);
const char *SgdfpWarning(SgdfpCase c, int index);

/* After a run: the models by their names in the case, and the output steps (0: the initial density). */
int SgdfpModels(SgdfpCase c);
const char *SgdfpModelName(SgdfpCase c, int model);
int SgdfpOutputs(SgdfpCase c);
int SgdfpStep(SgdfpCase c, int output); /* the SGD step of an output; -1: there is none */

/* The grid: its dimension, and along an axis the cells and the box they divide evenly. */
int SgdfpDimension(SgdfpCase c);
int SgdfpAxis(SgdfpCase c, int axis, int *cells, double *min, double *max);

/* A column of moments.csv or distances.csv by its name (mass, outflow, mean_1, cov_12, skewness_1, kurtosis_1, entropy;
   l1, hellinger, kl, w1_1 from the reference model), in slice coordinates. */
int SgdfpMoment(SgdfpCase c, int model, int output, const char *name, double *value);
/* The density at the cell centres (mass over cell volume), axis 1 fastest, read back from the folder's density.h5.
   size: how many numbers `density` holds, which must be the number of cells. */
int SgdfpDensity(SgdfpCase c, int model, int output, double *density, size_t size);

#ifdef __cplusplus
}
#endif
#endif
