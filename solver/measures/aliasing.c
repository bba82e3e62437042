#include "solver/measures/aliasing.h"
#include "meshes/fields_local.h"

typedef double Matrix[3][3];

/* Inverse of a symmetric positive definite matrix by cofactors; PETSC_FALSE: singular. Unused rows are those of 1. */
static PetscBool Invert(const Matrix M, Matrix inverse) {
  double determinant = 0;

  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      const int r = (i + 1) % 3, s = (i + 2) % 3, c = (j + 1) % 3, d = (j + 2) % 3;
      inverse[j][i] = M[r][c] * M[s][d] - M[r][d] * M[s][c];
    }
  for (int j = 0; j < 3; j++) determinant += M[0][j] * inverse[j][0];
  if (!(determinant > 1e-10 * M[0][0] * M[1][1] * M[2][2])) return PETSC_FALSE;
  for (int i = 0; i < 9; i++) (&inverse[0][0])[i] /= determinant;
  return PETSC_TRUE;
}

/* E for each axis, Sigma and J in units of the parameters */
static PetscBool Energies(int d, const double h[], const Matrix Sigma, const Matrix J, double E[]) {
  Matrix inverse, sum, solved;

  if (!Invert(Sigma, inverse)) return PETSC_FALSE;
  for (int b = 0; b < 3; b++)
    for (int c = 0; c < 3; c++) {
      sum[b][c] = inverse[b][c];
      for (int i = 0; i < 9; i++) sum[b][c] += J[i / 3][b] * inverse[i / 3][i % 3] * J[i % 3][c];
    }
  if (!Invert(sum, solved)) return PETSC_FALSE;
  for (int b = 0; b < d; b++) E[b] = 2 * PETSC_PI * PETSC_PI * solved[b][b] / (h[b] * h[b]);
  return PETSC_TRUE;
}

static void AddCell(SgdFields f, double eta, PetscInt cell, double mass, double share[]) {
  const int d = f->grid->dim;
  Matrix Sigma = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, J;
  double E[3];

  for (int a = 0; a < d; a++)
    for (int b = 0; b < d; b++) Sigma[a][b] = eta * eta * f->C[SgdPair(d, a, b)][cell - f->first_cell];
  SgdFieldsJacobian(f, eta, cell, J);
  if (!Energies(d, f->grid->h, Sigma, J, E)) return;
  for (int b = 0; b < d; b++) share[b] += mass * exp(-E[b]);
}

PetscErrorCode SgdAliasing(SgdFields f, double eta, Vec y, double *most) {
  SgdGrid grid = f->grid;
  const PetscScalar *mass;
  double share[3] = {0};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(y, &mass));
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    const double held = PetscAbsReal(mass[cell - grid->first_cell]);
    if (held > 1e-15) AddCell(f, eta, cell, held, share);
  }
  PetscCall(VecRestoreArrayRead(y, &mass));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, share, 3, MPI_DOUBLE, MPI_SUM, grid->comm));
  *most = PetscMax(share[0], PetscMax(share[1], share[2]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
