/* Model `discrete_fokker_planck`: the Kramers-Moyal expansion of the master equation through eta^2 (THEORY.md (25)),
     p_{n+1} = p_n + eta d_i(g_i p_n) + (eta^2/2) d_i d_j (R_ij p_n) = (1 + eta L1 + eta^2 L2) p_n,   R = C + g g^T.
   Space: conservative central differences, second order; the first two moments of L1 p and L2 p are exact.
   Schemes: moment_exact, (30): the equation's own mean and second moments, and no growth;
   semi_implicit, (1 - theta eta^2 L2) p_{n+1} = (1 + eta L1 + (1 - theta) eta^2 L2) p_n, theta in [1/2, 1]: no growth,
   but the second moments of a moving mean are off, (85);
   explicit: stable iff sum_i eta^2 R_ii/h_i^2 <= 1 where there is mass; checked, refused otherwise. */
#include "operators/models/modelimpl.h"
#include "cases/file/case_types.h"
#include "operators/matrices/conservative_solve.h"
#include "cases/file/choice.h"
#include "operators/fokker_planck/explicit_map.h"
#include "operators/fokker_planck/implicit_map.h"
#include "operators/fokker_planck/kramers_moyal.h"
#include "operators/fokker_planck/moment_exact.h"

typedef enum { AUTO, MOMENT_EXACT, SEMI_IMPLICIT, EXPLICIT } Scheme;
static const char *const schemes[] = {"auto", "moment_exact", "semi_implicit", "explicit", NULL};

typedef struct {
  SgdModelCommon common;
  char *scheme_name;
  double theta;  /* 0: not given, 1 */
  Scheme scheme; /* what is taken, never AUTO; no key */
} Options;

