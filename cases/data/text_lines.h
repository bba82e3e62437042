/* The lines of a text file, gzipped or not, one at a time: ends LF, CR LF or CR; a byte-order mark is passed over. */
#pragma once
#include "cases/data/datasetimpl.h"
#include <zlib.h>

typedef struct {
  const char *file;
  gzFile stream;
  char *text;    /* the current line, without its end; owned here */
  size_t length; /* its bytes */
  size_t room;
  long line; /* its number, from 1 */
  int last;  /* the byte read before; CR and LF count as one end */
  unsigned char buffer[1 << 16];
  size_t at, got;
  char magic[4]; /* the file's first bytes */
} SgdTextLines;

/* Open a zeroed r at the first line. Nonzero: failed, the problem told (exit 4); close it all the same. */
int SgdTextLinesOpen(SgdTextLines *r, const char *file, SgdDatasetProblem *problem);
/* Once more from the first line. */
int SgdTextLinesRewind(SgdTextLines *r, SgdDatasetProblem *problem);
/* 1: the next line is in r->text; 0: there is none; -1: failed (corrupt, bytes that are no text, too long). */
int SgdTextLinesNext(SgdTextLines *r, SgdDatasetProblem *problem);
void SgdTextLinesClose(SgdTextLines *r);
