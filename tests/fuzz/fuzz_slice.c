/* The reader of slice files: the input chooses which parts an HDF5 file has, of what shape, type and values. (The bytes of
   the container are the HDF5 library's to check, and are left as it writes them.) */
#include "fuzz.h"
#include "cases/base/chebyshev.h"
#include "cases/data/slice_file.h"
#include <hdf5.h>
#include <math.h>

enum { LARGEST = 4096 };

/* A number: mostly small, at times what no field should hold. */
static double Number(Input *in) {
  const uint8_t kind = Next(in);

  if (kind < 200) return (kind - 100) / 16.0;
  return kind < 210 ? NAN : kind < 220 ? INFINITY : kind < 230 ? 1e300 : kind < 240 ? -1e-300 : (double)Next(in) * 1e3;
}

static hid_t Type(uint8_t choice) {
  switch (choice % 16) {
  case 0:
    return H5T_IEEE_F32LE;
  case 1:
    return H5T_IEEE_F64BE;
  case 2:
    return H5T_STD_I16BE;
  case 3:
    return H5T_C_S1;
  case 4:
    return H5T_NATIVE_HBOOL;
  default:
    return H5T_NATIVE_DOUBLE;
  }
}

static void Put(hid_t file, const char *name, int rank, const hsize_t *shape, const double *value, Input *in) {
  const uint8_t choice = Next(in);
  hsize_t own[8];
  const hid_t type = Type(choice >> 4 == 15 ? choice : 15);

  if (choice == 7) return;
  for (int k = 0; k < rank; k++) own[k] = shape[k];
  if (choice == 9) own[choice % rank]++;
  const int fewer = choice == 11 && rank > 1;
  const hid_t space = H5Screate_simple(rank - fewer, own, NULL);
  const hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  if (choice != 9 && !fewer) H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
  H5Dclose(set);
  H5Sclose(space);
}

static void Attribute(hid_t file, const char *name, hsize_t count, const double *value, Input *in) {
  const uint8_t choice = Next(in);

  if (choice == 7) return;
  if (choice == 9) count++;
  const hid_t space = H5Screate_simple(1, &count, NULL);
  const hid_t a =
      H5Acreate2(file, name, choice >> 4 == 15 ? Type(choice) : H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(a, choice >> 4 == 15 && choice % 16 == 3 ? H5T_C_S1 : H5T_NATIVE_DOUBLE, value);
  H5Aclose(a);
  H5Sclose(space);
}

static void Text(hid_t file, const char *name, const char *text) {
  const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);

  H5Tset_size(type, strlen(text) + 1);
  const hid_t a = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(a, type, text);
  H5Aclose(a);
  H5Sclose(space);
  H5Tclose(type);
}

static void Write(const char *path, Input *in) {
  static double value[LARGEST], zeros[LARGEST];
  const int d = 1 + Next(in) % 3, n = 2 + Next(in) % 5, samples = 1 + Next(in) % 4, total = (int)pow(n, d);
  const double low[4] = {-1, -0.5, Number(in), 0}, high[4] = {1, 0.5, Number(in), 0}, count[2] = {samples, 0};
  double lambda[4];
  hsize_t shape[6], nodes[2] = {(hsize_t)d, (hsize_t)n};
  const hid_t plist = H5Pcreate(H5P_FILE_ACCESS), file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, plist);

  H5Pclose(plist);
  if (file < 0) abort();
  H5Gclose(H5Gcreate2(file, "slice", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  Text(file, "format", Next(in) == 5 ? "another" : "sgdfp-slice-1");
  for (int k = 0; k < 4; k++) lambda[k] = Number(in);
  Attribute(file, "samples", 1, count, in);
  Attribute(file, "min", (hsize_t)d, low, in);
  Attribute(file, "max", (hsize_t)d, high, in);
  Attribute(file, "eigenvalues", (hsize_t)d, lambda, in);
  for (int k = 0; k < d; k++)
    for (int j = 0; j < n; j++) value[k * n + j] = SgdChebyshevNode(n, j, low[k], high[k]);
  Put(file, "/slice/nodes", 2, nodes, value, in);
  for (int k = 0; k < d; k++) shape[k] = (hsize_t)n;
  shape[d] = shape[d + 1] = (hsize_t)d;
  const uint8_t flat = Next(in);
  for (int i = 0; i < LARGEST; i++) value[i] = flat < 200 ? 0 : Number(in);
  Put(file, "/slice/loss", d, shape, flat % 2 ? zeros : value, in);
  Put(file, "/slice/g", d + 1, shape, value, in);
  for (int i = 0; i < LARGEST; i++) value[i] = flat < 200 && i % (d * d) % (d + 1) ? 0.1 : fabs(Number(in));
  Put(file, "/slice/C1", d + 2, shape, value, in);
  shape[d] = (hsize_t)samples;
  if (Next(in) % 2 && total * samples * d <= LARGEST) Put(file, "/slice/gi", d + 2, shape, zeros, in);
  H5Fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Input in = {data, size};
  char path[64];
  SgdSliceFile s;

  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  Name(path, sizeof path, "slice");
  Write(path, &in);
  const PetscErrorCode ierr = SgdSliceFileLoad(PETSC_COMM_SELF, path, &s);
  Expected(ierr);
  if (!ierr) Expected(SgdSliceFileDestroy(&s));
  return 0;
}
