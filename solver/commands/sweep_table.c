#include "solver/commands/sweep_table.h"
#include "cases/base/replace_file.h"
#include "cases/base/serial_hdf5.h"
#include "solver/commands/sweep_run.h"
#include "solver/output/json.h"
#include "solver/output/text_files.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 256, FIXED = 6 };
static const char *const fixed[FIXED] = {"run", "folder", "exit", "warnings", "seconds", "message"};

/* Columns in the order in which the runs bring them; a row knows those that its run has. */
typedef struct {
  char **value; /* [count], NULL: absent */
  int count;
  SgdSweepEnd end;
  char folder[NAME];
} Row;
typedef struct {
  char **name; /* [columns] */
  int columns, axes;
  Row *row, *filled; /* filled: the one that is being read */
} Table;

static PetscErrorCode Grow(char ***list, int count, int wanted) {
  PetscFunctionBegin;
  PetscCall(PetscRealloc((size_t)wanted * sizeof **list, list));
  for (int i = count; i < wanted; i++) (*list)[i] = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Column(Table *t, const char *name, int *at) {
  PetscFunctionBegin;
  for (*at = 0; *at < t->columns; (*at)++)
    if (!strcmp(t->name[*at], name)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Grow(&t->name, t->columns, t->columns + 1));
  PetscCall(PetscStrallocpy(name, &t->name[t->columns++]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Numbers within a path, as in eigenvalues.0.decay_rate, count from 1 here as they do everywhere else. */
static void CountFromOne(const char *path, char *name) {
  size_t n = 0;

  while (*path && n < NAME - 16) {
    const size_t digits = strspn(path, "0123456789");
    if (digits && path[digits] == '.' && n && name[n - 1] == '.') {
      n += (size_t)snprintf(name + n, NAME - n, "%d", atoi(path) + 1);
      path += digits;
    } else
      name[n++] = *path++;
  }
  name[n] = '\0';
}

/* As in moments.csv: "master.mean.0" is master.mean_1; of a covariance's upper triangle, number 1 of two axes is _12. */
static void NameOf(const char *path, int axes, char *name) {
  const char *dot = strrchr(path, '.');
  const size_t head = dot ? (size_t)(dot - path) : 0;
  int k, a = 0;

  snprintf(name, NAME, "%s", path);
  if (!dot || !dot[1] || strspn(dot + 1, "0123456789") < strlen(dot + 1)) return;
  k = atoi(dot + 1);
  if (head < 4 || strncmp(dot - 4, ".cov", 4)) {
    snprintf(name, NAME, "%.*s_%d", (int)head, path, k + 1);
    return;
  }
  for (; axes > 0 && k >= axes - a && a < axes; a++) k -= axes - a;
  snprintf(name, NAME, "%.*s_%d%d", (int)head, path, a + 1, a + 1 + k);
}

static PetscErrorCode Visit(void *context, const char *path, const char *text) {
  Table *t = (Table *)context;
  Row *row = t->filled;
  char counted[NAME], name[NAME];
  const char *dot = strchr(path, '.');
  int at;

  PetscFunctionBegin;
  if (dot && (!strcmp(dot, ".kind") || !strncmp(dot, ".figures", 8))) PetscFunctionReturn(PETSC_SUCCESS);
  CountFromOne(path, counted);
  NameOf(counted, t->axes, name);
  PetscCall(Column(t, name, &at));
  if (at >= row->count) {
    PetscCall(Grow(&row->value, row->count, at + 1));
    row->count = at + 1;
  }
  if (!row->value[at]) PetscCall(PetscStrallocpy(text, &row->value[at]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadRow(Table *t, const SgdSweepPlan *plan, int run, const char *folder) {
  char path[PETSC_MAX_PATH_LEN], below[PETSC_MAX_PATH_LEN];
  PetscBool there;
  SgdCase c;

  PetscFunctionBegin;
  t->filled = &t->row[run];
  PetscCall(SgdSweepRunName(plan, run, t->filled->folder, NAME));
  SgdJoinPath(folder, t->filled->folder, below);
  PetscCall(SgdSweepEndRead(PETSC_COMM_SELF, below, &t->filled->end));
  const PetscBool rest = (PetscBool)!strcmp(t->filled->end.command, "stationary");
  SgdJoinPath(below, rest ? "stationary.json" : "summary.json", path);
  PetscCall(SgdFileExists(PETSC_COMM_SELF, path, &there));
  if (!there || t->filled->end.exit < 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdCaseOpen(PETSC_COMM_SELF, path, 0, NULL, &c)); /* JSON is YAML */
  if (!rest) PetscCall(SgdCaseCount(c, "axes", &t->axes));
  PetscCall(SgdCaseLeaves(c, "models", Visit, t));
  PetscCall(SgdCaseClose(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In quotes where the separator or a quote is in it. */
static void Cell(FILE *f, const char *text) {
  if (!strpbrk(text, ",\"\n")) {
    fputs(text, f);
    return;
  }
  fputc('"', f);
  for (; *text; text++) fprintf(f, *text == '"' ? "\"\"" : "%c", *text);
  fputc('"', f);
}

static void WriteHeader(FILE *f, const Table *t, const SgdSweepPlan *plan) {
  for (int i = 0; i < FIXED; i++) fprintf(f, "%s%s", i ? "," : "", fixed[i]);
  for (int k = 0; k < plan->keys; k++) {
    fputc(',', f);
    Cell(f, plan->vary[k].key);
  }
  for (int i = 0; i < t->columns; i++) {
    fputc(',', f);
    Cell(f, t->name[i]);
  }
  fputc('\n', f);
}

static void WriteSweepRow(FILE *f, const Table *t, const SgdSweepPlan *plan, int run) {
  const Row *row = &t->row[run];

  fprintf(f, "%d,", run);
  Cell(f, row->folder);
  if (row->end.exit < 0)
    fputs(",,,,not done", f);
  else {
    fprintf(f, ",%d,%d,%.3f,", row->end.exit, row->end.warnings, row->end.seconds);
    Cell(f, row->end.message);
  }
  for (int k = 0; k < plan->keys; k++) {
    fputc(',', f);
    Cell(f, SgdSweepValue(plan, run, k));
  }
  for (int i = 0; i < t->columns; i++) {
    fputc(',', f);
    if (i < row->count && row->value[i]) Cell(f, row->value[i]);
  }
  fputc('\n', f);
}

/* The number in a text; not a number where it is a word, or there is none. */
static double Number(const char *text) {
  char *end;
  const double x = text ? strtod(text, &end) : NAN;

  return text && *text && !*end ? x : NAN;
}

/* One dataset over the grid of the keys: of key number k (column < 0), or of a column: "master.cov_11" is
   /master/cov_11. */
static void WriteDataset(SgdSerialH5 *f, const Table *t, const SgdSweepPlan *plan, int k, int column, double *value) {
  hsize_t shape[H5S_MAX_RANK];
  char name[NAME + 16];

  for (int j = 0; j < plan->keys; j++) shape[j] = (hsize_t)plan->vary[j].count;
  for (int r = 0; r < plan->runs; r++) {
    const Row *row = &t->row[r];
    value[r] = Number(column < 0 ? SgdSweepValue(plan, r, k) : column < row->count ? row->value[column] : NULL);
  }
  if (column < 0)
    snprintf(name, sizeof name, "/keys/%s", plan->vary[k].key);
  else
    snprintf(name, sizeof name, "/%s", t->name[column]);
  if (column >= 0 && strchr(name, '.')) *strchr(name, '.') = '/';
  SgdSerialH5Doubles(f, name, plan->keys, shape, value);
}

/* sweep.h5; errno of a failure */
static int WriteNumbers(const char *path, const Table *t, const SgdSweepPlan *plan, double *value) {
  SgdSerialH5 f;

  SgdSerialH5Create(path, &f);
  for (int k = 0; k < plan->keys; k++) WriteDataset(&f, t, plan, k, -1, value);
  for (int i = 0; i < t->columns; i++) WriteDataset(&f, t, plan, 0, i, value);
  return SgdSerialH5Close(&f);
}

/* sweep.json: the keys in their order with their values, of which the table is the grid. */
static PetscErrorCode WriteKeys(MPI_Comm comm, const SgdSweepPlan *plan, const char *folder) {
  char path[PETSC_MAX_PATH_LEN];
  SgdJson j;

  PetscFunctionBegin;
  SgdJoinPath(folder, "sweep.json", path);
  PetscCall(SgdJsonOpen(comm, path, &j));
  SgdJsonObject(j, NULL);
  SgdJsonString(j, "format", "sgdfp-sweep-1");
  SgdJsonInteger(j, "runs", plan->runs);
  SgdJsonObject(j, "keys");
  for (int k = 0; k < plan->keys; k++) {
    SgdJsonList(j, plan->vary[k].key);
    for (int i = 0; i < plan->vary[k].count; i++) SgdJsonString(j, NULL, plan->vary[k].value[i]);
    SgdJsonEnd(j);
  }
  SgdJsonEnd(j);
  SgdJsonEnd(j);
  PetscCall(SgdJsonClose(&j));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Free(Table *t, int runs) {
  PetscFunctionBegin;
  for (int r = 0; r < runs; r++) {
    for (int i = 0; i < t->row[r].count; i++) PetscCall(PetscFree(t->row[r].value[i]));
    PetscCall(PetscFree(t->row[r].value));
  }
  for (int i = 0; i < t->columns; i++) PetscCall(PetscFree(t->name[i]));
  PetscCall(PetscFree(t->name));
  PetscCall(PetscFree(t->row));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rank 0: every run's row, and all of them as numbers; *error: errno of a failure. */
static PetscErrorCode ReadRows(Table *t, const SgdSweepPlan *plan, const char *folder, const char *numbers,
                               int *error) {
  double *value;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(plan->runs, &t->row));
  for (int r = 0; r < plan->runs; r++) PetscCall(ReadRow(t, plan, r, folder));
  PetscCall(PetscMalloc1(plan->runs, &value));
  *error = WriteNumbers(numbers, t, plan, value);
  PetscCall(PetscFree(value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sweep.csv appears whole, or stays as it was: it is written beside, and takes its name when it is on the disk. */
static PetscErrorCode WriteTable(MPI_Comm comm, const Table *t, const SgdSweepPlan *plan, const char *folder) {
  char temporary[PETSC_MAX_PATH_LEN], path[PETSC_MAX_PATH_LEN];
  PetscErrorCode ierr;
  int error = 0;
  FILE *f;

  PetscFunctionBegin;
  SgdJoinPath(folder, "sweep.csv.new", temporary);
  SgdJoinPath(folder, "sweep.csv", path);
  PetscCall(SgdOpenText(comm, folder, "sweep.csv.new", &f));
  if (f) {
    WriteHeader(f, t, plan);
    for (int r = 0; r < plan->runs; r++) WriteSweepRow(f, t, plan, r);
  }
  const PetscBool mine = (PetscBool)(f != NULL);
  ierr = SgdCloseText(comm, folder, "sweep.csv.new", &f);
  if (ierr && mine) remove(temporary);
  PetscCall(ierr);
  if (mine) error = SgdReplaceFile(temporary, path);
  PetscCall(SgdWritten(comm, path, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSweepTableWrite(MPI_Comm comm, const SgdSweepPlan *plan, const char *folder) {
  char numbers[PETSC_MAX_PATH_LEN];
  Table t = {.columns = 0};
  PetscErrorCode ierr;
  PetscMPIInt rank;
  int error = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(WriteKeys(comm, plan, folder));
  SgdJoinPath(folder, "sweep.h5", numbers);
  if (!rank) PetscCall(ReadRows(&t, plan, folder, numbers, &error));
  PetscCall(SgdWritten(comm, numbers, error));
  ierr = WriteTable(comm, &t, plan, folder);
  if (!rank) PetscCall(Free(&t, plan->runs));
  PetscCall(ierr);
  PetscFunctionReturn(PETSC_SUCCESS);
}
