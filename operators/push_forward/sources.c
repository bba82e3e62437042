#include "operators/push_forward/sources.h"
#include "meshes/fields_local.h"

#define BEAT 0.01 /* the ripple is of order BEAT^order */

/* A stretch by a fifth, as on a saddle, leaves ripples that remeshing itself evens out. */
static int Finer(SgdGrid grid, double J[3][3], int b) {
  double stretch = 0;

  for (int a = 0; a < grid->dim; a++) stretch = PetscMax(stretch, PetscAbsReal(J[a][b]) * grid->h[b] / grid->h[a]);
  return stretch <= 1.2 ? 1 : (int)PetscMin(ceil(3 * stretch), SGD_FINEST_SOURCES);
}

void SgdSourcesOf(SgdFields f, double eta, int order, PetscInt cell, SgdSources *s) {
  double J[3][3], W[SGD_LAGRANGE_MOST];

  SgdFieldsJacobian(f, eta, cell, J);
  s->dim = f->grid->dim;
  for (int b = 0; b < 3; b++) {
    const int fine = b < s->dim ? Finer(f->grid, J, b) : 1, reach = order / 2 * fine - 1;
    const double width = b < s->dim ? PetscAbsReal(J[b][b]) / fine : 1;
    s->width[b] = PetscAbsReal(width - 1) > BEAT ? PetscMin(width, 1.5) : 0;
    s->count[b] = 0;
    if (fine == 1) {
      s->offset[b][0] = 0;
      s->weight[b][s->count[b]++] = 1;
      continue;
    }
    for (int i = -reach; i <= reach; i++) {
      const int first = (int)floor((double)i / fine) - order / 2 + 1;
      SgdLagrangeWeights(order, first, (double)i / fine, W);
      s->offset[b][s->count[b]] = (double)i / fine;
      s->weight[b][s->count[b]++] = W[-first] / fine;
    }
  }
}

int SgdSourcesCount(const SgdSources *s) {
  return s->count[0] * s->count[1] * s->count[2];
}

double SgdSourcesAt(const SgdSources *s, SgdGrid grid, const PetscInt index[], int i, double place[]) {
  double weight = 1;

  for (int a = 0; a < s->dim; a++) {
    const int at = i % s->count[a];
    const double n = (double)grid->n[a];
    i /= s->count[a];
    place[a] = (double)index[a] + s->offset[a][at];
    if (grid->boundary[a] == SGD_PERIODIC) place[a] -= n * floor((place[a] + 0.5) / n);
    if (grid->boundary[a] == SGD_REFLECTING && place[a] < -0.5) place[a] = -1 - place[a];
    if (grid->boundary[a] == SGD_REFLECTING && place[a] > n - 0.5) place[a] = 2 * n - 1 - place[a];
    weight *= s->weight[a][at];
  }
  return weight;
}

PetscErrorCode SgdSourcesPush(SgdFields f, double eta, int order, PetscInt cell, SgdSourcePush push, void *ctx) {
  SgdSources s;
  double place[3];
  PetscInt index[3];

  PetscFunctionBegin;
  SgdGridIndex(f->grid, cell, index);
  SgdSourcesOf(f, eta, order, cell, &s);
  for (int i = 0; i < SgdSourcesCount(&s); i++) {
    const double mass = SgdSourcesAt(&s, f->grid, index, i, place);
    if (mass != 0) PetscCall(push(ctx, index, place, s.width, mass));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
