#include "cases/data/characters.h"
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

/* The file's bytes as tokens, not yet renumbered. NULL: done; else what is wrong. */
static const char *ReadBytes(const char *path, int limit, SgdText *t) {
  enum { PIECE = 1 << 16 };
  const gzFile file = gzopen(path, "rb");
  unsigned char piece[PIECE];
  int got = 0, room = 0;

  if (!file) return "cannot be opened";
  while ((!limit || t->length < limit) && (got = gzread(file, piece, PIECE)) > 0) {
    if (t->length > INT_MAX / 2 - got) got = -1;
    if (got < 0) break;
    if (t->length + got > room) {
      int *larger = realloc(t->token, (size_t)(room = 2 * (t->length + got)) * sizeof *larger);
      if (!larger) got = -1;
      if (!larger) break;
      t->token = larger;
    }
    for (int i = 0; i < got && (!limit || t->length < limit); i++) t->token[t->length++] = piece[i];
  }
  gzclose(file);
  if (got < 0) return "cannot be read to its end (a folder, corrupt, or too large)";
  return t->length ? NULL : "is empty";
}

static void NumberOfCharacter(PetscBool fold_case, SgdText *t) {
  int number[256], seen[256] = {0};

  for (int i = 0; i < t->length; i++) {
    if (fold_case && t->token[i] >= 'A' && t->token[i] <= 'Z') t->token[i] += 'a' - 'A';
    seen[t->token[i]] = 1;
  }
  for (int c = 0; c < 256; c++)
    if (seen[c]) {
      number[c] = t->vocabulary;
      t->symbol[t->vocabulary++] = (unsigned char)c;
    }
  for (int i = 0; i < t->length; i++) t->token[i] = number[t->token[i]];
}

PetscErrorCode SgdTextLoad(MPI_Comm comm, const char *path, PetscBool fold_case, int limit, SgdText *t) {
  const char *problem = NULL;
  PetscMPIInt rank;
  int bad = 0;

  PetscFunctionBegin;
  *t = (SgdText){0};
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) {
    problem = ReadBytes(path, limit, t);
    bad = problem != NULL;
  }
  PetscCall(SgdAgree(comm, &bad));
  if (bad) {
    PetscCall(SgdTextDestroy(t));
    PetscCall(SgdFail(comm, SGD_EXIT_FILES, "%s: %s", path, problem ? problem : ""));
  }
  if (!rank) NumberOfCharacter(fold_case, t);
  PetscCallMPI(MPI_Bcast(&t->length, 1, MPI_INT, 0, comm));
  PetscCallMPI(MPI_Bcast(&t->vocabulary, 1, MPI_INT, 0, comm));
  PetscCallMPI(MPI_Bcast(t->symbol, 256, MPI_UNSIGNED_CHAR, 0, comm));
  if (rank) t->token = malloc((size_t)t->length * sizeof *t->token);
  bad = !t->token;
  PetscCall(SgdAgree(comm, &bad));
  if (bad) PetscCall(SgdFail(comm, SGD_EXIT_FILES, "%s: not enough memory for %d characters", path, t->length));
  PetscCallMPI(MPI_Bcast(t->token, t->length, MPI_INT, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTextDestroy(SgdText *t) {
  free(t->token);
  *t = (SgdText){0};
  return PETSC_SUCCESS;
}
