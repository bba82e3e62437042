#include "solver/problem/jumps.h"

#define LEAST     512 /* intervals a line */
#define MOST      20000
#define EXPLAINED 4    /* times the slopes to either side: a kink changes the loss by less */
#define MOST_AXES 3    /* parameters: what has more is a quadratic, or its own samples' */
#define SLIGHT    1e-3 /* of the loss's range on the line */

typedef struct {
  PetscInt n; /* intervals */
  double start, h, *loss, *g;
} Line;

/* Loss and slope at the n + 1 ends of the intervals of the line along `axis` through the box's middle. */
static PetscErrorCode Sample(SgdLandscape l, SgdFrame f, SgdGrid grid, int axis, Line *s) {
  double a[3], g[3], C[9], *w;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(f->P, &w));
  for (int b = 0; b < f->dim; b++) a[b] = 0.5 * (grid->min[b] + grid->max[b]);
  for (PetscInt i = 0; i <= s->n; i++) {
    a[axis] = s->start + (double)i * s->h;
    SgdFramePoint(f, a, w);
    PetscCall(SgdLandscapePoint(l, w, f->dim, f->V, &s->loss[i], g, C, NULL));
    s->g[i] = g[axis];
  }
  PetscCall(PetscFree(w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest unexplained change over two intervals, and the place between them. The middle's own slope is not asked: by
   differences it would be that of the jump. */
static double Worst(const Line *s, double *place) {
  double least = s->loss[0], most = s->loss[0], worst = 0;

  for (PetscInt i = 1; i <= s->n; i++) {
    least = PetscMin(least, s->loss[i]);
    most = PetscMax(most, s->loss[i]);
  }
  for (PetscInt i = 1; i < s->n; i++) {
    const double change = s->loss[i + 1] - s->loss[i - 1], before = s->g[i - 1], after = s->g[i + 1];
    const double off = PetscAbsReal(change - s->h * (before + after));
    const double let = EXPLAINED * s->h * (PetscAbsReal(before) + PetscAbsReal(after)) + SLIGHT * (most - least);
    if (!(off > let) || off <= worst) continue;
    worst = off;
    *place = s->start + (double)i * s->h;
  }
  return worst;
}

PetscErrorCode SgdJumpCheck(SgdLandscape l, SgdFrame f, SgdGrid grid) {
  PetscFunctionBegin;
  if (SgdLandscapeSamples(l) || SgdLandscapeGetDomain(l).min || f->P > MOST_AXES) PetscFunctionReturn(PETSC_SUCCESS);
  for (int axis = 0; axis < f->dim; axis++) {
    Line s = {.n = PetscMax(LEAST, PetscMin(MOST, grid->n[axis])), .start = grid->min[axis]};
    double place = 0, worst;

    s.h = (grid->max[axis] - grid->min[axis]) / (double)s.n;
    PetscCall(PetscMalloc2(s.n + 1, &s.loss, s.n + 1, &s.g));
    PetscCall(Sample(l, f, grid, axis, &s));
    worst = Worst(&s, &place);
    PetscCall(PetscFree2(s.loss, s.g));
    if (worst > 0)
      PetscCall(SgdWarn(grid->comm,
                        "axis %d: the loss changes by %.3g within %.2g of %.4g, and its gradient to either side does "
                        "not: it jumps there or is finer than that; every model feels the gradient alone, so that the "
                        "jump is not in the densities",
                        axis + 1, worst, s.h, place));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
