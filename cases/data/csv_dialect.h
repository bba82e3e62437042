/* How a table of numbers is written: one separator a file, a decimal point or a decimal comma. The separator is decided
   from all the lines of the file and must part every one of them; where two readings are possible, none is taken. */
#pragma once
#include "cases/data/text_lines.h"

typedef struct {
  char separator; /* , ; | tab, or ' ': any run of blanks */
  int trailing;   /* every line ends with a separator that parts nothing */
} SgdCsvDialect;

/* Read all lines of r for its dialect, and rewind. Nonzero: failed, or two readings, told with the lines (exit 4). */
int SgdCsvDialectFind(SgdTextLines *r, SgdCsvDialect *dialect, SgdDatasetProblem *problem);
/* A line that holds no row: blank, or a comment (#). */
int SgdCsvSkipped(const char *text);
/* The separator's name for people: "','", "a tab". */
const char *SgdCsvSeparatorName(char separator);

/* Fields of a line, cut out of it in place. *at: where the next one begins; NULL behind the last one, and after it. The
   field comes without blanks around it and without its quotes; *quoted tells whether there were any. */
char *SgdCsvField(const SgdCsvDialect *dialect, char **at, int *quoted);
/* A field as a number with this decimal sign: 0 if it is one, finite, in decimal digits. */
int SgdCsvNumber(const char *field, char decimal, double *value);
