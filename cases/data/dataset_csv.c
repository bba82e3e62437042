/* Comma-separated text, plain or gzipped: one sample a line, one of its columns the label. */
#include "cases/data/datasetimpl.h"
#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef struct {
  const char *file;
  gzFile stream;
  char *text; /* the current line, without its end */
  size_t room;
  long line;                   /* counted from 1 */
  int columns, label_at;       /* known after the first line of numbers */
  size_t samples, sample_room; /* rows kept, rows there is room for */
  double *value;               /* [columns], the current row */
  SgdDataset *data;
  SgdDatasetProblem *problem;
} Reader;

static int IsSeparator(char c) {
  return c == ',' || c == ';' || c == '\t';
}

/* 1: a line; 0: the end; -1: failed. */
static int NextLine(Reader *r) {
  size_t length = 0;

  for (;;) {
    if (length > 1u << 30)
      return -SgdDatasetBad(r->problem, "%s:%ld: a line of more than 2^30 bytes", r->file, r->line + 1);
    if (length + 2 > r->room) {
      char *more = realloc(r->text, r->room = 2 * r->room + 4096);
      if (!more) return -SgdDatasetBad(r->problem, "%s: out of memory at line %ld", r->file, r->line + 1);
      r->text = more;
    }
    if (!gzgets(r->stream, r->text + length, (int)(r->room - length))) break;
    length += strlen(r->text + length);
    if (length && r->text[length - 1] == '\n') break;
  }
  int error;
  const char *what = gzerror(r->stream, &error);
  if (error != Z_OK && error != Z_STREAM_END)
    return -SgdDatasetBad(r->problem, "%s: corrupt or cut short after line %ld (%s)", r->file, r->line, what);
  if (!length) return 0;
  while (length && isspace((unsigned char)r->text[length - 1]) && r->text[length - 1] != '\t') length--;
  r->text[length] = '\0';
  r->line++;
  return 1;
}

/* The number in the field that starts at *at; moves *at behind its separator or to the end. 0: it is one. */
static int Field(const char **at, double *value, int *last) {
  char *end;
  const char *stop = *at;

  while (*stop && !IsSeparator(*stop)) stop++;
  *value = strtod(*at, &end);
  while (end < stop && isspace((unsigned char)*end)) end++;
  const int bad = end != stop || stop == *at || !isfinite(*value);
  *last = !*stop;
  *at = *stop ? stop + 1 : stop;
  return bad;
}

/* A line is a header if none of its fields is a number. Counts the columns on the way. */
static int IsHeader(const char *text, int *columns) {
  int numbers = 0, last = 0;
  double value;

  for (*columns = 0; !last; (*columns)++) numbers += !Field(&text, &value, &last);
  return numbers == 0;
}

static int Begin(Reader *r, const SgdDatasetOptions *o) {
  const int at = o->label_column;

  r->label_at = at < 0 ? r->columns + at : at;
  if (r->columns < 2)
    return SgdDatasetBad(r->problem, "%s:%ld: one column only; expected features and a label", r->file, r->line);
  if (r->label_at < 0 || r->label_at >= r->columns) {
    SgdDatasetBad(r->problem, "%s: label_column %d does not exist: there are %d columns", r->file, at, r->columns);
    r->problem->exit = SGD_EXIT_CASE;
    return 1;
  }
  r->data->features = r->columns - 1;
  r->value = malloc((size_t)r->columns * sizeof *r->value);
  return r->value ? 0 : SgdDatasetBad(r->problem, "%s: out of memory", r->file);
}

static int Grow(Reader *r) {
  const size_t room = r->sample_room ? 2 * r->sample_room : 1024;
  if (room > INT_MAX) return SgdDatasetBad(r->problem, "%s:%ld: more than 2^30 samples", r->file, r->line);
  double *x = realloc(r->data->x, room * (size_t)r->data->features * sizeof *x);
  int *label;

  if (x) r->data->x = x;
  label = x ? realloc(r->data->label, room * sizeof *label) : NULL;
  if (label) r->data->label = label;
  r->sample_room = room;
  return label ? 0 : SgdDatasetBad(r->problem, "%s: out of memory at line %ld", r->file, r->line);
}

/* What stands in a field, fit to be shown: cut, and without what a terminal would act on. */
static int BadField(Reader *r, int column, const char *field) {
  char shown[41];
  const size_t length = PetscMin(strcspn(field, ",;\t"), sizeof shown - 1);

  for (size_t i = 0; i < length; i++) shown[i] = (char)(iscntrl((unsigned char)field[i]) ? '?' : field[i]);
  shown[length] = '\0';
  return SgdDatasetBad(r->problem, "%s:%ld: column %d: '%s' is not a number", r->file, r->line, column, shown);
}

static int Row(Reader *r) {
  const char *at = r->text;
  int columns = 0, last = 0;

  for (; !last; columns++) {
    double value;
    const char *field = at;
    if (Field(&at, &value, &last)) return BadField(r, columns + 1, field);
    if (columns < r->columns) r->value[columns] = value;
  }
  if (columns != r->columns)
    return SgdDatasetBad(r->problem, "%s:%ld: %d columns, but the lines before it have %d", r->file, r->line, columns,
                         r->columns);
  if (r->samples == r->sample_room && Grow(r)) return 1;
  double *x = r->data->x + r->samples * (size_t)r->data->features;
  for (int k = 0, j = 0; k < columns; k++)
    if (k != r->label_at) x[j++] = r->value[k];
  if (SgdDatasetLabel(r->value[r->label_at], &r->data->label[r->samples]))
    return SgdDatasetBad(r->problem, "%s:%ld: column %d: label %g is not an integer from 0 up", r->file, r->line,
                         r->label_at + 1, r->value[r->label_at]);
  r->samples++;
  return 0;
}

static int ReadLines(Reader *r, const SgdDatasetOptions *o) {
  int more, columns;

  while ((more = NextLine(r)) > 0) {
    if (!*r->text) continue;
    if (!r->columns) {
      const int header = IsHeader(r->text, &columns);
      if (header && r->line == 1) continue;
      r->columns = columns;
      if (Begin(r, o)) return 1;
    }
    if (Row(r)) return 1;
    if (o->limit > 0 && r->samples == (size_t)o->limit) break;
  }
  if (more < 0) return 1;
  if (!r->samples) return SgdDatasetBad(r->problem, "%s: no samples in it", r->file);
  r->data->samples = (int)r->samples;
  return 0;
}

static int Read(const SgdDatasetOptions *o, SgdDataset *d, SgdDatasetProblem *problem) {
  Reader r = {.file = o->file, .data = d, .problem = problem};
  const size_t length = strlen(o->file);
  int bad;

  r.stream = gzopen(o->file, "rb");
  if (!r.stream) return SgdDatasetBad(problem, "%s: cannot be opened", o->file);
  if (length > 3 && !strcmp(o->file + length - 3, ".gz") && gzdirect(r.stream))
    bad = SgdDatasetBad(problem, "%s: is not gzip data, though its name ends in .gz", o->file);
  else
    bad = ReadLines(&r, o);
  gzclose(r.stream);
  free(r.text);
  free(r.value);
  return bad;
}

const SgdDatasetFormat SgdDatasetCSV = {"csv", Read};
