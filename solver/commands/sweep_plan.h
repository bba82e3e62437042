/* Which runs a sweep consists of: every combination of the values of the keys that are varied.

   Section `sweep` of the case:
     vary       list of "key.path=values" (vary.h); --vary of the command line adds keys, or replaces the same key's
     command    what is done for each: run or stationary
     ranks      that work together on one run; so many runs go on at a time as the program has groups of ranks */
#pragma once
#include "cases/file/case.h"
#include "solver/commands/vary.h"

typedef struct {
  char **vary, *command;
  unsigned vary_count;
  int ranks;
} SgdSweepOptions;

typedef struct {
  int keys, runs; /* runs: the product of the numbers of values; the last key's value changes first */
  SgdVary *vary;  /* [keys] */
} SgdSweepPlan;

PETSC_INTERN PetscErrorCode SgdSweepRead(SgdCase c, SgdSweepOptions **o);
/* From the section, and `words` of the command line. Exit 2 where nothing is varied. Collective. */
PETSC_INTERN PetscErrorCode SgdSweepPlanCreate(SgdCase c, const SgdSweepOptions *o, int words, const char *const word[],
                                               SgdSweepPlan *plan);
PETSC_INTERN PetscErrorCode SgdSweepPlanDestroy(SgdSweepPlan *plan);
/* The value of key k in run `run`. */
PETSC_INTERN const char *SgdSweepValue(const SgdSweepPlan *plan, int run, int k);
/* The settings of a run: those that all have, `set` [sets], and "key=value" for every key: all [sets + keys]. */
PETSC_INTERN PetscErrorCode SgdSweepSets(const SgdSweepPlan *plan, int run, int sets, const char *const set[],
                                         const char ***all);
PETSC_INTERN PetscErrorCode SgdSweepSetsFree(const SgdSweepPlan *plan, int sets, const char ***all);
/* The folder's name of a run, within the sweep's. */
PETSC_INTERN PetscErrorCode SgdSweepRunName(const SgdSweepPlan *plan, int run, char *name, size_t size);
/* No varied key is `section`, or in it. */
PETSC_INTERN PetscBool SgdSweepSpares(const SgdSweepPlan *plan, const char *section);
