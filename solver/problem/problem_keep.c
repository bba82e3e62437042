#include "solver/problem/problem_keep.h"

PetscErrorCode SgdKeepReferencePoint(SgdProblem *p, SgdCheckpoint c) {
  const size_t P = (size_t)SgdLandscapeDimension(p->landscape);

  PetscFunctionBegin;
  PetscCall(SgdCheckpointShared(c, "/reference_point", P * sizeof *p->w_ref, p->w_ref));
  if (SgdCheckpointReading(c)) PetscCall(SgdSay(p->comm, "Reference point: that of the checkpoint\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdKeepFrame(SgdProblem *p, SgdCheckpoint c) {
  int dim = p->frame ? p->frame->dim : 0;

  PetscFunctionBegin;
  PetscCall(SgdCheckpointShared(c, "/frame/dim", sizeof dim, &dim));
  if (!p->frame) PetscCall(SgdFrameCreate(dim, SgdLandscapeDimension(p->landscape), p->w_ref, &p->frame));
  PetscCall(
      SgdCheckpointShared(c, "/frame/axes", (size_t)dim * (size_t)p->frame->P * sizeof *p->frame->V, p->frame->V));
  PetscCall(SgdCheckpointShared(c, "/frame/lambda", sizeof p->frame->lambda, p->frame->lambda));
  PetscCall(SgdCheckpointShared(c, "/frame/name", sizeof p->frame->name, p->frame->name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  int dim;
  PetscInt n[3];
  double min[3], max[3];
  SgdBoundary boundary[3];
} Box;

PetscErrorCode SgdKeepGrid(SgdProblem *p, SgdCheckpoint c) {
  Box box;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(&box, sizeof box)); /* the gaps between its members too, which are part of the checksum */
  if (p->grid) {
    box.dim = p->grid->dim;
    PetscCall(PetscArraycpy(box.n, p->grid->n, 3));
    PetscCall(PetscArraycpy(box.min, p->grid->min, 3));
    PetscCall(PetscArraycpy(box.max, p->grid->max, 3));
    PetscCall(PetscArraycpy(box.boundary, p->grid->boundary, 3));
  }
  PetscCall(SgdCheckpointShared(c, "/grid", sizeof box, &box));
  if (!p->grid) PetscCall(SgdGridCreate(p->comm, box.dim, box.n, box.min, box.max, box.boundary, &p->grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdProblemKeep(SgdProblem *p, SgdCheckpoint c) {
  PetscFunctionBegin;
  PetscCall(SgdKeepReferencePoint(p, c));
  PetscCall(SgdKeepFrame(p, c));
  PetscCall(SgdKeepGrid(p, c));
  PetscFunctionReturn(PETSC_SUCCESS);
}
