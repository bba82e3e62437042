/* The density of an ensemble whose last step has the exact law of its batches. The members of group g make

     T_g(k) = mean_j phi_j(k) exp(-i k (m + f (m_j - m)) - k^2 wider_j/2),

   the density is that of their mean with kappa S + V_m added to the kernels, the part of g that of T_g with its own shift
   and spread (kernel_density.h). */
#include "solver/ensemble/kernel_densityimpl.h"

typedef struct {
  SgdBatchWaves waves;
  int groups;
  double _Complex *T; /* [groups][modes] */
  double *lost; /* [groups][2] of members beyond the padded axis, whose waves would come in again at its other end */
} Groups;

static PetscErrorCode Gather(const SgdLastStep *s, const SgdKernelShape *shape, MPI_Comm comm, Groups *t,
                             double *wider) {
  const SgdBatchWaves *w = &t->waves;
  const int each = s->count / t->groups;
  const double width = w->cells * w->h;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2((size_t)t->groups * (size_t)w->modes, &t->T, 2 * t->groups, &t->lost));
  *wider = 0;
  for (int j = 0; j < s->local; j++) {
    const int g = (s->first + j) / each;
    const double centre = shape->mean[0] + shape->f * (s->centre[s->first + j] - shape->mean[0]);
    *wider += s->wider[j] / s->count;
    if (centre < w->min || centre >= w->min + width)
      t->lost[2 * g + (centre >= w->min + width)] += 1.0 / each;
    else
      SgdBatchWavesAdd(w, 1.0 / each, s->phi + (size_t)j * (size_t)w->modes, centre, s->wider[j],
                       t->T + (size_t)g * (size_t)w->modes);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, t->T, 2 * t->groups * w->modes, MPI_DOUBLE, MPI_SUM, comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, t->lost, 2 * t->groups, MPI_DOUBLE, MPI_SUM, comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, wider, 1, MPI_DOUBLE, MPI_SUM, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Cells of the padded axis to those of the grid and to its ledger. */
static PetscErrorCode Put(SgdGrid grid, const SgdBatchWaves *w, const double *mass, const double lost[], Vec y) {
  const PetscInt own = grid->last_cell - grid->first_cell;
  double ledger[2] = {lost[0], lost[1]};
  PetscMPIInt rank, size;
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(grid->comm, &size));
  PetscCall(VecZeroEntries(y));
  PetscCall(VecGetArray(y, &out));
  for (PetscInt i = 0; i < w->cells; i++) {
    const PetscInt index[3] = {i - w->pad, 0, 0}, to = SgdGridTarget(grid, index);
    if (to >= grid->cells)
      ledger[to - grid->cells] += mass[i];
    else if (to >= grid->first_cell && to < grid->last_cell)
      out[to - grid->first_cell] += mass[i];
  }
  for (int f = 0; rank == size - 1 && f < grid->ledger; f++) out[own + f] = ledger[f];
  PetscCall(VecRestoreArray(y, &out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The density of the groups first .. last - 1, shifted and wider by `more`. */
static PetscErrorCode Density(SgdGrid grid, const Groups *t, int first, int last, double shift, double more, Vec y) {
  const size_t modes = (size_t)t->waves.modes;
  double _Complex *sum;
  double *mass, lost[2] = {0};

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(modes, &sum, t->waves.cells, &mass));
  for (int g = first; g < last; g++) {
    SgdBatchWavesAdd(&t->waves, 1.0 / (last - first), t->T + (size_t)g * modes, shift, more, sum);
    for (int f = 0; f < 2; f++) lost[f] += t->lost[2 * g + f] / (last - first);
  }
  PetscCall(SgdBatchWavesInvert(&t->waves, sum, mass));
  PetscCall(Put(grid, &t->waves, mass, lost, y));
  PetscCall(PetscFree2(sum, mass));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdKernelDensityWaves(SgdKernelDensity *k, SgdGrid grid, const SgdLastStep *s,
                                     const SgdKernelShape *shape) {
  const int each = s->count / k->groups;
  Groups t = {.waves = s->waves, .groups = k->groups};
  double mean, moment, wider;

  PetscFunctionBegin;
  PetscCall(Gather(s, shape, grid->comm, &t, &wider));
  PetscCall(Density(grid, &t, 0, k->groups, 0, shape->kappa * shape->S[0] + shape->scatter[0], k->y));
  for (int g = 0; g < k->groups; g++) {
    SgdKernelCentres(s, g * each, each, shape->mean, &mean, &moment);
    PetscCall(Density(grid, &t, g, g + 1, (1 - shape->f) * (mean - shape->mean[0]),
                      shape->kappa * moment + shape->scatter[0], k->part[g]));
  }
  k->widened = PetscMax(k->widened, wider / (shape->S[0] + shape->narrow[0]));
  PetscCall(PetscFree2(t.T, t.lost));
  PetscFunctionReturn(PETSC_SUCCESS);
}
