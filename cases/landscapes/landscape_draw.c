#include "cases/landscapes/landscape_draw.h"
#include "cases/landscapes/landscapeimpl.h"
#include "cases/base/random.h"

struct _p_SgdLandscapeDraw {
  SgdLandscape l;
  PetscInt P, batch;
  int seed;
  SgdBatchDraw samples; /* NULL for closed forms, which use the rest */
  double *identity, *C, *xi;
};

PetscErrorCode SgdLandscapeDrawCreate(SgdLandscape l, PetscInt batch, SgdDrawLaw law, int seed,
                                      SgdLandscapeDraw *draw) {
  const PetscInt P = SgdLandscapeDimension(l), N = SgdLandscapeSamples(l);
  SgdLandscapeDraw d;

  PetscFunctionBegin;
  PetscCall(PetscNew(&d));
  *d = (struct _p_SgdLandscapeDraw){.l = l, .P = P, .batch = batch, .seed = seed};
  if (N)
    PetscCall(SgdBatchDrawCreate(N, batch, law, SGD_DRAW_TRAJECTORY, seed, &d->samples));
  else if (l->ops->draw)
    PetscCall(PetscCalloc3(0, &d->identity, 0, &d->C, batch + 1, &d->xi));
  else {
    PetscCall(PetscCalloc3(P * P, &d->identity, P * P, &d->C, P + 1, &d->xi));
    for (PetscInt i = 0; i < P; i++) d->identity[i * (P + 1)] = 1;
  }
  *draw = d;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLandscapeDrawDestroy(SgdLandscapeDraw *draw) {
  PetscFunctionBegin;
  if (!*draw) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdBatchDrawDestroy(&(*draw)->samples));
  PetscCall(PetscFree3((*draw)->identity, (*draw)->C, (*draw)->xi));
  PetscCall(PetscFree(*draw));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* C = L L^T in place, lower triangle; a pivot that rounding has left of a semidefinite C counts as zero. */
static void Cholesky(PetscInt P, double *C) {
  double largest = 0;

  for (PetscInt i = 0; i < P; i++) largest = PetscMax(largest, C[i * (P + 1)]);
  for (PetscInt j = 0; j < P; j++) {
    double pivot = C[j * (P + 1)];
    for (PetscInt k = 0; k < j; k++) pivot -= C[j * P + k] * C[j * P + k];
    const double root = pivot > 1e-14 * largest ? sqrt(pivot) : 0;
    C[j * (P + 1)] = root;
    for (PetscInt i = j + 1; i < P; i++) {
      for (PetscInt k = 0; k < j; k++) C[i * P + j] -= C[i * P + k] * C[j * P + k];
      C[i * P + j] = root > 0 ? C[i * P + j] / root : 0;
    }
  }
}

/* Two normals from each block of random bits (Box-Muller). */
static void Normals(uint64_t seed, uint64_t stream, uint64_t base, PetscInt count, double *xi) {
  double u[2];

  for (PetscInt k = 0; k < count; k += 2) {
    SgdRandomUniform2(seed, stream, base + (uint64_t)(k / 2), u);
    const double r = sqrt(-2 * log(u[0])), angle = 2 * PETSC_PI * u[1];
    xi[k] = r * cos(angle);
    xi[k + 1] = r * sin(angle);
  }
}

/* G = g + L xi/sqrt(B),  L L^T = C1 */
static PetscErrorCode Gaussian(SgdLandscapeDraw d, PetscInt trajectory, PetscInt step, const double *w, double *g) {
  const PetscInt P = d->P;
  const double scale = 1 / sqrt((double)d->batch);
  double loss;

  PetscFunctionBegin;
  PetscCall(SgdLandscapePoint(d->l, w, P, d->identity, &loss, g, d->C, NULL));
  Cholesky(P, d->C);
  Normals((uint64_t)d->seed, (uint64_t)SGD_DRAW_TRAJECTORY << 32 | (uint64_t)trajectory, (uint64_t)step << 32, P,
          d->xi);
  for (PetscInt i = 0; i < P; i++)
    for (PetscInt k = 0; k <= i; k++) g[i] += scale * d->C[i * P + k] * d->xi[k];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The family's own draws, from uniform numbers, two a block of random bits. */
static void Own(SgdLandscapeDraw d, PetscInt trajectory, PetscInt step, const double *w, double *g) {
  for (PetscInt k = 0; k < d->batch; k += 2)
    SgdRandomUniform2((uint64_t)d->seed, (uint64_t)SGD_DRAW_TRAJECTORY << 32 | (uint64_t)trajectory,
                      ((uint64_t)step << 32) + (uint64_t)(k / 2), d->xi + k);
  d->l->ops->draw(d->l, w, d->batch, d->xi, g);
  SgdLandscapeAddCommon(d->l, w, NULL, g);
}

PetscErrorCode SgdLandscapeDrawGradient(SgdLandscapeDraw d, PetscInt trajectory, PetscInt step, const double *w,
                                        double *g) {
  PetscFunctionBegin;
  if (d->samples)
    PetscCall(SgdLandscapeBatchGradient(d->l, w, d->batch, SgdBatchDrawNext(d->samples, trajectory, step), NULL, g));
  else if (d->l->ops->draw)
    Own(d, trajectory, step, w, g);
  else
    PetscCall(Gaussian(d, trajectory, step, w, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}
