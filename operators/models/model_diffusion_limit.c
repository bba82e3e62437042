/* Model `diffusion_limit`: the diffusion that the literature puts in the place of an optimizer with a memory, on the same
   states (THEORY.md (93) - (95), meshes/diffusion_limit.h): underdamped Langevin for momentum, the equations of Malladi et al. 2022 for
   RMSprop and Adam. Its noise drives one coordinate alone, a degenerate diffusion, which no lattice of positive rates
   carries; so one step is made of `substeps` Strang splittings,
     move(t/2) kick(t) move(t/2),   t = 1/substeps,
   each part exact in its own variables and remeshed by Lagrange's weights, the Gaussian of a kick by seven Gauss-Hermite
   atoms: second order in t, mass kept, moments of each part below the remeshing's order (4 in three dimensions, else 6). */
#include "cases/file/case_types.h"
#include "meshes/gauss_hermite.h"
#include "cases/file/choice.h"
#include "meshes/diffusion_limit.h"
#include "operators/models/modelimpl.h"
#include "operators/push_forward/by_cells.h"
#include "operators/push_forward/scatter.h"

typedef struct {
  SgdModelCommon common;
  int substeps;
  char *square_name;
  PetscBool raw; /* q = C + g^2; no key */
} Options;

static const cyaml_schema_field_t fields[] = {SGD_MODEL_FIELDS(Options), SGD_INTEGER("substeps", Options, substeps),
                                              SGD_STRING("mean_square", Options, square_name), CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults = "substeps: 2\nmean_square: noise\n";

/* One part of the splitting. */
typedef struct {
  SgdScatter scatter;
  SgdFields slice; /* g and C along the axis a */
  SgdUpdateRule rule;
  PetscBool raw, kick;
  double time; /* in steps */
} Part;

static PetscErrorCode ModelCreate_DiffusionLimit(SgdModel m, SgdCase c, const char *section) {
  static const char *const squares[] = {"noise", "raw", NULL};
  Options *o;
  char key[96];
  int square = 0;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, section, &schema, defaults, "model", &o));
  m->options = o;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.substeps", section));
  SgdCaseCheck(c, o->substeps >= 1 && o->substeps <= 1000, key, "expected 1 .. 1000, got %d", o->substeps);
  PetscCall(SgdCaseChoiceIn(c, section, "mean_square", squares, o->square_name, &square));
  o->raw = (PetscBool)square;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static SgdLimitPlace PlaceOf(const Part *k, PetscInt i) {
  const double *g = k->slice->g[0], C = k->slice->C[0][i];
  const PetscInt low = PetscMax(i - 1, 0), high = PetscMin(i + 1, k->scatter.grid->n[0] - 1);

  return (SgdLimitPlace){.g = g[i],
                         .slope = (g[high] - g[low]) / ((double)(high - low) * k->scatter.grid->h[0]),
                         .C = C,
                         .q = k->raw ? C + g[i] * g[i] : C};
}

static double Kick(const Part *k, const SgdLimitPlace *p, double z[], double mass, double *target,
                   const double *everywhere) {
  double deviation, sum = 0;
  const int axis = SgdLimitKick(&k->rule, p, k->time, z, &deviation);
  const double mean = z[axis];

  for (int i = 0; i < (deviation > 0 ? SGD_HERMITE_POINTS : 1); i++) {
    z[axis] = mean + deviation * SgdHermitePoint[i];
    sum += SgdScatterAtom(&k->scatter, z, mass * (deviation > 0 ? SgdHermiteWeight[i] : 1), target, everywhere);
  }
  return sum;
}

static double Cell(const void *ctx, PetscInt cell, double mass, double *target, const double *everywhere) {
  const Part *k = ctx;
  const SgdLimitPlace p = PlaceOf(k, cell % k->scatter.grid->n[0]);
  double z[3];

  SgdGridCentre(k->scatter.grid, cell, z);
  if (k->kick) return Kick(k, &p, z, mass, target, everywhere);
  SgdLimitMove(&k->rule, &p, k->time, z);
  return SgdScatterAtom(&k->scatter, z, mass, target, everywhere);
}

