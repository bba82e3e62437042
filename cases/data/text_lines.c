#include "cases/data/text_lines.h"
#include <stdlib.h>
#include <string.h>

int SgdTextLinesOpen(SgdTextLines *r, const char *file, SgdDatasetProblem *problem) {
  r->file = file;
  return SgdDatasetOpen(file, &r->stream, problem);
}

int SgdTextLinesRewind(SgdTextLines *r, SgdDatasetProblem *problem) {
  r->line = 0;
  r->last = 0;
  r->at = r->got = 0;
  return gzrewind(r->stream) ? SgdDatasetBad(problem, "%s: cannot be read a second time", r->file) : 0;
}

/* The next byte; -1 at the end, -2 on failure. */
static int NextByte(SgdTextLines *r, SgdDatasetProblem *problem) {
  if (r->at == r->got) {
    const int got = gzread(r->stream, r->buffer, sizeof r->buffer);
    int error;
    const char *what = gzerror(r->stream, &error);

    if (got < 0 || (error != Z_OK && error != Z_STREAM_END))
      return SgdDatasetBad(problem, "%s: corrupt or cut short after line %ld (%s)", r->file, r->line, what), -2;
    if (!got) return -1;
    r->at = 0;
    r->got = (size_t)got;
    if (!r->line && !r->length) memcpy(r->magic, r->buffer, PetscMin(r->got, sizeof r->magic));
  }
  return r->buffer[r->at++];
}

static int Append(SgdTextLines *r, char c, SgdDatasetProblem *problem) {
  if (r->length + 2 > r->room) {
    char *more = r->room > 1u << 30 ? NULL : realloc(r->text, 2 * r->room + 4096);
    if (!more) return SgdDatasetBad(problem, "%s:%ld: a line too long for the memory", r->file, r->line + 1);
    r->text = more;
    r->room = 2 * r->room + 4096;
  }
  r->text[r->length++] = c;
  return 0;
}

/* By its first bytes. */
static const char *Kind(const SgdTextLines *r) {
  static const struct {
    const char *magic, *kind;
  } kinds[] = {{"PK\3\4", "a zip archive (.npz, .xlsx): write its table as text, or as HDF5 (source: hdf5)"},
               {"\x93NUM", "numpy's .npy: write it by numpy.savetxt, or as HDF5 (source: hdf5)"},
               {"\x89HDF", "an HDF5 file: source: hdf5"},
               {"PAR1", "a Parquet file: write it by to_csv"},
               {"\xd0\xcf\x11\xe0", "an old Excel file: save it as CSV"}};

  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    if (!memcmp(r->magic, kinds[k].magic, 4)) return kinds[k].kind;
  return "UTF-16? save it as UTF-8";
}

/* What a text cannot hold, and what UTF-16 holds in every second place. */
static int Foreign(SgdTextLines *r, SgdDatasetProblem *problem) {
  return -SgdDatasetBad(problem, "%s:%ld: a zero byte: this is no plain text (%s)", r->file, r->line + 1, Kind(r));
}

static void SkipMark(SgdTextLines *r) {
  if (r->line == 1 && r->length >= 3 && !memcmp(r->text, "\xef\xbb\xbf", 3))
    memmove(r->text, r->text + 3, (r->length -= 3) + 1);
}

int SgdTextLinesNext(SgdTextLines *r, SgdDatasetProblem *problem) {
  int c;

  r->length = 0;
  while ((c = NextByte(r, problem)) >= 0) {
    const int before = r->last;
    r->last = c;
    if (c == '\n' && before == '\r') continue; /* the end of the line before */
    if (c == '\n' || c == '\r') break;
    if (!c) return Foreign(r, problem);
    if (Append(r, (char)c, problem)) return -1;
  }
  if (c == -2) return -1;
  if (c == -1 && !r->length) return 0;
  if (Append(r, '\0', problem)) return -1;
  r->length--;
  r->line++;
  SkipMark(r);
  return 1;
}

void SgdTextLinesClose(SgdTextLines *r) {
  if (r->stream) gzclose(r->stream);
  free(r->text);
  r->text = NULL;
  r->stream = NULL;
}
