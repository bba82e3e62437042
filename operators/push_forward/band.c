#include "operators/push_forward/band.h"
#include <stdlib.h>

/* Which inputs each block needs, and where its weights start; returns how many weights there are. */
static size_t Ranges(SgdBand *b, int count, const SgdBandEntry entry[]) {
  size_t total = 0;

  for (int k = 0; k < b->blocks; k++) b->first[k] = b->inputs, b->last[k] = 0;
  for (int e = 0; e < count; e++) {
    const int k = entry[e].out / b->block, in = entry[e].in;
    if (in < b->first[k]) b->first[k] = in;
    if (in >= b->last[k]) b->last[k] = in + 1;
  }
  for (int k = 0; k < b->blocks; k++) {
    if (b->first[k] > b->last[k]) b->first[k] = b->last[k] = 0;
    b->at[k] = total;
    total += (size_t)(b->last[k] - b->first[k]) * (size_t)b->block;
  }
  return total;
}

int SgdBandCreate(SgdBand *b, int outputs, int inputs, int count, const SgdBandEntry entry[], int block) {
  *b = (SgdBand){.outputs = outputs, .inputs = inputs, .block = block, .blocks = (outputs + block - 1) / block};
  b->first = malloc((size_t)b->blocks * sizeof *b->first);
  b->last = malloc((size_t)b->blocks * sizeof *b->last);
  b->at = malloc((size_t)b->blocks * sizeof *b->at);
  if (b->first && b->last && b->at) b->weight = calloc(Ranges(b, count, entry) + 1, sizeof *b->weight);
  if (!b->weight) {
    SgdBandFree(b);
    return 1;
  }
  for (int e = 0; e < count; e++) {
    const int k = entry[e].out / block;
    b->weight[b->at[k] + (size_t)(entry[e].in - b->first[k]) * (size_t)block + (size_t)(entry[e].out % block)] +=
        entry[e].value;
  }
  return 0;
}

void SgdBandFree(SgdBand *b) {
  free(b->first);
  free(b->last);
  free(b->at);
  free(b->weight);
  *b = (SgdBand){0};
}

double SgdBandBytes(const SgdBand *b) {
  const int k = b->blocks - 1;
  return k < 0 ? 0 : 8.0 * ((double)b->at[k] + (double)(b->last[k] - b->first[k]) * b->block) + 16.0 * b->blocks;
}

double SgdBandFlops(const SgdBand *b) {
  double flops = 0;

  for (int k = 0; k < b->blocks; k++) flops += 2.0 * b->block * (b->last[k] - b->first[k]);
  return flops;
}
