#include "cases/file/unread.h"
#include "cases/base/voice.h"
#include <string.h>

static PetscBool Among(const char *key, const char *words) {
  const size_t n = strlen(key);

  for (const char *at = strstr(words, key); at; at = strstr(at + 1, key))
    if ((at == words || at[-1] == ' ') && (!at[n] || at[n] == ' ')) return PETSC_TRUE;
  return PETSC_FALSE;
}

PetscErrorCode SgdCaseUnread(SgdCase c, const char *section, const char *by, const char *choice, const char *reads,
                             int n, const SgdGivenKey key[]) {
  char path[128];

  PetscFunctionBegin;
  for (int i = 0; i < n; i++) {
    PetscCall(PetscSNPrintf(path, sizeof path, "%s.%s", section, key[i].key));
    SgdCaseCheck(c, !key[i].given || Among(key[i].key, reads), path,
                 "%s %s does not read it (of its own it reads %s): leave it out, or change %s.%s", by, choice,
                 *reads ? reads : "nothing", section, by);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCaseWarnUnread(SgdCase c, const char *section, const char *choice, const char *reads, int n,
                                 const SgdGivenKey key[]) {
  PetscFunctionBegin;
  for (int i = 0; i < n; i++)
    if (key[i].given && !Among(key[i].key, reads))
      PetscCall(SgdWarn(SgdCaseComm(c), "%s.%s: %s does not read it (of its own it reads %s): nothing comes of it",
                        section, key[i].key, choice, *reads ? reads : "nothing"));
  PetscFunctionReturn(PETSC_SUCCESS);
}
