#include "cases/file/case_yaml.h"
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define MAX_DEPTH 64     /* levels of nesting */
#define MAX_NODES 200000 /* nodes of a tree after aliases are copied */

typedef struct {
  SgdPool *pool;
  yaml_document_t document;
  SgdMark mark;
  int nodes;
  SgdIssue *issue;
} Reader;

static SgdMark LineMark(const Reader *r, const yaml_node_t *node) {
  SgdMark mark = r->mark;

  if (mark.layer == SGD_FROM_FILE) mark.line = (int)node->start_mark.line + 1;
  return mark;
}

static bool ReadNode(Reader *r, int index, const char *path, int depth, SgdTree **tree);

static const char *Join(SgdPool *pool, const char *path, const char *name) {
  size_t n = strlen(path), m = strlen(name);
  char *joined = SgdPoolGet(pool, n + m + 2);

  snprintf(joined, n + m + 2, "%s%s%s", path, n ? "." : "", name);
  return joined;
}

static SgdTree *ReadScalar(Reader *r, const yaml_node_t *node) {
  SgdTree *tree = SgdTreeScalar(r->pool, (const char *)node->data.scalar.value, LineMark(r, node));

  tree->quoted = node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
  return tree;
}

static bool ReadSequence(Reader *r, const yaml_node_t *node, const char *path, int depth, SgdTree *tree) {
  for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++) {
    char name[16];
    SgdTree *item;

    snprintf(name, sizeof name, "%d", tree->count);
    if (!ReadNode(r, *i, Join(r->pool, path, name), depth + 1, &item)) return false;
    SgdTreeAdd(r->pool, tree, NULL, item);
  }
  return true;
}

/* The value of `<<` is one mapping or a list of them, whose keys count only where the mapping has none of its own. */
static bool MergeKey(Reader *r, SgdTree *tree, SgdTree *source, const char *path) {
  bool good = source->kind == SGD_TREE_MAPPING;

  if (good) SgdTreeMerge(r->pool, tree, source);
  for (int i = 0; source->kind == SGD_TREE_SEQUENCE && i < source->count; i++) {
    good = source->item[i]->kind == SGD_TREE_MAPPING;
    if (!good) break;
    SgdTreeMerge(r->pool, tree, source->item[i]);
  }
  return good || SgdIssueAt(r->issue, source->mark, path, "the merge key << needs a mapping (*alias)");
}

static bool ReadPair(Reader *r, const yaml_node_pair_t *pair, const char *path, int depth, SgdTree *tree,
                     SgdTree **merge) {
  const yaml_node_t *key = yaml_document_get_node(&r->document, pair->key);
  SgdMark mark = LineMark(r, key);
  const char *name, *where;
  SgdTree *item, *twin;

  if (key->type != YAML_SCALAR_NODE) return SgdIssueAt(r->issue, mark, path, "a key must be one word of text");
  name = SgdPoolText(r->pool, (const char *)key->data.scalar.value, key->data.scalar.length);
  where = Join(r->pool, path, name);
  twin = strcmp(name, "<<") ? SgdTreeItem(tree, name, strlen(name)) : *merge;
  if (twin && mark.layer == SGD_FROM_FILE)
    return SgdIssueAt(r->issue, mark, where, "given twice, first on line %d", twin->mark.line);
  if (twin) return SgdIssueAt(r->issue, mark, where, "given twice");
  if (!ReadNode(r, pair->value, where, depth + 1, &item)) return false;
  item->mark = mark;
  if (!strcmp(name, "<<") && key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
    *merge = item;
  else
    SgdTreeAdd(r->pool, tree, name, item);
  return true;
}

static bool ReadMapping(Reader *r, const yaml_node_t *node, const char *path, int depth, SgdTree *tree) {
  SgdTree *merge = NULL;

  for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++)
    if (!ReadPair(r, p, path, depth, tree, &merge)) return false;
  return !merge || MergeKey(r, tree, merge, path);
}

