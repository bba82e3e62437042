#include "trajectories.h"
#include "case_types.h"
#include "progress.h"
#include <cblas.h>

static const cyaml_schema_field_t fields[] = {SGD_INTEGER("count", SgdTrajectoriesOptions, count),
                                              SGD_INTEGER("seed", SgdTrajectoriesOptions, seed),
                                              SGD_INTEGER("every", SgdTrajectoriesOptions, every),
                                              SGD_INTEGER("modes", SgdTrajectoriesOptions, modes),
                                              SGD_INTEGER("flat", SgdTrajectoriesOptions, flat),
                                              SGD_STRING("optimizer", SgdTrajectoriesOptions, optimizer),
                                              SGD_NUMBER("momentum", SgdTrajectoriesOptions, momentum),
                                              SGD_NUMBER("decay", SgdTrajectoriesOptions, decay),
                                              SGD_NUMBER("epsilon", SgdTrajectoriesOptions, epsilon),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(SgdTrajectoriesOptions, fields);
static const char *defaults = "count: 1024\nseed: 1\nevery: 50\nmodes: 48\nflat: 0\noptimizer: sgd\nmomentum: 0\n"
                              "decay: 0.999\nepsilon: 1.0e-8\n";

#define KEY(name) "trajectories." name

PetscErrorCode SgdTrajectoriesRead(SgdCase c, SgdTrajectoriesOptions **options) {
  SgdTrajectoriesOptions *o;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "trajectories", &schema, defaults, NULL, &o));
  SgdCaseCheck(c, o->count >= 3, KEY("count"), "a variance with an error takes at least 3, got %d", o->count);
  SgdCaseCheck(c, o->every >= 1, KEY("every"), "must be at least 1, got %d", o->every);
  SgdCaseCheck(c, o->modes >= 0, KEY("modes"), "must not be negative, got %d", o->modes);
  SgdCaseCheck(c, o->flat >= 0, KEY("flat"), "must not be negative, got %d", o->flat);
  SgdCaseCheck(c, o->modes + o->flat >= 1, KEY("modes"), "ask for at least one mode");
  SgdCaseCheck(c, o->momentum >= 0 && o->momentum < 1, KEY("momentum"), "expected in [0, 1), got %g", o->momentum);
  SgdCaseCheck(c, o->decay >= 0 && o->decay < 1, KEY("decay"), "expected in [0, 1), got %g", o->decay);
  SgdCaseCheck(c, o->epsilon > 0, KEY("epsilon"), "must be positive, got %g", o->epsilon);
  if (!SgdOptimizerFind(o->optimizer))
    PetscCall(SgdCaseError(c, KEY("optimizer"), SgdOptimizerNames(),
                           "unknown optimizer '%s'; expected one of sgd, heavy_ball, sign_sgd, rmsprop, adam",
                           o->optimizer));
  *options = o;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every so many steps, the half of the way, and the end. */
static PetscErrorCode RecordSteps(PetscInt steps, PetscInt every, SgdEnsemble e) {
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(steps / every + 3, &e->step));
  for (PetscInt n = 1; n <= steps; n++)
    if (n % every == 0 || n == steps || n == PetscMax(1, steps / 2)) e->step[e->records++] = n;
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  SgdLandscapeDraw draw;
  const SgdOptimizer *optimizer;
  SgdOptimizerRates rates;
  const SgdTrajectoriesStep *law;
  PetscInt P;
  const double *w_ref, *V;
  double *w, *g, *m, *v; /* [P] each */
} Walk;

