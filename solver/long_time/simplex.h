/* The corners of a simplex among places: m functions u_k on the cells, seen as points (u_1(a) .. u_m(a)) of R^m, lie in
   the simplex of m corners and the origin where they are the slow left eigenfunctions of a metastable process (the
   origin: what leaves the box). Inner simplex algorithm (Weber and Galliat, ZIB report 02-12, 2002): the corners one
   after the other, each the farthest from the span of those before; then single exchanges as long as they enlarge the
   simplex, so that no candidate has a membership above one. */
#pragma once
#include "meshes/grid.h"

#define SGD_MOST_CORNERS 16

typedef struct {
  SgdGrid grid;
  int m;
  const double *u[SGD_MOST_CORNERS]; /* on this rank's cells */
  const PetscBool *candidate;        /* [cells of this rank]: may it be a corner? */
} SgdPlaces;

typedef struct {
  int m;
  PetscInt cell[SGD_MOST_CORNERS];                   /* natural index; sorted by their places */
  double corner[SGD_MOST_CORNERS][SGD_MOST_CORNERS]; /* [corner][k]: the functions there */
  double A[SGD_MOST_CORNERS * SGD_MOST_CORNERS];     /* its inverse, by columns: chi = u A */
} SgdSimplex;

/* *found: false where the candidates do not span m dimensions. Collective. */
PETSC_INTERN PetscErrorCode SgdSimplexFind(const SgdPlaces *places, SgdSimplex *s, PetscBool *found);
/* chi [m] of a place with values u [m]. */
static inline void SgdSimplexMembership(const SgdSimplex *s, const double u[], double chi[]) {
  for (int j = 0; j < s->m; j++) {
    chi[j] = 0;
    for (int k = 0; k < s->m; k++) chi[j] += u[k] * s->A[j * s->m + k];
  }
}
/* The same for this rank's cell i. */
static inline void SgdSimplexMembershipAt(const SgdSimplex *s, const SgdPlaces *p, PetscInt i, double chi[]) {
  double u[SGD_MOST_CORNERS];

  for (int k = 0; k < s->m; k++) u[k] = p->u[k][i];
  SgdSimplexMembership(s, u, chi);
}
