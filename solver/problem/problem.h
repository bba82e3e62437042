/* A case, read and built: everything that a command needs, in the order in which the data flow
   (solver/ARCHITECTURE.md). */
#pragma once
#include "solver/restart/checkpoint.h"
#include "meshes/fields.h"
#include "operators/models/model.h"
#include "solver/problem/prediction.h"
#include "solver/settings/settings.h"
#include "solver/hessian/spectrum.h"
#include "solver/modes/modes.h"

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
  double began;                        /* MPI_Wtime when the case was read */
  int piece;                           /* of the schedule: whose fields and models these are */
  PetscBool half;                      /* the error check's, on half the cells: says nothing of its models */
  SgdCheckpoint resume;                /* what a restart goes on from; NULL: a fresh start */
} SgdProblem;

/* Read and check the whole case (nothing long is computed), and create the landscape and the models. */
PETSC_EXTERN PetscErrorCode SgdProblemRead(SgdCase c, SgdProblem *p);
/* Reference point (training included), then the spectrum where it is needed or `spectrum` asks for it. */
PETSC_EXTERN PetscErrorCode SgdProblemSpectrum(SgdProblem *p, PetscBool spectrum);
/* Slice, prediction, grid and fields. With p->resume these two take reference point, frame and grid from there. */
PETSC_EXTERN PetscErrorCode SgdProblemSlice(SgdProblem *p);
/* Make the fields of a piece of the schedule (anew: in place of those of the last one). */
PETSC_EXTERN PetscErrorCode SgdProblemFields(SgdProblem *p, int piece);
/* The same problem on half the cells per axis (meshes/coarsen.h), with fields and models of its own, those of the
   schedule's first piece; all else is p's, which must outlive it. Exit 2 where an axis has an odd number of cells. */
PETSC_EXTERN PetscErrorCode SgdProblemHalve(const SgdProblem *p, SgdProblem *half);
PETSC_EXTERN PetscErrorCode SgdProblemHalveDestroy(SgdProblem *half);
/* Operators of all models, for the first piece of the schedule; and for a later one than the present. */
PETSC_EXTERN PetscErrorCode SgdProblemModels(SgdProblem *p);
PETSC_EXTERN PetscErrorCode SgdProblemModelsOfPiece(SgdProblem *p, int piece);
/* What the two above found, to a checkpoint: reference point, frame, grid. */
PETSC_EXTERN PetscErrorCode SgdProblemKeep(SgdProblem *p, SgdCheckpoint c);
/* The initial density as a state vector. */
PETSC_EXTERN PetscErrorCode SgdProblemInitial(SgdProblem *p, Vec *y0);
PETSC_EXTERN PetscErrorCode SgdProblemDestroy(SgdProblem *p);