static const cyaml_schema_field_t fields[] = {SGD_MODEL_FIELDS(Options), SGD_STRING("scheme", Options, scheme_name),
                                              SGD_NUMBER("theta", Options, theta), CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults = "scheme: auto\ntheta: 0\n";

/* auto: moment_exact; semi_implicit where the case gives its theta. */
static PetscErrorCode ModelCreate_DiscreteFokkerPlanck(SgdModel m, SgdCase c, const char *section) {
  int found = 0;
  Options *o;
  char key[96];

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, section, &schema, defaults, "model", &o));
  m->options = o;
  PetscCall(SgdCaseChoiceIn(c, section, "scheme", schemes, o->scheme_name, &found));
  o->scheme = found != AUTO ? (Scheme)found : (o->theta != 0 ? SEMI_IMPLICIT : MOMENT_EXACT);
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.theta", section));
  SgdCaseCheck(c, o->theta == 0 || (o->theta >= 0.5 && o->theta <= 1), key, "expected 0.5 .. 1, got %g", o->theta);
  SgdCaseCheck(c, o->theta == 0 || o->scheme == SEMI_IMPLICIT, key, "theta belongs to scheme: semi_implicit, not to %s",
               schemes[o->scheme]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Largest over the grid of sum_i eta^2 R_ii/h_i^2, and of the one-step growth bound: a wave with phase x = eta |g| k
   and y = eta sqrt(C) k grows unless (x^2 + y^2)/2 <= y (THEORY.md (27)); at the grid's shortest wave. */
static PetscErrorCode ReportStability(SgdModel m, double *number) {
  SgdFields f = m->step.fields;
  SgdGrid grid = f->grid;
  const double eta2 = PetscSqr(m->step.learning_rate);
  double worst = 0;

  PetscFunctionBegin;
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    double sum = 0;
    for (int a = 0; a < grid->dim; a++)
      sum += eta2 * SgdSecondMoment(f, cell - f->first_cell, a, a) / PetscSqr(grid->h[a]);
    worst = PetscMax(worst, sum);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_DOUBLE, MPI_MAX, grid->comm));
  *number = worst;
  PetscCall(SgdReportFigure(&m->report,
                            ((const Options *)m->options)->scheme == EXPLICIT
                                ? "explicit stability number, sum eta^2 R_ii/h_i^2 (largest)"
                                : "explicit steps, not taken here: sum eta^2 R_ii/h_i^2 (largest)",
                            worst, 1.0, (PetscBool)(worst <= 1)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RefuseExplicit(SgdModel m, double number) {
  return SgdFail(
      m->step.fields->grid->comm, SGD_EXIT_NUMBERS,
      "model %s: the explicit scheme is unstable on this grid: eta^2 R_ii/h_i^2 summed over the axes reaches %.3g and "
      "must "
      "not exceed 1; take scheme: moment_exact or semi_implicit, or cells wider by %.3g, or a smaller box (slice.min, "
      "slice.max)",
      m->report.name, number, sqrt(number));
}

static PetscErrorCode SemiImplicit(SgdModel m, SgdImplicitSystem *system) {
  const double eta = m->step.learning_rate, given = ((const Options *)m->options)->theta, theta = given > 0 ? given : 1;

  PetscFunctionBegin;
  PetscCall(SgdKramersMoyalAssemble(m->step.fields, 0, -theta * eta * eta, &system->A));
  PetscCall(SgdKramersMoyalAssemble(m->step.fields, eta, (1 - theta) * eta * eta, &system->B));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Peak bytes a cell of moment_exact: the transfers of the wider stencil (5, 21, 57 cells) while they are assembled, both
   matrices, and the multigrid or, on small grids, the factors. */
static PetscErrorCode RefuseSize(SgdModel m) {
  static const double entries[] = {5, 21, 57}, most = 1.6e10;
  SgdGrid grid = m->step.fields->grid;
  const double bytes = (SGD_TRANSFER_BYTES + 40) * entries[grid->dim - 1] * (double)grid->cells;

  PetscFunctionBegin;
  if (bytes > most)
    PetscCall(SgdCaseError(m->report.kase, m->report.section, NULL,
                           "scheme moment_exact would take about %.3g GiB on %" PetscInt_FMT
                           " cells: fewer cells (slice.cells), or scheme: semi_implicit",
                           bytes / 1073741824, grid->cells));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* eta^2 L2 is -z for a wave, and b z^2 what A adds to one */
static PetscErrorCode MomentExact(SgdModel m, SgdImplicitSystem *system) {
  const double eta = m->step.learning_rate;

  PetscFunctionBegin;
  PetscCall(RefuseSize(m));
  system->increment = PETSC_TRUE;
  PetscCall(SgdMomentExactAssemble(m->step.fields, eta, &system->A, &system->B));
  PetscCall(SgdKramersMoyalAssemble(m->step.fields, 0, -sqrt(SGD_MOMENT_EXACT_B) * eta * eta, &system->root));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelSetUp_DiscreteFokkerPlanck(SgdModel m) {
  const Scheme scheme = ((const Options *)m->options)->scheme;
  SgdImplicitSystem system = {0};
  double number = 0;
  char prefix[80];

  PetscFunctionBegin;
  PetscCall(ReportStability(m, &number));
  if (scheme == EXPLICIT) {
    if (number > 1) PetscCall(RefuseExplicit(m, number));
    PetscCall(SgdExplicitMapCreate(m->step.fields, m->step.learning_rate, &m->A));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(scheme == MOMENT_EXACT ? MomentExact(m, &system) : SemiImplicit(m, &system));
  PetscCall(PetscSNPrintf(prefix, sizeof prefix, "%s_", m->report.name));
  PetscCall(SgdImplicitMapCreate(m->step.fields->grid, &system, prefix, &m->A));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelEquation_DiscreteFokkerPlanck(SgdModel m, char *text, size_t size) {
  const Options *o = m->options;
  const double eta = m->step.learning_rate;
  return PetscSNPrintf(
      text, size,
      "(map): p_{n+1} = p_n + eta d_i(g_i p_n) + (eta^2/2) d_i d_j (R_ij p_n), R = C + g g^T; eta = %g, "
      "eta^2/2 = %g; "
      "scheme %s%s",
      eta, eta * eta / 2, schemes[o->scheme], o->scheme != EXPLICIT ? ", drops eta^3 and beyond" : "");
}

/* Where it factorises; iterating is not measured. */
static double MethodBytes(SgdModel m, int dim, double cells) {
  static const int direct[] = {911, 8142, 0};

  (void)m;
  return SgdSolverIsDirect(dim, (PetscInt)PetscMin(cells, 1e9)) ? direct[dim - 1] : 0;
}

const SgdModelOps SgdModelDiscreteFokkerPlanck = {.method_bytes = MethodBytes,
                                                  .name = "discrete_fokker_planck",
                                                  .kind = SGD_MAP,
                                                  .states = PETSC_TRUE,
                                                  .order = 2,
                                                  .stable_band = PETSC_TRUE,
                                                  .create = ModelCreate_DiscreteFokkerPlanck,
                                                  .setup = ModelSetUp_DiscreteFokkerPlanck,
                                                  .equation = ModelEquation_DiscreteFokkerPlanck,
                                                  .moments = SgdModelStepMoments};
