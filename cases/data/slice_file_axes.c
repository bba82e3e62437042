#include "cases/data/slice_file_axes.h"
#include <math.h>
#include <stdlib.h>

enum { PIECE = 1 << 18 }; /* columns read at a time */
static const double orthonormal = 1e-6;

/* product [d][d] += V V^T over `count` columns from `first` on. */
static int AddProducts(hid_t set, hid_t space, int d, hsize_t first, hsize_t count, double *V, double product[]) {
  const hsize_t start[2] = {0, first}, block[2] = {(hsize_t)d, count};
  const hid_t memory = H5Screate_simple(2, block, NULL);
  herr_t status;

  H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, block, NULL);
  status = H5Dread(set, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, V);
  H5Sclose(memory);
  if (status < 0) return 1;
  for (int k = 0; k < d * d; k++)
    for (hsize_t j = 0; j < count; j++) product[k] += V[(hsize_t)(k / d) * count + j] * V[(hsize_t)(k % d) * count + j];
  return 0;
}

static int JudgeAxes(SgdFieldFile *r, int d, const double product[]) {
  for (int k = 0; k < d * d; k++) {
    const int a = k / d, b = k % d;
    if (fabs(product[k] - (a == b)) <= orthonormal) continue;
    if (a == b)
      return SgdFieldFileBad(r, "/V: axis %d has the length %.6g: axes must be orthonormal in the parameters", a + 1,
                             sqrt(product[k]));
    return SgdFieldFileBad(r,
                           "/V: axes %d and %d have the product %.3g: axes must be orthonormal in the parameters (V^T "
                           "g is a step along them then)",
                           a + 1, b + 1, product[k]);
  }
  return 0;
}

static int ReadAxes(SgdFieldFile *r, hid_t set, hid_t space, int d) {
  hsize_t shape[2] = {0, 0};
  double product[9] = {0}, *V;
  int bad = 0;

  if (H5Sget_simple_extent_ndims(space) == 2) H5Sget_simple_extent_dims(space, shape, NULL);
  if (shape[0] != (hsize_t)d || !shape[1])
    return SgdFieldFileBad(r, "/V has the shape [%llu][%llu]; expected one row of parameters for each of the %d axes",
                           (unsigned long long)shape[0], (unsigned long long)shape[1], d);
  V = malloc((size_t)d * PIECE * sizeof *V);
  if (!V) return SgdFieldFileBad(r, "/V does not fit into memory");
  for (hsize_t first = 0; !bad && first < shape[1]; first += PIECE)
    bad = AddProducts(set, space, d, first, shape[1] - first < PIECE ? shape[1] - first : PIECE, V, product);
  free(V);
  return bad ? SgdFieldFileBad(r, "/V cannot be read as numbers (corrupt?)") : JudgeAxes(r, d, product);
}

int SgdSliceFileAxes(SgdFieldFile *r, int dim) {
  const hid_t set = H5Lexists(r->file, "V", H5P_DEFAULT) > 0 ? H5Dopen2(r->file, "V", H5P_DEFAULT) : -1;
  const hid_t space = set < 0 ? -1 : H5Dget_space(set);
  const int bad = set < 0 ? 0 : ReadAxes(r, set, space, dim);

  if (space >= 0) H5Sclose(space);
  if (set >= 0) H5Dclose(set);
  return bad;
}
