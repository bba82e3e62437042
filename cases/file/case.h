/* The case file: a YAML tree in three layers, the defaults of each section, over them the user's file, over that the
   `--set key.path=value` of the command line. Every object reads its own section with its own libcyaml schema, so a key
   lives where it is used. A wrong case stops before any work with file, line, key path, what was expected, and the
   nearest known key (exit code 2). All calls are collective on the case's communicator; rank 0 reads the file. */
#pragma once
#include "cases/base/base.h"
#include <cyaml/cyaml.h>

typedef struct _p_SgdCase *SgdCase;

/* Read and parse `path` and apply nset overrides "key.path=value" (sequence items by index:
   "models.0.scheme=explicit"). Errors: unreadable file (exit 4), not YAML, an override that does not parse (exit 2,
   with line and column). */
PETSC_EXTERN PetscErrorCode SgdCaseOpen(MPI_Comm comm, const char *path, int nset, const char *const *set, SgdCase *c);

/* The same with the case's text at hand (the resolved case of a checkpoint); `path` only names it (text NULL: it is
   read from there), and says where files named in the case are looked for. */
PETSC_EXTERN PetscErrorCode SgdCaseOpenText(MPI_Comm comm, const char *path, const char *text, int nset,
                                            const char *const *set, SgdCase *c);
/* How this case, resolved, differs from another's text: "sgd.steps (100, was 50), ..", cut short where it is long; ""
   if in nothing. Numbers are compared as numbers. Keys at or below those of `ignored` (NULL-terminated) do not count.
 */
PETSC_EXTERN PetscErrorCode SgdCaseDifferences(SgdCase c, const char *text, const char *const *ignored, char *list,
                                               size_t size);

/* Load the mapping at key path `section` (e.g. "sgd", "models.0"; a missing section counts as empty) into the struct
   described by schema (a CYAML_VALUE_MAPPING with CYAML_FLAG_POINTER), after filling in what the user left out from
   `defaults`, a YAML mapping as text (or NULL). Unknown keys, wrong types and missing required keys are errors that
   name the place. *data belongs to the case and lives until SgdCaseClose. The defaults become part of the resolved
   case. Where the user's value for the section is a plain string and `shorthand` is not NULL, it stands for the
   mapping {shorthand: string} ("master" for {model: master}). */
PETSC_EXTERN PetscErrorCode SgdCaseRead(SgdCase c, const char *section, const cyaml_schema_value_t *schema,
                                        const char *defaults, const char *shorthand, void *data);

/* For the command `help`: until `hear` is set to NULL again it is told every section that is read, with schema and
   defaults; where it answers false the section is not read, and its reader ends with an error (exit 2) without a word. */
typedef PetscBool (*SgdSchemaListener)(void *context, const char *section, const cyaml_schema_value_t *schema,
                                       const char *defaults);
PETSC_EXTERN void SgdCaseListen(SgdSchemaListener hear, void *context);

/* One scalar as text, before its section's schema is known (to look up a family): `otherwise` if absent. With a
   shorthand, both "models.0" and "models.0.model" find the plain string at models.0. *value belongs to the case. */
PETSC_EXTERN PetscErrorCode SgdCaseScalar(SgdCase c, const char *key, const char *shorthand, const char *otherwise,
                                          const char **value);

/* Number of items of the sequence at `key`; -1 if absent; error (exit 2) if it is there but not a sequence. */
PETSC_EXTERN PetscErrorCode SgdCaseCount(SgdCase c, const char *key, int *count);

/* Top-level keys other than these are errors, with the nearest one suggested. */
PETSC_EXTERN PetscErrorCode SgdCaseSections(SgdCase c, int count, const char *const *known);

/* Report an error about the value at `key`: prints "file:line: key: message" (or "--set key" or "default") and returns
   the exit-2 error. `nearest` candidates (NULL-terminated, may be NULL) add 'did you mean ...?' for the value there. */
PETSC_EXTERN PetscErrorCode SgdCaseError(SgdCase c, const char *key, const char *const *candidates, const char *format,
                                         ...) PETSC_ATTRIBUTE_FORMAT(4, 5);

/* Report an error at a key and return, unless a condition holds. */
#define SgdCaseCheck(c, ok, key, ...)                                                                                  \
  do {                                                                                                                 \
    if (PetscUnlikely(!(ok))) PetscCall(SgdCaseError(c, key, NULL, __VA_ARGS__));                                      \
  } while (0)

/* The whole tree, or the part at `key` (NULL: everything), as YAML text: the resolved case. A scalar
   comes as it is, and what is absent as "{}". Owned by the case. */
PETSC_EXTERN PetscErrorCode SgdCaseText(SgdCase c, const char *key, const char **text);

/* Visit every scalar at or below `key`, in the order of the file: its path below the key ("models.0.scheme") and its
   text. Not collective. */
PETSC_EXTERN PetscErrorCode SgdCaseLeaves(SgdCase c, const char *key,
                                          PetscErrorCode (*visit)(void *context, const char *path, const char *text),
                                          void *context);

PETSC_EXTERN MPI_Comm SgdCaseComm(SgdCase c);
PETSC_EXTERN const char *SgdCasePath(SgdCase c);
/* A file named in the case: absolute, or relative to the case file's folder, or to the working directory, whichever
   exists first. path has room for PETSC_MAX_PATH_LEN. Exit 4 naming the key if there is none. */
PETSC_EXTERN PetscErrorCode SgdCaseFile(SgdCase c, const char *key, const char *name, char *path);
PETSC_EXTERN PetscErrorCode SgdCaseClose(SgdCase *c);
