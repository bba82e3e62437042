/* Everything wrong with a case is told once, on rank 0, with its place and key, and by the right exit code. */
#include "case_fixture.h"
#include "cases/file/choice.h"
#include <fcntl.h>

#define BODY "sgd:\n  learning_rate: 0.1\n  batch_size: 4\n" /* a good case; more keys of sgd may follow */

typedef struct {
  const char *text, *set; /* the file, and one --set or NULL */
  const char *place;      /* what the message must begin with, after "sgdfp: " and the case's path */
  const char *words;      /* and what it must contain */
} Wrong;

static const Wrong wrong[] = {
    /* names */
    {"sgd:\n  lerning_rate: 0.1\n", NULL, ":2: sgd.lerning_rate: ", "did you mean \"learning_rate\"?"},
    {BODY "  zzz: 1\n", NULL, ":4: sgd.zzz: ", "known: learning_rate, momentum, batch_size"},
    {BODY "  zzz:\n", NULL, ":4: sgd.zzz: ", "unknown key"},
    {BODY "  solver: {tolerence: 1}\n", NULL, ":4: sgd.solver.tolerence: ", "did you mean \"tolerance\"?"},
    {BODY "modles: [master]\n", NULL, ":4: modles: ", "unknown section; did you mean \"models\"?"},
    {BODY "  sampling: with_replacment\n", NULL, ":4: sgd.sampling: ", "did you mean \"with_replacement\"?"},
    {BODY "  sampling: 1\n", NULL, ":4: sgd.sampling: ", "unknown name \"1\"; known: with_replacement"},
    /* missing */
    {"sgd:\n  learning_rate: 0.1\n", NULL, ":1: sgd.batch_size: ", "required, but missing"},
    {"sgd:\n  batch_size: 1\n  learning_rate:\n", NULL, ":3: sgd.learning_rate: ", "required, but empty"},
    {"slice: {n: 1}\n", NULL, ": sgd.learning_rate: ", "required, but missing"},
    /* numbers */
    {"sgd:\n  batch_size: 1\n  learning_rate: abc\n", NULL,
     ":3: sgd.learning_rate: ", "expected a number, found \"abc\""},
    {BODY "  momentum: \"\\e[2J\"\n", NULL, ":4: sgd.momentum: ", "expected a number, found \"?[2J\""},
    {BODY "  momentum: 1,5\n", NULL, ":4: sgd.momentum: ", "expected a number, found \"1,5\""},
    {BODY "  momentum: 0x1p3\n", NULL, ":4: sgd.momentum: ", "expected a number"},
    {BODY "  momentum: 1e\n", NULL, ":4: sgd.momentum: ", "expected a number"},
    {BODY "  momentum: [1]\n", NULL, ":4: sgd.momentum: ", "expected a number, found a list"},
    {BODY "  momentum: .inf\n", NULL, ":4: sgd.momentum: ", "expected a finite number"},
    {BODY "  momentum: NaN\n", NULL, ":4: sgd.momentum: ", "expected a finite number, found \"NaN\""},
    {BODY "  momentum: -1e400\n", NULL, ":4: sgd.momentum: ", "expected a finite number, found \"-1e400\""},
    {"sgd:\n  learning_rate: 1\n  batch_size: 1.5\n", NULL,
     ":3: sgd.batch_size: ", "expected a whole number, found \"1.5\""},
    {"sgd:\n  learning_rate: 1\n  batch_size: 1e6\n", NULL, ":3: sgd.batch_size: ", "(write 1000000)"},
    {"sgd:\n  learning_rate: 1\n  batch_size: 1_000\n", NULL, ":3: sgd.batch_size: ", "expected a whole number"},
    {"sgd:\n  learning_rate: 1\n  batch_size: 010\n", NULL, ":3: sgd.batch_size: ", "(write 10)"},
    {"sgd:\n  learning_rate: 1\n  batch_size: 2147483648\n", NULL,
     ":3: sgd.batch_size: ", "from -2147483648 to 2147483647"},
    {BODY "  threads: -1\n", NULL, ":4: sgd.threads: ", "a whole number from 0 to 255"},
    {BODY "  threads: 256\n", NULL, ":4: sgd.threads: ", "a whole number from 0 to 255"},
    {BODY "  seed: 99999999999999999999\n", NULL, ":4: sgd.seed: ", "to 9223372036854775807"},
    /* other types */
    {BODY "  replacement: off\n", NULL, ":4: sgd.replacement: ", "expected true or false, found \"off\""},
    {BODY "  label: {a: b}\n", NULL, ":4: sgd.label: ", "expected text, found a mapping"},
    {BODY "  label: \"\"\n", NULL, ":4: sgd.label: ", "at least 1 character(s) of text"},
    {BODY "  label: more than twenty letters\n", NULL, ":4: sgd.label: ", "at most 20 character(s) of text, found 24"},
    {BODY "  extent: 3\n", NULL, ":4: sgd.extent: ", "expected a list, found \"3\" (put it in [ ])"},
    {BODY "  extent:\n  - 1\n  - two\n", NULL, ":6: sgd.extent.1: ", "expected a number, found \"two\""},
    {BODY "  extent: [1, ~]\n", NULL, ":4: sgd.extent.1: ", "empty"},
    {BODY "  extent: [1, 2, 3, 4]\n", NULL, ":4: sgd.extent: ", "at most 3 items in the list, found 4"},
    {BODY "  extent: []\n", NULL, ":4: sgd.extent: ", "at least 1 item in the list, found 0"},
    {BODY "  box: [1]\n", NULL, ":4: sgd.box: ", "expected 2 items in the list, found 1"},
    {BODY "  solver: gmres\n", NULL, ":4: sgd.solver: ", "expected a mapping (key: value), found \"gmres\""},
    {"sgd: fast\n", NULL, ":1: sgd: ", "expected a mapping (key: value), found \"fast\""},
    {BODY "  bits: {high: 1}\n", NULL, ":1: sgd: ", "Invalid value"},
    /* not YAML, or not a case */
    {"", NULL, ": ", "the case is empty"},
    {"# nothing here\n", NULL, ": ", "the case is empty"},
    {"- a\n- b\n", NULL, ":1: ", "found a list"},
    {"word\n", NULL, ":1: ", "found \"word\""},
    {"sgd:\n\tlearning_rate: 1\n", NULL, ":2:1: ", "a tab: indent with spaces"},
    {"sgd: {learning_rate: 1\n", NULL, ":2:1: ", "flow mapping"},
    {"sgd:\n  a: 1\n b: 2\n", NULL, ":3:2: ", "not valid YAML"},
    {"sgd: \x01\x02\x7f"
     "ELF\n",
     NULL, ":1:6: ", "control characters are not allowed"},
    {"sgd: 1\nname: \xff\xfe\n", NULL, ":2:7: ", "UTF-8"},
    {BODY "  batch_size: 8\n", NULL, ":4: sgd.batch_size: ", "given twice, first on line 3"},
    {BODY "---\nsgd: 1\n", NULL, ":5: ", "second YAML document"},
    {"sgd: *nowhere\n", NULL, ":1:6: ", "undefined alias"},
    {"sgd: &a [*a]\n", NULL, ":1: ", "nested too deeply"},
    {"[a, b]: 1\n", NULL, ":1: ", "a key must be one word"},
    {"sgd:\n  <<: 3\n", NULL, ":2: sgd: ", "merge key"},
    {"a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
     "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e]\n",
     NULL, ":1: ", "too large for a case"},
    /* the command line */
    {BODY, "sgd.momentum", "--set sgd.momentum: ", "expected key.path=value"},
    {BODY, "=1", "--set =1: ", "expected key.path=value"},
    {BODY, "sgd..momentum=1", "--set sgd..momentum: ", "expected key.path=value"},
    {BODY, "sgd.momentum=[1", "--set sgd.momentum: ", "not valid YAML"},
    {BODY, "sgd.momentum=big", "--set sgd.momentum: ", "expected a number, found \"big\""},
    {BODY, "sgd.momentun=1", "--set sgd.momentun: ", "did you mean \"momentum\"?"},
    {BODY, "sgd.solver={limit: 1.5}", "--set sgd.solver: sgd.solver.limit: ", "expected a whole number"},
    {BODY, "sgd.batch_size.x=1", "--set sgd.batch_size.x: sgd.batch_size: ", "whole number, found a mapping"},
    {"sgd: fast\n", "sgd.momentum=1", "--set sgd.momentum: sgd: ", "is \"fast\", not a mapping"},
    {BODY "models:\n  <<: {a: 1}\n  <<: {b: 2}\n", NULL, ":6: models.<<: ", "given twice, first on line 5"},
    {BODY "  extent: [1, 2]\n", "sgd.extent.2=1", "--set sgd.extent.2: ", "numbered 0 to 1"},
    {BODY "  extent: [1, 2]\n", "sgd.extent.-1=1", "--set sgd.extent.-1: ", "numbered 0 to 1"},
    {BODY, "sgd.\xff=1", "--set sgd.\xff: ", "unknown key"},
    {BODY, "sgd.label={a: 1, a: 2}", "--set sgd.label: a: ", "given twice"},
};

