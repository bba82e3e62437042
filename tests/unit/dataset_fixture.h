/* What the tests of the readers of labelled data share: a folder with files, and what loading them gives or says. */
#pragma once
#include "cases/data/dataset.h"
#include "folder_fixture.h"
#include "cases/base/journal.h"
#include <hdf5.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <cmocka.h>

static char path[2][128];
static const SgdDatasetOptions plain = {.source = "csv",
                                        .file = path[0],
                                        .labels = path[1],
                                        .x_name = "x",
                                        .y_name = "y",
                                        .label_column = -1,
                                        .scale = 1.0};

/* What most good files hold: three samples of two features. */
static const double rows[] = {1, 2.5, -3, 4, 5, 6e1};
static const int labels[] = {1, 0, 2};

/* Rank 0 writes; compressed if the name ends in .gz. */
static inline void Write(int which, const char *name, const void *bytes, size_t length) {
  snprintf(path[which], sizeof path[which], "%s/%s", folder, name);
  if (!rank && strstr(name, ".gz")) {
    gzFile file = gzopen(path[which], "wb");
    assert_int_equal(gzwrite(file, bytes, (unsigned)length), length);
    assert_int_equal(gzclose(file), Z_OK);
  } else if (!rank) {
    FILE *file = fopen(path[which], "wb");
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
}

static inline void WriteText(const char *name, const char *text) {
  Write(0, name, text, strlen(text));
}

static inline void Expect(SgdDatasetOptions o, int samples, int features, const double *x, const int *label) {
  SgdDataset d;

  assert_int_equal(SgdDatasetLoad(PETSC_COMM_WORLD, &o, &d), 0);
  assert_int_equal(d.samples, samples);
  assert_int_equal(d.features, features);
  for (int i = 0; i < samples * features; i++) assert_true(fabs(d.x[i] - x[i]) < 1e-14);
  for (int i = 0; i < samples; i++) assert_int_equal(d.label[i], label[i]);
  SgdDatasetDestroy(&d);
}

/* Loading fails with this exit code, and rank 0's stderr says `words`. */
static inline void ExpectBad(SgdDatasetOptions o, SgdExit exit, const char *words) {
  SgdDataset d;
  char text[2048] = "", log[128];
  int kept;

  snprintf(log, sizeof log, "%s/stderr.%d", folder, rank);
  fflush(stderr);
  kept = dup(2);
  assert_non_null(freopen(log, "w", stderr));
  const PetscErrorCode ierr = SgdDatasetLoad(PETSC_COMM_WORLD, &o, &d);
  fflush(stderr);
  dup2(kept, 2);
  close(kept);
  FILE *file = fopen(log, "r");
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  assert_int_equal(SgdExitCode(ierr), exit);
  if (!rank && !strstr(text, words)) fail_msg("expected '%s' in: %s", words, text);
  if (!rank) assert_true(strchr(text, '\n') == text + strlen(text) - 1); /* one line, no trace */
  assert_null(d.x);
  assert_null(d.label);
}

#define RunDatasetTests(argc, argv, tests)                                                                             \
  do {                                                                                                                 \
    if (PetscInitialize(&argc, &argv, NULL, NULL) || SgdErrorHandlerPush()) return 1;                                  \
    const int failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);                                        \
    return PetscFinalize() || failed;                                                                                  \
  } while (0)