/* One trajectory from start to end; a [records][modes]. */
static PetscErrorCode WalkOne(Walk *k, PetscInt trajectory, const SgdEnsemble e, double *a) {
  int record = 0;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(k->w, k->w_ref, k->P));
  PetscCall(PetscArrayzero(k->m, k->P));
  PetscCall(PetscArrayzero(k->v, k->P));
  for (PetscInt n = 0; n < k->law->steps; n++) {
    PetscCall(SgdLandscapeDrawGradient(k->draw, trajectory, n, k->w, k->g));
    k->optimizer->step(&k->rates, n, k->P, k->g, k->w, k->m, k->v);
    if (n + 1 != e->step[record]) continue;
    for (PetscInt i = 0; i < k->P; i++) k->g[i] = k->w[i] - k->w_ref[i];
    cblas_dgemv(CblasRowMajor, CblasNoTrans, e->modes, (int)k->P, 1.0, k->V, (int)k->P, k->g, 1, 0.0,
                a + (size_t)record++ * (size_t)e->modes, 1);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int First(int rank, int size, int count) {
  return (int)((PetscInt64)rank * count / size);
}

static PetscErrorCode WalkMine(SgdLandscape l, Walk *k, SgdEnsemble e, PetscMPIInt rank, PetscMPIInt size) {
  const int first = First(rank, size, e->count), last = First(rank + 1, size, e->count);
  const size_t each = (size_t)e->records * (size_t)e->modes;
  SgdProgress start = SgdProgressStart(), progress = start;

  PetscFunctionBegin;
  for (int t = first; t < last; t++) {
    PetscCall(WalkOne(k, t, e, e->a + (size_t)t * each));
    if (!rank && SgdProgressDue(&progress)) {
      const double elapsed = SgdProgressElapsed(&start);
      PetscCall(SgdSay(SgdLandscapeComm(l), "  trajectories: %d of %d on rank 0, %.0f s left\n", t + 1 - first,
                       last - first, elapsed * (last - t - 1) / (t + 1 - first)));
    }
  }
  e->seconds = SgdProgressElapsed(&start);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Everybody's trajectories on every rank, and how many have run away. */
static PetscErrorCode Share(MPI_Comm comm, SgdEnsemble e, PetscMPIInt size) {
  const int each = e->records * e->modes;
  PetscMPIInt *count, *start;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(size, &count, size, &start));
  for (PetscMPIInt r = 0; r < size; r++) {
    start[r] = First(r, size, e->count) * each;
    count[r] = First(r + 1, size, e->count) * each - start[r];
  }
  PetscCallMPI(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, e->a, count, start, MPI_DOUBLE, comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &e->seconds, 1, MPI_DOUBLE, MPI_MAX, comm));
  PetscCall(PetscFree2(count, start));
  for (int t = 0; t < e->count; t++) {
    PetscBool finite = PETSC_TRUE;
    for (int i = 0; i < each; i++)
      if (PetscIsInfOrNanReal(e->a[(size_t)t * (size_t)each + (size_t)i])) finite = PETSC_FALSE;
    if (finite) continue;
    e->diverged++;
    for (int i = 0; i < each; i++) e->a[(size_t)t * (size_t)each + (size_t)i] = NAN;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTrajectoriesRun(SgdLandscape l, const double *w_ref, const SgdTrajectoriesOptions *o,
                                  const SgdTrajectoriesStep *step, int modes, const double *V, SgdEnsemble *ensemble) {
  const MPI_Comm comm = SgdLandscapeComm(l);
  Walk k = {.optimizer = SgdOptimizerFind(o->optimizer),
            .rates = {step->learning_rate, o->momentum, o->decay, o->epsilon},
            .law = step,
            .P = SgdLandscapeDimension(l),
            .w_ref = w_ref,
            .V = V};
  PetscMPIInt rank, size;
  SgdEnsemble e;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscNew(&e));
  e->count = o->count;
  e->modes = modes;
  PetscCall(RecordSteps(step->steps, o->every, e));
  PetscCall(PetscMalloc1((size_t)e->count * (size_t)e->records * (size_t)modes, &e->a));
  PetscCall(SgdLandscapeDrawCreate(l, step->batch, step->law, o->seed, &k.draw));
  PetscCall(PetscMalloc4(k.P, &k.w, k.P, &k.g, k.P, &k.m, k.P, &k.v));
  PetscCall(WalkMine(l, &k, e, rank, size));
  PetscCall(PetscFree4(k.w, k.g, k.m, k.v));
  PetscCall(SgdLandscapeDrawDestroy(&k.draw));
  PetscCall(Share(comm, e, size));
  *ensemble = e;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEnsembleDestroy(SgdEnsemble *ensemble) {
  PetscFunctionBegin;
  if (!*ensemble) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*ensemble)->step));
  PetscCall(PetscFree((*ensemble)->a));
  PetscCall(PetscFree(*ensemble));
  PetscFunctionReturn(PETSC_SUCCESS);
}
