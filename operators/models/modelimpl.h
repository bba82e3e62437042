/* What a model fills in. A new model is one file model_<name>.c and one line in models.def. */
#pragma once
#include "operators/models/model.h"

typedef struct {
  const char *name; /* as in the case */
  SgdModelKind kind;
  int order;             /* of the space discretisation in the cell width; 0: spectral */
  PetscBool no_density;  /* its stationary measure may be singular: remeshing then rings, and cells may be negative */
  PetscBool stable_band; /* an expansion in eta: waves beyond (x^2 + y^2)/2 <= y are not its own (THEORY.md (27)) */
  PetscBool states;      /* another optimizer's states will do: it is made of the step's two moments, or of its rule */
  /* Read item `section` with the model's schema into m->options. */
  PetscErrorCode (*create)(SgdModel m, SgdCase c, const char *section);
  /* Refuse (exit 2) what the model cannot be made of, by the case alone; NULL: nothing. */
  PetscErrorCode (*fit)(SgdModel m, const SgdStepPlan *plan);
  /* Build m->A from m->step, with figures in m->report (SgdReportFigure). */
  PetscErrorCode (*setup)(SgdModel m);
  /* The equation with its actual constants and what it drops, as text. */
  PetscErrorCode (*equation)(SgdModel m, char *text, size_t size);
  int cell_bytes[3]; /* SgdModelCellBytes in one, two, three dimensions; 0: not measured, what every run takes */
  /* ... where that depends on the method; NULL: it does not. */
  double (*method_bytes)(SgdModel m, int dim, double cells);
  /* SgdModelOwnMoments; NULL: the equation has none, or they are not known. */
  PetscBool (*moments)(SgdModel m, PetscInt i, double b[], double S[]);
} SgdModelOps;

/* The keys every model has; options structs begin with it. */
typedef struct {
  char *model, *name;
} SgdModelCommon;
#define SGD_MODEL_FIELDS(type) SGD_STRING("model", type, common.model), SGD_STRING("name", type, common.name)

struct _p_SgdModel {
  const SgdModelOps *ops;
  SgdReport report; /* the name and the section, the figures */
  SgdStep step;
  Mat A;
  double *added[3]; /* [owned cells], SgdModelAdded; set up by the model, freed with it; NULL: none */
  double *own[9]; /* [held cells], b and S of SgdModelKeptMoments, where they are known at set-up only; freed with m */
  PetscInt updates; /* SgdModelUpdates, where set-up says so; 0: one */
  void *options;    /* owned by the case */
};

/* One step of SGD: b = -eta g, S = eta^2 C. */
PETSC_INTERN PetscBool SgdModelStepMoments(SgdModel m, PetscInt i, double b[], double S[]);
/* What set-up has left in m->own. */
PETSC_INTERN PetscBool SgdModelKeptMoments(SgdModel m, PetscInt i, double b[], double S[]);

#define SGD_MODEL(ops) extern const SgdModelOps ops;
#include "operators/models/models.def"
#undef SGD_MODEL
