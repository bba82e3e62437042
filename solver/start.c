#include "solver/start.h"
#include "cases/base/environment.h"
#include <errno.h>
#include <fcntl.h>
#include <slepcsys.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MEGABYTE 1048576.0
#define FILES    32 /* open at once, at the most, on a rank */

/* PETSc takes --help and --version for itself, with its own text: hide them from it. */
static int WithoutHelp(int argc, char **argv, char **kept) {
  int count = 0;

  for (int i = 0; i < argc; i++)
    if (strcmp(argv[i], "--help") && strcmp(argv[i], "-h") && strcmp(argv[i], "--version")) kept[count++] = argv[i];
  kept[count] = NULL;
  return count;
}

/* What was closed is opened on nothing, so that no data file is taken for the terminal; and there is a folder to be in. */
static int Surroundings(void) {
  char path[PETSC_MAX_PATH_LEN];
  int file;

  do file = open("/dev/null", O_RDWR);
  while (file >= 0 && file <= STDERR_FILENO);
  if (file >= 0) close(file);
  if (getcwd(path, sizeof path)) return SGD_EXIT_DONE;
  fprintf(stderr, "sgdfp: the folder it was started in: %s\n", strerror(errno));
  return SGD_EXIT_FILES;
}

/* Megabytes of address space that MPI and BLAS, with a buffer for each of its threads, take before anything is
   computed: where they are not there, both wait for ever. */
static double Starting(void) {
  const char *asked = getenv("OPENBLAS_NUM_THREADS");
  long threads;

  if (!asked) asked = getenv("OMP_NUM_THREADS");
  threads = asked && atol(asked) > 0 ? atol(asked) : sysconf(_SC_NPROCESSORS_ONLN);
  return 250 + 40.0 * (double)(threads > 0 ? threads : 1);
}

/* ulimit -v leaves enough to begin with; else an end at once: BLAS's threads are stuck by now, and an orderly end waits
   for them. */
static void AddressSpace(void) {
  FILE *f = fopen("/proc/self/statm", "r");
  double pages = 0, room;
  struct rlimit limit;

  if (f && fscanf(f, "%lf", &pages) != 1) pages = 0;
  if (f) fclose(f);
  if (getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY) return;
  room = ((double)limit.rlim_cur - pages * (double)sysconf(_SC_PAGESIZE)) / MEGABYTE;
  if (room >= Starting()) return;
  fprintf(
      stderr,
      "sgdfp: the limit of address space (ulimit -v) leaves %.0f MB, MPI and BLAS alone take %.0f: raise it, or set "
      "OPENBLAS_NUM_THREADS=1\n",
      room, Starting());
  _exit(1);
}

/* MPI, HDF5 and a run's own files are 24 at the least: with fewer MPI fails in words of its own. A soft limit is raised. */
static int OpenFiles(void) {
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= FILES) return SGD_EXIT_DONE;
  limit.rlim_cur = limit.rlim_max < FILES ? limit.rlim_max : FILES;
  if (limit.rlim_cur == FILES && !setrlimit(RLIMIT_NOFILE, &limit)) return SGD_EXIT_DONE;
  fprintf(stderr, "sgdfp: the limit of open files (ulimit -n) is %d, MPI and the results take %d: raise it\n",
          (int)limit.rlim_cur, FILES);
  return SGD_EXIT_FILES;
}

/* PETSc's start fails over its options (a file of them that is no such file, PETSC_OPTIONS), in one line. */
static PetscErrorCode StartHandler(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode n,
                                   PetscErrorType type, const char *message, void *ctx) {
  (void)comm, (void)line, (void)function, (void)file, (void)ctx;
  if (type == PETSC_ERROR_INITIAL)
    fprintf(stderr,
            "sgdfp: PETSc does not start: %s (its options come from ~/.petscrc, .petscrc and petscrc here, "
            "PETSC_OPTIONS, and the command line)\n",
            message ? message : "no reason given");
  return n;
}

/* Asking for it once more makes it one that somebody has asked for: it is in no list of those that nobody has. */
static PetscErrorCode SwitchOffUnlessAsked(const char *option) {
  PetscBool asked;

  PetscFunctionBegin;
  PetscCall(PetscOptionsHasName(NULL, NULL, option, &asked));
  if (!asked) PetscCall(PetscOptionsSetValue(NULL, option, "no"));
  PetscCall(PetscOptionsHasName(NULL, NULL, option, &asked));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* PETSc's own list at the end, which some releases print unasked: it would name this program's options, which PETSc never
   reads; those that nobody has read the program names itself. And newer releases take dot products of many vectors by one
   BLAS call where these happen to lie side by side in memory: the rounding, and with it the last bits of what a restart or
   a sweep repeats, would hang on what was allocated before. */
static PetscErrorCode SwitchOff(void) {
  PetscFunctionBegin;
  PetscCall(SwitchOffUnlessAsked("-options_left"));
  PetscCall(SwitchOffUnlessAsked("-vec_mdot_use_gemv"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ... after which the other ranks are not waited for. */
static int StartPETSc(int *argc, char ***argv) {
  int begun = 0, ranks = 1;

  if (PetscPushErrorHandler(StartHandler, NULL)) return 1;
  if (!SlepcInitialize(argc, argv, NULL, NULL)) return SwitchOff() || PetscPopErrorHandler() ? 1 : SGD_EXIT_DONE;
  MPI_Initialized(&begun);
  if (begun) MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (ranks > 1) MPI_Abort(MPI_COMM_WORLD, SGD_EXIT_CASE);
  return SGD_EXIT_CASE;
}

int SgdStart(int argc, char **argv) {
  static char **kept; /* until the program ends: PETSc points at it */
  char **given = kept = malloc(((size_t)argc + 1) * sizeof *kept);
  int count = kept ? WithoutHelp(argc, argv, kept) : 0, failed;

  if (!kept) return 1;
  if ((failed = Surroundings()) || (failed = OpenFiles())) return failed;
  AddressSpace();
  SgdEnvironmentPrepare(PETSC_FALSE);
  return StartPETSc(&count, &given);
}
