#include "operators/nufft/spectral_filterimpl.h"

/* --- between planes and columns ---------------------------------------------------------------------------------- */

/* Columns as a tile sees them: on one rank the planes themselves, on several the packed rows received from all. */
typedef struct {
  fftw_complex *base;
  double *real; /* one dimension, one rank: real numbers, one a row */
  PetscInt stride;
} Columns;

static Columns ColumnsOf(SgdSpectralFilter f, const Planes *p) {
  if (f->ranks > 1) return (Columns){.base = f->receive, .stride = f->columns[f->rank]};
  if (f->dim == 1) return (Columns){.real = p->data, .stride = 1};
  return (Columns){.base = (fftw_complex *)p->data, .stride = p->plane / 2};
}

static void Load(const Columns *from, PetscInt offset, int count, int rows, fftw_complex *column) {
  for (int r = 0; r < rows; r++) {
    const fftw_complex *x = from->base + r * from->stride + offset;
    fftw_complex *restrict t = column + (PetscInt)r * TILE;
    if (from->real)
      t[0] = from->real[r];
    else if (count == TILE)
      memcpy(t, x, TILE * sizeof *t);
    else
      for (int c = 0; c < count; c++) t[c] = x[c];
  }
}

static void StoreModes(const Columns *to, PetscInt offset, int count, int rows, const fftw_complex *column) {
  for (int r = 0; r < rows; r++) {
    fftw_complex *x = to->base + r * to->stride + offset;
    const fftw_complex *t = column + (PetscInt)r * TILE;
    if (to->real)
      to->real[r] = creal(t[0]);
    else if (count == TILE)
      memcpy(x, t, TILE * sizeof *t);
    else
      for (int c = 0; c < count; c++) x[c] = t[c];
  }
}

/* The all-to-all between slabs of planes, rows first[r] .. first[r+1] on rank r, and blocks of columns. */
static void Counts(SgdSpectralFilter f, const int *first) {
  const int rows = first[f->rank + 1] - first[f->rank];
  PetscMPIInt a = 0, b = 0;

  for (int r = 0; r < f->ranks; r++) {
    f->row_count[r] = rows * f->columns[r];
    f->column_count[r] = (first[r + 1] - first[r]) * f->columns[f->rank];
    f->row_start[r] = a;
    f->column_start[r] = b;
    a += f->row_count[r];
    b += f->column_count[r];
  }
}

/* Copy between the planes of this rank and the send buffer, [for rank r][rows][columns of r]. */
static void Pack(SgdSpectralFilter f, Planes *p, PetscBool out) {
  const PetscBool fine = (PetscBool)(p == &f->fine);

  for (int r = 0; r < f->ranks; r++)
    for (int row = 0; row < p->last - p->first; row++) {
      fftw_complex *packed = f->send + f->row_start[r] + (PetscInt)row * f->columns[r];
      double *plane = p->data + row * p->plane;
      if (f->dim == 1 && f->columns[r]) {
        if (out)
          packed[0] = plane[0];
        else
          plane[0] = creal(packed[0]);
        continue;
      }
      for (int t = f->tile_start[r]; t < f->tile_start[r + 1]; t++) {
        const Tile *tile = &f->tile[t];
        fftw_complex *x = (fftw_complex *)plane + (fine ? tile->fine : tile->coarse), *y = packed + tile->packed;
        memcpy(out ? y : x, out ? x : y, (size_t)tile->count * sizeof *x);
      }
    }
}

