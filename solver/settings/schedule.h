/* Learning rate and batch size over the steps, constant on pieces. Cosine schedules are cut into `pieces` equal parts,
   each at the mean of the cosine over its steps; the largest deviation is printed. */
#pragma once
#include "cases/file/case.h"

typedef struct {
  char *kind;              /* constant | piecewise | cosine */
  int *start, *batch_size; /* piecewise: first step of each further piece, and what holds from there */
  double *learning_rate;
  unsigned start_count, batch_size_count, learning_rate_count;
  double final; /* cosine: learning rate at the end */
  int pieces;
} SgdScheduleOptions;

typedef struct {
  int pieces, steps;
  PetscInt *start;   /* [pieces + 1], the last is `steps` */
  double *eta, *tau; /* [pieces]; tau [steps + 1] = sum of eta so far */
  PetscInt *batch;
} SgdSchedule;

/* Read section `schedule` over the constant eta and batch of `sgd`. */
PETSC_EXTERN PetscErrorCode SgdScheduleRead(SgdCase c, double eta, PetscInt batch, int steps, SgdSchedule *s);
/* The same schedule in pieces of at most `most` steps. */
PETSC_EXTERN PetscErrorCode SgdScheduleCut(const SgdSchedule *s, int most, SgdSchedule *cut);
PETSC_EXTERN int SgdSchedulePiece(const SgdSchedule *s, PetscInt step);
PETSC_EXTERN PetscErrorCode SgdScheduleFree(SgdSchedule *s);
