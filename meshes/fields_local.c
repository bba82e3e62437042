#include "meshes/fields_local.h"

#define ORDER 6

/* The cells [first, first + points) of axis a that the value at `place` is made of. */
static int Window(SgdFields f, int a, double place, int *points) {
  const PetscBool rows = (PetscBool)(a == f->grid->dim - 1);
  const int low = rows ? (int)f->first_row : 0, high = rows ? (int)f->last_row : (int)f->grid->n[a];

  *points = PetscMin(ORDER, high - low);
  return PetscMin(PetscMax((int)floor(place) - ORDER / 2 + 1, low), high - *points);
}

void SgdFieldsInterpolate(SgdFields f, const double place[], double g[], double C[]) {
  const int d = f->grid->dim;
  double weight[3][ORDER] = {{1}, {1}, {1}};
  int first[3] = {0, 0, 0}, points[3] = {1, 1, 1};

  for (int a = 0; a < d; a++) {
    first[a] = Window(f, a, place[a], &points[a]);
    SgdLagrangeWeights(points[a], first[a], place[a], weight[a]);
    g[a] = 0;
  }
  for (int p = 0; p < SGD_PAIRS(d); p++) C[p] = 0;
  for (int k = 0; k < points[2]; k++)
    for (int j = 0; j < points[1]; j++)
      for (int i = 0; i < points[0]; i++) {
        const PetscInt cell = first[0] + i + f->grid->n[0] * (first[1] + j + f->grid->n[1] * (first[2] + k));
        const double w = weight[0][i] * weight[1][j] * weight[2][k];
        if (w == 0) continue;
        for (int a = 0; a < d; a++) g[a] += w * f->g[a][cell - f->first_cell];
        for (int p = 0; p < SGD_PAIRS(d); p++) C[p] += w * f->C[p][cell - f->first_cell];
      }
}

void SgdFieldsJacobian(SgdFields f, double eta, PetscInt cell, double J[3][3]) {
  SgdGrid grid = f->grid;
  PetscInt index[3], stride = 1;

  for (int i = 0; i < 9; i++) J[i / 3][i % 3] = i / 3 == i % 3;
  SgdGridIndex(grid, cell, index);
  for (int b = 0; b < grid->dim; b++) {
    const PetscInt held = cell - f->first_cell, low = index[b] > 0 && held >= stride ? held - stride : held,
                   high = index[b] < grid->n[b] - 1 && cell + stride < f->last_cell ? held + stride : held;
    for (int a = 0; a < grid->dim && high > low; a++)
      J[a][b] -= eta * (f->g[a][high] - f->g[a][low]) / ((double)((high - low) / stride) * grid->h[b]);
    stride *= grid->n[b];
  }
}
