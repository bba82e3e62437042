/* JSON that readers accept: nesting, commas, escapes, numbers, and what is not finite. */
#include "solver/output/json.h"
#include <slepcsys.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

static char path[64];
static PetscMPIInt me;

static void Slurp(char *text, size_t size) {
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  text[fread(text, 1, size - 1, f)] = 0;
  fclose(f);
}

static void test_document(void **state) {
  const char *expected = "{\n"
                         "  \"name\": \"a \\\"b\\\" \\\\ c\\n\\u0001\",\n"
                         "  \"third\": 0.33333333333333331,\n"
                         "  \"none\": null,\n"
                         "  \"list\": [\n"
                         "    1,\n"
                         "    {\n"
                         "      \"yes\": true\n"
                         "    },\n"
                         "    null\n"
                         "  ],\n"
                         "  \"empty\": {}\n"
                         "}\n";
  char text[1024];
  SgdJson j;

  (void)state;
  assert_int_equal(SgdJsonOpen(PETSC_COMM_WORLD, path, &j), 0);
  SgdJsonObject(j, NULL);
  SgdJsonString(j, "name", "a \"b\" \\ c\n\001");
  SgdJsonNumber(j, "third", 1.0 / 3.0);
  SgdJsonNumber(j, "none", NAN);
  SgdJsonList(j, "list");
  SgdJsonInteger(j, NULL, 1);
  SgdJsonObject(j, NULL);
  SgdJsonBool(j, "yes", PETSC_TRUE);
  SgdJsonEnd(j);
  SgdJsonNumber(j, NULL, -INFINITY);
  SgdJsonEnd(j);
  SgdJsonObject(j, "empty");
  SgdJsonEnd(j);
  SgdJsonEnd(j);
  if (!me) assert_int_not_equal(access(path, F_OK), 0); /* not there under its name before it is whole */
  assert_int_equal(SgdJsonClose(&j), 0);
  if (me) return;
  Slurp(text, sizeof text);
  assert_string_equal(text, expected);
  unlink(path);
}

/* A file that cannot be written is reported on every rank as a file error. */
static void test_no_folder(void **state) {
  SgdJson j;

  (void)state;
  assert_int_equal(SgdExitCode(SgdJsonOpen(PETSC_COMM_WORLD, "/nowhere/at/all.json", &j)), SGD_EXIT_FILES);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_document), cmocka_unit_test(test_no_folder)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  MPI_Comm_rank(PETSC_COMM_WORLD, &me);
  snprintf(path, sizeof path, "/tmp/sgdfp_json_%d.json", (int)getpid());
  MPI_Bcast(path, sizeof path, MPI_CHAR, 0, PETSC_COMM_WORLD);
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed;
}
