/* The case file as it should be: what is loaded, what is filled in, what --set does, and the text that comes back. */
#include "case_fixture.h"
#include "cases/file/nearest.h"

static SgdCase OpenText(const char *text, int nset, const char *const *set) {
  char path[128];
  SgdCase c;

  WriteFile("case.yaml", text, strlen(text), path);
  assert_int_equal(SgdCaseOpen(PETSC_COMM_WORLD, path, nset, set, &c), 0);
  return c;
}

static Sgd *ReadSgd(SgdCase c) {
  Sgd *sgd;

  assert_int_equal(SgdCaseRead(c, "sgd", &sgd_schema, sgd_defaults, NULL, &sgd), 0);
  return sgd;
}

static void LoadsValues(void **state) {
  SgdCase c = OpenText("# a case\nsgd:\n  learning_rate: .5\n  momentum: 1E-2\n  batch_size: -7\n  threads: 255\n"
                       "  seed: -9223372036854775808\n  replacement: No\n  label: 'two words: é'\n"
                       "  sampling: without_replacement\n  extent: [1e-3, -2.]\n  box: [0, +1]\n"
                       "  solver: {tolerance: 1e-3}\n  bits: {low: 3}\n",
                       0, NULL);
  Sgd *sgd = ReadSgd(c);

  (void)state;
  assert_true(sgd->learning_rate == 0.5 && sgd->momentum == 1e-2 && sgd->batch_size == -7 && sgd->threads == 255);
  assert_true(sgd->seed == INT64_MIN && !sgd->replacement && sgd->sampling == 1 && sgd->bits == 3);
  assert_string_equal(sgd->label, "two words: é");
  assert_int_equal(sgd->extent_count, 2);
  assert_true(sgd->extent[0] == 1e-3 && sgd->extent[1] == -2 && sgd->box[0] == 0 && sgd->box[1] == 1);
  assert_true(sgd->solver.tolerance == 1e-3 && sgd->solver.limit == 50);
  assert_int_equal(SgdCaseClose(&c), 0);
  assert_null(c);
}

/* Absent, null and empty all mean the default; a whole missing section too. */
static void FillsInDefaults(void **state) {
  SgdCase c = OpenText("sgd:\n  learning_rate: 1\n  batch_size: 1\n  threads: ~\n  extent:\n  solver: null\n", 0, NULL);
  Sgd *sgd = ReadSgd(c);
  Model *model;

  (void)state;
  assert_true(sgd->momentum == 0 && sgd->threads == 1 && sgd->extent_count == 3 && sgd->extent[2] == 3);
  assert_true(sgd->solver.tolerance == 1e-8 && sgd->solver.limit == 50 && !sgd->label);
  assert_int_equal(SgdCaseRead(c, "slice.model", &model_schema, "{model: master, order: 2}", NULL, &model), 0);
  assert_string_equal(model->model, "master");
  assert_int_equal(model->order, 2);
  assert_int_equal(SgdCaseClose(&c), 0);
}

static void AppliesSets(void **state) {
  const char *set[] = {"sgd.learning_rate=0.25", "sgd.extent=[4, 5]",    "sgd.extent.1=6",
                       "sgd.solver.limit=7",     "sgd.label=a=b, c",     "models.1.order=4",
                       "sgd.batch_size=",        "sgd.batch_size=\"3\"", "slice.axes.name=sharpest"};
  SgdCase c = OpenText("sgd: {learning_rate: 1, batch_size: 1}\nmodels: [master, langevin]\n", 9, set);
  Sgd *sgd = ReadSgd(c);
  Model *model;
  const char *text;

  (void)state;
  assert_true(sgd->learning_rate == 0.25 && sgd->batch_size == 3);
  assert_int_equal(sgd->extent_count, 2);
  assert_true(sgd->extent[0] == 4 && sgd->extent[1] == 6 && sgd->solver.tolerance == 1e-8 && sgd->solver.limit == 7);
  assert_string_equal(sgd->label, "a=b, c");
  assert_int_equal(SgdCaseRead(c, "models.1", &model_schema, NULL, "model", &model), 0);
  assert_string_equal(model->model, "langevin");
  assert_int_equal(model->order, 4);
  assert_int_equal(SgdCaseScalar(c, "slice.axes.name", NULL, NULL, &text), 0);
  assert_string_equal(text, "sharpest");
  assert_int_equal(SgdCaseClose(&c), 0);
}

