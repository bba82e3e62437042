/* A run under way: shared by compare.c, which advances it, and compare_checkpoint.c, which stops and continues it. */
#pragma once
#include "solver/comparison/advance.h"
#include "solver/comparison/compare.h"
#include "solver/comparison/error_check.h"
#include "solver/comparison/error_bars.h"
#include "solver/output/output.h"
#include "solver/output/step_table.h"
#include "solver/output/verdict_table.h"

typedef struct {
  SgdComparisonContext x;
  SgdGrid grid;
  SgdHistory *h; /* h->steps: output steps that are measured and written */
  SgdOutput out;
  SgdVerdictTable verdicts;
  SgdStepMoments moments; /* between output steps, too */
  SgdStepTable every_step;
  SgdErrorCheck check; /* NULL: none */
  SgdErrorBars bars;   /* NULL: no model is measured */
  Vec cell_error[SGD_MAX_MODELS];
  unsigned warned[SGD_MAX_MODELS]; /* by the verdict */
  SgdAdvance models;
  Vec *y; /* the models' densities */
  PetscInt *steps;
  int count;
  SgdWatch watch;
} SgdComparison;

/* Write checkpoint.h5: all of it, wherever it stands. */
PETSC_INTERN PetscErrorCode SgdComparisonCheckpoint(SgdComparison *c);
/* Take the state of a fresh comparison from a checkpoint, and close that. */
PETSC_INTERN PetscErrorCode SgdComparisonRestart(SgdComparison *c, SgdCheckpoint *from);
/* The tables' rows from before the restart. */
PETSC_INTERN PetscErrorCode SgdComparisonRestartTables(SgdComparison *c);
