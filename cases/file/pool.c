#include "cases/file/pool.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct SgdPoolBlock {
  struct SgdPoolBlock *next;
  max_align_t bytes[];
};

void *SgdPoolGet(SgdPool *pool, size_t size) {
  struct SgdPoolBlock *block = calloc(1, sizeof *block + size);

  if (!block) {
    fprintf(stderr, "sgdfp: out of memory while reading the case\n");
    abort();
  }
  block->next = pool->blocks;
  pool->blocks = block;
  return block->bytes;
}

char *SgdPoolText(SgdPool *pool, const char *text, size_t n) {
  return memcpy(SgdPoolGet(pool, n + 1), text, n);
}

void SgdPoolFree(SgdPool *pool) {
  while (pool->blocks) {
    struct SgdPoolBlock *block = pool->blocks;

    pool->blocks = block->next;
    free(block);
  }
}
