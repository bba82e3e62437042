/* What the tests of landscapes share: a case from text, and an error's exit code with the words on stderr. */
#pragma once
#include "cases/landscapes/landscapeimpl.h"
#include "folder_fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* All ranks of the world call it; comm may be PETSC_COMM_SELF. */
static inline SgdCase OpenText(MPI_Comm comm, const char *text) {
  char path[128];
  SgdCase c;

  snprintf(path, sizeof path, "%s/case.yaml", folder);
  MPI_Barrier(PETSC_COMM_WORLD);
  if (!rank) {
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
  assert_int_equal(SgdCaseOpen(comm, path, 0, NULL, &c), 0);
  return c;
}

/* Send stderr to a file; give it back, with what was written (rank 0's matters), in text. */
static int kept_stderr;
static inline void CatchStderr(void) {
  char log[128];

  snprintf(log, sizeof log, "%s/stderr.%d", folder, rank);
  fflush(stderr);
  kept_stderr = dup(2);
  assert_non_null(freopen(log, "w", stderr));
}

static inline void ReleaseStderr(const char *words) {
  char log[128], text[2048] = "";

  snprintf(log, sizeof log, "%s/stderr.%d", folder, rank);
  fflush(stderr);
  dup2(kept_stderr, 2);
  close(kept_stderr);
  FILE *file = fopen(log, "r");
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  if (!rank && !strstr(text, words)) fail_msg("expected '%s' in: %s", words, text);
}

/* A landscape of this case is refused with this exit code and these words, and is not there. */
static inline void ExpectRefused(MPI_Comm comm, const char *text, SgdExit exit, const char *words) {
  SgdCase c = OpenText(comm, text);
  SgdLandscape l;

  CatchStderr();
  const PetscErrorCode ierr = SgdLandscapeCreate(c, &l);
  ReleaseStderr(words);
  assert_int_equal(SgdExitCode(ierr), exit);
  assert_null(l);
  assert_int_equal(SgdCaseClose(&c), 0);
}
