/* The rows of a table of numbers as they stand in the file: every row of one width, each field a number, the columns'
   names where there is a header. */
#pragma once
#include "cases/data/csv_dialect.h"

typedef struct {
  SgdTextLines lines;
  SgdCsvDialect dialect;
  SgdDatasetProblem *problem;
  int columns;                 /* of every row; 0: not known yet */
  long header;                 /* line of the header; 0: none */
  char **name;                 /* [columns] from the header; NULL: none */
  double *value;               /* [columns] the present row */
  long point_line, comma_line; /* first lines with a decimal point, with a decimal comma */
  long plain_comma_line;       /* first line with a comma that cannot part thousands (0,5; 1,25) */
  long padded_line;            /* first line with a field of digits that begins with 0 (077, -0) */
  int padded_column;
} SgdCsvRows;

typedef enum { SGD_HEADER_AUTO, SGD_HEADER_YES, SGD_HEADER_NO } SgdCsvHeader;

/* Open a zeroed r, find the dialect, and read a header of names, if there is one (or `header` says so). Nonzero: failed,
   the problem told; close it all the same. */
int SgdCsvRowsOpen(SgdCsvRows *r, const char *file, SgdCsvHeader header, SgdDatasetProblem *problem);
/* 1: the next row is in r->value; 0: there is none; -1: failed. */
int SgdCsvRowsNext(SgdCsvRows *r);
/* After the last row wanted: nonzero, told, where the numbers could be read in another way too. */
int SgdCsvRowsCheck(const SgdCsvRows *r);
/* "column 2" or "column 2 ('height')" in text, for column k from 0. */
const char *SgdCsvColumn(const SgdCsvRows *r, int k, char *text, size_t room);
void SgdCsvRowsClose(SgdCsvRows *r);
