#include "cases/data/csv_rows.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *SgdCsvColumn(const SgdCsvRows *r, int k, char *text, size_t room) {
  if (r->name && k < r->columns)
    snprintf(text, room, "column %d ('%s')", k + 1, r->name[k]);
  else
    snprintf(text, room, "column %d", k + 1);
  return text;
}

/* What stands in a field, fit to be shown: cut, and without what a terminal would act on. */
static void Show(const char *field, char *shown, size_t room) {
  size_t i = 0;

  for (; field[i] && i + 1 < room; i++) shown[i] = (char)(iscntrl((unsigned char)field[i]) ? '?' : field[i]);
  shown[i] = '\0';
}

/* What may be meant by a field that is no number. */
static const char *Advice(const char *field) {
  static const char *const missing[] = {"", "?", "-", "NA", "N/A", "nan", "null", "none", "nil", "missing"};
  const char *point = strchr(field, '.');

  for (size_t k = 0; k < sizeof missing / sizeof *missing; k++)
    if (!strcasecmp(field, missing[k])) return ": a missing value? Leave the row out, or fill it in";
  if (!strcasecmp(field, "true") || !strcasecmp(field, "false")) return ": write 1 and 0";
  if (isalpha((unsigned char)*field) && strncasecmp(field, "inf", 3))
    return ": text must be numbered (classes as 0, 1, 2, ..), or its column left out";
  if (isdigit((unsigned char)*field) && (strpbrk(field, ",'_ ") || (point && strchr(point + 1, '.'))) &&
      strspn(field, "0123456789,.'_ ") == strlen(field))
    return ": digits must not be grouped";
  if (field[0] == '0' && (field[1] == 'x' || field[1] == 'X')) return ": write it in decimal digits";
  return "";
}

static int BadField(SgdCsvRows *r, int column, const char *field) {
  char shown[41], where[128];
  double value;

  Show(field, shown, sizeof shown);
  SgdCsvColumn(r, column, where, sizeof where);
  if (r->dialect.separator != ',' && strchr(field, ',') && !SgdCsvNumber(field, ',', &value))
    return SgdDatasetBad(r->problem, "%s:%ld: %s: '%s' has a decimal comma, but line %ld has a decimal point",
                         r->lines.file, r->lines.line, where, shown, r->point_line);
  if (r->comma_line && !SgdCsvNumber(field, '.', &value))
    return SgdDatasetBad(r->problem, "%s:%ld: %s: '%s' has a decimal point, but line %ld has a decimal comma",
                         r->lines.file, r->lines.line, where, shown, r->comma_line);
  return SgdDatasetBad(r->problem, "%s:%ld: %s: '%s' is not a number%s", r->lines.file, r->lines.line, where, shown,
                       Advice(field));
}

/* 1,234 and 12,345,678 may be thousands; 0,5 and 1,25 may not. */
static int MayPartThousands(const char *field) {
  const char *digits = field + (*field == '-' || *field == '+'), *comma = strchr(field, ',');

  return *digits != '0' && comma > digits && comma - digits <= 3 && strlen(comma) == 4;
}

/* What the field says on how the file's numbers are written. */
static void Notice(SgdCsvRows *r, int column, const char *field) {
  const char *digits = field + (*field == '-' || *field == '+');

  if (strpbrk(field, r->dialect.separator == ',' ? ".eE" : ".") && !r->point_line) r->point_line = r->lines.line;
  if (strchr(field, ',')) {
    if (!r->comma_line) r->comma_line = r->lines.line;
    if (!r->plain_comma_line && !MayPartThousands(field)) r->plain_comma_line = r->lines.line;
  } else if (*digits == '0' && (isdigit((unsigned char)digits[1]) || (*field == '-' && !digits[1])) && !r->padded_line)
    r->padded_line = r->lines.line, r->padded_column = column;
}

/* With a decimal comma if the field has one, and no number before had a point. */
static int ReadNumber(SgdCsvRows *r, const char *field, double *value) {
  const int comma = strchr(field, ',') != NULL;

  if (comma ? r->point_line > 0 : strchr(field, '.') && r->comma_line > 0) return 1;
  return SgdCsvNumber(field, comma ? ',' : '.', value);
}

static int Width(SgdCsvRows *r, int columns) {
  if (columns == r->columns) return 0;
  if (r->header)
    return SgdDatasetBad(r->problem, "%s:%ld: %d columns, but the header (line %ld) and the lines before it have %d",
                         r->lines.file, r->lines.line, columns, r->header, r->columns);
  return SgdDatasetBad(r->problem, "%s:%ld: %d columns, but the lines before it have %d", r->lines.file, r->lines.line,
                       columns, r->columns);
}

static int CountFields(const SgdCsvRows *r, const char *text) {
  char *copy = strdup(text), *at = copy;
  int count = 0, quoted;

  for (; at; count++) SgdCsvField(&r->dialect, &at, &quoted);
  free(copy);
  return count;
}

static int SetWidth(SgdCsvRows *r, int columns) {
  r->columns = columns;
  r->value = malloc((size_t)columns * sizeof *r->value);
  return r->value ? 0 : SgdDatasetBad(r->problem, "%s: out of memory", r->lines.file);
}

