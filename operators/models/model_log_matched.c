/* Model `log_matched`: the generator whose exponential is one SGD step through eta^2 or eta^3 (THEORY.md (38) - (40);
   derived in LOG_MATCHED.md), tau = eta n, Ito, H = grad g:
     order 2:  b = -g - (eta/2) H g,   D = (eta/2) C;
     order 3:  b = -g - (eta/2) H g - eta^2 [ (1/12) g''(g,g) + (1/3) H H g ] + (eta^2/4) (C:grad grad) g,
               D = (eta/2) [ C + (eta/2) (H C + C H^T + (g.grad) C) ],
   without the third cumulant of the noise, which no diffusion can carry.
   Order 2 is the modified equation of Li, Tai and E (ICML 2017; JMLR 20, 2019). */
#include "operators/generators/drift_diffusion.h"
#include "operators/models/modelimpl.h"
#include "cases/file/case_types.h"

typedef struct {
  SgdModelCommon common;
  int order;
  char *flux_name;
  SgdFlux flux; /* what the name stands for; no key */
} Options;

static const cyaml_schema_field_t fields[] = {SGD_MODEL_FIELDS(Options), SGD_INTEGER("order", Options, order),
                                              SGD_STRING("flux", Options, flux_name), CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults = "order: 2\nflux: moment_exact\n";

/* All derivatives that the order needs, [held cells] each; index ranges: dimensions of the slice. */
typedef struct {
  SgdRows rows;
  double *H[3][3];    /* H[k][a] = d_a g_k */
  double *G[3][3][3]; /* G[k][a][b] = d_a d_b g_k, a <= b */
  double *dC[6][3];   /* dC[pair][a] = d_a C_pair */
} Derivatives;

/* The same at one cell, with g and C. */
typedef struct {
  double g[3], C[3][3], H[3][3], G[3][3][3], dC[3][3][3]; /* dC[i][j][a] */
} Point;

static PetscErrorCode ModelCreate_LogMatched(SgdModel m, SgdCase c, const char *section) {
  Options *o;
  char key[96];

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, section, &schema, defaults, "model", &o));
  m->options = o;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.order", section));
  SgdCaseCheck(c, o->order == 2 || o->order == 3, key, "expected 2 or 3, got %d", o->order);
  PetscCall(SgdFluxRead(c, section, o->flux_name, &o->flux));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Narrow(SgdRows *all, SgdRows one) {
  all->first = PetscMax(all->first, one.first);
  all->last = PetscMin(all->last, one.last);
}

