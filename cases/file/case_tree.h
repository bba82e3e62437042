/* A YAML tree that remembers where each node came from. Plain C, no MPI: every rank builds the same tree.

   Three layers end up in one tree: the user's file, the command line's --set over it, and under both the defaults of
   each section. A plain `~`, `null` or empty scalar counts as absent everywhere. Key paths are keys and sequence
   indices joined by dots ("models.0.scheme"). */
#pragma once
#include "cases/file/pool.h"
#include <stdbool.h>
#include <stdio.h>

typedef enum { SGD_TREE_SCALAR, SGD_TREE_SEQUENCE, SGD_TREE_MAPPING } SgdTreeKind;
typedef enum { SGD_FROM_FILE, SGD_FROM_SET, SGD_FROM_DEFAULT } SgdLayer;

/* Where a node was written. */
typedef struct {
  SgdLayer layer;
  int line;        /* 1-based line of its key (or of the item) in the file; 0: nowhere in particular */
  const char *set; /* the key path of the --set it came from */
} SgdMark;

typedef struct SgdTree SgdTree;
struct SgdTree {
  SgdTreeKind kind;
  SgdMark mark;
  const char *text; /* scalars */
  bool quoted;      /* the scalar was not plain, so that "" and "null" are text */
  int count, room;  /* items of sequences and mappings */
  const char **key; /* mappings: the key of each item */
  SgdTree **item;
  SgdTree *before; /* mappings: the scalar that --set KEY.x=... found here, which a shorthand may explain */
};

/* What is wrong and where: filled in by whoever finds it, printed once by the case. */
typedef struct {
  SgdMark mark;
  int column; /* 1-based, for syntax errors; 0 otherwise */
  char key[512];
  char message[1024];
} SgdIssue;

/* Fill in an issue; always returns false, so that a failing function can end in `return SgdIssueAt(...)`. */
bool SgdIssueAt(SgdIssue *issue, SgdMark mark, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

SgdTree *SgdTreeCreate(SgdPool *pool, SgdTreeKind kind, SgdMark mark);
SgdTree *SgdTreeScalar(SgdPool *pool, const char *text, SgdMark mark);
/* Append an item to a sequence (key NULL) or a mapping. */
void SgdTreeAdd(SgdPool *pool, SgdTree *parent, const char *key, SgdTree *item);
bool SgdTreeIsNull(const SgdTree *tree);
/* The item under a mapping's key, of n characters; NULL if there is none. A null value is returned as it stands. */
SgdTree *SgdTreeItem(const SgdTree *mapping, const char *key, size_t n);
/* The node at a key path (NULL or "": the tree itself); NULL if it is absent or null. */
SgdTree *SgdTreeFind(SgdTree *tree, const char *path);
/* The node at a key path, or else its nearest ancestor that is there. */
SgdTree *SgdTreeNearest(SgdTree *tree, const char *path);
/* The node at a key path, made (as a null scalar, inside mappings made on the way) where it is absent. A scalar on the
   way becomes a mapping that keeps it in `before`. False: an index is no item of its sequence. */
bool SgdTreeReach(SgdPool *pool, SgdTree *tree, const char *path, SgdMark mark, SgdTree **node, SgdIssue *issue);
/* A null scalar becomes an empty mapping, and so does a plain string if there is a shorthand: {shorthand: string}. */
void SgdTreeExpand(SgdPool *pool, SgdTree *node, const char *shorthand);
/* Fill in what `tree` lacks from `defaults`, mapping by mapping; sequences are taken whole or not at all. */
void SgdTreeMerge(SgdPool *pool, SgdTree *tree, SgdTree *defaults);
/* "abc" in quotes, "a list", "a mapping" or "nothing", for messages. room >= 64. Returns text. */
const char *SgdTreeDescribe(const SgdTree *tree, char *text, size_t room);
