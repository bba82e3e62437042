/* A case, read and built: everything that a command needs, in the order in which the data flow (ARCHITECTURE). */
#pragma once
#include "fields.h"
#include "model.h"
#include "prediction.h"
#include "settings.h"
#include "spectrum.h"
#include "modes.h"

#define SGD_MAX_MODELS 32

typedef struct {
  MPI_Comm comm;
  SgdCase kase;
  const char *name;
  /* read */
  SgdSettings settings;
  SgdSliceOptions *slice;
  SgdSpectrumOptions *spectrum_options;
  SgdTrajectoriesOptions *trajectories;
  SgdClosureOptions *closure;
  int models, reference;
  SgdModel model[SGD_MAX_MODELS];
  /* built */
  SgdLandscape landscape;
  double *w_ref; /* [P] */
  SgdSpectrum spectrum;
  SgdFrame frame;
  SgdCoMoving co_moving; /* NULL: a frozen slice */
  SgdPrediction prediction;
  SgdGrid grid;
  SgdFields fields;
  double gradient_norm, drift, spread; /* at the reference point; of the mean path off it; the narrowest axis */
} SgdProblem;

/* Read and check the whole case (nothing long is computed), and create the landscape and the models. */
PETSC_EXTERN PetscErrorCode SgdProblemRead(SgdCase c, SgdProblem *p);
/* Reference point (training included), then the spectrum where it is needed or `spectrum` asks for it. */
PETSC_EXTERN PetscErrorCode SgdProblemSpectrum(SgdProblem *p, PetscBool spectrum);
/* Slice, prediction, grid and fields. */
PETSC_EXTERN PetscErrorCode SgdProblemSlice(SgdProblem *p);
/* Make the fields of a piece of the schedule (anew: in place of those of the last one). */
PETSC_EXTERN PetscErrorCode SgdProblemFields(SgdProblem *p, int piece);
/* The same problem on half the cells per axis (halve.h), with fields and models of its own, those of the schedule's
   first piece; all else is p's, which must outlive it. Exit 2 where an axis has an odd number of cells. */
PETSC_EXTERN PetscErrorCode SgdProblemHalve(const SgdProblem *p, SgdProblem *half);
PETSC_EXTERN PetscErrorCode SgdProblemHalveDestroy(SgdProblem *half);
/* Operators of all models, for the first piece of the schedule; and for a further one, in order. */
PETSC_EXTERN PetscErrorCode SgdProblemModels(SgdProblem *p);
PETSC_EXTERN PetscErrorCode SgdProblemModelsOfPiece(SgdProblem *p, int piece);
/* The initial density as a state vector. */
PETSC_EXTERN PetscErrorCode SgdProblemInitial(SgdProblem *p, Vec *y0);
/* The ensemble of trajectories of section `trajectories`, recorded along the rows of V [modes][P]. */
PETSC_EXTERN PetscErrorCode SgdProblemEnsemble(SgdProblem *p, int modes, const double *V, SgdEnsemble *e);
PETSC_EXTERN PetscErrorCode SgdProblemDestroy(SgdProblem *p);
