/* One step of SGD on the slice, as the parts of the models need it: where it starts from, what it is made of, and where
   its mass is expected. Nothing in it is owned; parts that keep it need it as long as they live. */
#pragma once
#include "meshes/fields.h"
#include "meshes/support.h"

typedef struct {
  SgdLandscape landscape; /* NULL: the fields are all that is known */
  SgdFrame frame;
  SgdFields fields;
  double learning_rate; /* eta */
  PetscInt batch;       /* B */
  SgdSampling sampling;
  const SgdUpdateRule *rule; /* of another optimizer: the fields are those of its states; NULL: plain SGD */
  SgdSupport support;        /* zeros: unknown */
} SgdStep;

/* What the case alone says of it, before there is a reference point: enough to refuse what cannot be. */
typedef struct {
  SgdLandscape landscape;
  PetscInt batch;
  SgdSampling sampling;
  const SgdUpdateRule *rule;
  int axes;            /* of the grid */
  PetscBool memory;    /* some of them hold an optimizer's memory */
  PetscBool scattered; /* slice.complement: ensemble */
  SgdBoundary boundary[3];
} SgdStepPlan;
