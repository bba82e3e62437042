#include "cases/file/caseimpl.h"
#include "cases/file/case_yaml.h"
#include "cases/file/nearest.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE_BYTES (8 << 20) /* no case is larger; a data file given by mistake may be */

PetscErrorCode SgdCaseReport(SgdCase c, SgdExit exit, const SgdIssue *issue) {
  char place[PETSC_MAX_PATH_LEN + 64];
  const SgdMark *mark = &issue->mark;
  PetscBool told = PETSC_FALSE; /* the place already names the key */

  if (mark->layer == SGD_FROM_SET) {
    snprintf(place, sizeof place, "--set %s", mark->set);
    told = (PetscBool)!strcmp(mark->set, issue->key);
  } else if (mark->layer == SGD_FROM_DEFAULT) {
    snprintf(place, sizeof place, "%s (a default)", c->path);
  } else if (mark->line && issue->column) {
    snprintf(place, sizeof place, "%s:%d:%d", c->path, mark->line, issue->column);
  } else if (mark->line) {
    snprintf(place, sizeof place, "%s:%d", c->path, mark->line);
  } else {
    snprintf(place, sizeof place, "%s", c->path);
  }
  if (told || !*issue->key) return SgdFail(c->comm, exit, "%s: %s", place, issue->message);
  return SgdFail(c->comm, exit, "%s: %s: %s", place, issue->key, issue->message);
}

/* The file's bytes (to be freed), or NULL with errno set. */
static char *ReadFile(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  char *text = NULL;
  int error = 0;

  if (!file) return NULL;
  text = malloc(MAX_FILE_BYTES + 1);
  if (text) *length = fread(text, 1, MAX_FILE_BYTES + 1, file);
  if (!text || ferror(file))
    error = errno ? errno : EIO;
  else if (*length > MAX_FILE_BYTES)
    error = EFBIG;
  fclose(file);
  if (error) {
    free(text);
    text = NULL;
    errno = error;
  }
  return text;
}

