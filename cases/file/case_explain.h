/* What a reader of a wrong case needs to know, which libcyaml's own log does not say: the file's line, the key path,
   what was expected, and the nearest known name. Plain C. */
#pragma once
#include "cases/file/case_tree.h"
#include <cyaml/cyaml.h>

/* Walk `tree`, the value at key path `path`, against a libcyaml schema and report the first mismatch: unknown key,
   wrong type, number out of the range of its C type or not finite, unknown enum or flag name, length of a list or a
   text, missing required key. True if there is none. Stricter than libcyaml where it would read something else than
   what is written: numbers are decimal and finite, "010" is not 8, and only true, false, yes and no are booleans. */
bool SgdExplain(const cyaml_schema_value_t *schema, const SgdTree *tree, const char *path, SgdIssue *issue);
