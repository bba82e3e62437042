/* Learning rate and batch size over the steps, constant on pieces. Cosine schedules are cut into `pieces` equal parts,
   each at the mean of the cosine over its steps. */
#pragma once
#include "cases/file/case.h"

typedef enum { SGD_SCHEDULE_CONSTANT, SGD_SCHEDULE_PIECEWISE, SGD_SCHEDULE_COSINE } SgdScheduleKind;

typedef struct {
  int pieces, steps;
  PetscInt *start;   /* [pieces + 1], the last is `steps` */
  PetscInt *since;   /* [pieces] the step that the piece's tau is counted from: its start, before it was cut */
  double *eta, *tau; /* [pieces]; tau: the sum of eta over the steps before `since` */
  PetscInt *batch;
  SgdScheduleKind kind;
  double from, to;  /* cosine: eta at the start and at the end */
  double deviation; /* cosine: the largest, of a piece from the cosine */
} SgdSchedule;

/* Read section `schedule` over the constant eta and batch of `sgd`. */
PETSC_INTERN PetscErrorCode SgdScheduleRead(SgdCase c, double eta, PetscInt batch, int steps, SgdSchedule *s);
/* In words, where it is not constant. */
PETSC_INTERN PetscErrorCode SgdScheduleView(const SgdSchedule *s, MPI_Comm comm);
/* The same schedule in pieces of at most `most` steps. */
PETSC_INTERN PetscErrorCode SgdScheduleCut(const SgdSchedule *s, int most, SgdSchedule *cut);
PETSC_INTERN int SgdSchedulePiece(const SgdSchedule *s, PetscInt step);
/* The sum of eta over the steps before step n, 0 .. steps. */
PETSC_INTERN double SgdScheduleTau(const SgdSchedule *s, PetscInt n);
PETSC_INTERN PetscErrorCode SgdScheduleFree(SgdSchedule *s);
