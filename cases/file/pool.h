/* Memory that is allocated piece by piece and freed at once: everything a case file's tree is made of. */
#pragma once
#include <stddef.h>

typedef struct {
  struct SgdPoolBlock *blocks;
} SgdPool;

/* size zeroed bytes, valid until SgdPoolFree. Aborts when there is no memory. */
void *SgdPoolGet(SgdPool *pool, size_t size);
/* A copy of the first n characters of text, closed by a NUL. */
char *SgdPoolText(SgdPool *pool, const char *text, size_t n);
void SgdPoolFree(SgdPool *pool);
