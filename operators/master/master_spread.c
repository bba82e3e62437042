/* The master equation's one-step map by spreading and FFT, in 1-3 dimensions, for any law of the
   noise (THEORY.md (11), (12)):
     phat_{n+1}(k) = sum_j m_j exp(-i k.T_j) conj phi(eta k; a_j),     T_j = a_j - eta g(a_j).
   The exponential sum is a non-uniform FFT: spread m_j around T_j with the kernel psi (spreading.h) onto a fine
   periodic grid over the padded box, transform, divide by psi's transform (spectral_filter.h). Where the law depends on
   the place, phi(q; a) ~ sum_r u_r(a) phi(q; a_r) (law_expansion.h), one spread and transform a term. On absorbing axes
   T is held within the noise's reach of the box: from there nothing comes back, so which point outside it was does not
   matter. Mode 0 carries the mass exactly. */
#include "operators/master/master_spreadimpl.h"

/* Positions of the `length` sources from cell `cell` on (a row along axis 0) on the fine grid:
   u_a = (T_a + pad_a) ratio_a, T in cells. */
static void Positions(const Spread *k, PetscInt cell, double *const u[]) {
  SgdGrid grid = k->grid;
  const PetscInt held = cell - k->fields->first_cell;
  PetscInt index[3];

  SgdGridIndex(grid, cell, index);
  for (int a = 0; a < grid->dim; a++) {
    const double *restrict g = k->fields->g[a] + held, move = k->eta / grid->h[a], n = (double)grid->n[a];
    const double step = a ? 0 : 1, start = (double)index[a];
    const double low = -k->clamp[a], high = n - 1 + k->clamp[a], pad = k->size.pad[a], ratio = k->ratio[a];
    double *restrict to = u[a];
    if (grid->boundary[a] == SGD_PERIODIC)
      for (PetscInt i = 0; i < k->length; i++) {
        const double T = start + step * (double)i - move * g[i];
        to[i] = (T - floor(T / n) * n) * ratio;
      }
    else
      for (PetscInt i = 0; i < k->length; i++) {
        const double T = start + step * (double)i - move * g[i];
        to[i] = ((T < low ? low : T > high ? high : T) + pad) * ratio;
      }
  }
}

/* Where point 0 of the in-plane axes and plane 0 of the last one would be. */
static double *Origin(const Spread *k) {
  return k->window + k->origin - k->low * k->plane;
}

/* In-plane periodic axes: add the ghost points to the points they stand for (add), or fill them. */
static void WrapGhosts(const Spread *k, PetscBool add) {
  const int d = k->grid->dim, G = k->size.ghost;

  for (int a = 0; a < d - 1; a++) {
    if (k->grid->boundary[a] != SGD_PERIODIC) continue;
    const int N = k->size.fine[a], lines = d == 3 ? (a == 0 ? k->size.fine[1] + 2 * G : k->size.fine[0]) : 1;
    const ptrdiff_t along = k->spreading.stride[a], across = d == 3 ? k->spreading.stride[1 - a] : 0;
    for (int plane = 0; plane < k->high - k->low; plane++)
      for (int j = 0; j < lines; j++) {
        double *x = k->window + plane * k->plane + k->origin + (a == 0 && d == 3 ? j - G : j) * across;
        for (int i = 0; i < G; i++) {
          double *ghost[2] = {x + (i - G) * along, x + (N + i) * along},
                 *real[2] = {x + (N - G + i) * along, x + i * along};
          for (int side = 0; side < 2; side++) {
            if (add)
              *real[side] += *ghost[side];
            else
              *ghost[side] = *real[side];
          }
        }
      }
  }
}

/* The table of the row of sources from local cell `cell` on. */
static SgdSpreadingTable RowTable(const Spread *k, PetscInt cell) {
  return (SgdSpreadingTable){k->table.value + cell * SgdSpreadingTableSize(&k->spreading), k->table.first + cell};
}

static void SpreadAll(const Spread *k, const double *mass, const double *weight) {
  const double *u[3] = {k->u[0], k->u[1], k->u[2]};
  const PetscInt cells = k->grid->last_cell - k->grid->first_cell;
  double *origin = Origin(k);

  for (PetscInt i = 0; i < cells; i += k->length) {
    const double *m = mass + i;
    if (weight) {
      for (PetscInt j = 0; j < k->length; j++) k->weighted[j] = m[j] * weight[i + j];
      m = k->weighted;
    }
    if (k->table.value) {
      const SgdSpreadingTable row = RowTable(k, i);
      SgdSpreadByTable(&k->spreading, (int)k->length, &row, m, origin);
      continue;
    }
    Positions(k, k->grid->first_cell + i, k->u);
    SgdSpread(&k->spreading, (int)k->length, u, m, origin);
  }
}

