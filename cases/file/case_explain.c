#include "cases/file/case_explain.h"
#include "cases/file/case_number.h"
#include "cases/file/nearest.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#define MAX_WORDS 128 /* known keys or names offered in a hint */

static bool SameWord(const cyaml_schema_value_t *schema, const char *a, const char *b) {
  return schema->flags & CYAML_FLAG_CASE_INSENSITIVE ? !strcasecmp(a, b) : !strcmp(a, b);
}

static bool Expected(const SgdTree *tree, const char *path, SgdIssue *issue, const char *what, const char *hint) {
  char found[64];

  return SgdIssueAt(issue, tree->before ? tree->item[0]->mark : tree->mark, path, "expected %s, found %s%s", what,
                    SgdTreeDescribe(tree, found, sizeof found), hint);
}

static bool ExplainFloat(const cyaml_schema_value_t *schema, const SgdTree *tree, const char *path, SgdIssue *issue) {
  double value;
  SgdNumberKind kind = SGD_NOT_A_NUMBER;

  if (tree->kind == SGD_TREE_SCALAR) kind = SgdNumberScan(tree->text, schema->data_size, &value);
  if (kind == SGD_NUMBER) return true;
  return Expected(tree, path, issue, kind == SGD_NOT_FINITE ? "a finite number" : "a number", "");
}

static bool ExplainInteger(const cyaml_schema_value_t *schema, const SgdTree *tree, const char *path, SgdIssue *issue) {
  bool is_signed = schema->type == CYAML_INT;
  int64_t least;
  uint64_t most;
  char range[96], hint[64] = "";
  double value;

  if (tree->kind != SGD_TREE_SCALAR) return Expected(tree, path, issue, "a whole number", "");
  if (!SgdWholeNumber(tree->text)) {
    if (SgdNumberScan(tree->text, sizeof value, &value) == SGD_NUMBER && value == floor(value) && fabs(value) < 1e15)
      snprintf(hint, sizeof hint, " (write %.0f)", value);
    return Expected(tree, path, issue, "a whole number", hint);
  }
  if (SgdWholeNumberFits(tree->text, is_signed, schema->data_size, &least, &most)) return true;
  snprintf(range, sizeof range, "a whole number from %" PRId64 " to %" PRIu64, least, most);
  return Expected(tree, path, issue, range, "");
}

static bool ExplainBool(const SgdTree *tree, const char *path, SgdIssue *issue) {
  static const char *const known[] = {"true", "false", "yes", "no"};

  for (int i = 0; i < 4 && tree->kind == SGD_TREE_SCALAR; i++)
    if (!strcasecmp(tree->text, known[i])) return true;
  return Expected(tree, path, issue, "true or false", "");
}

static bool ExplainName(const cyaml_schema_value_t *schema, const SgdTree *tree, const char *path, SgdIssue *issue) {
  const char *known[MAX_WORDS];
  char hint[512];
  int n = 0;

  if (tree->kind != SGD_TREE_SCALAR) return Expected(tree, path, issue, "one name", "");
  for (uint32_t i = 0; i < schema->enumeration.count; i++) {
    if (SameWord(schema, schema->enumeration.strings[i].str, tree->text)) return true;
    if (n < MAX_WORDS) known[n++] = schema->enumeration.strings[i].str;
  }
  SgdWordHint(tree->text, n, known, hint, sizeof hint);
  return SgdIssueAt(issue, tree->mark, path, "unknown name \"%.64s\"%s", tree->text, hint);
}

static bool ExplainString(const cyaml_schema_value_t *schema, const SgdTree *tree, const char *path, SgdIssue *issue) {
  size_t n = strlen(tree->text);

  if (tree->kind != SGD_TREE_SCALAR) return Expected(tree, path, issue, "text", "");
  if (n < schema->string.min)
    return SgdIssueAt(issue, tree->mark, path, "expected at least %" PRIu32 " character(s) of text, found %zu",
                      schema->string.min, n);
  if (n > schema->string.max)
    return SgdIssueAt(issue, tree->mark, path, "expected at most %" PRIu32 " character(s) of text, found %zu",
                      schema->string.max, n);
  return true;
}

static bool ExplainCount(const cyaml_schema_value_t *schema, const SgdTree *tree, const char *path, SgdIssue *issue) {
  uint32_t count = (uint32_t)tree->count, min = schema->sequence.min, max = schema->sequence.max;

  if (count >= min && count <= max) return true;
  return SgdIssueAt(issue, tree->mark, path, "expected %s%" PRIu32 " item%s in the list, found %d",
                    min == max    ? ""
                    : count < min ? "at least "
                                  : "at most ",
                    count < min ? min : max, (count < min ? min : max) == 1 ? "" : "s", tree->count);
}

