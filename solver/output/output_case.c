/* case.yaml and environment.json: what is needed to run the case again. */
#include "solver/output/outputimpl.h"
#include "solver/output/json.h"
#include "cases/base/instruction_set.h"
#include <fftw3.h>
#include <hdf5.h>
#include <slepcsys.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

PetscErrorCode SgdVersions(char *text, size_t size) {
  char mpi[MPI_MAX_LIBRARY_VERSION_STRING], petsc[256], slepc[256];
  unsigned major, minor, release;
  int length;

  PetscFunctionBegin;
  PetscCall(PetscGetVersion(petsc, sizeof petsc));
  PetscCall(SlepcGetVersion(slepc, sizeof slepc));
  PetscCallMPI(MPI_Get_library_version(mpi, &length));
  mpi[strcspn(mpi, "\n,")] = 0;
  PetscCheck(H5get_libversion(&major, &minor, &release) >= 0, PETSC_COMM_SELF, PETSC_ERR_LIB, "H5get_libversion");
  snprintf(text, size, "sgdfp %s (%s, %s build)\n%s\n%s\nFFTW: %s\nHDF5: %u.%u.%u\nMPI: %s\n", SGDFP_VERSION, SGDFP_GIT,
           SGDFP_BUILD, petsc, slepc, fftw_version, major, minor, release, mpi);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCommandLine(int argc, char **argv, char **line) {
  size_t size = 1;
  char *end;

  PetscFunctionBegin;
  for (int i = 0; i < argc; i++) size += strlen(argv[i]) + 1;
  PetscCall(PetscMalloc1(size, line));
  end = *line;
  *end = 0;
  for (int i = 0; i < argc; i++) end += sprintf(end, "%s%s", i ? " " : "", argv[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteCase(MPI_Comm comm, const char *folder, SgdCase c) {
  const char *text;
  FILE *f;

  PetscFunctionBegin;
  PetscCall(SgdCaseText(c, NULL, &text));
  PetscCall(SgdOpenText(comm, folder, "case.yaml", &f));
  if (f) fputs(text, f);
  PetscCall(SgdCloseText(comm, folder, "case.yaml", &f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void WriteVersions(SgdJson j, const char *versions) {
  char line[256];

  SgdJsonList(j, "software");
  while (*versions) {
    size_t length = strcspn(versions, "\n");
    snprintf(line, sizeof line, "%.*s", (int)PetscMin(length, sizeof line - 1), versions);
    SgdJsonString(j, NULL, line);
    versions += length + (versions[length] == '\n');
  }
  SgdJsonEnd(j);
}

/* What changes results or speed from outside the case file. */
static void WriteVariables(SgdJson j) {
  static const char *const name[] = {"OMP_NUM_THREADS",       "OPENBLAS_NUM_THREADS", "PETSC_OPTIONS",
                                     "HDF5_USE_FILE_LOCKING", "OMPI_MCA_btl",         "LD_PRELOAD",
                                     "SGDFP_INSTRUCTIONS"};

  SgdJsonObject(j, "variables");
  for (size_t i = 0; i < sizeof name / sizeof *name; i++) SgdJsonString(j, name[i], getenv(name[i]));
  SgdJsonEnd(j);
}

static void WriteMachine(SgdJson j, PetscMPIInt ranks) {
  char host[256] = "", folder[PETSC_MAX_PATH_LEN] = "", date[32];
  time_t now = time(NULL);
  struct tm utc;

  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
  gethostname(host, sizeof host - 1);
  SgdJsonString(j, "date", date);
  SgdJsonString(j, "host", host);
  SgdJsonString(j, "processor", SgdProcessor());
  SgdJsonString(j, "instructions", SgdInstructionSetWords());
  SgdJsonString(j, "working_directory", getcwd(folder, sizeof folder));
  SgdJsonInteger(j, "ranks", ranks);
}

static PetscErrorCode WriteEnvironment(MPI_Comm comm, const char *folder, const char *name, int argc, char **argv) {
  char path[PETSC_MAX_PATH_LEN], versions[1024], again[4096], *line;
  PetscMPIInt ranks;
  SgdJson j;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  PetscCall(SgdVersions(versions, sizeof versions));
  PetscCall(SgdCommandLine(argc, argv, &line));
  snprintf(again, sizeof again, "mpiexec -n %d %s", ranks, line);
  SgdJoinPath(folder, name, path);
  PetscCall(SgdJsonOpen(comm, path, &j));
  SgdJsonObject(j, NULL);
  SgdJsonString(j, "version", SGDFP_VERSION);
  SgdJsonString(j, "git", SGDFP_GIT);
  SgdJsonString(j, "build", SGDFP_BUILD);
  WriteVersions(j, versions);
  WriteMachine(j, ranks);
  SgdJsonString(j, "command", line);
  SgdJsonString(j, "run_again", again);
  WriteVariables(j);
  SgdJsonEnd(j);
  PetscCall(PetscFree(line));
  PetscCall(SgdJsonClose(&j));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdOutputCase(const char *folder, SgdCase c, int argc, char **argv) {
  MPI_Comm comm = c ? SgdCaseComm(c) : PETSC_COMM_WORLD;

  PetscFunctionBegin;
  PetscCall(SgdMakeFolder(comm, folder));
  if (c) PetscCall(WriteCase(comm, folder, c));
  PetscCall(WriteEnvironment(comm, folder, "environment.json", argc, argv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdOutputRestart(const char *folder, MPI_Comm comm, int argc, char **argv) {
  return WriteEnvironment(comm, folder, "environment_restart.json", argc, argv);
}
