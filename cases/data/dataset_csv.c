/* A table of numbers as text, plain or gzipped: one sample a line, one of its columns the label. */
#include "cases/data/csv_doubt.h"
#include "cases/data/csv_rows.h"
#include "cases/file/nearest.h"
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  SgdCsvRows rows;
  int label_at;
  size_t samples, room; /* rows kept, rows there is room for */
  /* Among the rows behind the first: a feature that is no whole number; one that counts as the first may; one of whole
     numbers. */
  int fractions, alike, whole;
  SgdDataset *data;
} Reader;

static int NoColumn(Reader *r, const char *format, ...) {
  char text[512];
  va_list args;

  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  SgdDatasetBad(r->rows.problem, "landscape.data.label_column: %s", text);
  r->rows.problem->exit = SGD_EXIT_CASE;
  return 1;
}

/* The column of this name in the header. */
static int NamedColumn(Reader *r, const char *name, int *at) {
  char hint[256];
  int found = 0;

  if (!r->rows.name)
    return NoColumn(r, "%s has no header with names: '%.60s' must be a column's number, from 0", r->rows.lines.file,
                    name);
  for (int k = 0; k < r->rows.columns; k++)
    if (!strcmp(r->rows.name[k], name)) *at = k, found++;
  if (found == 1) return 0;
  if (found)
    return NoColumn(r, "%s has %d columns of the name '%.60s': give its number, from 0", r->rows.lines.file, found,
                    name);
  SgdWordHint(name, r->rows.columns, (const char *const *)r->rows.name, hint, sizeof hint);
  return NoColumn(r, "%s has no column '%.60s'%s", r->rows.lines.file, name, hint);
}

static int BeginTable(Reader *r, const SgdDatasetOptions *o) {
  const int columns = r->rows.columns;
  int at = o->label_column;

  if (o->label_name && *o->label_name && NamedColumn(r, o->label_name, &at)) return 1;
  r->label_at = at < 0 ? columns + at : at;
  if (columns < 2)
    return SgdDatasetBad(r->rows.problem, "%s:%ld: one column only; expected features and a label", r->rows.lines.file,
                         r->rows.lines.line);
  if (r->label_at < 0 || r->label_at >= columns)
    return NoColumn(r, "%s has no column %d: there are %d columns, counted from 0", r->rows.lines.file, at, columns);
  r->data->features = columns - 1;
  return 0;
}

static int GrowTable(Reader *r) {
  const size_t room = r->room ? 2 * r->room : 1024;
  if (room > INT_MAX)
    return SgdDatasetBad(r->rows.problem, "%s:%ld: more than 2^30 samples", r->rows.lines.file, r->rows.lines.line);
  double *x = realloc(r->data->x, room * (size_t)r->data->features * sizeof *x);
  int *label;

  if (x) r->data->x = x;
  label = x ? realloc(r->data->label, room * sizeof *label) : NULL;
  if (label) r->data->label = label;
  r->room = room;
  return label
             ? 0
             : SgdDatasetBad(r->rows.problem, "%s: out of memory at line %ld", r->rows.lines.file, r->rows.lines.line);
}

/* Whole numbers from 0 up, each larger than the one before, as a header of column numbers is. */
static int LooksCounted(const double *value, int columns) {
  for (int k = 0; k < columns; k++)
    if (value[k] != floor(value[k]) || (k ? value[k] <= value[k - 1] : value[k] < 0)) return 0;
  return 1;
}

static int LooksWhole(const double *value, int columns) {
  for (int k = 0; k < columns; k++)
    if (value[k] != floor(value[k])) return 0;
  return 1;
}

static int KeepRow(Reader *r) {
  const double *value = r->rows.value;
  char where[128];

  if (r->samples == r->room && GrowTable(r)) return 1;
  double *x = r->data->x + r->samples * (size_t)r->data->features;
  for (int k = 0, j = 0; k < r->rows.columns; k++) {
    if (k == r->label_at) continue;
    x[j++] = value[k];
    if (r->samples && value[k] != floor(value[k])) r->fractions = 1;
  }
  r->alike = r->alike || (r->samples && LooksCounted(value, r->rows.columns));
  r->whole = r->whole || (r->samples && LooksWhole(value, r->rows.columns));
  if (SgdDatasetLabel(value[r->label_at], &r->data->label[r->samples]))
    return SgdDatasetBad(r->rows.problem, "%s:%ld: %s: label %g is not an integer of at most 9 digits",
                         r->rows.lines.file, r->rows.lines.line,
                         SgdCsvColumn(&r->rows, r->label_at, where, sizeof where), value[r->label_at]);
  r->samples++;
  return 0;
}

