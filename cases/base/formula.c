/* Expressions by muParser, their derivatives by Richardson's extrapolation of central differences:
     D(h) = f' + c2 h^2 + c4 h^4 + ..,   T_k^0 = D(h_0/2^k),   T_k^m = T_k^{m-1} + (T_k^{m-1} - T_{k-1}^{m-1})/(4^m - 1).
   Each column gains two orders in h; the entry whose two parents differ least is taken, and that difference, or
   the rounding of its finest step where that is more (small steps may agree by chance), is the estimate of its error
   (C. J. F. Ridders, Adv. Eng. Software 4 (1982) 75). Where the expression has a kink, the steps
   larger than the distance to it disagree and drop out by themselves. */
#include "cases/base/formula.h"
#include <math.h>
#include <string.h>
#include <muParserDLL.h>

#define LEVELS     12
#define FIRST_STEP 0.125
#define LONG_TEXT  1000

struct _p_SgdFormula {
  muParserHandle_t parser;
  int dim;
  double a[3];
  char why[256];
};

/* Errors are asked for after each call: without a handler muParser would print them itself. */
static void Quiet(muParserHandle_t parser) {
  (void)parser;
}

/* muParser writes its message, which may repeat the expression, into 2048 bytes without looking: where the expression is
   long it is asked for the place alone. */
static void KeepError(SgdFormula f, const char *text) {
  if (strlen(text) > LONG_TEXT)
    (void)snprintf(f->why, sizeof f->why, "not understood at its character %d (in \"%.80s...\")",
                   mupGetErrorPos(f->parser) + 1, text);
  else
    (void)snprintf(f->why, sizeof f->why, "%s (in \"%.80s\")", mupGetErrorMsg(f->parser), text);
  for (char *c = f->why; *c; c++)
    if (*c == '\n') *c = ' ';
}

static void DefineNames(SgdFormula f, int count, const SgdConstant *constants) {
  static const char *const axis[] = {"a1", "a2", "a3"};

  mupDefineConst(f->parser, "pi", PETSC_PI);
  mupDefineConst(f->parser, "e", exp(1.0));
  for (int i = 0; i < count; i++) mupDefineConst(f->parser, constants[i].name, constants[i].value);
  for (int i = 0; i < f->dim; i++) mupDefineVar(f->parser, axis[i], &f->a[i]);
}

PetscErrorCode SgdFormulaCreate(const char *text, int dim, int count, const SgdConstant *constants, SgdFormula *formula,
                                const char **why) {
  SgdFormula f;

  PetscFunctionBegin;
  PetscCall(PetscNew(&f));
  *formula = f;
  f->dim = dim;
  f->parser = mupCreate(muBASETYPE_FLOAT);
  PetscCheck(f->parser, PETSC_COMM_SELF, PETSC_ERR_LIB, "muParser gives no parser");
  mupSetErrorHandler(f->parser, Quiet);
  DefineNames(f, count, constants);
  if (!mupError(f->parser)) mupSetExpr(f->parser, text);
  if (!mupError(f->parser)) (void)mupEval(f->parser); /* names and syntax are looked at only now */
  if (mupError(f->parser)) KeepError(f, text);
  *why = *f->why ? f->why : NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdFormulaDestroy(SgdFormula *f) {
  PetscFunctionBegin;
  if (*f) mupRelease((*f)->parser);
  PetscCall(PetscFree(*f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double SgdFormulaValue(SgdFormula f, const double *a) {
  for (int i = 0; i < f->dim; i++) f->a[i] = a[i];
  return mupEval(f->parser);
}

static double Shifted(SgdFormula f, const double *a, int i, double hi, int j, double hj) {
  double at[3] = {0};

  for (int k = 0; k < f->dim; k++) at[k] = a[k];
  at[i] += hi;
  if (j >= 0) at[j] += hj;
  return SgdFormulaValue(f, at);
}

/* The central difference with step h: first (j < 0), second (i = j) or mixed. */
static double Difference(SgdFormula f, const double *a, int i, int j, double h) {
  if (j < 0) return (Shifted(f, a, i, h, -1, 0) - Shifted(f, a, i, -h, -1, 0)) / (2 * h);
  if (i == j) return (Shifted(f, a, i, h, -1, 0) - 2 * SgdFormulaValue(f, a) + Shifted(f, a, i, -h, -1, 0)) / (h * h);
  return (Shifted(f, a, i, h, j, h) - Shifted(f, a, i, h, j, -h) - Shifted(f, a, i, -h, j, h) +
          Shifted(f, a, i, -h, j, -h)) /
         (4 * h * h);
}

/* Step 2^k of a power of two around |a|: a + h - a is then exact. */
static double FirstStep(const double *a, int i) {
  int exponent;

  (void)frexp(PetscMax(1.0, PetscAbsReal(a[i])), &exponent);
  return ldexp(FIRST_STEP, exponent - 1);
}

static double Extrapolate(SgdFormula f, const double *a, int i, int j, double *error) {
  const double rounding = PETSC_MACHINE_EPSILON * PetscAbsReal(SgdFormulaValue(f, a));
  double row[2][LEVELS], h = PetscMin(FirstStep(a, i), FirstStep(a, j < 0 ? i : j)), best = NAN, least = INFINITY;

  for (int k = 0; k < LEVELS; k++, h /= 2) {
    double *now = row[k % 2], *before = row[(k + 1) % 2], power = 1, floor = rounding / (j < 0 ? h : h * h);
    now[0] = Difference(f, a, i, j, h);
    if (k == 0) best = now[0];
    for (int m = 1; m <= k; m++) {
      power *= 4;
      now[m] = now[m - 1] + (now[m - 1] - before[m - 1]) / (power - 1);
      const double differ = PetscMax(PetscAbsReal(now[m] - now[m - 1]), PetscAbsReal(now[m] - before[m - 1])) + floor;
      if (differ <= least) least = differ, best = now[m];
    }
    if (least <= 4 * PETSC_MACHINE_EPSILON * PetscAbsReal(best)) break;
  }
  if (error) *error = least;
  return best;
}

double SgdFormulaFirst(SgdFormula f, const double *a, int i, double *error) {
  return Extrapolate(f, a, i, -1, error);
}

double SgdFormulaSecond(SgdFormula f, const double *a, int i, int j, double *error) {
  return Extrapolate(f, a, i, j, error);
}