static PetscErrorCode NewPart(SgdModel m, PetscBool kick, double time, Mat *A) {
  SgdFields f = m->step.fields;
  Part *k;

  PetscFunctionBegin;
  PetscCall(PetscNew(&k));
  *k = (Part){.scatter = {f->grid, f->grid->dim == 3 ? 4 : 6},
              .slice = f->slice,
              .rule = *m->step.rule,
              .raw = ((const Options *)m->options)->raw,
              .kick = kick,
              .time = time};
  PetscCall(SgdPushForwardByCells(f->grid, Cell, k, A));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelFit_DiffusionLimit(SgdModel m, const SgdStepPlan *plan) {
  PetscFunctionBegin;
  if (plan->rule && plan->rule->kind == SGD_RULE_ALSO)
    PetscCall(SgdCaseError(
        m->report.kase, m->report.section, NULL,
        "diffusion_limit knows no diffusion for also, whose second state is no average of gradients but the "
        "odds between its groups' weights; models master, gaussian_closure and "
        "discrete_fokker_planck are there for it"));
  if (!plan->rule || !SgdLimitKnown(plan->rule->kind))
    PetscCall(SgdCaseError(
        m->report.kase, m->report.section, NULL,
        "diffusion_limit is for optimizers with a memory: heavy_ball, nesterov, rmsprop, adam, adamw; model "
        "langevin is the others'"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelSetUp_DiffusionLimit(SgdModel m) {
  const int substeps = ((const Options *)m->options)->substeps;
  MPI_Comm comm = m->step.fields->grid->comm;
  Mat part[2], *parts;

  PetscFunctionBegin;
  PetscCall(ModelFit_DiffusionLimit(m, &(SgdStepPlan){.rule = m->step.rule}));
  PetscCall(NewPart(m, PETSC_FALSE, 0.5 / substeps, &part[0]));
  PetscCall(NewPart(m, PETSC_TRUE, 1.0 / substeps, &part[1]));
  PetscCall(PetscMalloc1(3 * substeps, &parts));
  for (int i = 0; i < 3 * substeps; i++) parts[i] = part[i % 3 == 1];
  PetscCall(MatCreateComposite(comm, 3 * substeps, parts, &m->A));
  PetscCall(PetscFree(parts));
  PetscCall(MatCompositeSetType(m->A, MAT_COMPOSITE_MULTIPLICATIVE));
  PetscCall(MatAssemblyBegin(m->A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(m->A, MAT_FINAL_ASSEMBLY));
  for (int i = 0; i < 2; i++) PetscCall(MatDestroy(&part[i]));
  PetscCall(SgdReportFigure(&m->report, "splittings a step", substeps, 0, PETSC_TRUE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ModelEquation_DiffusionLimit(SgdModel m, char *text, size_t size) {
  const Options *o = m->options;
  return PetscSNPrintf(text, size,
                       "(map): the diffusion in the place of %s, by %d splittings a step; mean square of the gradient: "
                       "%s; drops that steps are finite%s",
                       SgdRuleNames[m->step.rule->kind], o->substeps, o->raw ? "C + g^2" : "C, the noise alone",
                       SgdRuleMomentum(m->step.rule->kind) ? "" : ", and the fluctuations of s");
}

const SgdModelOps SgdModelDiffusionLimit = {.name = "diffusion_limit",
                                            .kind = SGD_MAP,
                                            .states = PETSC_TRUE,
                                            .no_density = PETSC_TRUE,
                                            .create = ModelCreate_DiffusionLimit,
                                            .fit = ModelFit_DiffusionLimit,
                                            .setup = ModelSetUp_DiffusionLimit,
                                            .equation = ModelEquation_DiffusionLimit};
