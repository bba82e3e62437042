#include "solver/problem/problem_checkpoint.h"

PetscErrorCode SgdCheckpointReferencePoint(SgdCheckpoint c, PetscInt P, double *w_ref) {
  return SgdCheckpointShared(c, "/reference_point", (size_t)P * sizeof *w_ref, w_ref);
}

PetscErrorCode SgdCheckpointFrame(SgdCheckpoint c, PetscInt P, const double *w_ref, SgdFrame *frame) {
  int dim = *frame ? (*frame)->dim : 0;

  PetscFunctionBegin;
  PetscCall(SgdCheckpointShared(c, "/frame/dim", sizeof dim, &dim));
  if (!*frame) PetscCall(SgdFrameCreate(dim, P, w_ref, frame));
  PetscCall(SgdCheckpointShared(c, "/frame/axes", (size_t)dim * (size_t)P * sizeof *(*frame)->V, (*frame)->V));
  PetscCall(SgdCheckpointShared(c, "/frame/lambda", sizeof(*frame)->lambda, (*frame)->lambda));
  PetscCall(SgdCheckpointShared(c, "/frame/name", sizeof(*frame)->name, (*frame)->name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  int dim;
  PetscInt n[3];
  double min[3], max[3];
  SgdBoundary boundary[3];
} Box;

PetscErrorCode SgdCheckpointGrid(SgdCheckpoint c, MPI_Comm comm, SgdGrid *grid) {
  Box box;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(&box, sizeof box)); /* the gaps between its members too, which are part of the checksum */
  if (*grid) {
    box.dim = (*grid)->dim;
    PetscCall(PetscArraycpy(box.n, (*grid)->n, 3));
    PetscCall(PetscArraycpy(box.min, (*grid)->min, 3));
    PetscCall(PetscArraycpy(box.max, (*grid)->max, 3));
    PetscCall(PetscArraycpy(box.boundary, (*grid)->boundary, 3));
  }
  PetscCall(SgdCheckpointShared(c, "/grid", sizeof box, &box));
  if (!*grid) PetscCall(SgdGridCreate(comm, box.dim, box.n, box.min, box.max, box.boundary, grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}