static bool ReadNode(Reader *r, int index, const char *path, int depth, SgdTree **tree) {
  const yaml_node_t *node = yaml_document_get_node(&r->document, index);

  if (depth > MAX_DEPTH)
    return SgdIssueAt(r->issue, LineMark(r, node), "",
                      "nested too deeply (more than %d levels, or an alias that contains itself)", MAX_DEPTH);
  if (++r->nodes > MAX_NODES)
    return SgdIssueAt(r->issue, LineMark(r, node), "", "too large for a case (more than %d values, aliases counted)",
                      MAX_NODES);
  if (node->type == YAML_SCALAR_NODE) {
    *tree = ReadScalar(r, node);
    return true;
  }
  if (node->type == YAML_SEQUENCE_NODE) {
    *tree = SgdTreeCreate(r->pool, SGD_TREE_SEQUENCE, LineMark(r, node));
    return ReadSequence(r, node, path, depth, *tree);
  }
  *tree = SgdTreeCreate(r->pool, SGD_TREE_MAPPING, LineMark(r, node));
  return ReadMapping(r, node, path, depth, *tree);
}

/* Is line number `line` (from 0) indented with a tab? libyaml only says that some character cannot be there. */
static bool StartsWithTab(const char *text, size_t length, size_t line) {
  const char *end = text + length;

  for (; line && text < end; text++) line -= *text == '\n';
  while (text < end && *text == ' ') text++;
  return text < end && *text == '\t';
}

/* libyaml gives a line for what it cannot scan, but only a byte offset for bytes that are not text. */
static bool SyntaxIssue(const yaml_parser_t *parser, const char *text, size_t length, SgdMark mark, SgdIssue *issue) {
  size_t line = parser->problem_mark.line, column = parser->problem_mark.column;
  const char *problem = parser->problem ? parser->problem : "cannot be parsed";
  const char *context = parser->context ? parser->context : "";

  if (parser->error == YAML_READER_ERROR) {
    line = column = 0;
    for (size_t i = 0; i < parser->problem_offset && i < length; i++) {
      column = text[i] == '\n' ? 0 : column + 1;
      line += text[i] == '\n';
    }
  }
  if (mark.layer == SGD_FROM_FILE) mark.line = (int)line + 1;
  SgdIssueAt(issue, mark, "", "not valid YAML: %s%s%s%s", context, *context ? ": " : "", problem,
             StartsWithTab(text, length, line) ? " (a tab: indent with spaces)" : "");
  issue->column = (int)column + 1;
  return false;
}

/* What follows the first document must be the end of the text. */
static bool OnlyDocument(Reader *r, yaml_parser_t *parser, const char *text, size_t length) {
  yaml_document_t next;
  yaml_node_t *root;
  bool only = true;

  if (!yaml_parser_load(parser, &next)) return SyntaxIssue(parser, text, length, r->mark, r->issue);
  root = yaml_document_get_root_node(&next);
  if (root) only = SgdIssueAt(r->issue, LineMark(r, root), "", "a second YAML document starts here; a case is one");
  yaml_document_delete(&next);
  return only;
}

bool SgdYamlParse(SgdPool *pool, const char *text, size_t length, SgdMark mark, SgdTree **tree, SgdIssue *issue) {
  Reader r = {.pool = pool, .mark = mark, .issue = issue};
  yaml_parser_t parser;
  bool good;

  if (!yaml_parser_initialize(&parser)) return SgdIssueAt(issue, mark, "", "libyaml cannot start");
  yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
  if (!yaml_parser_load(&parser, &r.document)) {
    good = SyntaxIssue(&parser, text, length, mark, issue);
  } else {
    *tree = SgdTreeScalar(pool, "", mark);
    good = !yaml_document_get_root_node(&r.document) ||
           (ReadNode(&r, 1, "", 0, tree) && OnlyDocument(&r, &parser, text, length));
    yaml_document_delete(&r.document);
  }
  yaml_parser_delete(&parser);
  return good;
}