/* Send this rank's stderr to a file until CaptureEnd, which gives rank 0's text to everybody and checks that the other
   ranks were silent. */
static int CaptureBegin(void) {
  char path[128];
  int saved = dup(STDERR_FILENO), file;

  snprintf(path, sizeof path, "%s/stderr.%d", folder, rank);
  file = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
  fflush(stderr);
  dup2(file, STDERR_FILENO);
  close(file);
  return saved;
}

static void CaptureEnd(int saved, char text[4096]) {
  ssize_t n;

  fflush(stderr);
  n = pread(STDERR_FILENO, text, 4095, 0);
  dup2(saved, STDERR_FILENO);
  close(saved);
  assert_true(n >= 0);
  text[n] = '\0';
  if (rank) assert_string_equal(text, "");
  MPI_Bcast(text, 4096, MPI_CHAR, 0, PETSC_COMM_WORLD);
}

/* Open the case and read what a run would. */
static PetscErrorCode ReadAll(const char *path, const char *set) {
  static const char *const sections[] = {"sgd", "models", "slice", "a", "b", "c", "d", "e", "f"};
  PetscErrorCode ierr;
  SgdCase c;
  Sgd *sgd;

  ierr = SgdCaseOpen(PETSC_COMM_WORLD, path, set ? 1 : 0, &set, &c);
  if (!ierr) ierr = SgdCaseSections(c, 9, sections);
  if (!ierr) ierr = SgdCaseRead(c, "sgd", &sgd_schema, sgd_defaults, NULL, &sgd);
  if (SgdCaseClose(&c)) return 1;
  return ierr;
}

