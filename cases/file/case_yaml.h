/* YAML text to tree and back, by libyaml. */
#pragma once
#include "cases/file/case_tree.h"

/* Parse one YAML document. `mark` says which layer the text belongs to (line numbers are put in for the file). An empty
   document gives a null scalar. Aliases become copies, and merge keys (`<<`) fill in what their mapping lacks. False,
   with the place and a readable reason, for text that is not YAML, duplicate keys, keys that are not scalars, more than
   one document, and trees too deep or too large to be a case (which ends aliases that contain themselves). */
bool SgdYamlParse(SgdPool *pool, const char *text, size_t length, SgdMark mark, SgdTree **tree, SgdIssue *issue);

/* The tree as block-style YAML without null values; short lists of scalars stay on one line. NULL if libyaml refuses
   (a --set key that is not UTF-8). */
const char *SgdYamlText(SgdPool *pool, const SgdTree *tree);
