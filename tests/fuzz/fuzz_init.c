#include "fuzz.h"

static void RemoveFiles(void) {
  char command[128];

  snprintf(command, sizeof command, "rm -rf /dev/shm/sgdfp_fuzz_%d_*", (int)getpid());
  if (system(command)) fputs("files are left in /dev/shm\n", stderr);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  if (PetscInitialize(NULL, NULL, NULL, NULL) || SgdErrorHandlerPush()) abort();
  atexit(RemoveFiles);
  return 0;
}
