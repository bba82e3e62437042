#include "solver/reference_point/kept_training.h"
#include "cases/base/serial_hdf5.h"
#include "solver/reference_point/reference_point.h"
#include "solver/restart/interrupt.h"
#include <math.h>
#include <unistd.h>

#define WORTH  10  /* seconds of training from which on the point is kept for what follows */
#define PROBED 512 /* samples whose loss tells the data */

enum { STEP, FOUND, CASE, LOSS, NUMBERS };

double SgdTrainingMark(int count, const char *const text[]) {
  uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

  for (int i = 0; i < count; i++)
    for (const char *c = text[i]; *c; c++) h = (h ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
  return (double)(h >> 12);
}

/* The loss at w of samples that are spread over the data, by this rank alone; 0 where there are none. */
static PetscErrorCode Probe(SgdLandscape l, const double *w, double *loss) {
  const PetscInt N = SgdLandscapeSamples(l), n = PetscMin(N, PROBED);
  PetscInt *index;
  double *g;

  PetscFunctionBegin;
  *loss = 0;
  if (!n) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc2(n, &index, SgdLandscapeDimension(l), &g));
  for (PetscInt i = 0; i < n; i++) index[i] = (PetscInt)((double)i * (double)N / (double)n);
  PetscCall(SgdLandscapeBatchGradient(l, w, n, index, loss, g));
  PetscCall(PetscFree2(index, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rank 0. errno of a failure */
static int Write(SgdTrainingState *t, const double *w) {
  const hsize_t P = (hsize_t)SgdLandscapeDimension(t->landscape), count = NUMBERS;
  double number[NUMBERS] = {[STEP] = (double)t->step, [FOUND] = t->found, [CASE] = t->keep->case_mark};
  SgdSerialH5 f;
  int error;

  SgdInterruptSaving(PETSC_TRUE);
  if (Probe(t->landscape, w, &number[LOSS])) number[LOSS] = NAN;
  SgdSerialH5Create(t->keep->path, &f);
  SgdSerialH5Doubles(&f, "w", 1, &P, w);
  SgdSerialH5Doubles(&f, "training", 1, &count, number);
  error = SgdSerialH5Close(&f);
  SgdInterruptSaving(PETSC_FALSE);
  t->written = PETSC_TRUE;
  t->saved = MPI_Wtime();
  if (!error) SgdInterruptKeeps("the training is in " SGD_TRAINING ", and the same command goes on from it");
  return error;
}

/* Rank 0: what is wrong with what is there, or NULL; w is overwritten in any case. */
static const char *Read(SgdTrainingState *t, double *w) {
  const hsize_t P = (hsize_t)SgdLandscapeDimension(t->landscape);
  double number[NUMBERS], loss;
  SgdHDF5Errors before;
  const char *problem;
  hsize_t found;

  SgdHDF5Quiet(&before);
  problem = SgdReferencePointRead(t->keep->path, "training", NUMBERS, number, &found);
  if (!problem && number[CASE] != t->keep->case_mark) problem = "is another case's";
  if (!problem) problem = SgdReferencePointRead(t->keep->path, "w", P, w, &found);
  SgdHDF5AsBefore(&before);
  if (problem) return problem;
  if (Probe(t->landscape, w, &loss) || !(fabs(loss - number[LOSS]) <= 1e-6 * fabs(number[LOSS])))
    return "is another data set's, or damaged";
  t->step = (PetscInt)number[STEP];
  t->found = (PetscBool)(number[FOUND] != 0);
  return t->step < 0 || t->step > t->steps ? "is damaged" : NULL;
}

/* Take over what an earlier command left. */
static PetscErrorCode Resume(SgdTrainingState *t, double *w) {
  const MPI_Comm comm = SgdLandscapeComm(t->landscape);
  const char *problem = NULL;
  PetscMPIInt rank;
  int known[3] = {0};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank && t->keep->anew) unlink(t->keep->path);
  if (!rank && !access(t->keep->path, F_OK)) {
    problem = Read(t, w);
    known[0] = problem ? 2 : 1;
    known[1] = (int)t->step;
    known[2] = t->found;
  }
  PetscCallMPI(MPI_Bcast(known, 3, MPI_INT, 0, comm));
  if (known[0] == 2)
    return SgdFail(comm, SGD_EXIT_FILES,
                   "%s: the training that is kept there %s: --overwrite discards it, -o DIR leaves it alone",
                   t->keep->path, problem ? problem : "");
  if (!known[0]) PetscFunctionReturn(PETSC_SUCCESS);
  t->step = known[1];
  t->found = (PetscBool)known[2];
  t->written = PETSC_TRUE;
  PetscCallMPI(MPI_Bcast(w, (PetscMPIInt)SgdLandscapeDimension(t->landscape), MPI_DOUBLE, 0, comm));
  SgdInterruptKeeps("the training is in " SGD_TRAINING ", and the same command goes on from it");
  if (t->found) return SgdSay(comm, "Training: done, kept in %s (--overwrite would start anew)\n", t->keep->path);
  return SgdSay(comm, "Training: going on from step %d of %d, kept in %s (--overwrite would start anew)\n",
                (int)t->step, (int)t->steps, t->keep->path);
}

PetscErrorCode SgdTrainingBegin(const SgdTrainingKeep *keep, SgdLandscape l, PetscInt steps, double *w,
                                SgdTrainingState *t) {
  PetscFunctionBegin;
  *t = (SgdTrainingState){.keep = keep, .landscape = l, .steps = steps, .saved = MPI_Wtime()};
  if (!*keep->path) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Resume(t, w));
  SgdInterruptHold();
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool Due(const SgdTrainingState *t) {
  return (PetscBool)(t->keep->interval > 0 && MPI_Wtime() - t->saved >= t->keep->interval);
}

void SgdTrainingStepped(SgdTrainingState *t, const double *w, int *stop, int *error) {
  *stop = *error = 0;
  if (!*t->keep->path) return;
  *stop = SgdInterruptPending();
  if (*stop) SgdInterruptAnswered();
  if (*stop || Due(t)) *error = Write(t, w);
}

PetscErrorCode SgdTrainingStopped(const SgdTrainingState *t, int stop, int error) {
  const MPI_Comm comm = SgdLandscapeComm(t->landscape);
  int both[2] = {stop, error};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(both, 2, MPI_INT, 0, comm));
  PetscCall(SgdWritten(comm, t->keep->path, both[1]));
  if (!both[0]) PetscFunctionReturn(PETSC_SUCCESS);
  return SgdFail(comm, (SgdExit)(SGD_EXIT_SIGNAL + both[0]),
                 "stopped by signal %d in the training, after step %d of %d; %s is written: the same command goes on "
                 "from it",
                 both[0], (int)t->step, (int)t->steps, t->keep->path);
}

PetscErrorCode SgdTrainingLook(SgdTrainingState *t, const double *w) {
  const MPI_Comm comm = SgdLandscapeComm(t->landscape);
  int stop = SgdInterruptPending(), due = Due(t), error = 0;
  PetscMPIInt rank;

  PetscFunctionBegin;
  if (!*t->keep->path) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdAgree(comm, &stop));
  if (stop) SgdInterruptAnswered();
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank && (stop || due)) error = Write(t, w);
  PetscCall(SgdTrainingStopped(t, stop, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTrainingFound(SgdTrainingState *t, const double *w, double seconds) {
  const MPI_Comm comm = SgdLandscapeComm(t->landscape);
  const PetscBool before = t->found;
  PetscMPIInt rank;
  int error = 0;

  PetscFunctionBegin;
  if (!*t->keep->path) PetscFunctionReturn(PETSC_SUCCESS);
  t->found = PETSC_TRUE;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank && !before && (t->written || seconds > WORTH || SgdInterruptPending())) error = Write(t, w);
  PetscCall(SgdTrainingStopped(t, 0, error));
  SgdInterruptRelease();
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTrainingForget(const SgdTrainingKeep *keep, MPI_Comm comm) {
  PetscMPIInt rank;

  PetscFunctionBegin;
  if (!*keep->path) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) unlink(keep->path);
  PetscFunctionReturn(PETSC_SUCCESS);
}
