#include "operators/push_forward/remeshing.h"
#include "meshes/fields_local.h"

int SgdRemeshingWeights(int order, double place, double weight[]) {
  const int first = (int)floor(place) - order / 2 + 1;

  SgdLagrangeWeights(order, first, place, weight);
  return first;
}

/* The same place within reach of an integer. Beyond an absorbing face far is as good as near: the mass goes through
   the same face. Mirrors and periods repeat after 2 n cells. A place that is no number has run away to infinity. */
static double Bring(double place, double n, SgdBoundary boundary) {
  if (boundary == SGD_ABSORBING) return fmax(-n, fmin(place, 2 * n)); /* both return the number where one is none */
  return isfinite(place) ? place - 2 * n * floor(place / (2 * n)) : 0;
}

PetscErrorCode SgdRemeshingAdd(SgdGrid grid, SgdTransfers t, const PetscInt index[], int order, const double place[],
                               double mass) {
  double weight[3][SGD_REMESHING_MOST] = {{1}, {1}, {1}};
  int first[3] = {0, 0, 0}, n[3] = {1, 1, 1};

  PetscFunctionBegin;
  for (int a = 0; a < grid->dim; a++) {
    const double near = Bring(place[a], (double)grid->n[a], grid->boundary[a]);
    first[a] = SgdRemeshingWeights(order, near, weight[a]) - (int)index[a];
    n[a] = order;
  }
  for (int k = 0; k < n[2]; k++)
    for (int j = 0; j < n[1]; j++)
      for (int i = 0; i < n[0]; i++) {
        const int offset[3] = {first[0] + i, first[1] + j, first[2] + k};
        PetscCall(SgdTransfersAdd(t, index, offset, mass * weight[0][i] * weight[1][j] * weight[2][k]));
      }
  PetscFunctionReturn(PETSC_SUCCESS);
}
