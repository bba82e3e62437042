/* What is different between a case and the one that a checkpoint belongs to. */
#include "cases/file/caseimpl.h"
#include "cases/file/case_yaml.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
  const char *const *ignored;
  char *list;
  size_t size;
} Differences;

static bool Ignored(const Differences *d, const char *key) {
  for (int i = 0; d->ignored && d->ignored[i]; i++) {
    const size_t n = strlen(d->ignored[i]);
    if (!strncmp(key, d->ignored[i], n) && (!key[n] || key[n] == '.')) return true;
  }
  return false;
}

/* The same text, or the same number. */
static bool SameScalar(const char *a, const char *b) {
  char *enda, *endb;
  double x, y;

  if (!strcmp(a, b)) return true;
  x = strtod(a, &enda);
  y = strtod(b, &endb);
  return *a && *b && !*enda && !*endb && x == y;
}

static void Note(Differences *d, const char *key, const SgdTree *now, const SgdTree *was) {
  char found[64], before[64];
  const size_t used = strlen(d->list);

  if (Ignored(d, key)) return;
  snprintf(d->list + used, d->size - used, "%s%s (%s, was %s)", used ? ", " : "", key,
           now ? SgdTreeDescribe(now, found, sizeof found) : "absent",
           was ? SgdTreeDescribe(was, before, sizeof before) : "absent");
}

static void CompareTrees(Differences *d, const char *key, SgdTree *now, SgdTree *was);

/* Item k of both, by its key or index below `key`. */
static void Below(Differences *d, const char *key, const char *name, SgdTree *now, SgdTree *was) {
  char path[512];

  snprintf(path, sizeof path, "%s%s%s", key, *key ? "." : "", name);
  CompareTrees(d, path, now, was);
}

static void CompareMappings(Differences *d, const char *key, SgdTree *now, SgdTree *was) {
  for (int i = 0; i < now->count; i++)
    Below(d, key, now->key[i], now->item[i], SgdTreeItem(was, now->key[i], strlen(now->key[i])));
  for (int i = 0; i < was->count; i++)
    if (!SgdTreeItem(now, was->key[i], strlen(was->key[i]))) Below(d, key, was->key[i], NULL, was->item[i]);
}

static void CompareSequences(Differences *d, const char *key, SgdTree *now, SgdTree *was) {
  char index[16];

  for (int i = 0; i < now->count || i < was->count; i++) {
    snprintf(index, sizeof index, "%d", i);
    Below(d, key, index, i < now->count ? now->item[i] : NULL, i < was->count ? was->item[i] : NULL);
  }
}

static void CompareTrees(Differences *d, const char *key, SgdTree *now, SgdTree *was) {
  const bool none = !now || SgdTreeIsNull(now), nothing = !was || SgdTreeIsNull(was);

  if (none && nothing) return;
  if (none || nothing || now->kind != was->kind)
    Note(d, key, none ? NULL : now, nothing ? NULL : was);
  else if (now->kind == SGD_TREE_MAPPING)
    CompareMappings(d, key, now, was);
  else if (now->kind == SGD_TREE_SEQUENCE)
    CompareSequences(d, key, now, was);
  else if (!SameScalar(now->text, was->text))
    Note(d, key, now, was);
}

PetscErrorCode SgdCaseDifferences(SgdCase c, const char *text, const char *const *ignored, char *list, size_t size) {
  Differences d = {ignored, list, size};
  SgdTree *now, *was;
  const char *resolved;
  SgdIssue issue;

  PetscFunctionBegin;
  *list = 0;
  PetscCall(SgdCaseText(c, NULL, &resolved));
  if (!SgdYamlParse(&c->pool, resolved, strlen(resolved), (SgdMark){.layer = SGD_FROM_FILE}, &now, &issue) ||
      !SgdYamlParse(&c->pool, text, strlen(text), (SgdMark){.layer = SGD_FROM_FILE}, &was, &issue))
    snprintf(list, size, "everything: it is not a case");
  else
    CompareTrees(&d, "", now, was);
  PetscFunctionReturn(PETSC_SUCCESS);
}
