#include "solver/measures/step_moments.h"
#include "meshes/fields.h"

#define FIRST 100 /* steps that are always kept */
#define SUMS  10  /* mass, mean (3), second moments (6), the last two about the centre */

typedef struct {
  PetscInt rows, whole, room; /* kept; added up over the ranks already */
  SgdStepRow *row;            /* of those that are not whole: this rank's sums about the centre */
  double centre[3];
} Record;

struct _p_SgdStepMoments {
  SgdGrid grid;
  int models;
  PetscInt every;
  Record *record;
};

PetscErrorCode SgdStepMomentsCreate(SgdGrid grid, int models, PetscInt steps, SgdStepMoments *moments) {
  SgdStepMoments s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *moments = s;
  s->grid = grid;
  s->models = models;
  s->every = (steps + SGD_STEPS_SHOWN - 1) / SGD_STEPS_SHOWN;
  PetscCall(PetscCalloc1(models, &s->record));
  for (int m = 0; m < models; m++)
    for (int a = 0; a < grid->dim; a++) s->record[m].centre[a] = 0.5 * (grid->min[a] + grid->max[a]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStepMomentsDestroy(SgdStepMoments *s) {
  PetscFunctionBegin;
  if (!*s) PetscFunctionReturn(PETSC_SUCCESS);
  for (int m = 0; m < (*s)->models; m++) PetscCall(PetscFree((*s)->record[m].row));
  PetscCall(PetscFree((*s)->record));
  PetscCall(PetscFree(*s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mass, first and second moment of one line of cells along axis 1, about the centre. */
static void SumLine(SgdGrid g, const double *mass, double centre, double sum[3]) {
  const double first = g->min[0] + 0.5 * g->h[0] - centre;
  double zeroth = 0, once = 0, twice = 0;

  for (PetscInt i = 0; i < g->n[0]; i++) {
    const double x = first + g->h[0] * (double)i;
    zeroth += mass[i];
    once += mass[i] * x;
    twice += mass[i] * x * x;
  }
  sum[0] = zeroth;
  sum[1] = once;
  sum[2] = twice;
}

/* A line's sums to those of all, at x[1], x[2] about the centre. */
static void AddLine(SgdGrid g, const double line[3], const double x[3], SgdStepRow *r) {
  r->mass += line[0];
  r->mean[0] += line[1];
  r->cov[0] += line[2];
  for (int a = 1; a < g->dim; a++) {
    r->mean[a] += line[0] * x[a];
    r->cov[SgdPair(g->dim, 0, a)] += line[1] * x[a];
    for (int b = a; b < g->dim; b++) r->cov[SgdPair(g->dim, a, b)] += line[0] * x[a] * x[b];
  }
}

/* In one dimension a rank owns a part of the one line there is. */
static void SumCells(SgdGrid g, const double *mass, const double centre[3], SgdStepRow *r) {
  double x[3] = {0, 0, 0}, line[3];
  struct _p_SgdGrid part = *g;

  if (g->dim == 1) {
    part.n[0] = g->last_cell - g->first_cell;
    part.min[0] = g->min[0] + g->h[0] * (double)g->first_cell;
  }
  for (PetscInt j = g->first_cell; j < g->last_cell; j += part.n[0]) {
    SgdGridCentre(g, j, x);
    for (int a = 1; a < g->dim; a++) x[a] -= centre[a];
    SumLine(&part, mass + (j - g->first_cell), centre[0], line);
    AddLine(g, line, x, r);
  }
}

static PetscErrorCode NextRow(Record *r, PetscInt step, SgdStepRow **row) {
  PetscFunctionBegin;
  if (r->rows == r->room) {
    r->room = PetscMax(64, 2 * r->room);
    PetscCall(PetscRealloc((size_t)r->room * sizeof *r->row, &r->row));
  }
  *row = &r->row[r->rows++];
  **row = (SgdStepRow){.step = step};
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Note(SgdStepMoments s, int m, PetscInt step, Vec y) {
  Record *r = &s->record[m];
  const PetscScalar *mass;
  SgdStepRow *row = NULL;

  PetscFunctionBegin;
  if (r->rows && r->row[r->rows - 1].step >= step) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(NextRow(r, step, &row));
  PetscCall(VecGetArrayRead(y, &mass));
  SumCells(s->grid, mass, r->centre, row);
  PetscCall(VecRestoreArrayRead(y, &mass));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStepMomentsAdd(SgdStepMoments s, int m, PetscInt step, Vec y) {
  PetscFunctionBegin;
  if (s && (step <= FIRST || step % s->every == 0)) PetscCall(Note(s, m, step, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From sums about the centre to the mean and the covariance. */
static void Finish(SgdGrid g, const double centre[3], SgdStepRow *r) {
  double d[3];

  for (int a = 0; a < g->dim; a++) d[a] = r->mean[a] / r->mass;
  for (int a = 0; a < g->dim; a++) {
    r->mean[a] = centre[a] + d[a];
    for (int b = a; b < g->dim; b++) {
      double *cov = &r->cov[SgdPair(g->dim, a, b)];
      *cov = *cov / r->mass - d[a] * d[b];
    }
  }
}

/* All of a model's new rows in one message. */
static PetscErrorCode AddUp(SgdStepMoments s, Record *r) {
  const PetscInt count = r->rows - r->whole;
  double *sum;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(count * SUMS, &sum));
  for (PetscInt i = 0; i < count; i++) PetscCall(PetscArraycpy(sum + i * SUMS, &r->row[r->whole + i].mass, SUMS));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, (PetscMPIInt)(count * SUMS), MPI_DOUBLE, MPI_SUM, s->grid->comm));
  for (PetscInt i = 0; i < count; i++) {
    SgdStepRow *row = &r->row[r->whole + i];
    PetscCall(PetscArraycpy(&row->mass, sum + i * SUMS, SUMS));
    Finish(s->grid, r->centre, row);
  }
  r->whole = r->rows;
  PetscCall(PetscFree(sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStepMomentsRows(SgdStepMoments s, int m, PetscInt *count, const SgdStepRow **rows) {
  PetscFunctionBegin;
  PetscCall(AddUp(s, &s->record[m]));
  *count = s->record[m].rows;
  *rows = s->record[m].row;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From an output step on, sums are taken about the mean there. */
static void Recentre(SgdStepMoments s, Record *r, PetscInt output) {
  for (PetscInt i = r->rows; i-- > 0 && r->row[i].step >= output;)
    if (r->row[i].step == output)
      for (int a = 0; a < s->grid->dim; a++)
        if (PetscIsNormalReal(r->row[i].mean[a])) r->centre[a] = r->row[i].mean[a];
}

PetscErrorCode SgdStepMomentsOutput(SgdStepMoments s, int m, PetscInt step, Vec y) {
  PetscFunctionBegin;
  if (y) PetscCall(Note(s, m, step, y));
  PetscCall(AddUp(s, &s->record[m]));
  Recentre(s, &s->record[m], step);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStepMomentsSetRows(SgdStepMoments s, int m, PetscInt count, const SgdStepRow *rows, PetscInt output) {
  Record *r = &s->record[m];
  SgdStepRow *row = NULL;

  PetscFunctionBegin;
  r->rows = 0;
  for (PetscInt i = 0; i < count; i++) {
    PetscCall(NextRow(r, rows[i].step, &row));
    *row = rows[i];
  }
  r->whole = r->rows;
  Recentre(s, r, output);
  PetscFunctionReturn(PETSC_SUCCESS);
}
