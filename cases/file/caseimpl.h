/* What a case is made of; only case*.c look inside. */
#pragma once
#include "cases/file/case.h"
#include "cases/file/case_tree.h"

/* A struct that libcyaml made, and the schema that frees it. */
typedef struct SgdLoaded {
  const cyaml_schema_value_t *schema;
  cyaml_data_t *data;
  struct SgdLoaded *next;
} SgdLoaded;

struct _p_SgdCase {
  MPI_Comm comm;
  char *path; /* as the user gave it */
  SgdPool pool;
  SgdTree *root;
  SgdLoaded *loaded;
};

/* Print "place: key: message" on rank 0 and return the error for `exit`. Collective. */
PETSC_INTERN PetscErrorCode SgdCaseReport(SgdCase c, SgdExit exit, const SgdIssue *issue);
/* Free what SgdCaseRead loaded. */
PETSC_INTERN void SgdCaseUnload(SgdCase c);
