#include "solver/problem/domain.h"

/* The range of t for which origin + t v lies in the box. */
static void Range(const SgdLandscapeDomain *domain, SgdFrame f, int axis, double *low, double *high) {
  *low = -PETSC_MAX_REAL;
  *high = PETSC_MAX_REAL;
  for (PetscInt i = 0; i < f->P; i++) {
    const double v = f->V[axis * f->P + i];
    if (v == 0) continue;
    const double a = (domain->min[i] - f->origin[i]) / v, b = (domain->max[i] - f->origin[i]) / v;
    *low = PetscMax(*low, PetscMin(a, b));
    *high = PetscMin(*high, PetscMax(a, b));
  }
}

/* Is the corner of the slice's box inside? Bit a of `corner`: the upper end of axis a. */
static PetscBool CornerInside(const SgdLandscapeDomain *domain, SgdFrame f, const double low[], const double high[],
                              int corner) {
  for (PetscInt i = 0; i < f->P; i++) {
    const double slack = 1e-9 * (domain->max[i] - domain->min[i]);
    double w = f->origin[i];
    for (int a = 0; a < f->dim; a++) w += (corner >> a & 1 ? high[a] : low[a]) * f->V[a * f->P + i];
    if (w < domain->min[i] - slack || w > domain->max[i] + slack) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* The user's ends of one axis must be within the file's, [*low, *high]; what is taken comes back there. */
static PetscErrorCode TakeUsers(SgdCase c, const SgdSliceOptions *o, int a, double *low, double *high) {
  const double slack = 1e-9 * (*high - *low);

  PetscFunctionBegin;
  SgdCaseCheck(c, o->min[a] >= *low - slack && o->max[a] <= *high + slack, "slice.min",
               "axis %d: the landscape's file holds [%.10g, %.10g], the case asks for [%.10g, %.10g]: leave out "
               "slice.min and slice.max to take what there is, or export a larger slice",
               a + 1, *low, *high, o->min[a], o->max[a]);
  *low = o->min[a];
  *high = o->max[a];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All that the file holds of one axis, told where the prediction needs more. */
static PetscErrorCode TakeAll(MPI_Comm comm, int a, double low, double high, SgdSliceNeed *need) {
  const double worth = 0.01 * (high - low); /* telling */

  PetscFunctionBegin;
  if (need->low[a] < low - worth || need->high[a] > high + worth)
    PetscCall(SgdWarn(comm,
                      "axis %d: the prediction reaches from %.4g to %.4g, the landscape's file from %.4g to %.4g "
                      "only: see how much mass leaves through the ends",
                      a + 1, need->low[a], need->high[a], low, high));
  need->low[a] = low;
  need->high[a] = high;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDomainApply(SgdCase c, const SgdSliceOptions *o, SgdLandscape l, SgdFrame f, SgdSliceNeed *need) {
  const SgdLandscapeDomain domain = SgdLandscapeGetDomain(l);
  double low[3], high[3];

  PetscFunctionBegin;
  if (!domain.min) PetscFunctionReturn(PETSC_SUCCESS);
  for (int a = 0; a < f->dim; a++) {
    Range(&domain, f, a, &low[a], &high[a]);
    if (o->min_count)
      PetscCall(TakeUsers(c, o, a, &low[a], &high[a]));
    else
      PetscCall(TakeAll(SgdLandscapeComm(l), a, low[a], high[a], need));
  }
  for (int corner = 0; corner < 1 << f->dim; corner++)
    SgdCaseCheck(c, CornerInside(&domain, f, low, high, corner), "slice.axes",
                 "these axes turn the slice against the axes of the landscape's file, and its corners leave what the "
                 "file holds: take coordinate:1 .. coordinate:%d, or give slice.min and slice.max",
                 (int)f->P);
  PetscFunctionReturn(PETSC_SUCCESS);
}
