/* verdict.csv: model,step,noise_1..,tail_1..,added_1..,negative_mass,beyond_band,aliasing,verdict; complete after every
   row. Every failure to write is reported with the path (exit code 4). All calls are collective. */
#pragma once
#include "solver/measures/verdict.h"

typedef struct _p_SgdVerdictTable *SgdVerdictTable;

/* `folder` exists and outlives the table. */
PETSC_INTERN PetscErrorCode SgdVerdictTableOpen(MPI_Comm comm, const char *folder, int dim, SgdVerdictTable *table);
PETSC_INTERN PetscErrorCode SgdVerdictTableRow(SgdVerdictTable table, const char *model, PetscInt step,
                                               const SgdVerdict *v);
PETSC_INTERN PetscErrorCode SgdVerdictTableClose(SgdVerdictTable *table);
