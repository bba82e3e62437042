#include "operators/linearised/path.h"
#include <math.h>

typedef struct {
  SgdLandscape l;
  const SgdPathTimes *times;
  double *w, *v, *g; /* [P] */
} Walker;

/* w' = w - eta g */
static void Descend(PetscInt P, double eta, const double *g, double *w) {
  for (PetscInt i = 0; i < P; i++) w[i] -= eta * g[i];
}

/* v' = beta v - eta g, w' = w + v' */
static void Roll(PetscInt P, double eta, double beta, const double *g, double *v, double *w) {
  for (PetscInt i = 0; i < P; i++) {
    v[i] = beta * v[i] - eta * g[i];
    w[i] += v[i];
  }
}

/* One step at the rate of interval j; is the path still finite? */
static PetscErrorCode StepWalker(Walker *k, int j, PetscBool *finite) {
  const PetscInt P = SgdLandscapeDimension(k->l);

  PetscFunctionBegin;
  PetscCall(SgdLandscapeGradient(k->l, k->w, NULL, k->g));
  if (k->times->momentum != 0)
    Roll(P, k->times->eta[j], k->times->momentum, k->g, k->v, k->w);
  else
    Descend(P, k->times->eta[j], k->g, k->w);
  for (PetscInt i = 0; i < P; i++)
    if (!isfinite(k->w[i])) *finite = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Walk(Walker *k, double *middle, SgdPathVisit visit, void *context, PetscBool *finite) {
  const SgdPathTimes *t = k->times;
  const PetscInt P = SgdLandscapeDimension(k->l);

  PetscFunctionBegin;
  *finite = PETSC_TRUE;
  for (int j = 0; j < t->intervals; j++)
    for (PetscInt n = t->first[j]; n < t->first[j + 1] && *finite; n++) {
      if (visit) visit(context, n, k->w);
      if (middle && n == (t->first[j] + t->first[j + 1]) / 2)
        PetscCall(PetscArraycpy(middle + (size_t)j * (size_t)P, k->w, P));
      PetscCall(StepWalker(k, j, finite));
    }
  if (visit) visit(context, t->first[t->intervals], k->w);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathFollow(SgdLandscape l, const SgdPathTimes *times, const char *who, double *w, double *middle,
                             SgdPathVisit visit, void *context) {
  const PetscInt P = SgdLandscapeDimension(l);
  Walker k = {.l = l, .times = times, .w = w};
  PetscBool finite;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(P, &k.v, P, &k.g));
  PetscCall(Walk(&k, middle, visit, context, &finite));
  PetscCall(PetscFree2(k.v, k.g));
  if (!finite)
    return SgdFail(SgdLandscapeComm(l), SGD_EXIT_NUMBERS,
                   "%s: the mean path (gradient descent at sgd.learning_rate %g) runs away within %d steps", who,
                   times->eta[0], (int)times->first[times->intervals]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* At an interval's middle step: this rank's stretch of it. */
static void KeepStretch(void *context, PetscInt step, const double *w) {
  SgdPath p = context;
  const int j = (int)PetscMin(step / p->refresh, p->intervals - 1);

  if (step != (SgdPathFirst(p, j) + SgdPathFirst(p, j + 1)) / 2) return;
  for (PetscInt i = 0; i < p->shares->local; i++)
    p->w[(size_t)j * (size_t)p->shares->local + (size_t)i] = w[p->shares->first + i];
}

/* Equal intervals of one learning rate. */
static PetscErrorCode FollowEvenly(SgdPath p) {
  SgdPathTimes times = {.intervals = p->intervals};
  PetscErrorCode ierr;
  PetscInt *first;
  double *eta;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(p->intervals + 1, &first, p->intervals, &eta));
  for (int j = 0; j <= p->intervals; j++) first[j] = SgdPathFirst(p, j);
  for (int j = 0; j < p->intervals; j++) eta[j] = p->eta;
  times.first = first;
  times.eta = eta;
  ierr = SgdPathFollow(p->landscape, &times, "closure", p->end, p->shares ? NULL : p->w, p->shares ? KeepStretch : NULL,
                       p);
  PetscCall(PetscFree2(first, eta));
  PetscFunctionReturn(ierr);
}

PetscErrorCode SgdPathCreateShared(SgdLandscape l, const double *w0, double eta, int steps, int refresh,
                                   SgdShares shares, SgdPath *path) {
  const size_t P = (size_t)SgdLandscapeDimension(l), each = shares ? (size_t)shares->local : P;
  PetscErrorCode ierr;
  SgdPath p;

  PetscFunctionBegin;
  PetscCall(PetscNew(&p));
  *p = (struct _p_SgdPath){.landscape = l,
                           .P = SgdLandscapeDimension(l),
                           .steps = steps,
                           .refresh = refresh,
                           .intervals = (steps + refresh - 1) / refresh,
                           .eta = eta,
                           .shares = shares};
  PetscCall(PetscMalloc3((size_t)p->intervals * each, &p->w, P, &p->end, shares ? P : 0, &p->room));
  PetscCall(PetscArraycpy(p->end, w0, p->P));
  ierr = FollowEvenly(p);
  if (ierr) {
    PetscCall(SgdPathDestroy(&p));
    PetscCall(ierr);
  }
  *path = p;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathCreate(SgdLandscape l, const double *w0, double eta, int steps, int refresh, SgdPath *path) {
  return SgdPathCreateShared(l, w0, eta, steps, refresh, NULL, path);
}

PetscErrorCode SgdPathPoint(SgdPath p, int j, const double **w) {
  PetscFunctionBegin;
  *w = p->shares ? p->room : p->w + (size_t)j * (size_t)p->P;
  if (p->shares) PetscCall(SgdSharesGather(p->shares, p->w + (size_t)j * (size_t)p->shares->local, p->room));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathDestroy(SgdPath *path) {
  PetscFunctionBegin;
  if (!*path) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree3((*path)->w, (*path)->end, (*path)->room));
  PetscCall(PetscFree(*path));
  PetscFunctionReturn(PETSC_SUCCESS);
}
