/* A writer for JSON, nothing more: nesting, commas and escapes are kept right, numbers are printed with 17 digits, and
   what is not finite as null. Only rank 0 writes; the calls are no-ops on other ranks. */
#pragma once
#include "cases/base/base.h"

typedef struct _p_SgdJson *SgdJson;

PETSC_INTERN PetscErrorCode SgdJsonOpen(MPI_Comm comm, const char *path,
                                        SgdJson *json);         /* written to path.tmp, renamed by Close */
PETSC_INTERN void SgdJsonObject(SgdJson json, const char *key); /* key NULL inside a list or at the top */
PETSC_INTERN void SgdJsonList(SgdJson json, const char *key);
PETSC_INTERN void SgdJsonEnd(SgdJson json);
PETSC_INTERN void SgdJsonNumber(SgdJson json, const char *key, double value);
PETSC_INTERN void SgdJsonInteger(SgdJson json, const char *key, PetscInt value);
PETSC_INTERN void SgdJsonBool(SgdJson json, const char *key, PetscBool value);
/* A list of `count` numbers. */
PETSC_INTERN void SgdJsonNumbers(SgdJson json, const char *key, int count, const double value[]);
PETSC_INTERN void SgdJsonString(SgdJson json, const char *key, const char *value);
PETSC_INTERN PetscErrorCode SgdJsonClose(SgdJson *json);