/* How often the label of row i occurs. */
static size_t Occurs(const Reader *r, size_t i) {
  size_t count = 0;

  for (size_t j = 0; j < r->samples; j++) count += r->data->label[j] == r->data->label[i];
  return count;
}

typedef enum { SAMPLE, HEADER, UNCLEAR } FirstRow;

/* A first row that counts (0, 1, 2, ..) names the columns, or is a sample. What speaks for a header: a label of its own
   where the other labels recur; features with fractions in the other rows; no gap in the count. Whole numbers that do
   not count (64, 64, 10) are a sample unless all of that holds and no other row is whole: then it must be said. */
static FirstRow Judge(const Reader *r, const double *first) {
  const int columns = r->rows.columns, no_gap = first[0] <= 1 && first[columns - 1] - first[0] == columns - 1;
  const int alone = Occurs(r, 0) == 1, recur = r->samples > 1 && Occurs(r, 1) > 1;

  if (!LooksCounted(first, columns)) return alone && recur && r->fractions && !r->whole ? UNCLEAR : SAMPLE;
  if (no_gap && columns > 2 && alone && !r->alike) return HEADER;
  if (!alone) return no_gap && (r->fractions || columns > 3) ? UNCLEAR : SAMPLE;
  if (r->fractions && recur && !r->alike) return HEADER;
  return r->alike || (columns == 2 && !r->fractions) ? SAMPLE : UNCLEAR;
}

static int Settle(const Reader *r, const double *first, int *header) {
  const FirstRow row = Judge(r, first);

  *header = row == HEADER;
  if (row != UNCLEAR) return 0;
  SgdDatasetBad(r->rows.problem,
                "%s: the first row (%g, %g, ..) may be a header of numbers or a sample: say which by "
                "landscape.data.header: true or false",
                r->rows.lines.file, first[0], first[1]);
  r->rows.problem->exit = SGD_EXIT_CASE;
  return 1;
}

static void DropFirst(Reader *r) {
  const size_t features = (size_t)r->data->features;

  r->samples--;
  memmove(r->data->x, r->data->x + features, r->samples * features * sizeof *r->data->x);
  memmove(r->data->label, r->data->label + 1, r->samples * sizeof *r->data->label);
}

static void Describe(const Reader *r, int counted) {
  const SgdCsvRows *rows = &r->rows;
  char where[128];

  snprintf(r->data->note, sizeof r->data->note, "%s, fields parted by %s%s, %s, label in %s", rows->lines.file,
           SgdCsvSeparatorName(rows->dialect.separator), rows->comma_line ? ", decimal commas" : "",
           rows->header ? "with a header"
           : counted    ? "first row taken as a header of column numbers"
                        : "no header",
           SgdCsvColumn(rows, r->label_at, where, sizeof where));
}

enum { EVIDENCE = 1000 }; /* rows to judge a first row by that may be a header */

static int ReadTableRows(Reader *r, const SgdDatasetOptions *o) {
  const size_t wanted = o->limit > 0 ? (size_t)o->limit : INT_MAX;
  double *first = NULL;
  int more = 1, counted = 0, bad = 0;

  while (!bad && r->samples < (first ? PetscMax(wanted + 1, EVIDENCE) : wanted) &&
         (more = SgdCsvRowsNext(&r->rows)) > 0) {
    if (!r->samples) bad = BeginTable(r, o);
    bad = bad || KeepRow(r);
    if (!bad && r->samples == 1 && !r->rows.header && o->header == SGD_HEADER_AUTO &&
        LooksWhole(r->rows.value, r->rows.columns)) {
      first = malloc((size_t)r->rows.columns * sizeof *first);
      if (first) memcpy(first, r->rows.value, (size_t)r->rows.columns * sizeof *first);
    }
  }
  bad = bad || more < 0 || SgdCsvRowsCheck(&r->rows);
  if (!bad && first && r->samples > 1) bad = Settle(r, first, &counted);
  if (counted) DropFirst(r);
  if (!bad && !r->samples) bad = SgdDatasetBad(r->rows.problem, "%s: no samples in it", o->file);
  r->data->samples = (int)PetscMin(r->samples, wanted);
  if (!bad) Describe(r, counted);
  if (!bad) SgdCsvDoubt(r->data, r->label_at);
  free(first);
  return bad;
}

static int DatasetRead_CSV(const SgdDatasetOptions *o, SgdDataset *d, SgdDatasetProblem *problem) {
  Reader r = {.data = d};
  const int bad = SgdCsvRowsOpen(&r.rows, o->file, (SgdCsvHeader)o->header, problem) || ReadTableRows(&r, o);

  SgdCsvRowsClose(&r.rows);
  return bad;
}

const SgdDatasetFormat SgdDatasetCSV = {"csv", SGD_NEEDS_FILE, "file label_column header", DatasetRead_CSV};
