#include "solver/ensemble/trajectories.h"
#include "cases/file/case_types.h"
#include "cases/file/choice.h"

static const cyaml_schema_field_t fields[] = {SGD_INTEGER("count", SgdTrajectoriesOptions, count),
                                              SGD_INTEGER("seed", SgdTrajectoriesOptions, seed),
                                              SGD_INTEGER("every", SgdTrajectoriesOptions, every),
                                              SGD_INTEGER("modes", SgdTrajectoriesOptions, modes),
                                              SGD_INTEGER("flat", SgdTrajectoriesOptions, flat),
                                              SGD_INTEGER("smallest", SgdTrajectoriesOptions, smallest),
                                              SGD_INTEGER("random", SgdTrajectoriesOptions, random),
                                              SGD_INTEGERS("list", SgdTrajectoriesOptions, list),
                                              SGD_STRING("method", SgdTrajectoriesOptions, method),
                                              SGD_INTEGER("members", SgdTrajectoriesOptions, members),
                                              SGD_INTEGER("doublings", SgdTrajectoriesOptions, doublings),
                                              SGD_INTEGERS("grow", SgdTrajectoriesOptions, grow),
                                              SGD_INTEGER("samples", SgdTrajectoriesOptions, samples),
                                              SGD_STRING("optimizer", SgdTrajectoriesOptions, optimizer),
                                              SGD_NUMBER("momentum", SgdTrajectoriesOptions, momentum),
                                              SGD_NUMBER("decay", SgdTrajectoriesOptions, decay),
                                              SGD_NUMBER("epsilon", SgdTrajectoriesOptions, epsilon),
                                              SGD_BOOL("control", SgdTrajectoriesOptions, control),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(SgdTrajectoriesOptions, fields);
static const char *defaults =
    "count: 1024\nseed: 1\nevery: 50\nmodes: 48\nflat: 0\noptimizer: sgd\nmomentum: 0\n"
    "smallest: 0\nrandom: 0\nlist: []\nmethod: plain\nmembers: 64\ndoublings: 3\ngrow: []\nsamples: 0\n"
    "decay: 0.999\nepsilon: 1.0e-8\ncontrol: false\n";

#define KEY(name) "trajectories." name

static PetscErrorCode CheckGrowing(SgdCase c, const SgdTrajectoriesOptions *o) {
  static const char *const methods[] = {"plain", "growing", NULL};
  int method;

  PetscFunctionBegin;
  PetscCall(SgdCaseChoice(c, KEY("method"), methods, o->method, &method));
  SgdCaseCheck(c, o->members >= 8, KEY("members"), "the errors are taken over at least 8, got %d", o->members);
  SgdCaseCheck(c, o->doublings >= 0 && o->doublings <= 10, KEY("doublings"), "expected 0 .. 10, got %d", o->doublings);
  SgdCaseCheck(c, o->samples >= 0, KEY("samples"), "must not be negative, got %d", o->samples);
  SgdCaseCheck(c, !o->grow_count || (int)o->grow_count == o->doublings, KEY("grow"),
               "expected %d numbers, one a doubling, found %u", o->doublings, o->grow_count);
  for (unsigned k = 0; k < o->grow_count; k++)
    SgdCaseCheck(c, o->grow[k] >= 2 && (!k || o->grow[k] <= o->grow[k - 1]), KEY("grow"),
                 "expected steps before the end, falling, at least 2, found %d", o->grow[k]);
  SgdCaseCheck(c, method == 0 || !strcmp(o->optimizer, "sgd"), KEY("optimizer"),
               "method growing is for plain SGD, found %s", o->optimizer);
  SgdCaseCheck(c, !o->control || (method == 0 && !strcmp(o->optimizer, "sgd")), KEY("control"),
               "control variates are for method plain and plain SGD, found %s and %s", o->method, o->optimizer);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTrajectoriesRead(SgdCase c, SgdTrajectoriesOptions **options) {
  SgdTrajectoriesOptions *o;
  int found;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "trajectories", &schema, defaults, NULL, &o));
  SgdCaseCheck(c, o->count >= 3, KEY("count"), "a variance with an error takes at least 3, got %d", o->count);
  SgdCaseCheck(c, o->every >= 1, KEY("every"), "must be at least 1, got %d", o->every);
  SgdCaseCheck(c, o->modes >= 0, KEY("modes"), "must not be negative, got %d", o->modes);
  SgdCaseCheck(c, o->flat >= 0, KEY("flat"), "must not be negative, got %d", o->flat);
  SgdCaseCheck(c, o->smallest >= 0, KEY("smallest"), "must not be negative, got %d", o->smallest);
  SgdCaseCheck(c, o->random >= 0, KEY("random"), "must not be negative, got %d", o->random);
  SgdCaseCheck(c, o->modes + o->flat + o->smallest >= 1, KEY("modes"), "ask for at least one mode");
  SgdCaseCheck(c, o->momentum >= 0 && o->momentum < 1, KEY("momentum"), "expected in [0, 1), got %g", o->momentum);
  SgdCaseCheck(c, o->decay >= 0 && o->decay < 1, KEY("decay"), "expected in [0, 1), got %g", o->decay);
  SgdCaseCheck(c, o->epsilon > 0, KEY("epsilon"), "must be positive, got %g", o->epsilon);
  PetscCall(SgdCaseChoice(c, KEY("optimizer"), SgdOptimizerNames(), o->optimizer, &found));
  PetscCall(CheckGrowing(c, o));
  *options = o;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEnsembleDestroy(SgdEnsemble *ensemble) {
  PetscFunctionBegin;
  if (!*ensemble) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*ensemble)->step));
  PetscCall(PetscFree((*ensemble)->a));
  PetscCall(PetscFree((*ensemble)->loss));
  PetscCall(PetscFree(*ensemble));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdEnsembleMarkDiverged(SgdEnsemble e) {
  const size_t each = (size_t)e->records * (size_t)e->modes;

  for (int t = 0; t < e->count; t++) {
    double *a = e->a + (size_t)t * each;
    PetscBool finite = PETSC_TRUE;
    for (size_t i = 0; i < each; i++)
      if (PetscIsInfOrNanReal(a[i])) finite = PETSC_FALSE;
    if (finite) continue;
    e->diverged++;
    for (size_t i = 0; i < each; i++) a[i] = NAN;
  }
}
