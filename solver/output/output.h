/* What a run leaves in its folder (solver/ARCHITECTURE.md, "What a run leaves"): density.h5 + density.xmf, moments.csv,
   moments_every_step.csv,
   distances.csv, spectrum.csv + spectrum.h5, case.yaml, summary.json, environment.json. Files grow with every output
   step and are complete and readable after each, so an interrupted run loses nothing. */
#pragma once
#include "solver/measures/certificate.h"
#include "solver/measures/distances.h"
#include "meshes/fields.h"
#include "solver/measures/history.h"
#include "solver/settings/schedule.h"

typedef struct {
  const char *folder;
  SgdCase kase;
  int argc;
  char **argv;
  SgdGrid grid;
  SgdFrame frame; /* may be NULL */
  SgdFields fields;
  int models;
  const char *const *model; /* names, e.g. "master" */
  int reference;            /* index of the reference model */
  double learning_rate;
  const SgdSchedule *schedule; /* where the learning rate varies; NULL: tau = learning_rate n */
  const Vec *error;            /* [models] standard error of each cell's mass; a model's NULL, or all: none */
  PetscInt last;               /* the step that the run goes to */
  int kept; /* restart: output steps that density.h5 holds and that stay; what it has beyond them goes */
} SgdOutputContext;

typedef struct _p_SgdOutput *SgdOutput;

/* Make the folder if needed, create density.h5 (collective HDF5, mpio), write the grid, the fields, the attributes;
   open the CSVs with their headers. Exit 4 naming the path if a file cannot be written. */
PETSC_INTERN PetscErrorCode SgdOutputOpen(const SgdOutputContext *context, SgdOutput *out);
/* Append one output step: the densities y[m] of every model; then, of entry k of the history, moments and what was
   judged of every model, and distances of every model but the reference. */
PETSC_INTERN PetscErrorCode SgdOutputDensities(SgdOutput out, PetscInt step, Vec *y);
PETSC_INTERN PetscErrorCode SgdOutputRows(SgdOutput out, PetscInt step, Vec *y, const SgdHistory *h, int k);
/* Restart: the tables' rows of an output step that density.h5 holds already; once for each that is kept. */
PETSC_INTERN PetscErrorCode SgdOutputRestartStep(SgdOutput out, PetscInt step, const SgdHistory *h, int k);
/* The worst certificate of model number m, as attributes step_mean, step_covariance, step_share of /density/<model>; once. */
PETSC_INTERN PetscErrorCode SgdOutputCertificate(SgdOutput out, int m, const SgdCertificate *worst);
PETSC_INTERN PetscErrorCode SgdOutputClose(SgdOutput *out);
/* The density of a model at an output (0: the first) from folder/density.h5, on every rank: size numbers, axis 1 fastest.
   Exit 4 if it is not there, or of another size. Collective. */
PETSC_INTERN PetscErrorCode SgdOutputReadDensity(MPI_Comm comm, const char *folder, const char *model, int output,
                                                 size_t size, double *density);

/* case.yaml (the case as resolved) and environment.json into `folder`, which is made if needed. */
PETSC_INTERN PetscErrorCode SgdOutputCase(const char *folder, SgdCase c, int argc, char **argv);
/* environment_restart.json, for a restart; case.yaml and environment.json stay as the first start wrote them. */
PETSC_INTERN PetscErrorCode SgdOutputRestart(const char *folder, MPI_Comm comm, int argc, char **argv);
/* "sgdfp 0.1.0 (git), PETSc ..., SLEPc ..., FFTW ..., HDF5 ..., Open MPI ..." as lines */
PETSC_INTERN PetscErrorCode SgdVersions(char *text, size_t size);
