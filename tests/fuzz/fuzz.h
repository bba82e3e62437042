/* What the fuzzing targets share: PETSc once a process, and a file in memory that a reader can open by its name. */
#pragma once
#include "cases/base/base.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Broken input must end in a user's error, never in one that stands for a bug. */
static inline void Expected(PetscErrorCode ierr) {
  if (SgdExitCode(ierr) == 1) abort();
}

static inline void Name(char *path, size_t room, const char *what) {
  snprintf(path, room, "/dev/shm/sgdfp_fuzz_%d_%s", (int)getpid(), what);
}

static inline void WriteFile(const char *path, const uint8_t *data, size_t size) {
  FILE *file = fopen(path, "wb");

  if (!file || fwrite(data, 1, size, file) != size || fclose(file)) abort();
}

/* The next byte of the input; zeros behind its end. */
typedef struct {
  const uint8_t *data;
  size_t size;
} Input;

static inline uint8_t Next(Input *in) {
  if (!in->size) return 0;
  in->size--;
  return *in->data++;
}