/* One derivative of `in`, known on `rows`, into a new array. */
static PetscErrorCode NewDerivative(SgdFields f, int axis, const double *in, SgdRows rows, double **out,
                                    SgdRows *narrowed) {
  PetscFunctionBegin;
  PetscCall(PetscCalloc1(f->last_cell - f->first_cell, out));
  PetscCall(SgdDifferentiate(f, axis, in, *out, &rows));
  Narrow(narrowed, rows);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Differentiate(SgdFields f, int order, Derivatives *D) {
  const int d = f->grid->dim;
  const SgdRows held = {f->first_row, f->last_row};
  SgdRows first = held;

  PetscFunctionBegin;
  D->rows = held;
  for (int k = 0; k < d; k++)
    for (int a = 0; a < d; a++) PetscCall(NewDerivative(f, a, f->g[k], held, &D->H[k][a], &first));
  Narrow(&D->rows, first);
  for (int k = 0; order > 2 && k < d; k++)
    for (int a = 0; a < d; a++)
      for (int b = a; b < d; b++) PetscCall(NewDerivative(f, b, D->H[k][a], first, &D->G[k][a][b], &D->rows));
  for (int c = 0; order > 2 && c < SGD_PAIRS(d); c++)
    for (int a = 0; a < d; a++) PetscCall(NewDerivative(f, a, f->C[c], held, &D->dC[c][a], &D->rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FreeDerivatives(Derivatives *D) {
  PetscFunctionBegin;
  for (int k = 0; k < 3; k++)
    for (int a = 0; a < 3; a++) {
      PetscCall(PetscFree(D->H[k][a]));
      for (int b = 0; b < 3; b++) PetscCall(PetscFree(D->G[k][a][b]));
    }
  for (int c = 0; c < 6; c++)
    for (int a = 0; a < 3; a++) PetscCall(PetscFree(D->dC[c][a]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void GatherPoint(SgdFields f, const Derivatives *D, int order, PetscInt i, Point *p) {
  const int d = f->grid->dim;

  for (int k = 0; k < d; k++) {
    p->g[k] = f->g[k][i];
    for (int a = 0; a < d; a++) {
      p->C[k][a] = f->C[SgdPair(d, k, a)][i];
      p->H[k][a] = D->H[k][a][i];
      for (int b = 0; order > 2 && b < d; b++) {
        p->G[k][a][b] = D->G[k][PetscMin(a, b)][PetscMax(a, b)][i];
        p->dC[k][a][b] = D->dC[SgdPair(d, k, a)][b][i];
      }
    }
  }
}

/* b_k of the order */
static double DriftLogMatched(const Point *p, int d, int order, double eta, int k) {
  double Hg = 0, HHg = 0, Ggg = 0, CG = 0;

  for (int a = 0; a < d; a++) Hg += p->H[k][a] * p->g[a];
  for (int a = 0; order > 2 && a < d; a++)
    for (int b = 0; b < d; b++) {
      HHg += p->H[k][a] * p->H[a][b] * p->g[b];
      Ggg += p->G[k][a][b] * p->g[a] * p->g[b];
      CG += p->C[a][b] * p->G[k][a][b];
    }
  return -p->g[k] - eta / 2 * Hg + eta * eta * (CG / 4 - Ggg / 12 - HHg / 3);
}

/* D_ij of the order */
static double Diffusion(const Point *p, int d, int order, double eta, int i, int j) {
  double correction = 0;

  for (int a = 0; order > 2 && a < d; a++)
    correction += p->H[i][a] * p->C[a][j] + p->C[i][a] * p->H[j][a] + p->g[a] * p->dC[i][j][a];
  return eta / 2 * (p->C[i][j] + eta / 2 * correction);
}

static void FillLogMatched(SgdModel m, const Derivatives *D, SgdDriftDiffusion dd) {
  SgdFields f = m->step.fields;
  const int d = f->grid->dim, order = ((const Options *)m->options)->order;
  const double eta = m->step.learning_rate;
  Point p = {0};

  dd->rows = D->rows;
  for (PetscInt cell = D->rows.first * f->grid->row; cell < D->rows.last * f->grid->row; cell++) {
    const PetscInt i = cell - f->first_cell;
    GatherPoint(f, D, order, i, &p);
    for (int a = 0; a < d; a++) dd->b[a][i] = DriftLogMatched(&p, d, order, eta, a);
    for (int a = 0; a < d; a++)
      for (int b = a; b < d; b++) dd->D[SgdPair(d, a, b)][i] = Diffusion(&p, d, order, eta, a, b);
  }
}

static PetscErrorCode ModelSetUp_LogMatched(SgdModel m) {
  const Options *o = m->options;
  SgdFields f = m->step.fields;
  Derivatives D = {0};
  SgdDriftDiffusion dd;

  PetscFunctionBegin;
  PetscCall(Differentiate(f, o->order, &D));
  PetscCall(SgdDriftDiffusionCreate(f, &dd));
  FillLogMatched(m, &D, dd);
  PetscCall(FreeDerivatives(&D));
  PetscCall(SgdDriftDiffusionAssemble(
      dd, o->flux, m->report.name,
      o->order == 2
          ? "every direction of the slice needs some noise"
          : "(eta/2)[C + (eta/2)(H C + C H + (g.grad) C)] has left the range of the expansion there: a smaller "
            "box (slice.min, slice.max), a smaller learning rate, or order: 2",
      &m->A));
  SgdDriftDiffusionTakeAdded(dd, m->added);
  SgdDriftDiffusionTakeFields(dd, m->own);
  PetscCall(SgdDriftDiffusionDestroy(&dd));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelEquation_LogMatched(SgdModel m, char *text, size_t size) {
  const Options *o = m->options;
  return PetscSNPrintf(
      text, size,
      o->order == 2 ? "(generator, order 2): b = -g - (eta/2) H g, D = (eta/2) C, eta = %g; %s fluxes"
                    : "(generator, order 3): b = -g - (eta/2) H g - eta^2 [g''(g,g)/12 + H H g/3] + (eta^2/4) "
                      "(C:grad grad) g, D = (eta/2)[C + (eta/2)(H C + C H + (g.grad) C)], eta = %g; drops the third "
                      "cumulant; %s fluxes",
      m->step.learning_rate, o->flux_name);
}

const SgdModelOps SgdModelLogMatched = {.name = "log_matched",
                                        .cell_bytes = {0, 515},
                                        .kind = SGD_GENERATOR,
                                        .order = 2,
                                        .create = ModelCreate_LogMatched,
                                        .setup = ModelSetUp_LogMatched,
                                        .equation = ModelEquation_LogMatched,
                                        .moments = SgdModelKeptMoments};