static PetscErrorCode ToColumns(SgdSpectralFilter f, Planes *p, const int *first) {
  PetscFunctionBegin;
  if (f->ranks == 1) PetscFunctionReturn(PETSC_SUCCESS);
  Counts(f, first);
  Pack(f, p, PETSC_TRUE);
  PetscCallMPI(MPI_Alltoallv(f->send, f->row_count, f->row_start, MPI_C_DOUBLE_COMPLEX, f->receive, f->column_count,
                             f->column_start, MPI_C_DOUBLE_COMPLEX, f->size.grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ToPlanes(SgdSpectralFilter f, Planes *p, const int *first) {
  PetscFunctionBegin;
  if (f->ranks == 1) PetscFunctionReturn(PETSC_SUCCESS);
  Counts(f, first);
  PetscCallMPI(MPI_Alltoallv(f->receive, f->column_count, f->column_start, MPI_C_DOUBLE_COMPLEX, f->send, f->row_count,
                             f->row_start, MPI_C_DOUBLE_COMPLEX, f->size.grid->comm));
  Pack(f, p, PETSC_FALSE);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* --- the last axis: columns -------------------------------------------------------------------------------------- */

/* Fold the padding of the last axis; the box's rows, and after them (absorbing) the sums of the lower and the upper
   padding, begin at the pointer returned. */
static fftw_complex *Fold(SgdSpectralFilter f, fftw_complex *column) {
  SgdGrid grid = f->size.grid;
  const int a = f->last_axis, n = (int)grid->n[a], pad = f->size.pad[a], N = f->size.coarse[a];
  fftw_complex *box = column + (PetscInt)pad * TILE, lower[TILE] = {0}, upper[TILE] = {0};

  if (grid->boundary[a] == SGD_PERIODIC) return box;
  for (int i = pad ? -pad : n; i < N - pad; i += i == -1 ? n + 1 : 1) { /* outside the box only */
    int face;
    fftw_complex *to = i < 0 ? lower : upper;
    const fftw_complex *from = box + (PetscInt)i * TILE;
    if (grid->boundary[a] == SGD_REFLECTING) to = box + SgdGridFold(grid, a, i, &face) * TILE;
    for (int c = 0; c < TILE; c++) to[c] += from[c];
  }
  if (grid->boundary[a] == SGD_ABSORBING) {
    memcpy(box + (PetscInt)n * TILE, lower, sizeof lower);
    memcpy(box + (PetscInt)(n + 1) * TILE, upper, sizeof upper);
  }
  return box;
}

/* The transpose of Fold. */
static void Unfold(SgdSpectralFilter f, fftw_complex *column) {
  SgdGrid grid = f->size.grid;
  const int a = f->last_axis, n = (int)grid->n[a], pad = f->size.pad[a], N = f->size.coarse[a];
  fftw_complex *box = column + (PetscInt)pad * TILE, lower[TILE], upper[TILE];

  if (grid->boundary[a] == SGD_PERIODIC) return;
  memcpy(lower, box + (PetscInt)n * TILE, sizeof lower);
  memcpy(upper, box + (PetscInt)(n + 1) * TILE, sizeof upper);
  for (int i = pad ? -pad : n; i < N - pad; i += i == -1 ? n + 1 : 1) {
    int face;
    const fftw_complex *from = i < 0 ? lower : upper;
    if (grid->boundary[a] == SGD_REFLECTING) from = box + SgdGridFold(grid, a, i, &face) * TILE;
    memcpy(box + (PetscInt)i * TILE, from, sizeof lower);
  }
}

/* sum(m) += D(m) from(m) on the band. */
static void MultiplyAdd(SgdSpectralFilter f, const fftw_complex *D, const fftw_complex *from, int n,
                        fftw_complex *sum) {
  for (int j = 0; j < f->band; j++) {
    const int m = SgdBandMode(f, j);
    const double *restrict x = (const double *)(from + (PetscInt)(m < 0 ? m + n : m) * TILE);
    const double *restrict d = (const double *)(D + (PetscInt)j * TILE);
    double *restrict y = (double *)(sum + (PetscInt)j * TILE);
    for (int c = 0; c < TILE; c++) {
      y[2 * c] += d[2 * c] * x[2 * c] - d[2 * c + 1] * x[2 * c + 1];
      y[2 * c + 1] += d[2 * c] * x[2 * c + 1] + d[2 * c + 1] * x[2 * c];
    }
  }
}

/* to(m) = D(m) from(m), or its complex conjugate's product, straight into the other grid's column. */
static void MultiplyOut(SgdSpectralFilter f, const fftw_complex *D, PetscBool conjugate, const fftw_complex *from,
                        int n_from, fftw_complex *to, int n_to) {
  const double sign = conjugate ? -1 : 1;
  const int K = f->band / 2;

  memset(to + (PetscInt)(K + 1) * TILE, 0, (size_t)(n_to - f->band) * TILE * sizeof *to);
  for (int j = 0; j < f->band; j++) {
    const int m = SgdBandMode(f, j);
    const double *restrict x = (const double *)(from + (PetscInt)(m < 0 ? m + n_from : m) * TILE);
    const double *restrict d = (const double *)(D + (PetscInt)j * TILE);
    double *restrict y = (double *)(to + (PetscInt)(m < 0 ? m + n_to : m) * TILE);
    for (int c = 0; c < TILE; c++) {
      const double re = d[2 * c], im = sign * d[2 * c + 1];
      y[2 * c] = re * x[2 * c] - im * x[2 * c + 1];
      y[2 * c + 1] = re * x[2 * c + 1] + im * x[2 * c];
    }
  }
}

/* Add what earlier terms left on the tile. */
static void AddSum(SgdSpectralFilter f, const fftw_complex *sum, fftw_complex *to, int n) {
  for (int j = 0; j < f->band; j++) {
    const int m = SgdBandMode(f, j);
    for (int c = 0; c < TILE; c++) to[(PetscInt)(m < 0 ? m + n : m) * TILE + c] += sum[j * TILE + c];
  }
}

static void ForwardTile(SgdSpectralFilter f, int t, int term, double total) {
  const Tile *tile = &f->tile[t];
  const int a = f->last_axis, Nf = f->size.fine[a], Nc = f->size.coarse[a], last = f->size.terms - 1;
  const Columns from = ColumnsOf(f, &f->fine), to = ColumnsOf(f, &f->coarse);
  fftw_complex *sum = f->sum ? f->sum + (PetscInt)(t - f->tile_start[f->rank]) * f->band * TILE : NULL;

  Load(&from, f->ranks > 1 ? tile->packed : tile->fine, tile->count, Nf, f->fine_column);
  fftw_execute(f->fine.column);
  if (term < last) {
    if (term == 0) memset(sum, 0, (size_t)f->band * TILE * sizeof *sum);
    MultiplyAdd(f, SgdTileD(f, term, t), f->fine_column, Nf, sum);
    return;
  }
  MultiplyOut(f, SgdTileD(f, term, t), PETSC_FALSE, f->fine_column, Nf, f->coarse_column, Nc);
  if (last > 0) AddSum(f, sum, f->coarse_column, Nc);
  if (t == 0) { /* mode 0: all the mass, to rounding */
    f->coarse_column[0] = total;
    for (int b = 0; b < f->dim; b++) f->coarse_column[0] /= f->size.coarse[b];
  }
  fftw_execute(f->coarse.back);
  StoreModes(&to, f->ranks > 1 ? tile->packed : tile->coarse, tile->count, f->out_rows, Fold(f, f->coarse_column));
}

/* Adds to *mean the mean value that belongs to mode 0, which the columns leave out. */
static void TransposeTile(SgdSpectralFilter f, int t, int term, double *mean) {
  const Tile *tile = &f->tile[t];
  const int a = f->last_axis, Nf = f->size.fine[a], Nc = f->size.coarse[a];
  const Columns from = ColumnsOf(f, &f->coarse), to = ColumnsOf(f, &f->fine);

  Load(&from, f->ranks > 1 ? tile->packed : tile->coarse, tile->count, f->out_rows,
       f->coarse_column + (PetscInt)f->size.pad[a] * TILE);
  Unfold(f, f->coarse_column);
  fftw_execute(f->coarse.column);
  MultiplyOut(f, SgdTileD(f, term, t), PETSC_TRUE, f->coarse_column, Nc, f->fine_column, Nf);
  if (t == 0) {
    double M = 1;
    for (int b = 0; b < f->dim; b++) M *= f->size.coarse[b];
    *mean += creal(f->coarse_column[0]) / M;
    f->fine_column[0] = 0;
  }
  fftw_execute(f->fine.back);
  StoreModes(&to, f->ranks > 1 ? tile->packed : tile->fine, tile->count, Nf, f->fine_column);
}

/* --- the other axes: planes -------------------------------------------------------------------------------------- */

static PetscBool Empty(const double *plane, PetscInt length) {
  for (PetscInt i = 0; i < length; i++)
    if (plane[i] != 0) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* Does row j of a plane's modes hold some of the band? In two dimensions the plane is one row. */
static PetscBool InBand(SgdSpectralFilter f, const Planes *p, int j) {
  return (PetscBool)(f->dim == 2 || j <= f->size.modes[1] || j >= p->n[1] - f->size.modes[1]);
}

/* Planes that no source reaches (half of a padded box, and more where the drift contracts) are zero as they are. Of the
   others the modes of the band take the place of the points. */
static void PlanesForward(SgdSpectralFilter f, const Planes *p) {
  const int width = p->n[0] / 2 + 1, rows = f->dim > 2 ? p->n[1] : 1;

  for (int r = 0; p->forward && r < p->last - p->first; r++) {
    double *x = p->data + r * p->plane + p->origin;
    if (Empty(p->data + r * p->plane, p->plane)) continue;
    fftw_execute_dft_r2c(p->forward, x, p->modes);
    for (int j = 0; j < rows; j++)
      if (InBand(f, p, j))
        memcpy(x + j * p->row, p->modes + (PetscInt)j * width, (size_t)(f->size.modes[0] + 1) * sizeof *p->modes);
  }
}

/* Modes beyond the band are zero. */
static void PlanesInverse(SgdSpectralFilter f, const Planes *p) {
  const int width = p->n[0] / 2 + 1, rows = f->dim > 2 ? p->n[1] : 1;

  for (int r = 0; p->inverse && r < p->last - p->first; r++) {
    double *x = p->data + r * p->plane + p->origin;
    for (int j = 0; j < rows; j++) {
      const int kept = InBand(f, p, j) ? f->size.modes[0] + 1 : 0;
      fftw_complex *row = p->modes + (PetscInt)j * width;
      memcpy(row, x + j * p->row, (size_t)kept * sizeof *row);
      memset(row + kept, 0, (size_t)(width - kept) * sizeof *row);
    }
    fftw_execute_dft_c2r(p->inverse, p->modes, x);
  }
}

/* One row of points along axis 0 onto the box's cells, or all of it through `face` (cells NULL). */
static void CropRow(SgdSpectralFilter f, const double *row, double *cells, int face, double lost[]) {
  SgdGrid grid = f->size.grid;
  const int n = (int)grid->n[0], pad = f->size.pad[0];

  for (int x = pad ? -pad : n; x < f->size.coarse[0] - pad; x += x == -1 ? n + 1 : 1) { /* outside the box only */
    int side = face;
    const PetscInt i = SgdGridFold(grid, 0, x, &side);
    if (i >= 0 && cells)
      cells[i] += row[x + pad];
    else
      lost[i < 0 ? side : face] += row[x + pad];
  }
  if (cells)
    for (int i = 0; i < n; i++) cells[i] += row[pad + i];
  else
    for (int i = 0; i < n; i++) lost[face] += row[pad + i];
}

static void ExtendRow(SgdSpectralFilter f, double *row, const double *cells, int face, const double value[]) {
  SgdGrid grid = f->size.grid;
  const int n = (int)grid->n[0], pad = f->size.pad[0];

  for (int x = -pad; x < f->size.coarse[0] - pad; x++) {
    int side = face;
    const PetscInt i = x >= 0 && x < n ? x : SgdGridFold(grid, 0, x, &side);
    row[x + pad] = i >= 0 && cells ? cells[i] : value[i < 0 ? side : face];
  }
}

/* Where row j of plane r (an output row of the last axis) belongs: the offset of its first cell among this rank's
   cells, or -1 and the face. */
static PetscInt RowPlace(SgdSpectralFilter f, int r, int j, int *face) {
  SgdGrid grid = f->size.grid;
  const int n = (int)grid->n[f->last_axis];
  PetscInt y = 0;

  if (f->dim == 3) {
    y = SgdGridFold(grid, 1, j - f->size.pad[1], face);
    if (y < 0) return -1;
  }
  if (r >= n) {
    *face = 2 * f->last_axis + (r - n);
    return -1;
  }
  return (r - f->coarse.first) * grid->row + y * grid->n[0];
}

static void Crop(SgdSpectralFilter f, double *mass, double lost[]) {
  SgdGrid grid = f->size.grid;
  const Planes *p = &f->coarse;

  memset(mass, 0, (size_t)(grid->last_cell - grid->first_cell) * sizeof *mass);
  for (int a = 0; a < 2 * f->dim; a++) lost[a] = 0;
  for (int r = p->first; r < p->last; r++)
    for (int j = 0; j < (f->dim > 2 ? p->n[1] : 1); j++) {
      const double *row = p->data + (r - p->first) * p->plane + p->origin + j * p->row;
      int face = 0;
      const PetscInt place = RowPlace(f, r, j, &face);
      if (f->dim > 1)
        CropRow(f, row, place < 0 ? NULL : mass + place, face, lost);
      else if (place < 0)
        lost[face] += row[0];
      else
        mass[place] += row[0];
    }
}

static void Extend(SgdSpectralFilter f, const double *value, const double at_face[]) {
  Planes *p = &f->coarse;

  for (int r = p->first; r < p->last; r++)
    for (int j = 0; j < (f->dim > 2 ? p->n[1] : 1); j++) {
      double *row = p->data + (r - p->first) * p->plane + p->origin + j * p->row;
      int face = 0;
      const PetscInt place = RowPlace(f, r, j, &face);
      if (f->dim > 1)
        ExtendRow(f, row, place < 0 ? NULL : value + place, face, at_face);
      else
        row[0] = place < 0 ? at_face[face] : value[place];
    }
}

/* --- all together ------------------------------------------------------------------------------------------------ */

PetscErrorCode SgdSpectralFilterApply(SgdSpectralFilter f, int term, double total, double *mass, double lost[]) {
  PetscFunctionBegin;
  PlanesForward(f, &f->fine);
  PetscCall(ToColumns(f, &f->fine, f->fine_first));
  for (int t = f->tile_start[f->rank]; t < f->tile_start[f->rank + 1]; t++) ForwardTile(f, t, term, total);
  if (term < f->size.terms - 1) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(ToPlanes(f, &f->coarse, f->out_first));
  PlanesInverse(f, &f->coarse);
  Crop(f, mass, lost);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectralFilterApplyTranspose(SgdSpectralFilter f, int term, const double *value, const double face[],
                                               double *mean) {
  PetscFunctionBegin;
  Extend(f, value, face);
  PlanesForward(f, &f->coarse);
  PetscCall(ToColumns(f, &f->coarse, f->out_first));
  *mean = 0;
  for (int t = f->tile_start[f->rank]; t < f->tile_start[f->rank + 1]; t++) TransposeTile(f, t, term, mean);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, mean, 1, MPI_DOUBLE, MPI_SUM, f->size.grid->comm));
  PetscCall(ToPlanes(f, &f->fine, f->fine_first));
  PlanesInverse(f, &f->fine);
  PetscFunctionReturn(PETSC_SUCCESS);
}
