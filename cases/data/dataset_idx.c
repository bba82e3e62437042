/* MNIST's IDX format (http://yann.lecun.com/exdb/mnist), plain or gzipped: two zero bytes, the type (8: unsigned byte),
   the number of dimensions, their sizes as big-endian 32-bit integers, the bytes. */
#include "cases/data/datasetimpl.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

typedef struct {
  const char *file;
  gzFile stream;
  int dimensions;
  size_t count, item; /* of the first dimension; bytes in one item */
} Reader;

static int Bytes(Reader *r, void *to, size_t size, SgdDatasetProblem *problem) {
  const int got = gzread(r->stream, to, (unsigned)size);
  int error;
  const char *what = gzerror(r->stream, &error);

  if (got == (int)size) return 0;
  if (error != Z_OK && error != Z_STREAM_END) return SgdDatasetBad(problem, "%s: corrupt (%s)", r->file, what);
  return SgdDatasetBad(problem, "%s: ends too early: its header promises %zu items of %zu bytes", r->file, r->count,
                       r->item);
}

static int DatasetOpen_IDX(Reader *r, const char *file, SgdDatasetProblem *problem) {
  r->file = file;
  return SgdDatasetOpen(file, &r->stream, problem);
}

/* Before memory is taken: can the file hold what its header says? A byte of gzip unpacks to 1032 at most. */
static int Promise(Reader *r, SgdDatasetProblem *problem) {
  struct stat file;

  if (stat(r->file, &file) || r->count <= (size_t)file.st_size * (gzdirect(r->stream) ? 1 : 1032) / r->item) return 0;
  return SgdDatasetBad(problem, "%s: ends too early: its header promises %zu items of %zu bytes", r->file, r->count,
                       r->item);
}

/* dimensions: how many the file must have at least, and at most. */
static int ReadIDXHeader(Reader *r, int least, int most, SgdDatasetProblem *problem) {
  unsigned char magic[4], size[4];

  if (Bytes(r, magic, 4, problem)) return SgdDatasetBad(problem, "%s: corrupt or too short for an IDX file", r->file);
  if (magic[0] || magic[1] || magic[2] != 8 || magic[3] < least || magic[3] > most)
    return SgdDatasetBad(
        problem, "%s: is not an IDX file of %s: it starts with %02x %02x %02x %02x instead of 00 00 08 %02x", r->file,
        least > 1 ? "images" : "labels", magic[0], magic[1], magic[2], magic[3], least > 1 ? 3 : 1);
  r->dimensions = magic[3];
  r->item = 1;
  for (int k = 0; k < r->dimensions; k++) {
    if (Bytes(r, size, 4, problem)) return SgdDatasetBad(problem, "%s: ends within its header", r->file);
    const size_t n = (size_t)size[0] << 24 | (size_t)size[1] << 16 | (size_t)size[2] << 8 | size[3];
    if (k == 0)
      r->count = n;
    else if (n == 0 || n > (1u << 24) / r->item)
      return SgdDatasetBad(problem, "%s: corrupt header: an item of %zu x %zu bytes", r->file, r->item, n);
    else
      r->item *= n;
  }
  if (r->count == 0 || r->count > INT32_MAX) return SgdDatasetBad(problem, "%s: no samples in it", r->file);
  return Promise(r, problem);
}

/* Behind the last item there must be nothing: else the header counts another file's items. */
static int CheckEnd(Reader *r, SgdDatasetProblem *problem) {
  char more;

  if (gzread(r->stream, &more, 1) < 1) return 0;
  return SgdDatasetBad(problem, "%s: holds more than its header says: %zu items of %zu bytes", r->file, r->count,
                       r->item);
}

static int Content(Reader *images, Reader *labels, SgdDataset *d, SgdDatasetProblem *problem) {
  unsigned char *row = malloc(images->item), label;
  int bad = row ? 0 : SgdDatasetBad(problem, "%s: out of memory", images->file);

  for (int i = 0; !bad && i < d->samples; i++) {
    bad = Bytes(images, row, images->item, problem) || Bytes(labels, &label, 1, problem);
    if (bad) break;
    d->label[i] = label;
    for (size_t j = 0; j < images->item; j++) d->x[(size_t)i * images->item + j] = row[j];
  }
  free(row);
  if (!bad && (size_t)d->samples == images->count) bad = CheckEnd(images, problem) || CheckEnd(labels, problem);
  return bad;
}

static int ReadBoth(Reader *images, Reader *labels, const SgdDatasetOptions *o, SgdDataset *d,
                    SgdDatasetProblem *problem) {
  if (DatasetOpen_IDX(images, o->file, problem) || ReadIDXHeader(images, 2, 4, problem)) return 1;
  if (DatasetOpen_IDX(labels, o->labels, problem) || ReadIDXHeader(labels, 1, 1, problem)) return 1;
  if (images->count != labels->count)
    return SgdDatasetBad(problem, "%s has %zu images, but %s has %zu labels", o->file, images->count, o->labels,
                         labels->count);
  d->samples = o->limit > 0 && (size_t)o->limit < images->count ? o->limit : (int)images->count;
  d->features = (int)images->item;
  return SgdDatasetAllocate(d, problem) || Content(images, labels, d, problem);
}

static int DatasetRead_IDX(const SgdDatasetOptions *o, SgdDataset *d, SgdDatasetProblem *problem) {
  Reader images = {0}, labels = {0};
  const int bad = ReadBoth(&images, &labels, o, d, problem);

  if (images.stream) gzclose(images.stream);
  if (labels.stream) gzclose(labels.stream);
  return bad;
}

const SgdDatasetFormat SgdDatasetIDX = {"idx", SGD_NEEDS_FILE + SGD_NEEDS_LABELS, "file labels", DatasetRead_IDX};