static void KnowsShorthandsAndCounts(void **state) {
  SgdCase c = OpenText("models:\n- master\n- {model: langevin, order: 3}\n", 0, NULL);
  const char *names[] = {"models.0", "models.0.model", "models.1", "models.1.model", "models.2.model", "none.model"};
  const char *expected[] = {"master", "master", "langevin", "langevin", "other", "other"};
  const char *text;
  Model *model;
  int count;

  (void)state;
  for (int i = 0; i < 6; i++) {
    assert_int_equal(SgdCaseScalar(c, names[i], "model", "other", &text), 0);
    assert_string_equal(text, expected[i]);
  }
  assert_int_equal(SgdCaseRead(c, "models.0", &model_schema, "order: 1", "model", &model), 0);
  assert_string_equal(model->model, "master");
  assert_int_equal(model->order, 1);
  assert_int_equal(SgdCaseCount(c, "models", &count), 0);
  assert_int_equal(count, 2);
  assert_int_equal(SgdCaseCount(c, "axes", &count), 0);
  assert_int_equal(count, -1);
  assert_int_equal(SgdCaseClose(&c), 0);
}

static void ResolvesAliasesAndMergeKeys(void **state) {
  SgdCase c =
      OpenText("models:\n- &m {model: a, order: 1}\n- *m\n- {<<: *m, order: 2}\n- <<: [{order: 5}, *m]\n", 0, NULL);
  const int order[] = {1, 1, 2, 5};

  (void)state;
  for (int i = 0; i < 4; i++) {
    char section[16];
    Model *model;

    snprintf(section, sizeof section, "models.%d", i);
    assert_int_equal(SgdCaseRead(c, section, &model_schema, NULL, NULL, &model), 0);
    assert_string_equal(model->model, "a");
    assert_int_equal(model->order, order[i]);
  }
  assert_int_equal(SgdCaseClose(&c), 0);
}

/* The resolved case reads back to itself, with every default in it. */
static void TextReadsBack(void **state) {
  SgdCase c = OpenText("sgd:\n  learning_rate: 1e-1\n  batch_size: 2\n  label: \"a: #b\"\n  momentum: ~\n"
                       "models: [master, {model: \"null\", order: }]\n"
                       "slice:\n  empty: []\n  none: {}\n  deep: [[1, 2], [~, '']]\n  text: |\n    one\n    two\n"
                       "  long: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]\n  \"key: odd\": yes\n",
                       0, NULL);
  const char *text, *again, *part;
  char *first;
  Sgd *sgd;

  (void)state;
  ReadSgd(c);
  assert_int_equal(SgdCaseText(c, NULL, &text), 0);
  assert_non_null(strstr(text, "  solver:\n    tolerance: 1e-8\n    limit: 50\n"));
  assert_non_null(strstr(text, "\n  momentum: 0\n"));
  assert_non_null(strstr(text, "\n  deep:\n  - [1, 2]\n  - [~, '']\n"));
  first = strdup(text);
  assert_int_equal(SgdCaseText(c, "sgd.solver", &part), 0);
  assert_string_equal(part, "tolerance: 1e-8\nlimit: 50\n");
  assert_int_equal(SgdCaseText(c, "models.0", &part), 0);
  assert_string_equal(part, "master");
  assert_int_equal(SgdCaseText(c, "nowhere", &part), 0);
  assert_string_equal(part, "{}\n");
  assert_int_equal(SgdCaseClose(&c), 0);

  c = OpenText(first, 0, NULL);
  assert_int_equal(SgdCaseText(c, NULL, &again), 0);
  assert_string_equal(again, first);
  assert_int_equal(SgdCaseRead(c, "sgd", &sgd_schema, NULL, NULL, &sgd), 0);
  assert_string_equal(sgd->label, "a: #b");
  assert_true(sgd->solver.limit == 50 && sgd->threads == 1 && sgd->extent_count == 3);
  assert_int_equal(SgdCaseScalar(c, "slice.text", NULL, NULL, &part), 0);
  assert_string_equal(part, "one\ntwo\n");
  assert_int_equal(SgdCaseClose(&c), 0);
  free(first);
}