static bool ExplainSequence(const cyaml_schema_value_t *schema, const SgdTree *tree, const char *path,
                            SgdIssue *issue) {
  const cyaml_schema_value_t *entry = schema->sequence.entry;
  char where[sizeof issue->key];

  if (tree->kind != SGD_TREE_SEQUENCE)
    return Expected(tree, path, issue, "a list",
                    tree->kind == SGD_TREE_SCALAR && !tree->quoted ? " (put it in [ ])" : "");
  if (schema->type != CYAML_FLAGS && !ExplainCount(schema, tree, path, issue)) return false;
  for (int i = 0; i < tree->count; i++) {
    snprintf(where, sizeof where, "%s.%d", path, i);
    if (schema->type == CYAML_FLAGS && !ExplainName(schema, tree->item[i], where, issue)) return false;
    if (schema->type != CYAML_FLAGS && !SgdExplain(entry, tree->item[i], where, issue)) return false;
  }
  return true;
}

static const cyaml_schema_field_t *FieldOf(const cyaml_schema_value_t *schema, const char *key) {
  for (const cyaml_schema_field_t *f = schema->mapping.fields; f->key; f++)
    if (SameWord(schema, f->key, key)) return f;
  return NULL;
}

static bool UnknownKey(const cyaml_schema_value_t *schema, const SgdTree *item, const char *key, const char *path,
                       SgdIssue *issue) {
  const char *known[MAX_WORDS];
  char hint[512];
  int n = 0;

  for (const cyaml_schema_field_t *f = schema->mapping.fields; f->key && n < MAX_WORDS; f++) known[n++] = f->key;
  SgdWordHint(key, n, known, hint, sizeof hint);
  return SgdIssueAt(issue, item->mark, path, "unknown key \"%.64s\"%s", key, hint);
}

static bool ExplainMissing(const cyaml_schema_value_t *schema, const SgdTree *tree, const char *path, SgdIssue *issue) {
  char where[sizeof issue->key];

  for (const cyaml_schema_field_t *f = schema->mapping.fields; f->key; f++) {
    const SgdTree *item = NULL;

    for (int i = 0; i < tree->count; i++)
      if (SameWord(schema, f->key, tree->key[i])) item = tree->item[i];
    if (f->value.flags & CYAML_FLAG_OPTIONAL || (item && !SgdTreeIsNull(item))) continue;
    snprintf(where, sizeof where, "%s%s%s", path, *path ? "." : "", f->key);
    return SgdIssueAt(issue, item ? item->mark : tree->mark, where, "required, but %s", item ? "empty" : "missing");
  }
  return true;
}

static bool ExplainMapping(const cyaml_schema_value_t *schema, const SgdTree *tree, const char *path, SgdIssue *issue) {
  char where[sizeof issue->key], found[64];

  if (tree->before)
    return SgdIssueAt(issue, tree->item[0]->mark, path, "is %s, not a mapping, and has no keys to set",
                      SgdTreeDescribe(tree->before, found, sizeof found));
  if (tree->kind != SGD_TREE_MAPPING) return Expected(tree, path, issue, "a mapping (key: value)", "");
  for (int i = 0; i < tree->count; i++) {
    const cyaml_schema_field_t *field = FieldOf(schema, tree->key[i]);

    snprintf(where, sizeof where, "%s%s%s", path, *path ? "." : "", tree->key[i]);
    if (!field) return UnknownKey(schema, tree->item[i], tree->key[i], where, issue);
    if (!SgdTreeIsNull(tree->item[i]) && !SgdExplain(&field->value, tree->item[i], where, issue)) return false;
  }
  return ExplainMissing(schema, tree, path, issue);
}

bool SgdExplain(const cyaml_schema_value_t *schema, const SgdTree *tree, const char *path, SgdIssue *issue) {
  bool nullable = (schema->flags & CYAML_FLAG_POINTER_NULL) == CYAML_FLAG_POINTER_NULL;

  if (nullable && SgdTreeIsNull(tree)) return true;
  if (schema->type != CYAML_MAPPING && schema->type != CYAML_IGNORE && SgdTreeIsNull(tree))
    return SgdIssueAt(issue, tree->mark, path, "empty, but a value is needed here");
  switch (schema->type) {
  case CYAML_INT:
  case CYAML_UINT:
    return ExplainInteger(schema, tree, path, issue);
  case CYAML_FLOAT:
    return ExplainFloat(schema, tree, path, issue);
  case CYAML_BOOL:
    return ExplainBool(tree, path, issue);
  case CYAML_ENUM:
    return ExplainName(schema, tree, path, issue);
  case CYAML_STRING:
    return ExplainString(schema, tree, path, issue);
  case CYAML_MAPPING:
    return ExplainMapping(schema, tree, path, issue);
  case CYAML_FLAGS:
  case CYAML_SEQUENCE:
  case CYAML_SEQUENCE_FIXED:
    return ExplainSequence(schema, tree, path, issue);
  default: /* bit fields and ignored values are left to libcyaml's own check */
    return true;
  }
}
