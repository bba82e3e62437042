/* moments.csv, distances.csv (solver/ARCHITECTURE.md, "What a run leaves"), density_final.csv in one dimension.
   Numbers carry 17 significant digits: reading them back gives the same doubles. */
#include "solver/output/outputimpl.h"
#include "solver/output/columns.h"
#include <stdio.h>

#define NUMBER ",%.17g"
#define DIGITS 17

struct _p_SgdTables {
  FILE *moments, *distances; /* NULL on all ranks but 0 */
  double *last;              /* [models][n] densities of the last output step; one dimension only */
  PetscBool some;            /* is there any step to speak of? */
};

static void HeadMoments(FILE *f, int dim) {
  fputs("model,step,tau,mass,outflow", f);
  SgdColumnsOfMoments(f, dim);
  fputs(",entropy,min_density,negative_mass,steps,status\n", f);
}

static void HeadDistances(FILE *f, int dim) {
  fputs("model,reference,step,l1,hellinger,kl", f);
  SgdColumnsOfAxes(f, "w1", dim);
  fputs(",mean_error,cov_error\n", f);
}

/* steps: where the run goes to; a table whose last step lies before that is of a run that is not finished. */
static void RowMoments(FILE *f, const SgdOutputContext *c, int model, PetscInt step, const SgdMoments *m,
                       const char *status) {
  int dim = c->grid->dim;

  fprintf(f, "%s,%" PetscInt_FMT NUMBER NUMBER NUMBER, c->model[model], step, SgdTau(c, step), m->mass, m->outflow);
  SgdColumnMoments(f, DIGITS, dim, m);
  fprintf(f, NUMBER NUMBER NUMBER ",%" PetscInt_FMT ",%s\n", m->entropy, m->min_density, m->negative_mass, c->last,
          status);
}

static void RowDistances(FILE *f, const SgdOutputContext *c, int model, PetscInt step, const SgdDistances *d) {
  fprintf(f, "%s,%s,%" PetscInt_FMT NUMBER NUMBER NUMBER, c->model[model], c->model[c->reference], step, d->l1,
          d->hellinger, d->kl);
  SgdColumnNumbers(f, DIGITS, c->grid->dim, d->w1);
  fprintf(f, NUMBER NUMBER "\n", d->mean_error, d->cov_error);
}

static PetscErrorCode Flush(SgdTables t, const SgdOutputContext *c) {
  PetscFunctionBegin;
  PetscCall(SgdFlushText(c->grid->comm, c->folder, "moments.csv", t->moments));
  PetscCall(SgdFlushText(c->grid->comm, c->folder, "distances.csv", t->distances));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTablesOpen(const SgdOutputContext *c, SgdTables *tables) {
  SgdTables t;

  PetscFunctionBegin;
  PetscCall(PetscNew(&t));
  *tables = t;
  if (c->grid->dim == 1) PetscCall(PetscCalloc1(c->models * c->grid->n[0], &t->last));
  PetscCall(SgdOpenText(c->grid->comm, c->folder, "moments.csv", &t->moments));
  PetscCall(SgdOpenText(c->grid->comm, c->folder, "distances.csv", &t->distances));
  if (t->moments) HeadMoments(t->moments, c->grid->dim);
  if (t->distances) HeadDistances(t->distances, c->grid->dim);
  PetscCall(Flush(t, c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTablesStep(SgdTables t, const SgdOutputContext *c, PetscInt step, Vec *y, const SgdHistory *h,
                             int k) {
  char status[200];

  PetscFunctionBegin;
  for (int m = 0; m < c->models; m++) {
    const int at = k * h->models + m;
    PetscCall(SgdHistoryStatus(h, m, k, status, sizeof status));
    if (t->moments) RowMoments(t->moments, c, m, step, &h->moments[at], status);
    if (t->distances && m != c->reference) RowDistances(t->distances, c, m, step, &h->distances[at]);
    if (t->last && y) PetscCall(SgdMarginal(c->grid, y[m], 0, t->last + m * c->grid->n[0]));
  }
  if (y) t->some = PETSC_TRUE;
  PetscCall(Flush(t, c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteFinal(SgdTables t, const SgdOutputContext *c) {
  SgdGrid grid = c->grid;
  FILE *f;

  PetscFunctionBegin;
  PetscCall(SgdOpenText(grid->comm, c->folder, "density_final.csv", &f));
  if (f) fputs("x", f);
  for (int m = 0; f && m < c->models; m++) fprintf(f, ",%s", c->model[m]);
  for (PetscInt i = 0; f && i < grid->n[0]; i++) {
    double x;

    SgdGridCentre(grid, i, &x);
    fprintf(f, "\n%.17g", x);
    for (int m = 0; m < c->models; m++) fprintf(f, NUMBER, t->last[m * grid->n[0] + i]);
  }
  if (f) fputc('\n', f);
  PetscCall(SgdCloseText(grid->comm, c->folder, "density_final.csv", &f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTablesClose(SgdTables *tables, const SgdOutputContext *c) {
  SgdTables t = *tables;

  PetscFunctionBegin;
  if (!t) PetscFunctionReturn(PETSC_SUCCESS);
  if (t->last && t->some) PetscCall(WriteFinal(t, c));
  PetscCall(SgdCloseText(c->grid->comm, c->folder, "moments.csv", &t->moments));
  PetscCall(SgdCloseText(c->grid->comm, c->folder, "distances.csv", &t->distances));
  PetscCall(PetscFree(t->last));
  PetscCall(PetscFree(*tables));
  PetscFunctionReturn(PETSC_SUCCESS);
}