/* One line, "sgdfp: <start>...", with `words` in it. */
static void CheckMessage(const char *message, const char *start, const char *words) {
  const char *newline = strchr(message, '\n');

  if (strncmp(message, "sgdfp: ", 7) || strncmp(message + 7, start, strlen(start)) || !strstr(message, words) ||
      !newline || newline[1])
    fail_msg("expected \"%s ... %s\", got \"%s\"", start, words, message);
}

static void TellsEachMistake(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    char path[128], start[256], message[4096];
    int saved, code;

    WriteFile("wrong.yaml", wrong[i].text, strlen(wrong[i].text), path);
    saved = CaptureBegin();
    code = SgdExitCode(ReadAll(path, wrong[i].set));
    CaptureEnd(saved, message);
    snprintf(start, sizeof start, "%s%s", *wrong[i].place == ':' ? path : "", wrong[i].place);
    CheckMessage(message, start, wrong[i].words);
    assert_int_equal(code, SGD_EXIT_CASE);
  }
}

/* A good case passes the very road that the wrong ones are stopped on. */
static void PassesGoodCases(void **state) {
  char path[128], message[4096];
  int saved;

  (void)state;
  WriteFile("good.yaml", BODY, strlen(BODY), path);
  saved = CaptureBegin();
  assert_int_equal(ReadAll(path, "sgd.momentum=0.5"), 0);
  CaptureEnd(saved, message);
  assert_string_equal(message, "");
}

static void TellsUnreadableFiles(void **state) {
  char path[128], start[256], message[4096];
  const char *const names[] = {"absent.yaml", ""}; /* the latter is the folder itself */
  const char *const words[] = {"No such file", "directory"};

  (void)state;
  for (int i = 0; i < 2; i++) {
    int saved = CaptureBegin(), code;

    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    code = SgdExitCode(ReadAll(path, NULL));
    CaptureEnd(saved, message);
    snprintf(start, sizeof start, "%s: cannot read the case", path);
    CheckMessage(message, start, words[i]);
    assert_int_equal(code, SGD_EXIT_FILES);
  }
}

typedef PetscErrorCode (*Question)(SgdCase c);

static PetscErrorCode AskRange(SgdCase c) {
  SgdCaseCheck(c, 0 > 1, "sgd.learning_rate", "must be positive, got %g", -0.1);
  return PETSC_SUCCESS;
}

