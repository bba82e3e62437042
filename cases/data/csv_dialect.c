#include "cases/data/csv_dialect.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COMMA, SEMICOLON, TAB, BAR, BLANK, SEPARATORS };
static const char separators[SEPARATORS] = {',', ';', '\t', '|', ' '};

/* Over the lines: first line with the separator, first one without, one that does not end with it. */
typedef struct {
  long with[SEPARATORS], without[SEPARATORS], not_last[SEPARATORS];
  long open;  /* first line with a quote that is not closed on it */
  long tight; /* first line with a comma between two characters that are no blanks */
} Survey;

int SgdCsvSkipped(const char *text) {
  while (*text == ' ' || *text == '\t') text++;
  return !*text || *text == '#';
}

const char *SgdCsvSeparatorName(char separator) {
  switch (separator) {
  case ',':
    return "','";
  case ';':
    return "';'";
  case '|':
    return "'|'";
  case '\t':
    return "a tab";
  }
  return "a blank";
}

static int IsBlank(char c) {
  return c == ' ' || c == '\t';
}

/* A blank that could part two numbers: before it the end of one, behind it the begin of one. */
static int PartsNumbers(const char *text, const char *at) {
  const char *next = at + strspn(at, " ");

  return at > text && *at == ' ' && (isdigit((unsigned char)at[-1]) || at[-1] == '.') &&
         (isdigit((unsigned char)*next) || (*next && strchr("+-.", *next)));
}

/* One line: which separators it has outside quotes, and which of them ends it. */
static void SurveyLine(Survey *s, const char *text, long line) {
  int count[SEPARATORS] = {0}, last = -1, tight = 0;
  char quote = 0;

  for (const char *c = text; *c; c++) {
    if (quote ? *c == quote : *c == '"') quote = quote ? 0 : *c;
    if (quote || *c == '"') {
      last = -1;
      continue;
    }
    for (int k = 0; k < BLANK; k++)
      if (*c == separators[k]) count[k]++, last = k;
    if (*c == ',' && c > text && !IsBlank(c[-1]) && c[1] && !IsBlank(c[1])) tight = 1;
    if (PartsNumbers(text, c)) count[BLANK]++;
    if (!IsBlank(*c) && !strchr(",;|", *c)) last = -1;
  }
  for (int k = 0; k < SEPARATORS; k++) {
    long *first = count[k] ? &s->with[k] : &s->without[k];
    if (!*first) *first = line;
    if (last != k && !s->not_last[k]) s->not_last[k] = line;
  }
  if (quote && !s->open) s->open = line;
  if (tight && !s->tight) s->tight = line;
}

static int TwoReadings(const char *file, long a, const char *one, long b, const char *other,
                       SgdDatasetProblem *problem) {
  return SgdDatasetBad(problem, "%s:%ld: fields parted by %s, but line %ld has %s: one separator a file", file, a, one,
                       b, other);
}

/* The separator that parts every line; with it, blanks and decimal commas may stand in the fields. */
static int Decide(const Survey *s, const char *file, SgdCsvDialect *d, SgdDatasetProblem *problem) {
  int found = -1;

  if (s->open)
    return SgdDatasetBad(problem,
                         "%s:%ld: a quote (\") that is not closed on its line: write fields without line breaks, and a "
                         "quote within a quoted field twice",
                         file, s->open);
  for (int k = SEMICOLON; k <= BAR; k++) {
    if (!s->with[k]) continue;
    if (found >= 0)
      return TwoReadings(file, s->with[found], SgdCsvSeparatorName(separators[found]), s->with[k],
                         SgdCsvSeparatorName(separators[k]), problem);
    found = k;
  }
  if (found < 0 && s->with[COMMA]) found = COMMA;
  if (found < 0) found = BLANK;
  if (found != BLANK && s->without[found])
    return TwoReadings(file, s->with[found], SgdCsvSeparatorName(separators[found]), s->without[found], "none",
                       problem);
  if (found == COMMA && s->tight && s->with[BLANK])
    return SgdDatasetBad(problem,
                         "%s:%ld: numbers parted by blanks, and commas between digits: decimal commas, or two "
                         "separators? Write points, or semicolons between the fields",
                         file, s->with[BLANK]);
  d->separator = separators[found];
  d->trailing = found != BLANK && !s->not_last[found];
  return 0;
}

int SgdCsvDialectFind(SgdTextLines *r, SgdCsvDialect *dialect, SgdDatasetProblem *problem) {
  Survey s = {0};
  int more;

  while ((more = SgdTextLinesNext(r, problem)) > 0)
    if (!SgdCsvSkipped(r->text)) SurveyLine(&s, r->text, r->line);
  if (more < 0) return 1;
  return Decide(&s, r->file, dialect, problem) || SgdTextLinesRewind(r, problem);
}

/* The quote that closes the field's first one; NULL: none does. */
static char *ClosingQuote(char *field) {
  for (char *c = field + 1; *c; c++) {
    if (*c != '"') continue;
    if (c[1] != '"') return c;
    c++;
  }
  return NULL;
}

/* What stands between the quotes; a quote in it is written twice. */
static char *Unquoted(char *field, char *close) {
  char *to = field + 1;

  for (char *from = field + 1; from < close; from++) {
    if (*from == '"') from++;
    *to++ = *from;
  }
  *to = '\0';
  return field + 1;
}

char *SgdCsvField(const SgdCsvDialect *d, char **at, int *quoted) {
  char *field = *at, *close, *end;

  while (*field == ' ' || (*field == '\t' && d->separator != '\t')) field++;
  close = *field == '"' ? ClosingQuote(field) : NULL;
  end = close ? close + 1 : field;
  for (; *end && *end != d->separator; end++)
    if (!IsBlank(*end)) close = NULL; /* "1"2 is no quoted field */
  *at = *end ? end + 1 : NULL;
  *end = '\0';
  if (*at && (d->separator == ' ' || d->trailing) && SgdCsvSkipped(*at)) *at = NULL;
  for (char *c = end; c > field && IsBlank(c[-1]);) *--c = '\0';
  *quoted = close != NULL;
  return close ? Unquoted(field, close) : field;
}

int SgdCsvNumber(const char *field, char decimal, double *value) {
  char text[512], *end;
  size_t n = 0;

  for (; field[n] && n + 1 < sizeof text; n++) {
    if (!isdigit((unsigned char)field[n]) && !strchr("+-eE", field[n]) && field[n] != decimal) return 1;
    text[n] = field[n] == decimal ? '.' : field[n];
  }
  if (!n || field[n]) return 1;
  text[n] = '\0';
  *value = strtod(text, &end);
  return *end || !isfinite(*value);
}