/* A file named in a case is looked for as it is, beside the case, and in the working directory. */
static void FindsFiles(void **state) {
  char data[128], path[PETSC_MAX_PATH_LEN];
  SgdCase c = OpenText("data: digits.csv\n", 0, NULL);

  (void)state;
  WriteFile("digits.csv", "1,2\n", 4, data);
  assert_int_equal(SgdCaseFile(c, "data", "digits.csv", path), 0);
  assert_string_equal(path, data);
  assert_int_equal(SgdCaseFile(c, "data", data, path), 0);
  assert_string_equal(path, data);
  assert_int_equal(chdir(folder), 0);
  assert_int_equal(SgdCaseClose(&c), 0);
  assert_int_equal(SgdCaseOpen(PETSC_COMM_WORLD, "case.yaml", 0, NULL, &c), 0);
  assert_int_equal(SgdCaseFile(c, "data", "./digits.csv", path), 0);
  assert_string_equal(path, "./digits.csv");
  assert_string_equal(SgdCasePath(c), "case.yaml");
  assert_int_equal(SgdCaseComm(c), PETSC_COMM_WORLD);
  assert_int_equal(chdir("/"), 0);
  assert_int_equal(SgdCaseClose(&c), 0);
}

static void MeasuresWords(void **state) {
  const char *const known[] = {"learning_rate", "batch_size", "steps"};

  (void)state;
  assert_int_equal(SgdWordDistance("", "abc"), 3);
  assert_int_equal(SgdWordDistance("kitten", "sitting"), 3);
  assert_int_equal(SgdWordDistance("setps", "steps"), 1);
  assert_string_equal(SgdWordNearest("lerning-rate", 3, known), "learning_rate");
  assert_string_equal(SgdWordNearest("batch", 3, known), "batch_size");
  assert_string_equal(SgdWordNearest("Stpes", 3, known), "steps");
  assert_null(SgdWordNearest("momentum", 3, known));
  assert_null(SgdWordNearest("", 3, known));
  assert_null(
      SgdWordNearest("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 3, known));
}

/* Against the same case, and against another: which keys, now and before. */
static void SaysWhatDiffers(void **state) {
  static const char *const ignored[] = {"output", NULL};
  SgdCase c =
      OpenText("sgd: {learning_rate: .5, batch_size: 1}\nmodels: [master, langevin]\noutput: {every: 3}\n", 0, NULL);
  char list[256];

  (void)state;
  assert_int_equal(SgdCaseDifferences(c, "models: [master, langevin]\nsgd: {batch_size: 1, learning_rate: 5e-1}\n",
                                      ignored, list, sizeof list),
                   0);
  assert_string_equal(list, "");
  assert_int_equal(SgdCaseDifferences(c,
                                      "models: [master]\nsgd: {batch_size: 2, learning_rate: .5}\noutput: {every: 3}\n",
                                      NULL, list, sizeof list),
                   0);
  assert_string_equal(list, "sgd.batch_size (\"1\", was \"2\"), models.1 (\"langevin\", was absent)");
  assert_int_equal(
      SgdCaseDifferences(c, "sgd: {learning_rate: .5, batch_size: 1}\nmodels: master\n", ignored, list, 40), 0);
  assert_string_equal(list, "models (a list, was \"master\")");
  assert_int_equal(SgdCaseClose(&c), 0);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(LoadsValues),
                                     cmocka_unit_test(FillsInDefaults),
                                     cmocka_unit_test(AppliesSets),
                                     cmocka_unit_test(TextReadsBack),
                                     cmocka_unit_test(KnowsShorthandsAndCounts),
                                     cmocka_unit_test(FindsFiles),
                                     cmocka_unit_test(MeasuresWords),
                                     cmocka_unit_test(SaysWhatDiffers),
                                     cmocka_unit_test(ResolvesAliasesAndMergeKeys)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = SgdErrorHandlerPush() || cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return PetscFinalize() || failed;
}
