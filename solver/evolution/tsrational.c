#include "cases/base/base.h"
#include "solver/evolution/tsrational.h"
#include "solver/evolution/tsfixed.h"
#include <petsc/private/tsimpl.h>

typedef struct {
  SgdRational propagator;
  PetscErrorCode (*look)(TS ts, PetscBool *stop);
} Rational;

PetscErrorCode SgdTSRationalSetLook(TS ts, PetscErrorCode (*look)(TS ts, PetscBool *stop)) {
  ((Rational *)ts->data)->look = look;
  return PETSC_SUCCESS;
}

/* -<prefix>rational_tolerance: 1e-12 */
PetscErrorCode SgdTSRationalSetGenerator(TS ts, Mat L, SgdGrid grid) {
  Rational *c = ts->data;
  const char *prefix;
  PetscReal tolerance;
  PetscBool given;

  PetscFunctionBegin;
  PetscCall(SgdRationalDestroy(&c->propagator));
  PetscCall(TSGetOptionsPrefix(ts, &prefix));
  PetscCall(SgdRationalCreate(L, prefix, grid, &c->propagator));
  PetscCall(PetscOptionsGetReal(NULL, prefix, "-rational_tolerance", &tolerance, &given));
  if (given) SgdRationalSetTolerance(c->propagator, tolerance);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TSSetUp_Rational(TS ts) {
  (void)ts;
  return PETSC_SUCCESS;
}

static PetscErrorCode Look(void *context, PetscBool *stop) {
  TS ts = context;
  return ((Rational *)ts->data)->look(ts, stop);
}

static PetscErrorCode TSStep_Rational(TS ts) {
  Rational *c = ts->data;
  PetscBool stop = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(SgdRationalApply(c->propagator, ts->time_step, ts->vec_sol, c->look ? Look : NULL, ts, &stop));
  if (!stop) ts->ptime += ts->time_step;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TSReset_Rational(TS ts) {
  return SgdRationalDestroy(&((Rational *)ts->data)->propagator);
}

static PetscErrorCode TSView_Rational(TS ts, PetscViewer viewer) {
  const Rational *c = ts->data;
  PetscInt solves, factorisations, cycles;
  double error;

  PetscFunctionBegin;
  SgdRationalStatistics(c->propagator, &solves, &factorisations, &error);
  PetscCall(PetscViewerASCIIPrintf(viewer,
                                   "  %" PetscInt_FMT " solves, %" PetscInt_FMT
                                   " factorisations so far; estimated error of a stretch at most %g\n",
                                   solves, factorisations, error));
  const PetscBool grid = SgdRationalCycles(c->propagator, &cycles);
  PetscCall(PetscViewerASCIIPrintf(viewer, "  %" PetscInt_FMT " iterations%s\n", cycles,
                                   grid ? " of the grid's multigrid" : ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TSCreate_Rational(TS ts) {
  Rational *c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  PetscCall(SgdTSFixed(ts, c, TSSetUp_Rational, TSStep_Rational, TSReset_Rational));
  ts->ops->view = TSView_Rational;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTSRationalRegister(void) {
  return TSRegister(TSSGDRATIONAL, TSCreate_Rational);
}
