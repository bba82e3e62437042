#include "fuzz.h"
#include <hdf5.h>

static void RemoveFiles(void) {
  char command[128];

  snprintf(command, sizeof command, "rm -rf /dev/shm/sgdfp_fuzz_%d_*", (int)getpid());
  if (system(command)) fputs("files are left in /dev/shm\n", stderr);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  if (PetscInitialize(NULL, NULL, NULL, NULL) || SgdErrorHandlerPush()) abort();
  /* HDF5 keeps the tables of a file that it closed for the next one: mapping them afresh took half of the time. */
  if (H5set_free_list_limits(-1, -1, -1, -1, -1, -1) < 0) abort();
  atexit(RemoveFiles);
  return 0;
}
