/* Mean first-passage times between regions: section stationary.passages. */
#include "solver/stationary/stationaryimpl.h"
#include "cases/file/case_types.h"
#include "solver/output/text_files.h"

/* A box; a side that is not given is the grid's. */
typedef struct {
  double *min, *max;
  unsigned min_count, max_count;
} Region;

typedef struct _p_SgdPassageItem Item;
struct _p_SgdPassageItem {
  char *name;
  Region from, to;
};

static const cyaml_schema_field_t region[] = {SGD_NUMBERS("min", Region, min), SGD_NUMBERS("max", Region, max),
                                              CYAML_FIELD_END};
static const cyaml_schema_field_t fields[] = {
    SGD_STRING("name", Item, name), CYAML_FIELD_MAPPING("from", CYAML_FLAG_DEFAULT, Item, from, region),
    CYAML_FIELD_MAPPING("to", CYAML_FLAG_DEFAULT, Item, to, region), CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Item, fields);

static PetscErrorCode CheckRegion(SgdCase c, int k, const char *which, const Region *r, unsigned dim) {
  char key[64];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(key, sizeof key, "stationary.passages.%d.%s", k, which));
  SgdCaseCheck(c, (!r->min_count || r->min_count == dim) && (!r->max_count || r->max_count == dim), key,
               "expected min and max with %u numbers, one an axis (left out: the grid's end), found %u and %u", dim,
               r->min_count, r->max_count);
  for (unsigned a = 0; a < dim && r->min_count && r->max_count; a++)
    SgdCaseCheck(c, r->min[a] < r->max[a], key, "axis %u: min %g is not below max %g", a + 1, r->min[a], r->max[a]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPassageItemRead(SgdCase c, int k, void *item) {
  char section[48];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(section, sizeof section, "stationary.passages.%d", k));
  PetscCall(
      SgdCaseRead(c, section, &schema, "name: ''\nfrom: {min: [], max: []}\nto: {min: [], max: []}\n", NULL, item));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadItem(SgdCase c, int k, int dim, Item **item) {
  PetscFunctionBegin;
  PetscCall(SgdPassageItemRead(c, k, item));
  PetscCall(CheckRegion(c, k, "from", &(*item)->from, (unsigned)dim));
  PetscCall(CheckRegion(c, k, "to", &(*item)->to, (unsigned)dim));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool Holds(const Region *r, int dim, const double x[]) {
  for (int a = 0; a < dim; a++)
    if ((r->min_count && x[a] < r->min[a]) || (r->max_count && x[a] > r->max[a])) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* inside [cells of this rank]; *count over all ranks. */
static PetscErrorCode Mark(SgdGrid grid, const Region *r, PetscBool inside[], PetscInt *count) {
  double x[3];

  PetscFunctionBegin;
  *count = 0;
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    SgdGridCentre(grid, cell, x);
    inside[cell - grid->first_cell] = Holds(r, grid->dim, x);
    *count += inside[cell - grid->first_cell];
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, count, 1, MPIU_INT, MPI_SUM, grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPassagesRead(const SgdModels *models, SgdPassages *list) {
  SgdGrid grid = models->grid;
  PetscBool *inside;
  char key[64];

  PetscFunctionBegin;
  PetscCall(SgdCaseCount(models->context.kase, "stationary.passages", &list->count));
  list->count = PetscMax(0, list->count);
  SgdCaseCheck(models->context.kase, list->count <= SGD_MOST_PASSAGES, "stationary.passages", "at most %d, found %d",
               SGD_MOST_PASSAGES, list->count);
  PetscCall(PetscMalloc1(grid->last_cell - grid->first_cell, &inside));
  for (int k = 0; k < list->count; k++) {
    PetscInt from, to;
    PetscCall(ReadItem(models->context.kase, k, grid->dim, &list->item[k]));
    PetscCall(Mark(grid, &list->item[k]->from, inside, &from));
    PetscCall(Mark(grid, &list->item[k]->to, inside, &to));
    PetscCall(PetscSNPrintf(key, sizeof key, "stationary.passages.%d", k));
    SgdCaseCheck(models->context.kase, from > 0, key, "no cell's centre lies in `from`");
    SgdCaseCheck(models->context.kase, to > 0 && to < grid->cells, key,
                 "%" PetscInt_FMT " of %" PetscInt_FMT " cells lie in `to`: expected some, not all", to, grid->cells);
  }
  PetscCall(PetscFree(inside));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Means of time and lost over the cells of `from`, weighted by the density. */
static PetscErrorCode Average(SgdGrid grid, const SgdStationaryState *s, const Region *from, SgdPassageMean *mean) {
  const double *p, *t, *h = NULL;
  double sum[3] = {0}, x[3];

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(s->p, &p));
  PetscCall(VecGetArrayRead(mean->field.time, &t));
  if (mean->field.lost) PetscCall(VecGetArrayRead(mean->field.lost, &h));
  for (PetscInt i = 0; i < grid->last_cell - grid->first_cell; i++) {
    SgdGridCentre(grid, grid->first_cell + i, x);
    if (!Holds(from, grid->dim, x)) continue;
    sum[0] += p[i];
    sum[1] += p[i] * t[i];
    sum[2] += h ? p[i] * h[i] : 0;
  }
  if (mean->field.lost) PetscCall(VecRestoreArrayRead(mean->field.lost, &h));
  PetscCall(VecRestoreArrayRead(mean->field.time, &t));
  PetscCall(VecRestoreArrayRead(s->p, &p));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, 3, MPI_DOUBLE, MPI_SUM, grid->comm));
  if (!s->degenerate) sum[0] = NAN; /* nothing to weigh with */
  mean->weight = sum[0];
  mean->steps = sum[1] / sum[0];
  mean->lost = sum[2] / sum[0];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPassagesCompute(const SgdModels *models, SgdModel m, const SgdPassages *list, SgdStationaryState *s) {
  SgdGrid grid = models->grid;
  PetscBool *inside;
  PetscInt cells;

  PetscFunctionBegin;
  s->passages = list->count;
  PetscCall(PetscMalloc1(grid->last_cell - grid->first_cell, &inside));
  for (int k = 0; k < list->count; k++) {
    SgdPassageMean *mean = &s->passage[k];
    const Item *item = list->item[k];
    PetscCall(Mark(grid, &item->to, inside, &cells));
    if (!cells) { /* on half the cells it can be so: nothing to compare with */
      mean->steps = NAN;
      continue;
    }
    PetscCall(SgdPassageSolve(m, grid, models->context.sgd->learning_rate, inside, &mean->field));
    PetscCall(Average(grid, s, &item->from, mean));
    if (*item->name)
      PetscCall(PetscStrncpy(mean->name, item->name, sizeof mean->name));
    else
      PetscCall(PetscSNPrintf(mean->name, sizeof mean->name, "passage_%d", k + 1));
  }
  PetscCall(PetscFree(inside));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPassagesView(const SgdModels *models, int model, const SgdStationaryState *s) {
  const double eta = models->context.sgd->learning_rate;

  PetscFunctionBegin;
  for (int k = 0; k < s->passages; k++) {
    const SgdPassageMean *m = &s->passage[k];
    PetscCall(
        SgdSay(models->grid->comm,
               "    %s: mean first passage %.10g steps, tau %.10g; error at most %.1e of the longest, %" PetscInt_FMT
               " applications or solves",
               m->name, m->steps, eta * m->steps, m->field.bound, m->field.applications));
    if (m->cells > 1e-4 * m->steps)
      PetscCall(SgdSay(models->grid->comm, "; not resolved to better than %.2g %%, by half the cells",
                       100 * m->cells / m->steps));
    if (m->lost > 1e-12) PetscCall(SgdSay(models->grid->comm, "; out of the box first: probability %.3g", m->lost));
    PetscCall(SgdSay(models->grid->comm, "\n"));
    if (m->lost > 0.01)
      PetscCall(
          SgdWarn(models->grid->comm,
                  "model %s, %s: with probability %.3g the box is left before the target is reached, and the time "
                  "is that until either; widen the box",
                  SgdModelName(models->model[model]), m->name, m->lost));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* passages.csv */
PetscErrorCode SgdPassagesWrite(const SgdModels *models, const SgdStationaryState *s, const char *folder) {
  const double eta = models->context.sgd->learning_rate;
  int most = 0;
  FILE *f;

  PetscFunctionBegin;
  for (int m = 0; m < models->count; m++) most = PetscMax(most, s[m].passages);
  if (!most) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdOpenText(models->grid->comm, folder, "passages.csv", &f));
  if (f) fputs("model,passage,steps,tau,probability_lost,mass_from,error_bound,applications\n", f);
  for (int m = 0; m < models->count; m++)
    for (int k = 0; f && k < s[m].passages; k++) {
      const SgdPassageMean *x = &s[m].passage[k];
      fprintf(f, "%s,%s,%.17g,%.17g,%.6g,%.6g,%.3g,%" PetscInt_FMT "\n", SgdModelName(models->model[m]), x->name,
              x->steps, eta * x->steps, x->lost, x->weight, x->field.bound, x->field.applications);
    }
  PetscCall(SgdCloseText(models->grid->comm, folder, "passages.csv", &f));
  PetscFunctionReturn(PETSC_SUCCESS);
}