/* Rank 0 reads, everybody gets the text (to be freed). */
static PetscErrorCode ShareFile(SgdCase c, char **text, size_t *length) {
  PetscMPIInt rank;
  long long head[2] = {0, 0}; /* errno, length */

  PetscFunctionBegin;
  *text = NULL;
  PetscCallMPI(MPI_Comm_rank(c->comm, &rank));
  if (!rank) {
    *text = ReadFile(c->path, length);
    head[0] = *text ? 0 : errno;
    head[1] = *text ? (long long)*length : 0;
  }
  PetscCallMPI(MPI_Bcast(head, 2, MPI_LONG_LONG, 0, c->comm));
  if (head[0]) return SgdFail(c->comm, SGD_EXIT_FILES, "%s: cannot read the case: %s", c->path, strerror((int)head[0]));
  *length = (size_t)head[1];
  if (rank) *text = malloc(*length + 1);
  PetscCheck(*text, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the case");
  PetscCallMPI(MPI_Bcast(*text, (PetscMPIInt)*length, MPI_CHAR, 0, c->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Parse(SgdCase c, const char *text, size_t length) {
  char found[64];
  SgdIssue issue;
  bool good;

  PetscFunctionBegin;
  good = SgdYamlParse(&c->pool, text, length, (SgdMark){.layer = SGD_FROM_FILE}, &c->root, &issue);
  if (good && SgdTreeIsNull(c->root)) good = SgdIssueAt(&issue, (SgdMark){0}, "", "the case is empty");
  if (good && c->root->kind != SGD_TREE_MAPPING)
    good = SgdIssueAt(&issue, c->root->mark, "", "expected sections (a mapping of key: value), found %s",
                      SgdTreeDescribe(c->root, found, sizeof found));
  if (!good) PetscCall(SgdCaseReport(c, SGD_EXIT_CASE, &issue));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is it a path of names: no empty ones? */
static PetscBool IsKeyPath(const char *key) {
  size_t n = strlen(key);

  return (PetscBool)(n && key[0] != '.' && key[n - 1] != '.' && !strstr(key, ".."));
}

static PetscErrorCode ApplySet(SgdCase c, const char *set) {
  const char *equals = strchr(set, '=');
  SgdMark mark = {.layer = SGD_FROM_SET, .set = set};
  SgdIssue issue;
  SgdTree *value, *node;
  bool good;

  PetscFunctionBegin;
  if (equals && equals > set) mark.set = SgdPoolText(&c->pool, set, (size_t)(equals - set));
  if (!equals || equals == set || !IsKeyPath(mark.set))
    good = SgdIssueAt(&issue, mark, "", "expected key.path=value");
  else
    good = SgdYamlParse(&c->pool, equals + 1, strlen(equals + 1), mark, &value, &issue) &&
           SgdTreeReach(&c->pool, c->root, mark.set, mark, &node, &issue);
  if (!good) PetscCall(SgdCaseReport(c, SGD_EXIT_CASE, &issue));
  *node = *value;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ParseFile(SgdCase c) {
  PetscErrorCode ierr;
  size_t length = 0;
  char *text;

  PetscFunctionBegin;
  PetscCall(ShareFile(c, &text, &length));
  ierr = Parse(c, text, length);
  free(text);
  PetscCall(ierr);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* text NULL: from the file. */
static PetscErrorCode Load(SgdCase c, const char *text, int nset, const char *const *set) {
  PetscFunctionBegin;
  PetscCall(text ? Parse(c, text, strlen(text)) : ParseFile(c));
  for (int i = 0; i < nset; i++) PetscCall(ApplySet(c, set[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCaseOpen(MPI_Comm comm, const char *path, int nset, const char *const *set, SgdCase *c) {
  return SgdCaseOpenText(comm, path, NULL, nset, set, c);
}

PetscErrorCode SgdCaseOpenText(MPI_Comm comm, const char *path, const char *text, int nset, const char *const *set,
                               SgdCase *c) {
  PetscErrorCode ierr;

  PetscFunctionBegin;
  PetscCall(PetscNew(c));
  (*c)->comm = comm;
  PetscCall(PetscStrallocpy(path, &(*c)->path));
  ierr = Load(*c, text, nset, set);
  if (ierr) PetscCall(SgdCaseClose(c));
  PetscCall(ierr);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCaseClose(SgdCase *c) {
  PetscFunctionBegin;
  if (!*c) PetscFunctionReturn(PETSC_SUCCESS);
  SgdCaseUnload(*c);
  SgdPoolFree(&(*c)->pool);
  PetscCall(PetscFree((*c)->path));
  PetscCall(PetscFree(*c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCaseSections(SgdCase c, int count, const char *const *known) {
  char hint[512];
  SgdIssue issue;

  PetscFunctionBegin;
  for (int i = 0; i < c->root->count; i++) {
    const char *key = c->root->key[i];
    int k = 0;

    while (k < count && strcmp(key, known[k])) k++;
    if (k < count) continue;
    SgdWordHint(key, count, known, hint, sizeof hint);
    SgdIssueAt(&issue, c->root->item[i]->mark, key, "unknown section%s", hint);
    PetscCall(SgdCaseReport(c, SGD_EXIT_CASE, &issue));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCaseError(SgdCase c, const char *key, const char *const *candidates, const char *format, ...) {
  const SgdTree *node = SgdTreeNearest(c->root, key);
  char message[768], hint[256] = "";
  SgdIssue issue;
  va_list args;
  int n = 0;

  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  while (candidates && candidates[n]) n++;
  if (n) SgdWordHint(node->kind == SGD_TREE_SCALAR ? node->text : "", n, candidates, hint, sizeof hint);
  SgdIssueAt(&issue, node->mark, key, "%s%s", message, hint);
  return SgdCaseReport(c, SGD_EXIT_CASE, &issue);
}

MPI_Comm SgdCaseComm(SgdCase c) {
  return c->comm;
}

const char *SgdCasePath(SgdCase c) {
  return c->path;
}
