#include "operators/push_forward/remeshing.h"
#include "meshes/fields_local.h"

int SgdRemeshingWeights(int order, double place, double weight[]) {
  const int first = (int)floor(place) - order / 2 + 1;

  SgdLagrangeWeights(order, first, place, weight);
  return first;
}

/* Beyond an absorbing face far is as good as near: the mass goes through the same face. Mirrors and periods repeat after
   2 n cells. */
double SgdRemeshingBring(double place, double n, SgdBoundary boundary) {
  if (boundary == SGD_ABSORBING) return fmax(-n, fmin(place, 2 * n)); /* both return the number where one is none */
  return isfinite(place) ? place - 2 * n * floor(place / (2 * n)) : 0;
}

/* weight += c delta^power weight, with zeros beyond both ends; power 2 or 4. */
static void AddDifference(int power, double c, int count, const double from[], double weight[]) {
  static const double stencil[2][5] = {{0, 1, -2, 1, 0}, {1, -4, 6, -4, 1}};
  const double *s = stencil[power / 2 - 1];

  for (int i = 0; i < count; i++)
    for (int k = -2; k <= 2; k++)
      if (i + k >= 0 && i + k < count) weight[i] += c * s[k + 2] * from[i + k];
}

/* The average of Lagrange's weights over [low, high], polynomials of degree order - 1 < 8 between whole numbers: Gauss's
   rule with four points on each part. */
static void AverageWeights(int order, double low, double high, int first, double weight[]) {
  static const double node[4] = {-0.86113631159405258, -0.33998104358485626, 0.33998104358485626, 0.86113631159405258},
                      share[4] = {0.34785484513745386, 0.65214515486254614, 0.65214515486254614, 0.34785484513745386};
  double w[SGD_REMESHING_MOST];

  for (double from = low; from < high;) {
    const double to = fmin(high, floor(from) + 1);
    for (int g = 0; g < 4; g++) {
      const int at = SgdRemeshingWeights(order, 0.5 * (from + to) + 0.5 * (to - from) * node[g], w) - first;
      for (int i = 0; i < order; i++) weight[at + i] += 0.5 * share[g] * (to - from) / (high - low) * w[i];
    }
    from = to;
  }
}

int SgdRemeshingPiece(int order, double place, double width, double weight[], int *count) {
  const double low = place - 0.5 * width, high = place + 0.5 * width, b2 = width * width;
  const int first = (int)floor(low) - order / 2 - 1;
  double average[SGD_PIECE_MOST] = {0};

  if (!(width > 0)) {
    *count = order;
    return SgdRemeshingWeights(order, place, weight);
  }
  *count = (int)floor(high) - (int)floor(low) + order + 4;
  AverageWeights(order, low, high, first, average);
  for (int i = 0; i < *count; i++) weight[i] = average[i];
  if (order > 2) AddDifference(2, -b2 / 24, *count, average, weight);
  if (order > 4) AddDifference(4, b2 / 288 + 7 * b2 * b2 / 5760, *count, average, weight);
  return first;
}

PetscErrorCode SgdRemeshingAddPiece(SgdGrid grid, SgdTransfers t, const PetscInt index[], int order,
                                    const double place[], const double width[], double mass) {
  double weight[3][SGD_PIECE_MOST] = {{1}, {1}, {1}};
  int first[3] = {0, 0, 0}, n[3] = {1, 1, 1};

  PetscFunctionBegin;
  for (int a = 0; a < grid->dim; a++) {
    const double near = SgdRemeshingBring(place[a], (double)grid->n[a], grid->boundary[a]);
    first[a] = SgdRemeshingPiece(order, near, width[a], weight[a], &n[a]) - (int)index[a];
  }
  for (int k = 0; k < n[2]; k++)
    for (int j = 0; j < n[1]; j++)
      for (int i = 0; i < n[0]; i++) {
        const int offset[3] = {first[0] + i, first[1] + j, first[2] + k};
        PetscCall(SgdTransfersAdd(t, index, offset, mass * weight[0][i] * weight[1][j] * weight[2][k]));
      }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdRemeshingAdd(SgdGrid grid, SgdTransfers t, const PetscInt index[], int order, const double place[],
                               double mass) {
  static const double points[3] = {0, 0, 0};
  return SgdRemeshingAddPiece(grid, t, index, order, place, points, mass);
}
