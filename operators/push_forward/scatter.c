#include "operators/push_forward/scatter.h"
#include "cases/base/instruction_set.h"
#include "meshes/fields_local.h"
#include "operators/push_forward/remeshing.h"

enum { MOST_ORDER = 6 };

SGD_PER_SET(double, SgdScatterAtom,
            (const SgdScatter *s, const double z[], double mass, double *target, const double *everywhere),
            (s, z, mass, target, everywhere))

/* Four numbers in a row, wherever they begin. */
typedef double Four __attribute__((vector_size(32), aligned(8), may_alias));

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
    const double place = (z[a] - k->grid->min[a]) / k->grid->h[a] - 0.5, last = (double)k->grid->n[a] - 1,
                 near = place >= 0 && place <= last ? place : SgdRemeshingBring(place, last + 1, k->grid->boundary[a]);
    s->first[a] = (int)floor(near) - k->order / 2 + 1;
    s->count[a] = k->order;
    if (k->order == 4) /* constants, so that the loops are unrolled */
      SgdLagrangeWeights(4, s->first[a], near, s->weight[a]);
    else
      SgdLagrangeWeights(6, s->first[a], near, s->weight[a]);
  }
}

static PetscBool InsideAlong(SgdGrid grid, const Share *s, int a) {
  return (PetscBool)(s->first[a] >= 0 && s->first[a] + s->count[a] <= grid->n[a]);
}

static PetscBool Inside(SgdGrid grid, const Share *s) {
  for (int a = 0; a < grid->dim; a++)
    if (!InsideAlong(grid, s, a)) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* Is all of it beyond one absorbing face? Then one entry of the ledger takes it, for the weights' sum is one. */
static PetscBool Beyond(SgdGrid grid, const Share *s) {
  int out = 0;

  for (int a = 0; a < grid->dim; a++) {
    if (InsideAlong(grid, s, a)) continue;
    if (grid->boundary[a] != SGD_ABSORBING || (s->first[a] + s->count[a] > 0 && s->first[a] < grid->n[a]))
      return PETSC_FALSE;
    out++;
  }
  return (PetscBool)(out == 1);
}

/* target += mass times the weights, or (target NULL) the return value: their sum with `everywhere`. Order and
   dimension are constants where this is called, so that the loops are unrolled. */
static inline __attribute__((always_inline)) double VisitInside(int order, int dim, SgdGrid grid, const Share *s,
                                                                double mass, double *restrict target,
                                                                const double *everywhere) {
  double sum = 0, along[MOST_ORDER];

  for (int x = 0; x < order; x++) along[x] = s->weight[0][x];
  for (int z = 0; z < (dim > 2 ? order : 1); z++)
    for (int y = 0; y < (dim > 1 ? order : 1); y++) {
      const double w = mass * s->weight[2][z] * s->weight[1][y];
      const PetscInt row = s->first[0] + grid->n[0] * (s->first[1] + y + grid->n[1] * (PetscInt)(s->first[2] + z));
      if (target && order == 4)
        *(Four *)(target + row) += w * *(const Four *)along;
      else if (target)
        for (int x = 0; x < order; x++) target[row + x] += w * along[x];
      else
        for (int x = 0; x < order; x++) sum += w * along[x] * everywhere[row + x];
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
  if (!Inside(k->grid, s)) {
    if (!Beyond(k->grid, s)) return VisitEdge(k->grid, s, mass, target, everywhere);
    const PetscInt index[3] = {s->first[0], s->first[1], s->first[2]}, at = SgdGridTarget(k->grid, index);
    if (target) target[at] += mass;
    return target ? 0 : mass * everywhere[at];
  }
  if (k->order == 4 && k->grid->dim == 3) return VisitInside(4, 3, k->grid, s, mass, target, everywhere);
  if (k->order == 6 && k->grid->dim == 2) return VisitInside(6, 2, k->grid, s, mass, target, everywhere);
  return VisitInside(k->order, k->grid->dim, k->grid, s, mass, target, everywhere);
}

double SGD_HERE(SgdScatterAtom)(const SgdScatter *s, const double z[], double mass, double *target,
                                const double *everywhere) {
  Share share;

  ShareOf(s, z, &share);
  return Visit(s, &share, mass, target, everywhere);
}
