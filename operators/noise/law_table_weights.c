/* The weights u_r(a) of a law's expansion at every cell, by the law's table (law_table.h): a row of cells at a time, phi at
   the pivot modes, then u from it. */
#include "operators/noise/law_expansionimpl.h"

typedef struct {
  int length; /* cells of a row along axis 0 that are this rank's */
  double *nodes, *along, *phi,
      *u; /* [places][2 terms], [length][nodes of axis 0], [2 terms][length], [length][terms] */
} Row;

static PetscErrorCode OpenRow(const SgdLawSample *x, int length, Row *w) {
  const PetscCount terms = x->terms;
  double(*q)[3], place[3];

  PetscFunctionBegin;
  w->length = length;
  PetscCall(PetscMalloc4(2 * terms * SgdLawTablePlaces(x->table), &w->nodes, length * SgdLawTableAlong(x->table),
                         &w->along, 2 * terms * length, &w->phi, terms * length, &w->u));
  PetscCall(PetscMalloc1(terms, &q));
  for (int s = 0; s < terms; s++)
    for (int a = 0; a < 3; a++) q[s][a] = x->q[x->column[s] / 2][a];
  PetscCall(SgdLawTableWaves(x->table, (int)terms, q, w->nodes));
  PetscCall(PetscFree(q));
  for (int i = 0; i < length; i++) { /* the same for each row */
    SgdLawPlaceOfCell(x, x->grid->first_cell + i, place);
    SgdLawTableAlongAt(x->table, place[0], w->along + i * SgdLawTableAlong(x->table));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLawWeightsByTable(const SgdLawSample *x, double *weight) {
  SgdGrid grid = x->grid;
  const PetscInt cells = grid->last_cell - grid->first_cell;
  const int length = (int)PetscMin(grid->n[0], cells), terms = x->terms;
  double place[3];
  Row w;

  PetscFunctionBegin;
  PetscCall(OpenRow(x, length, &w));
  for (PetscInt first = 0; first < cells; first += length) {
    SgdLawPlaceOfCell(x, grid->first_cell + first, place);
    PetscCall(SgdLawTableRow(x->table, place, terms, w.nodes, length, w.along, w.phi));
    for (int s = 0; s < terms; s++)
      for (int i = 0; i < length; i++) w.u[i * terms + s] = w.phi[(s + x->column[s] % 2 * terms) * length + i];
    SgdLawSolve(x, length, w.u);
    for (int r = 0; r < terms; r++)
      for (int i = 0; i < length; i++) weight[r * cells + first + i] = w.u[i * terms + r];
  }
  PetscCall(PetscFree4(w.nodes, w.along, w.phi, w.u));
  PetscFunctionReturn(PETSC_SUCCESS);
}