/* u_r of this rank's cells, or NULL for 1. */
static const double *Weight(const Spread *k, int term) {
  return k->expansion.terms ? k->expansion.weight + term * (k->grid->last_cell - k->grid->first_cell) : NULL;
}

static PetscErrorCode SpreadForward(Spread *k, const double *mass, double total, double *out, double lost[]) {
  double *slab;
  const int *first;
  ptrdiff_t stride[3];
  PetscInt origin;

  PetscFunctionBegin;
  SgdSpectralFilterSlab(k->filter, &first, stride, &origin, &slab);
  for (int term = 0; term < k->size.terms; term++) {
    SgdSpectralFilterClear(k->filter);
    if (k->exchange) PetscCall(PetscArrayzero(k->window, (k->high - k->low) * k->plane));
    const double start = MPI_Wtime();
    SpreadAll(k, mass, Weight(k, term));
    k->seconds += MPI_Wtime() - start;
    WrapGhosts(k, PETSC_TRUE);
    if (k->exchange) PetscCall(SgdRowExchangeAdd(k->exchange, k->window, slab));
    PetscCall(SgdSpectralFilterApply(k->filter, term, total, out, lost));
  }
  k->steps++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In extended precision: a stationary density meets the same rounding at every step, and it would add up. */
static double TotalMass(const Spread *k, const double *mass) {
  long double total = 0;

  for (PetscInt i = 0; i < k->grid->last_cell - k->grid->first_cell; i++) total += mass[i];
  return (double)total;
}

/* Of a step, this rank's share: kernels, weights of the terms, full real transforms (5/2 N log2 N), one product a mode. */
static PetscErrorCode LogStep(const Spread *k) {
  const double cells = (double)(k->grid->last_cell - k->grid->first_cell), terms = k->size.terms;
  double fine = 1, coarse = 1, modes = 0.5;
  PetscMPIInt ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(k->grid->comm, &ranks));
  for (int a = 0; a < k->grid->dim; a++) {
    fine *= k->size.fine[a];
    coarse *= k->size.coarse[a];
    modes *= 2 * k->size.modes[a] + 1;
  }
  const double transforms = terms * (2.5 * fine * log2(fine) + 8 * modes) + 2.5 * coarse * log2(coarse);
  PetscCall(PetscLogFlops(terms * cells * (SgdSpreadingFlops(&k->spreading) + 1) + transforms / ranks));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatMult_Spread(Mat A, Vec x, Vec y) {
  Spread *k;
  const PetscScalar *in;
  PetscScalar *out;
  double lost[6], all[6] = {0}, total;
  PetscMPIInt ranks;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &k));
  PetscCallMPI(MPI_Comm_size(k->grid->comm, &ranks));
  PetscCall(VecGetArrayRead(x, &in));
  PetscCall(VecGetArrayWrite(y, &out));
  total = TotalMass(k, in);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_DOUBLE, MPI_SUM, k->grid->comm));
  PetscCall(SpreadForward(k, in, total, out, lost));
  PetscCall(LogStep(k));
  PetscCallMPI(MPI_Reduce(lost, all, (PetscMPIInt)k->grid->ledger, MPI_DOUBLE, MPI_SUM, ranks - 1, k->grid->comm));
  const PetscInt cells = k->grid->last_cell - k->grid->first_cell;
  if (k->last)
    for (PetscInt f = 0; f < k->grid->ledger; f++) out[cells + f] = in[cells + f] + all[f];
  PetscCall(VecRestoreArrayWrite(y, &out));
  PetscCall(VecRestoreArrayRead(x, &in));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SpreadBackward(Spread *k, const double *value, const double face[], double *out) {
  const double *u[3] = {k->u[0], k->u[1], k->u[2]};
  const PetscInt cells = k->grid->last_cell - k->grid->first_cell;
  const int *first;
  double *slab, mean;
  ptrdiff_t stride[3];
  PetscInt origin;

  PetscFunctionBegin;
  SgdSpectralFilterSlab(k->filter, &first, stride, &origin, &slab);
  for (int term = 0; term < k->size.terms; term++) {
    const double *weight = Weight(k, term);
    PetscCall(SgdSpectralFilterApplyTranspose(k->filter, term, value, face, &mean));
    if (k->exchange) PetscCall(SgdRowExchangeCopy(k->exchange, slab, k->window));
    WrapGhosts(k, PETSC_FALSE);
    for (PetscInt i = 0; i < cells; i += k->length) {
      if (k->table.value) {
        const SgdSpreadingTable row = RowTable(k, i);
        SgdInterpolateByTable(&k->spreading, (int)k->length, &row, Origin(k), k->weighted);
      } else {
        Positions(k, k->grid->first_cell + i, k->u);
        SgdInterpolate(&k->spreading, (int)k->length, u, Origin(k), k->weighted);
      }
      for (PetscInt j = 0; j < k->length; j++)
        out[i + j] = (term ? out[i + j] : mean) + (weight ? weight[i + j] : 1) * k->weighted[j];
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatMultTranspose_Spread(Mat A, Vec x, Vec y) {
  Spread *k;
  const PetscScalar *in;
  PetscScalar *out;
  double face[6];

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &k));
  PetscCall(SgdGridLedger(k->grid, x, face));
  PetscCall(VecGetArrayRead(x, &in));
  PetscCall(VecGetArrayWrite(y, &out));
  PetscCall(SpreadBackward(k, in, face, out));
  PetscCall(LogStep(k));
  const PetscInt cells = k->grid->last_cell - k->grid->first_cell;
  if (k->last)
    for (PetscInt f = 0; f < k->grid->ledger; f++) out[cells + f] = in[cells + f];
  PetscCall(VecRestoreArrayWrite(y, &out));
  PetscCall(VecRestoreArrayRead(x, &in));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatDestroy_Spread(Mat A) {
  Spread *k;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &k));
  if (k->exchange) PetscCall(PetscFree(k->window));
  PetscCall(SgdRowExchangeDestroy(&k->exchange));
  PetscCall(SgdSpectralFilterDestroy(&k->filter));
  PetscCall(SgdLawExpansionDestroy(&k->expansion));
  PetscCall(PetscFree4(k->u[0], k->u[1], k->u[2], k->weighted));
  PetscCall(PetscFree2(k->table.value, k->table.first));
  PetscCall(PetscFree(k));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* --- set-up ------------------------------------------------------------------------------------------------------ */

/* The planes of the fine grid that this rank's sources touch; and are all their points there on the other axes? */
static PetscErrorCode ChooseWindow(Spread *k) {
  const int last = k->grid->dim - 1;
  const double reach = 0.5 * k->spreading.kernel[0].width;
  double least[3] = {PETSC_MAX_REAL, PETSC_MAX_REAL, PETSC_MAX_REAL}, most[3] = {0, 0, 0};

  PetscFunctionBegin;
  for (PetscInt cell = k->grid->first_cell; cell < k->grid->last_cell; cell += k->length) {
    Positions(k, cell, k->u);
    for (int a = 0; a <= last; a++)
      for (PetscInt i = 0; i < k->length; i++) {
        least[a] = PetscMin(least[a], k->u[a][i]);
        most[a] = PetscMax(most[a], k->u[a][i]);
      }
  }
  for (int a = 0; a <= last; a++)
    PetscCheck(k->grid->boundary[a] == SGD_PERIODIC || (least[a] >= reach && most[a] <= k->size.fine[a] - reach),
               PETSC_COMM_SELF, PETSC_ERR_PLIB, "Axis %d: positions %g .. %g leave the fine grid of %d points", a,
               least[a], most[a], k->size.fine[a]);
  k->low = (int)floor(least[last] - reach);
  k->high = (int)ceil(most[last] + reach) + 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetUpWindow(Spread *k) {
  const int last = k->grid->dim - 1;
  const PetscBool periodic = (PetscBool)(k->grid->boundary[last] == SGD_PERIODIC);
  const int *first;
  PetscMPIInt ranks;
  double *slab;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(k->grid->comm, &ranks));
  SgdSpectralFilterSlab(k->filter, &first, k->spreading.stride, &k->origin, &slab);
  k->plane = k->spreading.stride[last];
  PetscCall(ChooseWindow(k));
  if (ranks == 1 && !periodic) {
    k->low = 0;
    k->high = k->size.fine[last];
    k->window = slab;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscMalloc1((k->high - k->low) * k->plane + SGD_ES_MAX_WIDTH, &k->window));
  PetscCall(SgdRowExchangeCreate(k->grid->comm, first, k->low, k->high, k->plane, periodic, &k->exchange));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Many terms spread the same sources: the kernel's values are kept. */
#define WORTH_A_TABLE 4
static PetscErrorCode Tabulate(Spread *k) {
  const double *u[3] = {k->u[0], k->u[1], k->u[2]};
  const PetscInt cells = k->grid->last_cell - k->grid->first_cell;

  PetscFunctionBegin;
  if (k->size.terms < WORTH_A_TABLE) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc2(cells * SgdSpreadingTableSize(&k->spreading), &k->table.value, cells, &k->table.first));
  for (PetscInt i = 0; i < cells; i += k->length) {
    SgdSpreadingTable row = RowTable(k, i);
    Positions(k, k->grid->first_cell + i, k->u);
    SgdSpreadingTabulate(&k->spreading, (int)k->length, u, &row);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateShell(Spread *k, Mat *A) {
  PetscMPIInt rank, ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(k->grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(k->grid->comm, &ranks));
  k->last = (PetscBool)(rank == ranks - 1);
  const PetscInt local = k->grid->last_cell - k->grid->first_cell + (k->last ? k->grid->ledger : 0);
  PetscCall(MatCreateShell(k->grid->comm, local, local, PETSC_DETERMINE, PETSC_DETERMINE, k, A));
  PetscCall(MatShellSetOperation(*A, MATOP_MULT, (void (*)(void))MatMult_Spread));
  PetscCall(MatShellSetOperation(*A, MATOP_MULT_TRANSPOSE, (void (*)(void))MatMultTranspose_Spread));
  PetscCall(MatShellSetOperation(*A, MATOP_DESTROY, (void (*)(void))MatDestroy_Spread));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdMasterSpread(const SgdStep *step, SgdReport *report, SgdNoiseLaw law, const SgdLawAccuracy *accuracy,
                               int *terms, double *error, Mat *A) {
  const double tolerance = accuracy->tolerance;
  Spread *k;
  PetscBool same;
  char prefix[80];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(prefix, sizeof prefix, "%s_", report->name));
  PetscCall(PetscNew(&k));
  k->grid = k->size.grid = step->fields->grid;
  k->fields = step->fields;
  k->eta = step->learning_rate;
  k->length = PetscMin(k->grid->n[0], k->grid->last_cell - k->grid->first_cell);
  PetscCall(PetscMalloc4(k->length, &k->u[0], k->length, &k->u[1], k->length, &k->u[2], k->length, &k->weighted));
  for (int a = 0; a < k->grid->dim - 1; a++)
    if (k->grid->boundary[a] == SGD_PERIODIC) k->size.ghost = SGD_ES_MAX_WIDTH / 2;
  PetscCall(SgdNoiseLawHomogeneous(law, 1e-3 * tolerance, &same));
  PetscCall(SgdSpreadPadding(k, law, accuracy->support, tolerance, report));
  PetscCall(SgdSpreadKernel(k, law, same, tolerance, report));
  k->size.terms = 1;
  PetscCall(PetscOptionsGetBool(NULL, prefix, "-fft_measure", &k->size.measure, NULL));
  *error = 0;
  *A = NULL;
  if (!same) {
    PetscCall(SgdSpreadExpand(k, law, accuracy, report));
    *error = k->expansion.error;
  }
  *terms = k->size.terms;
  if (!*terms) {
    PetscCall(PetscFree4(k->u[0], k->u[1], k->u[2], k->weighted));
    PetscCall(PetscFree(k));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(SgdSpectralFilterCreate(&k->size, &k->filter));
  PetscCall(SgdSpreadMultiplier(k, law));
  PetscCall(SetUpWindow(k));
  PetscCall(Tabulate(k));
  PetscCall(CreateShell(k, A));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdMasterSpreadStatistics(Mat A, SgdSpreadStatistics *s) {
  Spread *k;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &k));
  s->steps = k->steps;
  s->spread_seconds = k->seconds;
  s->flops = SgdSpreadingFlops(&k->spreading);
  s->bytes =
      SgdSpectralFilterBytes(k->filter) + 8.0 * k->expansion.terms * (double)(k->grid->last_cell - k->grid->first_cell);
  if (k->table.value)
    s->bytes += 8.0 * (SgdSpreadingTableSize(&k->spreading) + 1) * (double)(k->grid->last_cell - k->grid->first_cell);
  if (k->exchange) s->bytes += 8.0 * (double)((k->high - k->low) * k->plane) + SgdRowExchangeBytes(k->exchange);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &s->bytes, 1, MPI_DOUBLE, MPI_SUM, k->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
