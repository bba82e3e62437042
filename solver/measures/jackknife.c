#include "solver/measures/jackknife.h"

/* qbar into `mean`. */
static PetscErrorCode Mean(const SgdSampledDensity *s, Vec mean) {
  PetscFunctionBegin;
  PetscCall(VecZeroEntries(mean));
  for (int g = 0; g < s->parts; g++) PetscCall(VecAXPY(mean, 1.0 / s->parts, s->part[g]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* cell = sqrt( sum_g (q_g - qbar)^2/(G (G - 1)) );  E |p - E p| = sqrt(2/pi) cell for a normal error */
PetscErrorCode SgdJackknifeCells(SgdSampledDensity *s) {
  const PetscInt cells = s->grid->last_cell - s->grid->first_cell;
  const double each = 1.0 / ((double)s->parts * (s->parts - 1));
  const PetscScalar *q, *m;
  PetscScalar *e;
  double sum = 0;
  Vec mean;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(s->y, &mean));
  PetscCall(Mean(s, mean));
  PetscCall(VecZeroEntries(s->cell));
  PetscCall(VecGetArrayRead(mean, &m));
  PetscCall(VecGetArray(s->cell, &e));
  for (int g = 0; g < s->parts; g++) {
    PetscCall(VecGetArrayRead(s->part[g], &q));
    for (PetscInt i = 0; i < cells; i++) e[i] += each * (q[i] - m[i]) * (q[i] - m[i]);
    PetscCall(VecRestoreArrayRead(s->part[g], &q));
  }
  for (PetscInt i = 0; i < cells; i++) {
    e[i] = sqrt(e[i]);
    sum += e[i];
  }
  PetscCall(VecRestoreArray(s->cell, &e));
  PetscCall(VecRestoreArrayRead(mean, &m));
  PetscCall(VecDestroy(&mean));
  PetscCallMPI(MPI_Allreduce(&sum, &s->noise_l1, 1, MPI_DOUBLE, MPI_SUM, s->grid->comm));
  s->noise_l1 *= sqrt(2 / PETSC_PI);
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef PetscErrorCode (*Measure)(const SgdSampledDensity *s, Vec y, const void *context, double value[]);

/* count figures at once, each a number of the struct that `measure` fills. */
static PetscErrorCode Jackknife(const SgdSampledDensity *s, int count, Measure measure, const void *context,
                                double error[]) {
  const double G = s->parts;
  double *value, *first, *sum, *square;
  Vec mean, left;

  PetscFunctionBegin;
  PetscCall(PetscCalloc4(count, &value, count, &first, count, &sum, count, &square));
  PetscCall(VecDuplicate(s->y, &mean));
  PetscCall(VecDuplicate(s->y, &left));
  PetscCall(Mean(s, mean));
  for (int g = 0; g < s->parts; g++) {
    PetscCall(VecCopy(s->y, left));
    PetscCall(VecAXPY(left, 1 / (G - 1), mean));
    PetscCall(VecAXPY(left, -1 / (G - 1), s->part[g]));
    PetscCall(measure(s, left, context, value));
    for (int i = 0; i < count; i++) {
      if (!g) first[i] = value[i];
      sum[i] += value[i] - first[i];
      square[i] += PetscSqr(value[i] - first[i]);
    }
  }
  for (int i = 0; i < count; i++) error[i] = sqrt((G - 1) / G * PetscMax(0, square[i] - sum[i] * sum[i] / G));
  PetscCall(VecDestroy(&left));
  PetscCall(VecDestroy(&mean));
  PetscCall(PetscFree4(value, first, sum, square));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Both structs hold doubles only. */
#define NUMBERS(type) ((int)(sizeof(type) / sizeof(double)))

static PetscErrorCode Moments(const SgdSampledDensity *s, Vec y, const void *context, double value[]) {
  (void)context;
  return SgdMomentsCompute(s->grid, y, (SgdMoments *)(void *)value);
}

PetscErrorCode SgdJackknifeMoments(const SgdSampledDensity *s, SgdMoments *error) {
  PetscFunctionBegin;
  *error = (SgdMoments){0};
  PetscCall(Jackknife(s, NUMBERS(SgdMoments), Moments, NULL, (double *)error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  Vec other;
  PetscBool from;
} Pair;

static PetscErrorCode Distances(const SgdSampledDensity *s, Vec y, const void *context, double value[]) {
  const Pair *p = context;

  return SgdDistancesCompute(s->grid, p->from ? y : p->other, p->from ? p->other : y, (SgdDistances *)(void *)value);
}

PetscErrorCode SgdJackknifeDistances(const SgdSampledDensity *s, Vec other, PetscBool from, SgdDistances *error) {
  const Pair p = {other, from};

  PetscFunctionBegin;
  *error = (SgdDistances){0};
  PetscCall(Jackknife(s, NUMBERS(SgdDistances), Distances, &p, (double *)error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdJackknifeMarginal(const SgdSampledDensity *s, int axis, double error[]) {
  const PetscInt n = s->grid->n[axis];
  const double G = s->parts;
  double *q, *mean;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(n * s->parts, &q, n, &mean));
  for (int g = 0; g < s->parts; g++) {
    PetscCall(SgdMarginal(s->grid, s->part[g], axis, q + g * n));
    for (PetscInt i = 0; i < n; i++) mean[i] += q[g * n + i] / G;
  }
  for (PetscInt i = 0; i < n; i++) {
    double square = 0;
    for (int g = 0; g < s->parts; g++) square += PetscSqr(q[g * n + i] - mean[i]);
    error[i] = sqrt(square / (G * (G - 1)));
  }
  PetscCall(PetscFree2(q, mean));
  PetscFunctionReturn(PETSC_SUCCESS);
}
