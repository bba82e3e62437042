#include "solver/output/json.h"
#include "cases/base/replace_file.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_DEPTH 32

struct _p_SgdJson {
  MPI_Comm comm;
  FILE *file; /* NULL on all ranks but 0 */
  char path[PETSC_MAX_PATH_LEN], temporary[PETSC_MAX_PATH_LEN + 4];
  int depth;
  char close[MAX_DEPTH];     /* the bracket that ends each open level */
  PetscBool some[MAX_DEPTH]; /* has the level an item yet? */
};

static void Quote(FILE *f, const char *s) {
  fputc('"', f);
  for (; *s; s++) {
    unsigned char c = (unsigned char)*s;
    if (c == '"' || c == '\\')
      fprintf(f, "\\%c", c);
    else if (c == '\n')
      fputs("\\n", f);
    else if (c < 0x20)
      fprintf(f, "\\u%04x", c);
    else
      fputc(c, f);
  }
  fputc('"', f);
}

/* Comma, line break, indentation, key. Returns false where there is nothing to write to. */
static PetscBool Begin(SgdJson j, const char *key) {
  if (!j->file) return PETSC_FALSE;
  if (j->depth) fprintf(j->file, "%s\n%*s", j->some[j->depth - 1] ? "," : "", 2 * j->depth, "");
  if (j->depth) j->some[j->depth - 1] = PETSC_TRUE;
  if (key) {
    Quote(j->file, key);
    fputs(": ", j->file);
  }
  return PETSC_TRUE;
}

static void Open(SgdJson j, const char *key, char open, char close) {
  if (!Begin(j, key)) return;
  if (j->depth == MAX_DEPTH) PETSCABORT(PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE);
  fputc(open, j->file);
  j->close[j->depth] = close;
  j->some[j->depth++] = PETSC_FALSE;
}

PetscErrorCode SgdJsonOpen(MPI_Comm comm, const char *path, SgdJson *json) {
  SgdJson j;
  PetscMPIInt rank;
  int error = 0;

  PetscFunctionBegin;
  PetscCall(PetscNew(&j));
  j->comm = comm;
  snprintf(j->path, sizeof j->path, "%s", path);
  snprintf(j->temporary, sizeof j->temporary, "%s.tmp", path);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank && !(j->file = fopen(j->temporary, "w"))) error = errno;
  PetscCall(SgdAgree(comm, &error));
  if (error) {
    PetscCall(PetscFree(j));
    return SgdFail(comm, SGD_EXIT_FILES, "%s: cannot write: %s", path, strerror(error));
  }
  *json = j;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdJsonObject(SgdJson json, const char *key) {
  Open(json, key, '{', '}');
}

void SgdJsonList(SgdJson json, const char *key) {
  Open(json, key, '[', ']');
}

void SgdJsonEnd(SgdJson j) {
  if (!j->file) return;
  j->depth--;
  if (j->some[j->depth]) fprintf(j->file, "\n%*s", 2 * j->depth, "");
  fputc(j->close[j->depth], j->file);
}

void SgdJsonNumber(SgdJson json, const char *key, double value) {
  if (!Begin(json, key)) return;
  if (isfinite(value))
    fprintf(json->file, "%.17g", value);
  else
    fputs("null", json->file);
}

void SgdJsonInteger(SgdJson json, const char *key, PetscInt value) {
  if (Begin(json, key)) fprintf(json->file, "%" PetscInt_FMT, value);
}

void SgdJsonBool(SgdJson json, const char *key, PetscBool value) {
  if (Begin(json, key)) fputs(value ? "true" : "false", json->file);
}

void SgdJsonNumbers(SgdJson j, const char *key, int count, const double value[]) {
  SgdJsonList(j, key);
  for (int i = 0; i < count; i++) SgdJsonNumber(j, NULL, value[i]);
  SgdJsonEnd(j);
}

void SgdJsonString(SgdJson json, const char *key, const char *value) {
  if (!Begin(json, key)) return;
  if (value)
    Quote(json->file, value);
  else
    fputs("null", json->file);
}

/* errno of the first thing that went wrong, 0 if all is on disk under its name */
static int Finish(SgdJson j) {
  int error = 0;

  while (j->depth) SgdJsonEnd(j);
  fputc('\n', j->file);
  if (ferror(j->file)) error = SgdWriteError();
  if (fclose(j->file) && !error) error = errno;
  if (!error) return SgdReplaceFile(j->temporary, j->path);
  remove(j->temporary);
  return error;
}

PetscErrorCode SgdJsonClose(SgdJson *json) {
  SgdJson j = *json;
  int error;
  char path[PETSC_MAX_PATH_LEN];
  MPI_Comm comm;

  PetscFunctionBegin;
  if (!j) PetscFunctionReturn(PETSC_SUCCESS);
  error = j->file ? Finish(j) : 0;
  comm = j->comm;
  snprintf(path, sizeof path, "%s", j->path);
  PetscCall(PetscFree(*json));
  PetscCall(SgdWritten(comm, path, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}