static int Row(SgdCsvRows *r) {
  char *at = r->lines.text;
  int columns = 0, quoted;
  double value;

  if (!r->columns && SetWidth(r, CountFields(r, at))) return 1;
  for (; at; columns++) {
    const char *field = SgdCsvField(&r->dialect, &at, &quoted);
    if (ReadNumber(r, field, &value)) return BadField(r, columns, field);
    Notice(r, columns, field);
    if (columns < r->columns) r->value[columns] = value;
  }
  return Width(r, columns);
}

/* The line of the first row or the header; 0: there is none, -1: failed. */
static int NextLine(SgdCsvRows *r) {
  int more;

  do more = SgdTextLinesNext(&r->lines, r->problem);
  while (more > 0 && SgdCsvSkipped(r->lines.text));
  return more;
}

int SgdCsvRowsNext(SgdCsvRows *r) {
  const int more = NextLine(r);

  return more <= 0 ? more : Row(r) ? -1 : 1;
}

static int IsName(const char *field) {
  const unsigned char c = (unsigned char)*field;

  return (isalpha(c) || c == '_' || c >= 0x80) && strcasecmp(field, "nan") && strncasecmp(field, "inf", 3);
}

/* How many fields are numbers, how many are names, and whether every number is the column's own (counted from 0 or 1,
   as tables are written whose columns have no names) with names at either end alone. */
static void Kinds(const SgdCsvRows *r, char *text, int *numbers, int *names, int *counted) {
  char *at = text;
  int quoted, first = 0, ended = 0;
  double value;

  *numbers = *names = 0;
  *counted = 1;
  for (int k = 0; at; k++) {
    const char *field = SgdCsvField(&r->dialect, &at, &quoted);
    if (!SgdCsvNumber(field, '.', &value) || !SgdCsvNumber(field, ',', &value)) {
      if (!*numbers) first = (int)PetscMax(PetscMin(value, 1e6), -1e6) - k;
      *counted = *counted && value == k + first && first >= -1 && first <= 1 && !ended;
      (*numbers)++;
    } else {
      *names += IsName(field);
      ended = *numbers > 0;
    }
  }
}

static int KeepNames(SgdCsvRows *r) {
  char *at = r->lines.text;
  int quoted;

  if (SetWidth(r, CountFields(r, at))) return 1;
  r->header = r->lines.line;
  r->name = calloc((size_t)r->columns, sizeof *r->name);
  for (int k = 0; at && r->name; k++) {
    const char *field = SgdCsvField(&r->dialect, &at, &quoted);
    char shown[41];
    Show(field, shown, sizeof shown);
    if (!*field)
      return SgdDatasetBad(r->problem,
                           "%s:%ld: column %d has no name: the index of the rows? Leave it out of the file (pandas: "
                           "index=False)",
                           r->lines.file, r->lines.line, k + 1);
    r->name[k] = strdup(shown);
  }
  return r->name ? 0 : SgdDatasetBad(r->problem, "%s: out of memory", r->lines.file);
}

/* A header has no number in it, or only the numbers of its columns beside names. */
static int IsHeader(SgdCsvRows *r) {
  char *copy = strdup(r->lines.text);
  int numbers, names, counted;

  Kinds(r, copy, &numbers, &names, &counted);
  free(copy);
  return names > 0 && (!numbers || counted);
}

static int ReadColumnNames(SgdCsvRows *r, SgdCsvHeader header) {
  const int more = NextLine(r);

  if (more < 0) return 1;
  if (more && (header == SGD_HEADER_YES || (header == SGD_HEADER_AUTO && IsHeader(r)))) return KeepNames(r);
  return SgdTextLinesRewind(&r->lines, r->problem);
}

int SgdCsvRowsOpen(SgdCsvRows *r, const char *file, SgdCsvHeader header, SgdDatasetProblem *problem) {
  r->problem = problem;
  return SgdTextLinesOpen(&r->lines, file, problem) || SgdCsvDialectFind(&r->lines, &r->dialect, problem) ||
         ReadColumnNames(r, header);
}

int SgdCsvRowsCheck(const SgdCsvRows *r) {
  char where[128];

  if (r->comma_line && !r->plain_comma_line)
    return SgdDatasetBad(r->problem,
                         "%s:%ld: every comma stands before three digits: decimal commas, or thousands? Write points",
                         r->lines.file, r->comma_line);
  if (r->dialect.separator == ',' && r->padded_line && !r->point_line && !r->comma_line)
    return SgdDatasetBad(r->problem,
                         "%s:%ld: %s begins with a zero, and no number of the file has a point: commas that part "
                         "fields, or decimal commas? Write points, or semicolons between the fields",
                         r->lines.file, r->padded_line, SgdCsvColumn(r, r->padded_column, where, sizeof where));
  return 0;
}

void SgdCsvRowsClose(SgdCsvRows *r) {
  for (int k = 0; r->name && k < r->columns; k++) free(r->name[k]);
  free(r->name);
  free(r->value);
  SgdTextLinesClose(&r->lines);
}
