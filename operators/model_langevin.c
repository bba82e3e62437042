/* Model `langevin`: the usual continuous-time model (NUMERICS 1, equation L), tau = eta n, Ito,
     d_tau p = d_i(g_i p) + (eta/2) d_i d_j (C_ij p).
   Space: exponentially fitted (Scharfetter-Gummel) fluxes on Selling's edges. With D = (eta/2) C = sum_e rho_e e e^T,
   drift b = -g = sum_e rho_e (e.D^{-1} b) e, and z_e = h e.D^{-1} b averaged over the edge's two ends, the flux from x
   to x + e is J_e = B(-z_e) rho_e(x) p(x) - B(z_e) rho_e(x+e) p(x+e),   B(z) = z/(exp(z) - 1),   (lattice units),
   positive, conservative, second order, and exact for the stationary density of a gradient system with constant D. */
#include "modelimpl.h"
#include "case_types.h"
#include "transfer_matrix.h"
#include "selling.h"

typedef struct {
  SgdModelCommon common;
  char *flux;
} Options;

static const cyaml_schema_field_t fields[] = {SGD_MODEL_FIELDS(Options), SGD_STRING("flux", Options, flux),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults = "flux: moment_exact\n";

static PetscErrorCode Create(SgdModel m, SgdCase c, const char *section) {
  static const char *const fluxes[] = {"scharfetter_gummel", "moment_exact", NULL};
  const Options *o;
  char key[96];

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, section, &schema, defaults, "model", &m->options));
  o = m->options;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.flux", section));
  if (strcmp(o->flux, fluxes[0]) && strcmp(o->flux, fluxes[1]))
    PetscCall(SgdCaseError(c, key, fluxes, "expected scharfetter_gummel or moment_exact, found \"%s\"", o->flux));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Hybrid(double z) {
  return PetscMax(1 - z / 2, PetscMax(0, -z));
}

static double Bernoulli(double z) {
  return PetscAbsReal(z) < 1e-8 ? 1 - z / 2 : z / expm1(z);
}

/* D in lattice units and x = D^{-1} b in the same, at one held cell. */
static int Local(const SgdModelContext *c, PetscInt i, double D[6], double x[3]) {
  SgdFields f = c->fields;
  const int d = f->grid->dim;
  double M[3][4];

  for (int a = 0; a < d; a++)
    for (int b = a; b < d; b++)
      D[SgdPair(d, a, b)] = 0.5 * c->learning_rate * f->C[SgdPair(d, a, b)][i] / (f->grid->h[a] * f->grid->h[b]);
  for (int a = 0; a < d; a++) {
    for (int b = 0; b < d; b++) M[a][b] = D[SgdPair(d, a, b)];
    M[a][d] = -f->g[a][i] / f->grid->h[a];
  }
  for (int p = 0; p < d; p++) { /* Gauss-Jordan; D is positive definite */
    if (!(M[p][p] > 0)) return 1;
    for (int a = 0; a < d; a++) {
      const double factor = M[a][p] / M[p][p];
      for (int b = p; a != p && b <= d; b++) M[a][b] -= factor * M[p][b];
    }
  }
  for (int a = 0; a < d; a++) x[a] = M[a][d] / M[a][a];
  return 0;
}

/* x = D^{-1} b at the edge's other end; across a face or where it is not held, the value at the near end. */
static void FarEnd(const SgdModelContext *c, const PetscInt index[], const int e[3], const double near[3],
                   double far[3]) {
  SgdGrid grid = c->fields->grid;
  PetscInt target[3] = {0, 0, 0}, cell;
  double D[6];

  for (int a = 0; a < grid->dim; a++) target[a] = index[a] + e[a];
  cell = SgdGridTarget(grid, target);
  if (cell < c->fields->first_cell || cell >= c->fields->last_cell || Local(c, cell - c->fields->first_cell, D, far))
    for (int a = 0; a < grid->dim; a++) far[a] = near[a];
}

/* The mass that leaves this cell along each edge, both ways: rate rho_e W(-z) with z seen from this cell. */
static int AddCell(SgdModel m, SgdTransfers t, PetscInt cell) {
  const SgdModelContext *c = &m->context;
  const int d = c->fields->grid->dim;
  double D[6], near[3], far[3];
  const PetscBool fitted = (PetscBool)!strcmp(((const Options *)m->options)->flux, "scharfetter_gummel");
  SgdSelling s;
  PetscInt index[3];

  SgdGridIndex(c->fields->grid, cell, index);
  if (Local(c, cell - c->fields->first_cell, D, near) || SgdSellingDecompose(d, D, &s)) return 1;
  for (int k = 0; k < s.count; k++)
    for (int sign = -1; sign <= 1; sign += 2) {
      int e[3] = {sign * s.e[k][0], sign * s.e[k][1], sign * s.e[k][2]};
      double z = 0;
      for (int a = 0; a < d; a++) far[a] = near[a];
      if (fitted) FarEnd(c, index, e, near, far);
      for (int a = 0; a < d; a++) z += 0.5 * e[a] * (near[a] + far[a]);
      if (SgdTransfersAdd(t, index, e, s.rho[k] * (fitted ? Bernoulli(-z) : Hybrid(-z)))) return 2;
    }
  return 0;
}

static PetscErrorCode SetUp(SgdModel m) {
  SgdGrid grid = m->context.fields->grid;
  SgdTransfers t;
  int bad = 0;

  PetscFunctionBegin;
  PetscCall(SgdTransfersCreate(grid, &t));
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell && !bad; cell++) bad = AddCell(m, t, cell);
  PetscCall(SgdAgree(grid->comm, &bad));
  if (bad)
    return SgdFail(grid->comm, SGD_EXIT_NUMBERS,
                   "model %s: the noise covariance C is not positive definite everywhere in the box (or too far from "
                   "isotropic for "
                   "the lattice): every direction of the slice needs some noise",
                   m->name);
  PetscCall(SgdTransfersAssemble(t, 0, 1, &m->A));
  PetscCall(SgdTransfersDestroy(&t));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode View(SgdModel m) {
  SgdFields f = m->context.fields;
  const double eta = m->context.learning_rate;
  return SgdSay(f->grid->comm,
                "  %s (generator, tau = eta n, Ito): d_tau p = d_i(g_i p) + d_i d_j (D_ij p), D = eta C/2, eta/2 = %g; "
                "%s fluxes\n",
                m->name, eta / 2, ((const Options *)m->options)->flux);
}

const SgdModelOps SgdModelLangevin = {
    .name = "langevin", .kind = SGD_GENERATOR, .create = Create, .setup = SetUp, .view = View};
