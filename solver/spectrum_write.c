#include "spectrum.h"
#include <errno.h>
#include <hdf5.h>

PetscErrorCode SgdSpectrumView(SgdSpectrum s, MPI_Comm comm) {
  const int shown = 20;

  PetscFunctionBegin;
  PetscCall(SgdSay(comm,
                   "Hessian spectrum: %d of %" PetscInt_FMT
                   " eigenpairs\n  mode   eigenvalue  residual         D     Gamma  regime     margin  variance: "
                   "horizon stationary  Langevin\n",
                   s->count, s->P));
  for (int k = 0; k < s->count; k++) {
    const SgdMode *m = &s->mode[k];
    if (k == shown / 2 && s->count > shown) {
      PetscCall(SgdSay(comm, "   ... %d more in spectrum.csv\n", s->count - shown));
      k = s->count - shown / 2 - 1;
      continue;
    }
    PetscCall(SgdSay(comm, "  %4d %12.5g %9.2g %9.3g %9.3g  %-9s %8.3g          %9.3g  %9.3g %9.3g\n", k + 1,
                     m->eigenvalue, m->residual, m->D, m->Gamma, SgdRegimeName(m->prediction.regime),
                     m->prediction.margin, m->prediction.variance_horizon, m->prediction.variance_stationary,
                     m->prediction.variance_langevin));
  }
  if (!PetscIsNanReal(s->dense_error))
    PetscCall(SgdSay(comm, "Dense eigensolver: eigenvalues agree to %.2g of the largest\n", s->dense_error));
  if (s->density.points) PetscCall(SgdSpectralDensityView(&s->density, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int WriteTable(SgdSpectrum s, const char *path) {
  FILE *f = fopen(path, "w");

  if (!f) return 1;
  fprintf(
      f,
      "mode,eigenvalue,residual,D,Gamma,cov_AB,regime,margin,variance_stationary,variance_horizon,variance_langevin\n");
  for (int k = 0; k < s->count; k++) {
    const SgdMode *m = &s->mode[k];
    fprintf(f, "%d,%.17g,%.3g,%.17g,%.17g,%.17g,%s,%.17g,%.17g,%.17g,%.17g\n", k + 1, m->eigenvalue, m->residual, m->D,
            m->Gamma, m->covariance, SgdRegimeName(m->prediction.regime), m->prediction.margin,
            m->prediction.variance_stationary, m->prediction.variance_horizon, m->prediction.variance_langevin);
  }
  return fclose(f) != 0;
}

static int WriteDataset(hid_t file, const char *name, int rank, const hsize_t dims[], const double *data) {
  hid_t space = H5Screate_simple(rank, dims, NULL);
  hid_t set = H5Dcreate2(file, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const int bad = set < 0 || H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0;

  if (set >= 0) H5Dclose(set);
  H5Sclose(space);
  return bad;
}

/* /eigenvalues [count], /residuals [count], /V [count][P]: the file that slice.file reads back. */
static int WriteVectors(SgdSpectrum s, const char *path) {
  const hsize_t dims[2] = {(hsize_t)s->count, (hsize_t)s->P};
  double *column = malloc(2 * (size_t)s->count * sizeof *column);
  hid_t file;
  int bad;

  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  if (file < 0 || !column) return 1;
  for (int k = 0; k < s->count; k++) {
    column[k] = s->mode[k].eigenvalue;
    column[s->count + k] = s->mode[k].residual;
  }
  bad = WriteDataset(file, "/eigenvalues", 1, dims, column) ||
        WriteDataset(file, "/residuals", 1, dims, column + s->count) || WriteDataset(file, "/V", 2, dims, s->v);
  free(column);
  return H5Fclose(file) < 0 || bad;
}

PetscErrorCode SgdSpectrumWrite(SgdSpectrum s, MPI_Comm comm, const char *folder) {
  char table[PETSC_MAX_PATH_LEN], vectors[PETSC_MAX_PATH_LEN];
  PetscMPIInt rank;
  int bad = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(PetscSNPrintf(table, sizeof table, "%s/spectrum.csv", folder));
  PetscCall(PetscSNPrintf(vectors, sizeof vectors, "%s/spectrum.h5", folder));
  if (!rank) bad = WriteTable(s, table) ? 1 : (WriteVectors(s, vectors) ? 2 : 0);
  PetscCall(SgdAgree(comm, &bad));
  if (bad) return SgdFail(comm, SGD_EXIT_FILES, "%s: cannot write", bad == 1 ? table : vectors);
  PetscCall(PetscSNPrintf(table, sizeof table, "%s/spectral_density.csv", folder));
  if (s->density.points) PetscCall(SgdSpectralDensityWrite(&s->density, comm, table));
  PetscFunctionReturn(PETSC_SUCCESS);
}
