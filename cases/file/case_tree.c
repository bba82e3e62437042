#include "cases/file/case_tree.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool SgdIssueAt(SgdIssue *issue, SgdMark mark, const char *key, const char *format, ...) {
  va_list args;

  issue->mark = mark;
  issue->column = 0;
  snprintf(issue->key, sizeof issue->key, "%s", key ? key : "");
  va_start(args, format);
  vsnprintf(issue->message, sizeof issue->message, format, args);
  va_end(args);
  return false;
}

SgdTree *SgdTreeCreate(SgdPool *pool, SgdTreeKind kind, SgdMark mark) {
  SgdTree *tree = SgdPoolGet(pool, sizeof *tree);

  tree->kind = kind;
  tree->mark = mark;
  tree->text = "";
  return tree;
}

SgdTree *SgdTreeScalar(SgdPool *pool, const char *text, SgdMark mark) {
  SgdTree *tree = SgdTreeCreate(pool, SGD_TREE_SCALAR, mark);

  tree->text = SgdPoolText(pool, text, strlen(text));
  return tree;
}

static void *GrowTree(SgdPool *pool, const void *old, int count, int room) {
  void *grown = SgdPoolGet(pool, (size_t)room * sizeof(void *));

  if (count) memcpy(grown, old, (size_t)count * sizeof(void *));
  return grown;
}

void SgdTreeAdd(SgdPool *pool, SgdTree *parent, const char *key, SgdTree *item) {
  if (parent->count == parent->room) {
    parent->room = parent->room ? 2 * parent->room : 8;
    parent->item = GrowTree(pool, parent->item, parent->count, parent->room);
    parent->key = GrowTree(pool, parent->key, parent->count, parent->room);
  }
  parent->key[parent->count] = key;
  parent->item[parent->count++] = item;
}

bool SgdTreeIsNull(const SgdTree *tree) {
  if (tree->kind != SGD_TREE_SCALAR || tree->quoted) return false;
  return !*tree->text || !strcmp(tree->text, "~") || !strcasecmp(tree->text, "null");
}

SgdTree *SgdTreeItem(const SgdTree *mapping, const char *key, size_t n) {
  if (mapping->kind != SGD_TREE_MAPPING) return NULL;
  for (int i = 0; i < mapping->count; i++)
    if (strlen(mapping->key[i]) == n && !strncmp(mapping->key[i], key, n)) return mapping->item[i];
  return NULL;
}

/* The sequence item that n characters of a key path name, or NULL. */
static SgdTree *IndexedItem(const SgdTree *sequence, const char *index, size_t n) {
  long i;

  if (!n || n > 9 || strspn(index, "0123456789") < n) return NULL;
  i = strtol(index, NULL, 10);
  return i < sequence->count ? sequence->item[i] : NULL;
}

static SgdTree *Child(const SgdTree *tree, const char *name, size_t n) {
  return tree->kind == SGD_TREE_SEQUENCE ? IndexedItem(tree, name, n) : SgdTreeItem(tree, name, n);
}

/* Cut the first name off a key path: its length, and the path that follows it. */
static size_t FirstName(const char *path, const char **rest) {
  size_t n = strcspn(path, ".");

  *rest = path[n] ? path + n + 1 : path + n;
  return n;
}

SgdTree *SgdTreeNearest(SgdTree *tree, const char *path) {
  const char *rest;

  for (; path && *path; path = rest) {
    SgdTree *child = Child(tree, path, FirstName(path, &rest));

    if (!child) break;
    tree = child;
  }
  return tree;
}

SgdTree *SgdTreeFind(SgdTree *tree, const char *path) {
  const char *rest;

  for (; tree && path && *path; path = rest) tree = Child(tree, path, FirstName(path, &rest));
  return tree && !SgdTreeIsNull(tree) ? tree : NULL;
}

static void BecomeMapping(SgdPool *pool, SgdTree *node, SgdMark mark) {
  SgdTree *before = NULL;

  if (!SgdTreeIsNull(node)) {
    before = SgdTreeCreate(pool, SGD_TREE_SCALAR, node->mark);
    *before = *node;
    mark = node->mark;
  }
  *node = (SgdTree){.kind = SGD_TREE_MAPPING, .mark = mark, .text = "", .before = before};
}

bool SgdTreeReach(SgdPool *pool, SgdTree *tree, const char *path, SgdMark mark, SgdTree **node, SgdIssue *issue) {
  const char *at, *rest;

  for (at = path; at && *at; at = rest) {
    size_t n = FirstName(at, &rest);
    SgdTree *child;

    if (tree->kind == SGD_TREE_SCALAR) BecomeMapping(pool, tree, mark);
    child = Child(tree, at, n);
    if (!child && tree->kind == SGD_TREE_SEQUENCE)
      return SgdIssueAt(issue, mark.layer == SGD_FROM_SET ? mark : tree->mark, path,
                        "\"%.*s\" is not an item of this list, whose items are numbered 0 to %d", (int)n, at,
                        tree->count - 1);
    if (!child) {
      child = SgdTreeScalar(pool, "", mark);
      SgdTreeAdd(pool, tree, SgdPoolText(pool, at, n), child);
    }
    tree = child;
  }
  *node = tree;
  return true;
}

void SgdTreeExpand(SgdPool *pool, SgdTree *node, const char *shorthand) {
  if (SgdTreeIsNull(node) || (node->kind == SGD_TREE_SCALAR && shorthand)) BecomeMapping(pool, node, node->mark);
  if (!node->before || !shorthand) return;
  if (!SgdTreeItem(node, shorthand, strlen(shorthand))) SgdTreeAdd(pool, node, shorthand, node->before);
  node->before = NULL;
}

void SgdTreeMerge(SgdPool *pool, SgdTree *tree, SgdTree *defaults) {
  if (defaults->kind != SGD_TREE_MAPPING) return;
  for (int i = 0; i < defaults->count; i++) {
    SgdTree *value = SgdTreeItem(tree, defaults->key[i], strlen(defaults->key[i]));

    if (!value)
      SgdTreeAdd(pool, tree, defaults->key[i], defaults->item[i]);
    else if (SgdTreeIsNull(value))
      *value = *defaults->item[i];
    else if (value->kind == SGD_TREE_MAPPING && defaults->item[i]->kind == SGD_TREE_MAPPING)
      SgdTreeMerge(pool, value, defaults->item[i]);
  }
}

const char *SgdTreeDescribe(const SgdTree *tree, char *text, size_t room) {
  if (tree->kind == SGD_TREE_MAPPING)
    snprintf(text, room, "a mapping");
  else if (tree->kind == SGD_TREE_SEQUENCE)
    snprintf(text, room, "a list");
  else if (SgdTreeIsNull(tree))
    snprintf(text, room, "nothing");
  else
    snprintf(text, room, "\"%.48s%s\"", tree->text, strlen(tree->text) > 48 ? "..." : "");
  return text;
}
