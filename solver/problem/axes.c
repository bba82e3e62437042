#include "solver/problem/axes.h"
#include "solver/hessian/spectrum_vectors.h"

static const char *const names[] = {"sharpest", "flattest", "most_negative", "mode:1", "coordinate:1", NULL};

PetscBool SgdAxesNeedSpectrum(const SgdSliceOptions *o) {
  for (unsigned a = 0; a < o->axes_count; a++)
    if (strncmp(o->axes[a], "coordinate:", 11)) return (PetscBool)(!o->file || !*o->file);
  return PETSC_FALSE;
}

static int Flattest(SgdSpectrum s) {
  double most = 0;
  int best = -1;

  for (int k = 0; k < s->count; k++) most = PetscMax(most, s->mode[k].D);
  for (int k = 0; k < s->count; k++) {
    if (s->mode[k].D <= 1e-6 * most) continue; /* a direction that the noise does not touch does not move */
    if (best < 0 || PetscAbsReal(s->mode[k].eigenvalue) < PetscAbsReal(s->mode[best].eigenvalue)) best = k;
  }
  return best;
}

/* The number after "mode:" or "coordinate:", or -1. */
static long Number(const char *text) {
  char *end;
  const long k = strtol(text, &end, 10);
  return *text && !*end && k >= 1 ? k : -1;
}

