#include "solver/commands/vary.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_VALUES = 100000 };

/* Where the value that begins at `at` ends: at a comma outside brackets and quotes, or at the end. */
static const char *End(const char *at) {
  int depth = 0;
  char quote = 0;

  for (; *at; at++) {
    if (quote)
      quote = *at == quote ? 0 : quote;
    else if (*at == '"' || *at == '\'')
      quote = *at;
    else if (strchr("[{", *at))
      depth++;
    else if (strchr("]}", *at))
      depth--;
    else if (*at == ',' && depth <= 0)
      break;
  }
  return at;
}

static PetscErrorCode Add(SgdVary *v, const char *text, size_t length) {
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(length + 1, &v->value[v->count]));
  PetscCall(PetscStrncpy(v->value[v->count++], text, length + 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "min:max:n" or "min:max:n:log"; *meant: two numbers and a colon, which nothing else begins with. */
static PetscErrorCode Range(const char *text, SgdVary *v, PetscBool *meant) {
  double from, to;
  int n, used = 0, numbers;
  char number[64];

  PetscFunctionBegin;
  numbers = sscanf(text, "%lf:%lf:%d%n", &from, &to, &n, &used);
  *meant = (PetscBool)(numbers >= 2);
  if (numbers < 3) PetscFunctionReturn(PETSC_SUCCESS);
  const PetscBool ratio = (PetscBool)!strcmp(text + used, ":log");
  if ((text[used] && !ratio) || n < 1 || n > MOST_VALUES || !isfinite(from) || !isfinite(to))
    PetscFunctionReturn(PETSC_SUCCESS);
  if (ratio && !(from > 0 && to > 0)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(n, &v->value));
  for (int i = 0; i < n; i++) {
    const double t = n > 1 ? (double)i / (n - 1) : 0, x = ratio ? from * pow(to / from, t) : from + t * (to - from);
    snprintf(number, sizeof number, "%.12g", x);
    PetscCall(Add(v, number, strlen(number)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode List(const char *text, SgdVary *v) {
  int room = 1;

  PetscFunctionBegin;
  for (const char *at = End(text); *at; at = End(at + 1)) room++;
  PetscCall(PetscMalloc1(room, &v->value));
  for (const char *at = text, *end;; at = end + 1) {
    end = End(at);
    PetscCall(Add(v, at, (size_t)(end - at)));
    if (!*end) break;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* No value is empty, and none stands there twice. */
static PetscBool Sound(const SgdVary *v) {
  for (int i = 0; i < v->count; i++) {
    if (!*v->value[i]) return PETSC_FALSE;
    for (int j = 0; j < i; j++)
      if (!strcmp(v->value[i], v->value[j])) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

PetscErrorCode SgdVaryParse(MPI_Comm comm, const char *word, SgdVary *v) {
  const char *equals = strchr(word, '=');
  PetscBool range = PETSC_FALSE;

  PetscFunctionBegin;
  *v = (SgdVary){.key = NULL};
  if (equals && equals > word && equals[1]) {
    PetscCall(PetscMalloc1((size_t)(equals - word) + 1, &v->key));
    PetscCall(PetscStrncpy(v->key, word, (size_t)(equals - word) + 1));
    PetscCall(Range(equals + 1, v, &range));
    if (!range) PetscCall(List(equals + 1, v));
  }
  if (!v->count || !Sound(v))
    return SgdFail(comm, SGD_EXIT_CASE,
                   "vary \"%s\": expected key.path=a,b,c with values that differ, key.path=min:max:n or "
                   "key.path=min:max:n:log",
                   word);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdVaryFree(SgdVary *v) {
  PetscFunctionBegin;
  for (int i = 0; i < v->count; i++) PetscCall(PetscFree(v->value[i]));
  PetscCall(PetscFree(v->value));
  PetscCall(PetscFree(v->key));
  PetscFunctionReturn(PETSC_SUCCESS);
}
