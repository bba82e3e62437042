#include "operators/nufft/spectral_filterimpl.h"
#include "cases/base/blas.h"
#include <stdint.h>
#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

static int Odd8(int n) { /* a row length of an odd number of cache lines: no two rows fight for one cache set */
  const int lines = (n + 7) / 8;
  return 8 * (lines | 1);
}

/* Large arrays on large pages where the system has them: the first touch of hundreds of megabytes in small ones takes
   seconds. */
static void OnLargePages(void *from, size_t bytes) {
#ifdef MADV_HUGEPAGE
  const uintptr_t page = (uintptr_t)1 << 21, first = ((uintptr_t)from + page - 1) / page * page,
                  end = ((uintptr_t)from + bytes) / page * page;
  if (end > first) (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
#else
  (void)from;
  (void)bytes;
#endif
}

/* Not set to anything. */
static PetscErrorCode Reserve(SgdSpectralFilter f, size_t count, size_t size, void *p) {
  PetscFunctionBegin;
  *(void **)p = fftw_malloc(PetscMax(count, 1) * size);
  PetscCheck(*(void **)p, PETSC_COMM_SELF, PETSC_ERR_MEM, "Out of memory: %zu x %zu bytes", count, size);
  OnLargePages(*(void **)p, count * size);
  f->bytes += (double)(count * size);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Allocate(SgdSpectralFilter f, size_t count, size_t size, void *p) {
  PetscFunctionBegin;
  PetscCall(Reserve(f, count, size, p));
  memset(*(void **)p, 0, PetscMax(count, 1) * size);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void LayPlanes(SgdSpectralFilter f, Planes *p, const int n[3], int ghost) {
  for (int a = 0; a < 3; a++) p->n[a] = n[a];
  if (f->dim == 1) { /* planes of one number */
    p->row = p->plane = 1;
    p->origin = 0;
    return;
  }
  p->row = Odd8(ghost + PetscMax(2 * (n[0] / 2 + 1), n[0] + ghost + 8));
  p->plane = f->dim == 2 ? p->row : p->row * (n[1] + 2 * ghost);
  p->origin = f->dim == 2 ? ghost : ghost * p->row + ghost;
}

/* r2c and c2r of one plane; multi-dimensional c2r is free to destroy the modes. */
static PetscErrorCode PlanPlanes(SgdSpectralFilter f, Planes *p) {
  const int d = f->dim - 1, width = p->n[0] / 2 + 1, n2[2] = {p->n[1], p->n[0]}, real2[2] = {p->n[1], (int)p->row},
            half2[2] = {p->n[1], width};
  const int *n = d == 2 ? n2 : &p->n[0], *real = d == 2 ? real2 : &real2[1], *half = d == 2 ? half2 : &half2[1];
  double *x = p->data + p->origin;

  PetscFunctionBegin;
  if (d == 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Allocate(f, (size_t)((d == 2 ? p->n[1] : 1) * width), sizeof *p->modes, &p->modes));
  p->forward = fftw_plan_many_dft_r2c(d, n, 1, x, real, 1, 0, p->modes, half, 1, 0, f->effort | FFTW_DESTROY_INPUT);
  p->inverse = fftw_plan_many_dft_c2r(d, n, 1, p->modes, half, 1, 0, x, real, 1, 0, f->effort);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void PlanColumns(SgdSpectralFilter f, Planes *p, int n, fftw_complex *x) {
  const int count = f->dim == 1 ? 1 : TILE;
  p->column = fftw_plan_many_dft(1, &n, count, x, NULL, TILE, 1, x, NULL, TILE, 1, FFTW_FORWARD, f->effort);
  p->back = fftw_plan_many_dft(1, &n, count, x, NULL, TILE, 1, x, NULL, TILE, 1, FFTW_BACKWARD, f->effort);
}

/* Complex offset of in-plane mode (m0, m1) from the plane's start. */
static PetscInt ColumnOffset(SgdSpectralFilter f, const Planes *p, int m0, int m1) {
  if (f->dim == 1) return 0;
  if (f->dim == 2) return p->origin / 2 + m0;
  return p->origin / 2 + (m1 < 0 ? m1 + p->n[1] : m1) * (p->row / 2) + m0;
}

static PetscErrorCode MakeTiles(SgdSpectralFilter f) {
  const int K0 = f->dim > 1 ? f->size.modes[0] : 0, K1 = f->dim > 2 ? f->size.modes[1] : 0;
  const int per_row = (K0 + TILE) / TILE;
  int t = 0;

  PetscFunctionBegin;
  f->tiles = per_row * (2 * K1 + 1);
  PetscCall(PetscMalloc1(f->tiles, &f->tile));
  for (int j = 0; j <= 2 * K1; j++) { /* in the order of the array: 0 .. K1, -K1 .. -1 */
    const int m1 = j <= K1 ? j : j - 2 * K1 - 1;
    for (int m0 = 0; m0 <= K0; m0 += TILE)
      f->tile[t++] = (Tile){.fine = ColumnOffset(f, &f->fine, m0, m1),
                            .coarse = ColumnOffset(f, &f->coarse, m0, m1),
                            .count = PetscMin(TILE, K0 + 1 - m0),
                            .mode = {m0, m1}};
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rows: each rank's slab of the density grid, and the fine rows that cover the same stretch of the padded axis. */
static PetscErrorCode ShareRows(SgdSpectralFilter f) {
  const int a = f->last_axis;
  int mine[2] = {
      (int)f->size.grid->first_row,
      (int)(((int64_t)(f->rank ? f->size.grid->first_row + f->size.pad[a] : 0) * f->size.fine[a]) / f->size.coarse[a])};

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(f->ranks + 1, &f->fine_first, f->ranks + 1, &f->out_first));
  PetscCallMPI(MPI_Allgather(&mine[0], 1, MPI_INT, f->out_first, 1, MPI_INT, f->size.grid->comm));
  PetscCallMPI(MPI_Allgather(&mine[1], 1, MPI_INT, f->fine_first, 1, MPI_INT, f->size.grid->comm));
  f->out_rows = (int)f->size.grid->n[a] + (f->size.grid->boundary[a] == SGD_ABSORBING ? 2 : 0);
  f->out_first[f->ranks] = f->out_rows;
  f->fine_first[f->ranks] = f->size.fine[a];
  f->fine.first = f->fine_first[f->rank];
  f->fine.last = f->fine_first[f->rank + 1];
  f->coarse.first = f->out_first[f->rank];
  f->coarse.last = f->out_first[f->rank + 1];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Tiles are dealt out evenly; within a rank's packed rows each tile follows the one before. */
static PetscErrorCode ShareTiles(SgdSpectralFilter f) {
  PetscFunctionBegin;
  PetscCall(PetscMalloc2(f->ranks + 1, &f->tile_start, f->ranks, &f->columns));
  for (int r = 0; r <= f->ranks; r++) f->tile_start[r] = (int)((int64_t)f->tiles * r / f->ranks);
  for (int r = 0; r < f->ranks; r++) {
    f->columns[r] = 0;
    for (int t = f->tile_start[r]; t < f->tile_start[r + 1]; t++) {
      f->tile[t].packed = f->columns[r];
      f->columns[r] += f->tile[t].count;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AllocateExchange(SgdSpectralFilter f) {
  const int rows = PetscMax(f->fine.last - f->fine.first, f->coarse.last - f->coarse.first);
  const int all = PetscMax(f->fine.n[f->last_axis], f->out_rows);
  size_t columns = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(f->ranks, &f->row_count, f->ranks, &f->row_start, f->ranks, &f->column_count, f->ranks,
                         &f->column_start));
  if (f->ranks == 1) PetscFunctionReturn(PETSC_SUCCESS);
  for (int r = 0; r < f->ranks; r++) columns += (size_t)f->columns[r];
  PetscCall(Allocate(f, (size_t)rows * columns, sizeof *f->send, &f->send));
  PetscCall(Allocate(f, (size_t)all * (size_t)f->columns[f->rank], sizeof *f->receive, &f->receive));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectralFilterCreate(const SgdSpectralSize *size, SgdSpectralFilter *filter) {
  SgdSpectralFilter f;

  PetscFunctionBegin;
  PetscCall(PetscNew(&f));
  f->size = *size;
  f->effort = size->measure ? FFTW_MEASURE : FFTW_ESTIMATE;
  f->dim = size->grid->dim;
  f->last_axis = f->dim - 1;
  f->band = 2 * size->modes[f->last_axis] + 1;
  PetscCallMPI(MPI_Comm_rank(size->grid->comm, &f->rank));
  PetscCallMPI(MPI_Comm_size(size->grid->comm, &f->ranks));
  PetscCall(ShareRows(f));
  LayPlanes(f, &f->fine, size->fine, size->ghost);
  LayPlanes(f, &f->coarse, size->coarse, size->ghost);
  f->in_place = PETSC_TRUE;
  for (int a = 0; a < f->last_axis; a++) f->in_place = (PetscBool)(f->in_place && size->fine[a] == size->coarse[a]);
  const size_t fine = (size_t)((f->fine.last - f->fine.first) * f->fine.plane),
               coarse = (size_t)((f->coarse.last - f->coarse.first) * f->coarse.plane);
  PetscCall(Allocate(f, (f->in_place ? PetscMax(fine, coarse) : fine) + 16, sizeof(double), &f->fine.data));
  if (f->in_place)
    f->coarse.data = f->fine.data;
  else
    PetscCall(Allocate(f, coarse + 16, sizeof(double), &f->coarse.data));
  PetscCall(MakeTiles(f));
  PetscCall(ShareTiles(f));
  PetscCall(AllocateExchange(f));
  const size_t own = (size_t)(f->tile_start[f->rank + 1] - f->tile_start[f->rank]) * (size_t)f->band * TILE;
  PetscCall(Reserve(f, own * (size_t)size->terms, sizeof *f->D, &f->D)); /* SgdSpectralFilterFill sets all of it */
  if (size->terms > 1) PetscCall(Allocate(f, own, sizeof *f->sum, &f->sum));
  PetscCall(Allocate(f, (size_t)size->fine[f->last_axis] * TILE, sizeof *f->D, &f->fine_column));
  PetscCall(Allocate(f, (size_t)size->coarse[f->last_axis] * TILE, sizeof *f->D, &f->coarse_column));
  PetscCall(PlanPlanes(f, &f->fine));
  PetscCall(PlanPlanes(f, &f->coarse));
  PlanColumns(f, &f->fine, size->fine[f->last_axis], f->fine_column);
  PlanColumns(f, &f->coarse, size->coarse[f->last_axis], f->coarse_column);
  *filter = f;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void DestroyPlans(Planes *p) {
  if (p->forward) fftw_destroy_plan(p->forward);
  if (p->inverse) fftw_destroy_plan(p->inverse);
  fftw_destroy_plan(p->column);
  fftw_destroy_plan(p->back);
}

PetscErrorCode SgdSpectralFilterDestroy(SgdSpectralFilter *filter) {
  SgdSpectralFilter f = *filter;

  PetscFunctionBegin;
  if (!f) PetscFunctionReturn(PETSC_SUCCESS);
  DestroyPlans(&f->fine);
  DestroyPlans(&f->coarse);
  fftw_free(f->fine.modes);
  fftw_free(f->coarse.modes);
  fftw_free(f->fine.data);
  if (!f->in_place) fftw_free(f->coarse.data);
  fftw_free(f->D);
  fftw_free(f->sum);
  fftw_free(f->fine_column);
  fftw_free(f->coarse_column);
  fftw_free(f->send);
  fftw_free(f->receive);
  PetscCall(PetscFree(f->tile));
  PetscCall(PetscFree2(f->tile_start, f->columns));
  PetscCall(PetscFree2(f->fine_first, f->out_first));
  PetscCall(PetscFree4(f->row_count, f->row_start, f->column_count, f->column_start));
  PetscCall(PetscFree(f));
  *filter = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A tile from its lines, which go from mode -K to K, into the band's order; columns that it lacks are 0. */
static void FillTile(SgdSpectralFilter f, int t, const double _Complex *line, fftw_complex *d) {
  const int K = f->band / 2;
  double M = 1;

  for (int a = 0; a < f->dim; a++) M *= f->size.coarse[a];
  for (int j = 0; j < f->band; j++)
    for (int c = 0; c < TILE; c++)
      d[j * TILE + c] = c < f->tile[t].count ? line[(PetscInt)c * f->band + SgdBandMode(f, j) + K] / M : 0;
}

/* How many tiles from t on are neighbours on axis 0 and this rank's, and how many lines they have; at most RUN tiles. */
#define RUN 8
static int Run(SgdSpectralFilter f, int t, int *lines) {
  int count = 0;

  *lines = 0;
  while (count < RUN && t + count < f->tile_start[f->rank + 1] && f->tile[t + count].mode[1] == f->tile[t].mode[1])
    *lines += f->tile[t + count++].count;
  return count;
}

/* One function on all tiles of this rank, to d [own tiles][band][TILE]; line: room for a run. */
static PetscErrorCode FillTiles(SgdSpectralFilter f, int term, SgdSpectralFunction D, void *ctx, double _Complex *line,
                                fftw_complex *d) {
  const int first = f->tile_start[f->rank];
  int count, lines;

  PetscFunctionBegin;
  for (int t = first; t < f->tile_start[f->rank + 1]; t += count) {
    int mode[3] = {f->tile[t].mode[0], f->tile[t].mode[1], 0};
    mode[f->last_axis] = -(f->band / 2);
    count = Run(f, t, &lines);
    PetscCall(D(ctx, term, mode, lines, f->band, line));
    for (int i = 0; i < count; i++)
      FillTile(f, t + i, line + (PetscInt)i * TILE * f->band, d + (PetscCount)(t + i - first) * f->band * TILE);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sources are mixed as many at a time as make a product of matrices worth its name. */
#define MIXED 64
static PetscErrorCode FillMixed(SgdSpectralFilter f, int sources, const double *mix, SgdSpectralFunction D, void *ctx,
                                double _Complex *line) {
  const PetscCount own = (PetscCount)(f->tile_start[f->rank + 1] - f->tile_start[f->rank]) * f->band * TILE;
  const int width = (int)(2 * own);
  fftw_complex *some;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(MIXED * own, &some));
  for (int first = 0; own && first < sources; first += MIXED) {
    const int count = PetscMin(MIXED, sources - first);
    for (int s = 0; s < count; s++) PetscCall(FillTiles(f, first + s, D, ctx, line, some + s * own));
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, f->size.terms, width, count, 1, mix + first, sources,
                (double *)some, width, first ? 1 : 0, (double *)f->D, width);
  }
  PetscCall(PetscFree(some));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectralFilterFill(SgdSpectralFilter f, int sources, const double *mix, SgdSpectralFunction D,
                                     void *ctx) {
  double _Complex *line;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(RUN * TILE * (PetscInt)f->band, &line));
  if (mix)
    PetscCall(FillMixed(f, sources, mix, D, ctx, line));
  else
    for (int term = 0; term < f->size.terms; term++)
      PetscCall(FillTiles(f, term, D, ctx, line, SgdTileD(f, term, f->tile_start[f->rank])));
  PetscCall(PetscFree(line));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdSpectralFilterSlab(SgdSpectralFilter f, const int **first, ptrdiff_t stride[3], PetscInt *origin,
                           double **data) {
  *first = f->fine_first;
  stride[0] = 1;
  stride[1] = f->fine.row;
  stride[2] = 0;
  stride[f->last_axis] = f->fine.plane;
  *origin = f->fine.origin;
  *data = f->fine.data;
}

void SgdSpectralFilterClear(SgdSpectralFilter f) {
  memset(f->fine.data, 0, (size_t)((f->fine.last - f->fine.first) * f->fine.plane) * sizeof(double));
}

double SgdSpectralFilterBytes(SgdSpectralFilter f) {
  return f->bytes;
}
