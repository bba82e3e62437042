/* A model's operator on the cells alone: B = P A P^T, with P the projection that drops the ledger. What leaves the box
   is lost, so the eigenvalues of B are those of the process killed at the absorbing faces; the ledger's own (trivial)
   eigenvectors, all mass on one face, are gone. Vectors hold the owned cells of each rank. */
#pragma once
#include "meshes/grid.h"
#include <petscmat.h>

/* AIJ gives AIJ (for factorisations), anything else a shell with MatMult and MatMultTranspose. Free with MatDestroy. */
PETSC_EXTERN PetscErrorCode SgdCellsOperator(SgdGrid grid, Mat A, Mat *B);
/* The shell whatever A is, or that of the transpose; it counts its products with A and A^T. */
PETSC_EXTERN PetscErrorCode SgdCellsShell(SgdGrid grid, Mat A, PetscBool transpose, Mat *B);
PETSC_EXTERN PetscErrorCode SgdCellsProducts(Mat shell, PetscInt *products);