/* The mode that a name means, or -1 if the name is none; *error set (and reported) if there is no such mode. */
static PetscErrorCode FindMode(SgdCase c, const char *name, SgdSpectrum s, int *mode) {
  PetscFunctionBegin;
  if (!strcmp(name, "sharpest"))
    *mode = 0;
  else if (!strcmp(name, "most_negative"))
    *mode = s->count - 1;
  else if (!strcmp(name, "flattest"))
    *mode = Flattest(s);
  else if (!strncmp(name, "mode:", 5))
    *mode = (int)Number(name + 5) - 1;
  else
    PetscCall(SgdCaseError(c, "slice.axes", names, "unknown axis \"%s\"", name));
  SgdCaseCheck(c, *mode >= 0 && *mode < s->count, "slice.axes",
               "\"%s\": there is no such mode among the %d computed (section spectrum)", name, s->count);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* v.Hv: the curvature along a direction that is not an eigenvector. */
static PetscErrorCode Curvature(SgdLandscape l, const double *w, const double *v, double *lambda) {
  const PetscInt P = SgdLandscapeDimension(l);
  double *hv;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(P, &hv));
  PetscCall(SgdLandscapeHessianApply(l, w, v, hv));
  *lambda = 0;
  for (PetscInt i = 0; i < P; i++) *lambda += v[i] * hv[i];
  PetscCall(PetscFree(hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of several modes with one eigenvalue any may be meant: the first that no axis before has. */
static PetscErrorCode TakeFree(SgdSpectrum s, SgdFrame f, int axis, int *mode) {
  const double wanted = s->mode[*mode].eigenvalue, equal = 1e-8 * PetscAbsReal(wanted);

  PetscFunctionBegin;
  for (int k = 0; k < s->count; k++) {
    const int candidate = (*mode + k) % s->count;
    PetscBool taken = PETSC_FALSE;
    if (PetscAbsReal(s->mode[candidate].eigenvalue - wanted) > equal) continue;
    for (int a = 0; a < axis; a++) {
      double dot;
      PetscCall(SgdSpectrumDot(s, candidate, f->V + (size_t)a * (size_t)f->P, &dot));
      if (PetscAbsReal(dot) > 0.5) taken = PETSC_TRUE;
    }
    if (taken) continue;
    *mode = candidate;
    break;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What was not computed may be flatter. */
static PetscErrorCode CheckFlattest(SgdLandscape l, SgdSpectrum s, int mode) {
  double most = 0;

  PetscFunctionBegin;
  for (int k = 0; k < s->count; k++) most = PetscMax(most, PetscAbsReal(s->mode[k].eigenvalue));
  if (s->count < s->P && PetscAbsReal(s->mode[mode].eigenvalue) > 0.01 * most)
    PetscCall(SgdWarn(SgdLandscapeComm(l),
                      "flattest: the flattest of the %d modes computed, of %" PetscInt_FMT
                      ", has the eigenvalue %.4g, %.2g of the largest: not small; compute more "
                      "(spectrum.smallest, spectrum.largest)",
                      s->count, s->P, s->mode[mode].eigenvalue, PetscAbsReal(s->mode[mode].eigenvalue) / most));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* coordinate:k, one parameter alone. */
static PetscErrorCode Coordinate(SgdCase c, const char *name, SgdLandscape l, const double *w, SgdFrame f, int axis) {
  double *v = f->V + (size_t)axis * f->P;
  const long k = Number(name + 11);

  PetscFunctionBegin;
  SgdCaseCheck(c, k >= 1 && k <= f->P, "slice.axes", "\"%s\": expected coordinate:1 .. coordinate:%d", name, (int)f->P);
  v[k - 1] = 1;
  PetscCall(Curvature(l, w, v, &f->lambda[axis]));
  PetscCall(PetscSNPrintf(f->name[axis], sizeof f->name[axis], "coordinate %ld", k));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OneAxis(SgdCase c, const char *name, SgdLandscape l, const double *w, SgdSpectrum s, SgdFrame f,
                              int axis) {
  double *v = f->V + (size_t)axis * f->P;
  int mode = -1;

  PetscFunctionBegin;
  if (!strncmp(name, "coordinate:", 11)) return Coordinate(c, name, l, w, f, axis);
  PetscCall(FindMode(c, name, s, &mode));
  if (strncmp(name, "mode:", 5)) PetscCall(TakeFree(s, f, axis, &mode));
  if (!strcmp(name, "flattest")) PetscCall(CheckFlattest(l, s, mode));
  PetscCall(SgdSpectrumWhole(s, mode, v));
  f->lambda[axis] = s->mode[mode].eigenvalue;
  if (!strcmp(name, "flattest") && s->count < s->P)
    PetscCall(
        PetscSNPrintf(f->name[axis], sizeof f->name[axis], "flattest of %d computed (mode %d)", s->count, mode + 1));
  else
    PetscCall(PetscSNPrintf(f->name[axis], sizeof f->name[axis], "%s (mode %d)",
                            strncmp(name, "mode:", 5) ? name : "eigenvector", mode + 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The directions must be orthonormal: two names may mean the same mode, a file may hold anything. */
static PetscErrorCode CheckOrthonormal(SgdCase c, SgdFrame f) {
  PetscFunctionBegin;
  for (int a = 0; a < f->dim; a++)
    for (int b = a; b < f->dim; b++) {
      double dot = 0;
      for (PetscInt i = 0; i < f->P; i++) dot += f->V[a * f->P + i] * f->V[b * f->P + i];
      SgdCaseCheck(c, PetscAbsReal(dot - (a == b)) < 1e-6, "slice.axes",
                   a == b ? "axis %d is not a unit vector, axis %d: the product is %g"
                          : "axes %d and %d are not orthogonal (the same direction twice?): the product is %g",
                   a + 1, b + 1, dot);
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdAxesChoose(SgdCase c, const SgdSliceOptions *o, SgdLandscape l, const double *w, SgdSpectrum s,
                             SgdFrame *frame) {
  SgdFrame f;

  PetscFunctionBegin;
  PetscCall(SgdFrameCreate((int)o->axes_count, SgdLandscapeDimension(l), w, &f));
  *frame = f;
  if (o->file && *o->file) {
    PetscCall(SgdFrameLoad(c, "slice.file", o->file, f));
    for (int a = 0; a < f->dim; a++) {
      PetscCall(Curvature(l, w, f->V + (size_t)a * f->P, &f->lambda[a]));
      PetscCall(PetscSNPrintf(f->name[a], sizeof f->name[a], "%s, row %d", o->file, a + 1));
    }
  } else
    for (int a = 0; a < f->dim; a++) PetscCall(OneAxis(c, o->axes[a], l, w, s, f, a));
  PetscCall(CheckOrthonormal(c, f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FitAxis(SgdCase c, const char *name, PetscInt P) {
  const PetscBool mode = (PetscBool)!strncmp(name, "mode:", 5),
                  coordinate = (PetscBool)!strncmp(name, "coordinate:", 11);
  const long k = mode ? Number(name + 5) : coordinate ? Number(name + 11) : 1;
  PetscBool known = (PetscBool)(mode || coordinate);

  PetscFunctionBegin;
  for (int i = 0; i < 3; i++)
    if (!strcmp(name, names[i])) known = PETSC_TRUE;
  if (!known) PetscCall(SgdCaseError(c, "slice.axes", names, "unknown axis \"%s\"", name));
  SgdCaseCheck(c, !coordinate || (k >= 1 && k <= P), "slice.axes", "\"%s\": expected coordinate:1 .. coordinate:%d",
               name, (int)P);
  SgdCaseCheck(c, !mode || (k >= 1 && k <= P), "slice.axes", "\"%s\": expected mode:1 .. mode:%d", name, (int)P);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdAxesFit(SgdCase c, const SgdSliceOptions *o, PetscInt P) {
  PetscFunctionBegin;
  if (o->file && *o->file) PetscFunctionReturn(PETSC_SUCCESS);
  for (unsigned a = 0; a < o->axes_count; a++) {
    PetscCall(FitAxis(c, o->axes[a], P));
    for (unsigned b = 0; b < a; b++)
      SgdCaseCheck(c, strcmp(o->axes[a], o->axes[b]) || !strchr(o->axes[a], ':'), "slice.axes",
                   "axes %u and %u are the same: \"%s\"", b + 1, a + 1, o->axes[a]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
