#include "solver/commands/folder_name.h"
#include <ctype.h>
#include <stdint.h>
#include <string.h>

void SgdFolderName(int sets, const char *const set[], char *name, size_t size) {
  const size_t longest = PetscMin(size - 1, 120);
  size_t used = strlen(name);
  uint32_t hash = 2166136261u;
  PetscBool same = PETSC_TRUE;

  for (int i = 0; i < sets; i++) {
    if (used && used < longest) name[used++] = ',';
    for (const char *c = set[i]; *c; c++) {
      const PetscBool plain = (PetscBool)(isalnum((unsigned char)*c) || strchr("._-=+", *c));
      hash = (hash ^ (unsigned char)*c) * 16777619u;
      if (!plain || used >= longest) same = PETSC_FALSE;
      if (used < longest) name[used++] = plain ? *c : '_';
    }
  }
  name[used] = 0;
  if (!same) snprintf(name + used, size - used, ",%08x", (unsigned)hash);
}
