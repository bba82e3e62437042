#include "operators/matrices/grid_levels.h"

static void Count(SgdGridLevel *l) {
  l->row = 1;
  for (int a = 0; a < l->dim - 1; a++) l->row *= l->n[a];
  l->cells = l->row * l->n[l->dim - 1];
}

PetscErrorCode SgdGridFinest(SgdGrid grid, SgdGridLevel *l) {
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(grid->comm, &size));
  *l = (SgdGridLevel){.comm = grid->comm, .dim = grid->dim, .first_row = grid->first_row, .last_row = grid->last_row};
  for (int a = 0; a < 3; a++) {
    l->n[a] = grid->n[a];
    l->periodic[a] = (PetscBool)(grid->boundary[a] == SGD_PERIODIC);
  }
  l->ledger = rank == size - 1 ? (int)grid->ledger : 0;
  Count(l);
  l->size = l->cells + grid->ledger;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscInt OwnRows(const SgdGridLevel *l) {
  return (l->last_row - l->first_row) * l->row + l->ledger;
}

SgdGridLevel SgdGridHalve(const SgdGridLevel *fine, const PetscBool halved[3]) {
  SgdGridLevel l = *fine;
  const int slowest = l.dim - 1;

  for (int a = 0; a < l.dim; a++)
    if (halved[a]) l.n[a] = (l.n[a] + 1) / 2;
  if (halved[slowest]) {
    l.first_row = (l.first_row + 1) / 2;
    l.last_row = (l.last_row + 1) / 2;
  }
  Count(&l);
  l.size = l.cells + fine->size - fine->cells;
  return l;
}

/* Is fine cell i the only one of its coarse cell? The last of an odd number is. */
static PetscBool Alone(const SgdGridLevel *fine, int axis, PetscInt i) {
  return (PetscBool)(i % 2 == 0 && i == fine->n[axis] - 1);
}

/* The coarse cells along an axis whose densities make that of fine cell i, and what it takes of their masses. A cell
   alone amid two neighbours, where an odd number is periodic, takes of both, so that all columns keep their sum. */
static int Parents(const SgdGridLevel *fine, const SgdGridLevel *coarse, int axis, PetscInt i, PetscInt parent[3],
                   double weight[3]) {
  const PetscInt n = coarse->n[axis], own = i / 2;
  int count = 1;

  parent[0] = own;
  weight[0] = 1;
  for (int side = -1; side <= 1 && !coarse->constant; side += 2) {
    PetscInt other = own + side;
    if (coarse->periodic[axis]) other = (other + n) % n;
    if (other < 0 || other >= n || (side != (i % 2 ? 1 : -1) && !(Alone(fine, axis, i) && coarse->periodic[axis])))
      continue;
    parent[count] = other;
    weight[count++] = 0.25;
    weight[0] -= 0.25;
  }
  for (int k = 0; k < count; k++) weight[k] /= Alone(fine, axis, 2 * parent[k]) ? 1 : 2; /* cells that share its mass */
  return count;
}

/* The columns and weights of a row of P. */
static int ProlongationRow(const SgdGridLevel *fine, const SgdGridLevel *coarse, PetscInt cell, PetscInt column[27],
                           double value[27]) {
  PetscInt stride = 1;
  int entries = 1;

  column[0] = 0;
  value[0] = 1;
  for (int a = 0; a < fine->dim; a++) {
    PetscInt i = cell % fine->n[a], parent[3] = {i};
    double weight[3] = {1};
    int count = 1;
    if (coarse->n[a] < fine->n[a]) count = Parents(fine, coarse, a, i, parent, weight);
    for (int k = count - 1; k >= 0; k--)
      for (int e = 0; e < entries; e++) {
        column[k * entries + e] = column[e] + stride * parent[k];
        value[k * entries + e] = value[e] * weight[k];
      }
    entries *= count;
    cell /= fine->n[a];
    stride *= coarse->n[a];
  }
  return entries;
}

/* Cells of a coarse one, or coarse ones that make a cell's density, at most. */
static PetscInt Family(const SgdGridLevel *fine, const SgdGridLevel *coarse) {
  PetscInt family = 1;

  for (int a = 0; a < fine->dim; a++)
    if (coarse->n[a] < fine->n[a]) family *= fine->periodic[a] && fine->n[a] % 2 ? 3 : 2;
  return family;
}

/* A transfer between the two, empty but for the ledger, which both pass on as it is; `family`: entries a row at most. */
static PetscErrorCode Transfer(const SgdGridLevel *to, const SgdGridLevel *from, PetscInt family, Mat *T) {
  PetscMPIInt ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(to->comm, &ranks));
  PetscCall(MatCreateAIJ(to->comm, OwnRows(to), OwnRows(from), to->size, from->size, family, NULL,
                         ranks > 1 ? family : 0, NULL, T));
  for (int f = 0; f < to->ledger; f++) PetscCall(MatSetValue(*T, to->cells + f, from->cells + f, 1, INSERT_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdGridProlongation(const SgdGridLevel *fine, const SgdGridLevel *coarse, Mat *P) {
  PetscInt column[27];
  double value[27];

  PetscFunctionBegin;
  PetscCall(Transfer(fine, coarse, Family(fine, coarse), P));
  for (PetscInt cell = fine->first_row * fine->row; cell < fine->last_row * fine->row; cell++) {
    const int entries = ProlongationRow(fine, coarse, cell, column, value);
    PetscCall(MatSetValues(*P, 1, &cell, entries, column, value, INSERT_VALUES));
  }
  PetscCall(MatAssemblyBegin(*P, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*P, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscInt Parent(const SgdGridLevel *fine, const SgdGridLevel *coarse, PetscInt cell) {
  PetscInt parent = 0, stride = 1;

  for (int a = 0; a < fine->dim; a++) {
    const PetscInt i = cell % fine->n[a];
    parent += stride * (coarse->n[a] < fine->n[a] ? i / 2 : i);
    cell /= fine->n[a];
    stride *= coarse->n[a];
  }
  return parent;
}

PetscErrorCode SgdGridRestriction(const SgdGridLevel *fine, const SgdGridLevel *coarse, Mat *R) {
  PetscFunctionBegin;
  PetscCall(Transfer(coarse, fine, Family(fine, coarse), R));
  for (PetscInt cell = fine->first_row * fine->row; cell < fine->last_row * fine->row; cell++)
    PetscCall(MatSetValue(*R, Parent(fine, coarse, cell), cell, 1, INSERT_VALUES));
  PetscCall(MatAssemblyBegin(*R, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*R, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}