static PetscErrorCode AskFamily(SgdCase c) {
  const char *const families[] = {"quadratic", "rough", NULL};

  return SgdCaseError(c, "sgd.label", families, "unknown family \"%s\"", "quadratc");
}

static PetscErrorCode AskChoice(SgdCase c) {
  static const char *const names[] = {"linear", "quadratic", "rough", NULL};
  int choice = -1;

  return SgdCaseChoiceIn(c, "sgd", "label", names, "quadratc", &choice);
}

static PetscErrorCode AskEmptyChoice(SgdCase c) {
  static const char *const names[] = {"linear", "rough", NULL};
  int choice = -1;

  return SgdCaseChoice(c, "sgd.label", names, "", &choice);
}

static PetscErrorCode AskAbsent(SgdCase c) {
  return SgdCaseError(c, "sgd.solver.nothing", NULL, "needed here");
}

static PetscErrorCode AskCount(SgdCase c) {
  int count;

  return SgdCaseCount(c, "sgd", &count);
}

static PetscErrorCode AskScalar(SgdCase c) {
  const char *text;

  return SgdCaseScalar(c, "sgd", NULL, NULL, &text);
}

static PetscErrorCode AskDefault(SgdCase c) {
  Sgd *sgd;

  return SgdCaseRead(c, "sgd", &sgd_schema, "momentum: large", NULL, &sgd);
}

static PetscErrorCode AskItem(SgdCase c) {
  Model *model;

  return SgdCaseRead(c, "models.1", &model_schema, NULL, "model", &model);
}

static PetscErrorCode AskBelowScalar(SgdCase c) {
  Model *model;

  return SgdCaseRead(c, "sgd.label.model", &model_schema, NULL, "model", &model);
}

static PetscErrorCode AskFile(SgdCase c) {
  char path[PETSC_MAX_PATH_LEN];

  return SgdCaseFile(c, "sgd.label", "quadratc", path);
}

static void AnswersQuestions(void **state) {
  static const struct {
    Question ask;
    SgdExit exit;
    const char *place, *words;
  } asked[] = {
      {AskRange, SGD_EXIT_CASE, ":2: sgd.learning_rate: ", "must be positive, got -0.1"},
      {AskFamily, SGD_EXIT_CASE, ":4: sgd.label: ", "unknown family \"quadratc\"; did you mean \"quadratic\"?"},
      {AskChoice, SGD_EXIT_CASE,
       ":4: sgd.label: ", "expected linear, quadratic or rough, found \"quadratc\"; did you mean \"quadratic\"?"},
      {AskEmptyChoice, SGD_EXIT_CASE, ":4: sgd.label: ", "missing; expected linear or rough"},
      {AskAbsent, SGD_EXIT_CASE, ":1: sgd.solver.nothing: ", "needed here"},
      {AskCount, SGD_EXIT_CASE, ":1: sgd: ", "expected a list, found a mapping"},
      {AskScalar, SGD_EXIT_CASE, ":1: sgd: ", "expected one word, found a mapping"},
      {AskDefault, SGD_EXIT_CASE, " (a default): sgd.momentum: ", "expected a number"},
      {AskItem, SGD_EXIT_CASE, ":5: models.1: ", "\"1\" is not an item of this list"},
      {AskBelowScalar, SGD_EXIT_CASE, ":4: sgd.label.model: ", "expected a mapping"},
      {AskFile, SGD_EXIT_FILES, ":4: sgd.label: ", "no file \"quadratc\""},
  };
  static const char text[] = BODY "  label: quadratc\nmodels: [master]\n";
  char path[128], start[256], message[4096];

  (void)state;
  WriteFile("good.yaml", text, sizeof text - 1, path);
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
    SgdCase c;
    int saved, code;

    assert_int_equal(SgdCaseOpen(PETSC_COMM_WORLD, path, 0, NULL, &c), 0);
    saved = CaptureBegin();
    code = SgdExitCode(asked[i].ask(c));
    CaptureEnd(saved, message);
    snprintf(start, sizeof start, "%s%s", strchr(": ", *asked[i].place) ? path : "", asked[i].place);
    CheckMessage(message, start, asked[i].words);
    assert_int_equal(code, asked[i].exit);
    assert_int_equal(SgdCaseClose(&c), 0);
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(TellsEachMistake), cmocka_unit_test(PassesGoodCases),
                                     cmocka_unit_test(TellsUnreadableFiles), cmocka_unit_test(AnswersQuestions)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = SgdErrorHandlerPush() || cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return PetscFinalize() || failed;
}
