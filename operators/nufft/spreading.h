/* Spread point masses onto a grid with a compact kernel, and its transpose, interpolation: the inner loop of the
   spread + FFT form of the master equation (THEORY.md (12)). Plain C on arrays.

     grid[i] += sum_s mass_s prod_a psi_a(i_a - u_as),     value_s = sum_i grid[i] prod_a psi_a(i_a - u_as)

   Rows of the kernel are whole vectors of two, four or eight doubles, so up to 16 doubles from the first point of a row
   are read and written (the excess unchanged): leave that much room after the last row. */
#pragma once
#include <stddef.h>
#include "operators/nufft/es_kernel.h"

typedef struct {
  int dim;
  SgdEsKernel kernel[3]; /* equal widths */
  ptrdiff_t stride[3];   /* doubles from one grid point to the next along each axis; stride[0] = 1 */
} SgdSpreading;

/* grid points at the point of index (0, 0, 0); u[a] [count]: positions in grid cells, such that all points within
   width/2 exist; mass [count]. */
void SgdSpread(const SgdSpreading *s, int count, const double *const u[], const double *mass, double *grid);
void SgdInterpolate(const SgdSpreading *s, int count, const double *const u[], const double *grid, double *value);
/* The same from tables of the kernel's values, which are worth their room where the same sources are spread many times:
   value [count][SgdSpreadingTableSize()], first [count]. Bit for bit what the functions above give. */
typedef struct {
  double *value;
  ptrdiff_t *first; /* of each source's points */
} SgdSpreadingTable;
static inline int SgdSpreadingTableSize(const SgdSpreading *s) {
  return s->dim * ((s->kernel[0].width + 7) / 8 * 8);
}
void SgdSpreadingTabulate(const SgdSpreading *s, int count, const double *const u[], SgdSpreadingTable *table);
void SgdSpreadByTable(const SgdSpreading *s, int count, const SgdSpreadingTable *table, const double *mass,
                      double *grid);
void SgdInterpolateByTable(const SgdSpreading *s, int count, const SgdSpreadingTable *table, const double *grid,
                           double *value);
/* Floating-point operations of one source, kernel evaluation included, without the vectors' excess. */
double SgdSpreadingFlops(const SgdSpreading *s);
