/* A model of the density's motion: one linear operator on state vectors (grid.h), as a PETSc Mat.

    - a map takes the density one SGD step on: y_{n+1} = A y_n (master equation, discrete Fokker-Planck);
    - a generator is the right-hand side of dy/dtau = A y, tau = eta n (Langevin and its relatives);
    - an ensemble has no operator: its density is measured (model_network.h).

   The columns of a map sum to one and those of a generator to zero, ledger included: mass is conserved by construction.
   As a Mat the same object serves TS, EPS and MFN; MatMultTranspose is the backward equation. */
#pragma once
#include "operators/step/report.h"
#include "operators/step/step.h"
#include <petscmat.h>

typedef enum { SGD_MAP, SGD_GENERATOR, SGD_ENSEMBLE } SgdModelKind;
typedef struct _p_SgdModel *SgdModel;

/* Names of the models, i from 0 on; NULL beyond the last. */
PETSC_EXTERN const char *SgdModelTypeName(int i);
/* Read item `section` ("models.0") of the case and build the model. Collective. */
PETSC_EXTERN PetscErrorCode SgdModelCreate(SgdCase c, const char *section, SgdModel *model);
/* The same model, not yet set up, for another grid; the case outlives both. */
PETSC_EXTERN PetscErrorCode SgdModelDuplicate(SgdModel model, SgdModel *copy);
/* Refuse a model that no such step can serve (exit 2, with the key): what set-up would refuse, before the work. */
PETSC_EXTERN PetscErrorCode SgdModelFit(SgdModel model, const SgdStepPlan *plan);
/* The step is copied. With the option -<model>_operator_view (binary:FILE, ...) the operator is shown by PETSc's viewers. */
PETSC_EXTERN PetscErrorCode SgdModelSetUp(SgdModel model, const SgdStep *step);
PETSC_EXTERN PetscErrorCode SgdModelDestroy(SgdModel *model);
PETSC_EXTERN const char *SgdModelName(SgdModel model); /* unique within the case; also its options prefix, "name_" */
PETSC_EXTERN SgdModelKind SgdModelGetKind(SgdModel model);
/* Order of the space discretisation in the cell width; 0: spectral, or as exact as the law's own formulas. */
PETSC_EXTERN int SgdModelOrder(SgdModel model);
/* Is the model an expansion in eta that holds for waves with (x^2 + y^2)/2 <= y only (THEORY.md (27))? */
PETSC_EXTERN PetscBool SgdModelHasStableBand(SgdModel model);
/* Can it be had in the states of another optimizer (meshes/update_rule.h)? And the names of all that can, in a list. */
PETSC_EXTERN PetscBool SgdModelTakesStates(SgdModel model);
PETSC_EXTERN void SgdModelTakingStates(char *list, size_t size);
/* Its stationary measure need not have a density: negative cells are then the ringing of remeshing, and moments below
   its order are right all the same. */
PETSC_EXTERN PetscBool SgdModelHasNoDensity(SgdModel model);
/* Bytes a cell that a run of this model alone takes on a grid of `dim` axes and so many cells: measured by
   postprocess/bench/memory.py; the leanest method's where the model has yet to choose one. */
PETSC_EXTERN double SgdModelCellBytes(SgdModel model, int dim, double cells);
PETSC_EXTERN Mat SgdModelOperator(SgdModel model); /* NULL: an ensemble */
/* An unassembled generator may compose, under this name, the part of it that is a matrix (AIJ, with the rates out of
   each cell complete on the diagonal): what a solver preconditions with. */
#define SGD_ASSEMBLED_PART "assembled_part"
/* Variance along an axis that the space discretisation adds to the model's own, per unit of time, in each cell of this
   rank; NULL: none is added by construction, or it is not known. */
PETSC_EXTERN const double *SgdModelAdded(SgdModel model, int axis);
/* What the model's own equation says of a start in a held cell (index as in fields.h): mean b [dim] and covariance S
   [pairs] of the displacement, over one step for a map, per unit of tau for a generator. PETSC_FALSE: they do not exist
   (heavy tails), or are not known. */
PETSC_EXTERN PetscBool SgdModelOwnMoments(SgdModel model, PetscInt i, double b[], double S[]);
/* Updates of SGD that one step of a model that is set up stands for: those of an epoch, else one. */
PETSC_EXTERN PetscInt SgdModelUpdates(SgdModel model);
/* The equation with its actual constants, as text. */
PETSC_EXTERN PetscErrorCode SgdModelEquation(SgdModel model, char *text, size_t size);
PETSC_EXTERN PetscErrorCode SgdModelFigures(SgdModel model, int *count, const SgdFigure **figures);
/* What set-up has chosen and met, in lines; "" where there is nothing to say. Valid until the model is set up anew. */
PETSC_EXTERN const char *SgdModelNotes(SgdModel model);
