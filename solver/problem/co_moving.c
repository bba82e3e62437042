#include "solver/problem/co_moving.h"
#include "solver/output/text_files.h"
#include "operators/linearised/path.h"
#include "cases/base/blas.h"

void SgdCoMovingPut(SgdCoMoving c, PetscInt n, const double *w) {
  const PetscInt P = c->frame->P;
  double *row = c->place + (size_t)n * (size_t)c->columns, square = 0;

  for (PetscInt i = 0; i < P; i++) square += PetscSqr(w[i] - c->frame->origin[i]);
  row[0] = sqrt(square);
  for (int a = 0; a < c->frame->dim; a++) {
    const double *v = c->frame->V + (size_t)a * (size_t)P;
    row[1 + a] = 0;
    for (PetscInt i = 0; i < P; i++) row[1 + a] += v[i] * (w[i] - c->frame->origin[i]);
  }
}

static void VisitPiece(void *context, PetscInt n, const double *w) {
  SgdCoMovingPut(context, n, w);
}

static PetscErrorCode WalkPath(SgdCoMoving c, const SgdSchedule *s, double momentum) {
  const SgdPathTimes times = {s->pieces, s->start, s->eta, momentum};
  const PetscInt P = c->frame->P;
  PetscErrorCode ierr;
  double *w;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(P, &w));
  PetscCall(SgdLandscapeGradient(c->landscape, c->frame->origin, NULL, w));
  c->gradient_norm = cblas_dnrm2((int)P, w, 1);
  PetscCall(PetscArraycpy(w, c->frame->origin, P));
  ierr = SgdPathFollow(c->landscape, &times, "slice.follow", w, c->middle, VisitPiece, c);
  PetscCall(PetscFree(w));
  PetscFunctionReturn(ierr);
}

PetscErrorCode SgdCoMovingCreate(SgdLandscape l, SgdFrame frame, const SgdSchedule *s, double momentum,
                                 SgdCoMoving *co_moving) {
  SgdCoMoving c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *c = (struct _p_SgdCoMoving){.landscape = l,
                               .frame = frame,
                               .pieces = s->pieces,
                               .steps = s->steps,
                               .columns = 1 + frame->dim,
                               .refresh_change = NAN,
                               .whole = {NAN, NAN, NAN},
                               .alone = {NAN, NAN, NAN}};
  PetscCall(PetscMalloc3(frame->P, &c->start, (size_t)s->pieces * (size_t)frame->P, &c->middle,
                         (size_t)(s->steps + 1) * (size_t)c->columns, &c->place));
  PetscCall(PetscArraycpy(c->start, frame->origin, frame->P));
  *co_moving = c;
  PetscCall(WalkPath(c, s, momentum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* t = (wbar_first - wbar_last)/(eta n): the mean's own motion over the piece */
static void MeanMotion(SgdCoMoving c, int piece, double *t) {
  const double *from = c->edge + (size_t)piece * (size_t)c->frame->P, *to = from + c->frame->P;

  for (PetscInt i = 0; i < c->frame->P; i++) t[i] = (from[i] - to[i]) / c->way[piece];
}

PetscErrorCode SgdCoMovingEnter(SgdCoMoving c, int piece) {
  double *g;

  PetscFunctionBegin;
  if (!c) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscArraycpy(c->frame->origin, c->middle + (size_t)piece * (size_t)c->frame->P, c->frame->P));
  PetscCall(SgdLandscapeSetTilt(c->landscape, NULL, NULL));
  PetscCall(PetscMalloc1(c->frame->P, &g));
  if (c->complement) {
    MeanMotion(c, piece, g);
    PetscCall(SgdComplementEnter(c->complement, piece, c->frame));
  } else
    PetscCall(SgdLandscapeGradient(c->landscape, c->frame->origin, NULL, g));
  PetscCall(SgdLandscapeSetTilt(c->landscape, g, c->frame->origin));
  PetscCall(PetscFree(g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCoMovingLeave(SgdCoMoving c) {
  PetscFunctionBegin;
  if (!c) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdLandscapeSetTilt(c->landscape, NULL, NULL));
  SgdLandscapeSetScatter(c->landscape, NULL);
  PetscCall(PetscArraycpy(c->frame->origin, c->start, c->frame->P));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCoMovingDestroy(SgdCoMoving *c) {
  PetscFunctionBegin;
  if (!*c) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdCoMovingLeave(*c));
  PetscCall(SgdComplementDestroy(&(*c)->complement));
  PetscCall(PetscFree2((*c)->edge, (*c)->way));
  PetscCall(PetscFree3((*c)->start, (*c)->middle, (*c)->place));
  PetscCall(PetscFree(*c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCoMovingWrite(SgdCoMoving c, const SgdSchedule *schedule, MPI_Comm comm, const char *folder) {
  FILE *f;

  PetscFunctionBegin;
  PetscCall(SgdOpenText(comm, folder, "mean_path.csv", &f));
  if (f) {
    fputs("step,tau,distance", f);
    for (int a = 1; a < c->columns; a++) fprintf(f, ",along_%d", a);
    fputc('\n', f);
    for (int n = 0; n <= c->steps; n++) {
      fprintf(f, "%d,%.17g", n, SgdScheduleTau(schedule, n));
      for (int a = 0; a < c->columns; a++) fprintf(f, ",%.17g", c->place[n * c->columns + a]);
      fputc('\n', f);
    }
  }
  PetscCall(SgdCloseText(comm, folder, "mean_path.csv", &f));
  PetscFunctionReturn(PETSC_SUCCESS);
}
