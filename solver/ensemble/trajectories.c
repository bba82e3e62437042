#include "solver/ensemble/trajectories.h"
#include "cases/file/case_types.h"
#include "cases/file/choice.h"

static const cyaml_schema_field_t fields[] = {SGD_INTEGER("count", SgdTrajectoriesOptions, count),
                                              SGD_INTEGER("seed", SgdTrajectoriesOptions, seed),
                                              SGD_INTEGER("every", SgdTrajectoriesOptions, every),
                                              SGD_INTEGER("modes", SgdTrajectoriesOptions, modes),
                                              SGD_INTEGER("flat", SgdTrajectoriesOptions, flat),
                                              SGD_STRING("optimizer", SgdTrajectoriesOptions, optimizer),
                                              SGD_NUMBER("momentum", SgdTrajectoriesOptions, momentum),
                                              SGD_NUMBER("decay", SgdTrajectoriesOptions, decay),
                                              SGD_NUMBER("epsilon", SgdTrajectoriesOptions, epsilon),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(SgdTrajectoriesOptions, fields);
static const char *defaults = "count: 1024\nseed: 1\nevery: 50\nmodes: 48\nflat: 0\noptimizer: sgd\nmomentum: 0\n"
                              "decay: 0.999\nepsilon: 1.0e-8\n";

#define KEY(name) "trajectories." name

PetscErrorCode SgdTrajectoriesRead(SgdCase c, SgdTrajectoriesOptions **options) {
  SgdTrajectoriesOptions *o;
  int found;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "trajectories", &schema, defaults, NULL, &o));
  SgdCaseCheck(c, o->count >= 3, KEY("count"), "a variance with an error takes at least 3, got %d", o->count);
  SgdCaseCheck(c, o->every >= 1, KEY("every"), "must be at least 1, got %d", o->every);
  SgdCaseCheck(c, o->modes >= 0, KEY("modes"), "must not be negative, got %d", o->modes);
  SgdCaseCheck(c, o->flat >= 0, KEY("flat"), "must not be negative, got %d", o->flat);
  SgdCaseCheck(c, o->modes + o->flat >= 1, KEY("modes"), "ask for at least one mode");
  SgdCaseCheck(c, o->momentum >= 0 && o->momentum < 1, KEY("momentum"), "expected in [0, 1), got %g", o->momentum);
  SgdCaseCheck(c, o->decay >= 0 && o->decay < 1, KEY("decay"), "expected in [0, 1), got %g", o->decay);
  SgdCaseCheck(c, o->epsilon > 0, KEY("epsilon"), "must be positive, got %g", o->epsilon);
  PetscCall(SgdCaseChoice(c, KEY("optimizer"), SgdOptimizerNames(), o->optimizer, &found));
  *options = o;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEnsembleDestroy(SgdEnsemble *ensemble) {
  PetscFunctionBegin;
  if (!*ensemble) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*ensemble)->step));
  PetscCall(PetscFree((*ensemble)->a));
  PetscCall(PetscFree(*ensemble));
  PetscFunctionReturn(PETSC_SUCCESS);
}
