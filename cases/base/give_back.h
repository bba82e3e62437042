/* Memory that was freed goes back to the system. The C library keeps what it may need again, and where MPI has told it
   to (pinned buffers), all of it: then a stage's peak stands on top of what the stages before it have freed. */
#pragma once
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* Between stages that hold much; about a millisecond. */
static inline void SgdGiveBackMemory(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
