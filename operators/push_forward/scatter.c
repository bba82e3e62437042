#include "operators/push_forward/scatter.h"
#include "meshes/fields_local.h"
#include "operators/push_forward/remeshing.h"

enum { MOST_ORDER = 6 };

/* The cells that one atom is shared out over. */
typedef struct {
  int first[3], count[3];
  double weight[3][MOST_ORDER];
} Share;

static void ShareOf(const SgdScatter *k, const double z[], Share *s) {
  for (int a = 0; a < 3; a++) {
    s->first[a] = 0;
    s->count[a] = 1;
    s->weight[a][0] = 1;
    if (a >= k->grid->dim) continue;
    const double place = (z[a] - k->grid->min[a]) / k->grid->h[a] - 0.5,
                 near = SgdRemeshingBring(place, (double)k->grid->n[a], k->grid->boundary[a]);
    s->first[a] = (int)floor(near) - k->order / 2 + 1;
    s->count[a] = k->order;
    SgdLagrangeWeights(k->order, s->first[a], near, s->weight[a]);
  }
}

static PetscBool Inside(SgdGrid grid, const Share *s) {
  for (int a = 0; a < grid->dim; a++)
    if (s->first[a] < 0 || s->first[a] + s->count[a] > grid->n[a]) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* target += mass times the weights, or (target NULL) the return value: their sum with `everywhere`. The order is a
   constant where this is called, so that the innermost loop is unrolled. */
static inline __attribute__((always_inline)) double VisitInside(int order, SgdGrid grid, const Share *s, double mass,
                                                                double *target, const double *everywhere) {
  double sum = 0;

  for (int z = 0; z < s->count[2]; z++)
    for (int y = 0; y < s->count[1]; y++) {
      const double w = mass * s->weight[2][z] * s->weight[1][y];
      const PetscInt row = s->first[0] + grid->n[0] * (s->first[1] + y + grid->n[1] * (PetscInt)(s->first[2] + z));
      if (target)
        for (int x = 0; x < order; x++) target[row + x] += w * s->weight[0][x];
      else
        for (int x = 0; x < order; x++) sum += w * s->weight[0][x] * everywhere[row + x];
    }
  return sum;
}

/* The same where the box ends. */
static double VisitEdge(SgdGrid grid, const Share *s, double mass, double *target, const double *everywhere) {
  double sum = 0;

  for (int z = 0; z < s->count[2]; z++)
    for (int y = 0; y < s->count[1]; y++)
      for (int x = 0; x < s->count[0]; x++) {
        const PetscInt index[3] = {s->first[0] + x, s->first[1] + y, s->first[2] + z}, at = SgdGridTarget(grid, index);
        const double w = mass * s->weight[2][z] * s->weight[1][y] * s->weight[0][x];
        if (target)
          target[at] += w;
        else
          sum += w * everywhere[at];
      }
  return sum;
}

static double Visit(const SgdScatter *k, const Share *s, double mass, double *target, const double *everywhere) {
  if (!Inside(k->grid, s)) return VisitEdge(k->grid, s, mass, target, everywhere);
  return k->order == 4 ? VisitInside(4, k->grid, s, mass, target, everywhere)
                       : VisitInside(6, k->grid, s, mass, target, everywhere);
}

double SgdScatterAtom(const SgdScatter *s, const double z[], double mass, double *target, const double *everywhere) {
  Share share;

  ShareOf(s, z, &share);
  return Visit(s, &share, mass, target, everywhere);
}
