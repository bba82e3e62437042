#include "solver/commands/sweep_plan.h"
#include "cases/file/case_types.h"
#include "solver/commands/folder_name.h"
#include <string.h>

enum { MOST_RUNS = 1000000 };

static const cyaml_schema_field_t fields[] = {SGD_STRINGS("vary", SgdSweepOptions, vary),
                                              SGD_STRING("command", SgdSweepOptions, command),
                                              SGD_INTEGER("ranks", SgdSweepOptions, ranks), CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(SgdSweepOptions, fields);

PetscErrorCode SgdSweepRead(SgdCase c, SgdSweepOptions **o) {
  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "sweep", &schema, "vary: []\ncommand: run\nranks: 1\n", NULL, o));
  SgdCaseCheck(c, !strcmp((*o)->command, "run") || !strcmp((*o)->command, "stationary"), "sweep.command",
               "expected run or stationary, got %s", (*o)->command);
  SgdCaseCheck(c, (*o)->ranks >= 1, "sweep.ranks", "expected at least 1, got %d", (*o)->ranks);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of the same key, the last word counts. */
static PetscErrorCode Put(SgdSweepPlan *plan, MPI_Comm comm, const char *word) {
  SgdVary v;
  int at = 0;

  PetscFunctionBegin;
  PetscCall(SgdVaryParse(comm, word, &v));
  while (at < plan->keys && strcmp(plan->vary[at].key, v.key)) at++;
  if (at < plan->keys)
    PetscCall(SgdVaryFree(&plan->vary[at]));
  else
    plan->keys++;
  plan->vary[at] = v;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckKey(SgdCase c, const char *key) {
  PetscFunctionBegin;
  if (!strncmp(key, "sweep", 5) && (!key[5] || key[5] == '.'))
    return SgdFail(SgdCaseComm(c), SGD_EXIT_CASE, "vary %s: a sweep does not vary itself", key);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSweepPlanCreate(SgdCase c, const SgdSweepOptions *o, int words, const char *const word[],
                                  SgdSweepPlan *plan) {
  const MPI_Comm comm = SgdCaseComm(c);
  double runs = 1;

  PetscFunctionBegin;
  *plan = (SgdSweepPlan){.keys = 0};
  PetscCall(PetscCalloc1((int)o->vary_count + words, &plan->vary));
  for (unsigned i = 0; i < o->vary_count; i++) PetscCall(Put(plan, comm, o->vary[i]));
  for (int i = 0; i < words; i++) PetscCall(Put(plan, comm, word[i]));
  if (!plan->keys)
    return SgdFail(comm, SGD_EXIT_CASE,
                   "sweep: nothing is varied; name the keys by --vary key.path=values or in the case's sweep.vary");
  for (int k = 0; k < plan->keys; k++) {
    PetscCall(CheckKey(c, plan->vary[k].key));
    runs *= plan->vary[k].count;
  }
  if (runs > MOST_RUNS) return SgdFail(comm, SGD_EXIT_CASE, "sweep: %.3g runs, more than %d", runs, MOST_RUNS);
  plan->runs = (int)runs;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSweepPlanDestroy(SgdSweepPlan *plan) {
  PetscFunctionBegin;
  for (int k = 0; k < plan->keys; k++) PetscCall(SgdVaryFree(&plan->vary[k]));
  PetscCall(PetscFree(plan->vary));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *SgdSweepValue(const SgdSweepPlan *plan, int run, int k) {
  for (int j = plan->keys - 1; j > k; j--) run /= plan->vary[j].count;
  return plan->vary[k].value[run % plan->vary[k].count];
}

PetscErrorCode SgdSweepSets(const SgdSweepPlan *plan, int run, int sets, const char *const set[], const char ***all) {
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(sets + plan->keys, (char ***)all));
  for (int i = 0; i < sets; i++) (*all)[i] = set[i];
  for (int k = 0; k < plan->keys; k++) {
    const char *key = plan->vary[k].key, *value = SgdSweepValue(plan, run, k);
    const size_t size = strlen(key) + strlen(value) + 2;
    char *text;
    PetscCall(PetscMalloc1(size, &text));
    PetscCall(PetscSNPrintf(text, size, "%s=%s", key, value));
    (*all)[sets + k] = text;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSweepSetsFree(const SgdSweepPlan *plan, int sets, const char ***all) {
  PetscFunctionBegin;
  for (int k = 0; k < plan->keys; k++) PetscCall(PetscFree((*all)[sets + k]));
  PetscCall(PetscFree(*all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSweepRunName(const SgdSweepPlan *plan, int run, char *name, size_t size) {
  const char **set;

  PetscFunctionBegin;
  *name = 0;
  PetscCall(SgdSweepSets(plan, run, 0, NULL, &set));
  SgdFolderName(plan->keys, set, name, size);
  PetscCall(SgdSweepSetsFree(plan, 0, &set));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool SgdSweepSpares(const SgdSweepPlan *plan, const char *section) {
  const size_t n = strlen(section);

  for (int k = 0; k < plan->keys; k++)
    if (!strncmp(plan->vary[k].key, section, n) && (!plan->vary[k].key[n] || plan->vary[k].key[n] == '.'))
      return PETSC_FALSE;
  return PETSC_TRUE;
}
