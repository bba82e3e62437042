/* The parts of a run's output, one a file kind. Inside solver/output*.c only. All calls are collective; every failure
   to write is reported with the path (exit code 4). */
#pragma once
#include "solver/output/output.h"
#include "solver/output/text_files.h"
#include "cases/base/sum.h"

typedef struct _p_SgdDensityFile *SgdDensityFile;
typedef struct _p_SgdTables *SgdTables;

#define SGD_DENSITY_FILE "density.h5"

/* density.h5: the grid, the fields, the attributes, and then one time step after the other. With context->kept the file
   that is there is taken on: exit 4 where it cannot be. */
PETSC_INTERN PetscErrorCode SgdDensityFileOpen(const SgdOutputContext *context, SgdDensityFile *file);
PETSC_INTERN PetscErrorCode SgdDensityFileStep(SgdDensityFile file, const SgdOutputContext *context, PetscInt step,
                                               Vec *y);
/* The attribute `failed` of a model's density. */
PETSC_INTERN PetscErrorCode SgdDensityFileFailure(SgdDensityFile file, const char *model, const char *status);
PETSC_INTERN PetscErrorCode SgdDensityFileCertificate(SgdDensityFile file, const char *model,
                                                      const SgdCertificate *worst);
PETSC_INTERN PetscErrorCode SgdDensityFileClose(SgdDensityFile *file);

/* density.xmf for the steps [count] that density.h5 holds: written whole, then renamed into place. h: to say which models
   have failed, or NULL. */
PETSC_INTERN PetscErrorCode SgdXdmfWrite(const SgdOutputContext *context, PetscInt count, const PetscInt *steps,
                                         const SgdHistory *h);

/* moments.csv and distances.csv, and in one dimension density_final.csv at the end. */
PETSC_INTERN PetscErrorCode SgdTablesOpen(const SgdOutputContext *context, SgdTables *tables);
/* y NULL: rows only */
PETSC_INTERN PetscErrorCode SgdTablesStep(SgdTables tables, const SgdOutputContext *context, PetscInt step, Vec *y,
                                          const SgdHistory *h, int k);
PETSC_INTERN PetscErrorCode SgdTablesClose(SgdTables *tables, const SgdOutputContext *context);

/* The command line as one string, to be freed with PetscFree. */
PETSC_INTERN PetscErrorCode SgdCommandLine(int argc, char **argv, char **line);
/* tau = eta n, from the integer n, so that no rounding piles up; sum of eta where it varies */
static inline double SgdTau(const SgdOutputContext *context, PetscInt step) {
  return context->schedule ? SgdScheduleTau(context->schedule, step) : context->learning_rate * (double)step;
}
