#include "cases/file/caseimpl.h"
#include "cases/file/case_explain.h"
#include "cases/file/case_yaml.h"
#include <stdarg.h>
#include <string.h>

/* libcyaml's last message, on one line. */
typedef struct {
  char text[512];
} Log;

static void KeepLog(cyaml_log_t level, void *context, const char *format, va_list args) {
  Log *log = context;
  size_t used = strlen(log->text);

  if (level < CYAML_LOG_ERROR) return;
  vsnprintf(log->text + used, sizeof log->text - used, format, args);
  for (char *at = log->text + used; *at; at++)
    if (*at == '\n') *at = ' ';
}

static cyaml_config_t Config(Log *log) {
  return (cyaml_config_t){
      .log_fn = log ? KeepLog : NULL, .log_ctx = log, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};
}

/* The section's node, made where it is absent; a plain string expanded by its shorthand. */
static bool Section(SgdCase c, const char *section, const char *shorthand, SgdTree **node, SgdIssue *issue) {
  SgdTree *nearest = SgdTreeNearest(c->root, section);
  char found[64];

  *node = SgdTreeFind(c->root, section);
  if (!*node && nearest->kind == SGD_TREE_SCALAR && !SgdTreeIsNull(nearest))
    return SgdIssueAt(issue, nearest->mark, section, "expected a mapping (key: value), found %s",
                      SgdTreeDescribe(nearest, found, sizeof found));
  if (!*node && !SgdTreeReach(&c->pool, c->root, section, (SgdMark){.layer = SGD_FROM_FILE}, node, issue)) return false;
  SgdTreeExpand(&c->pool, *node, shorthand);
  return true;
}

static bool FillIn(SgdCase c, SgdTree *node, const char *defaults, SgdIssue *issue) {
  SgdTree *tree;

  if (!defaults || node->kind != SGD_TREE_MAPPING) return true;
  if (!SgdYamlParse(&c->pool, defaults, strlen(defaults), (SgdMark){.layer = SGD_FROM_DEFAULT}, &tree, issue))
    return false;
  SgdTreeMerge(&c->pool, node, tree);
  return true;
}

/* A section in which SgdExplain finds nothing wrong may still be refused by libcyaml. */
static bool LoadStruct(SgdCase c, const SgdTree *node, const char *section, const cyaml_schema_value_t *schema,
                       cyaml_data_t **data, SgdIssue *issue) {
  const char *text = SgdYamlText(&c->pool, node);
  Log log = {""};
  cyaml_config_t config = Config(&log);
  cyaml_err_t error;
  SgdLoaded *loaded;

  if (!text) return SgdIssueAt(issue, node->mark, section, "cannot be written as YAML");
  error = cyaml_load_data((const uint8_t *)text, strlen(text), &config, schema, data, NULL);
  if (error)
    return SgdIssueAt(issue, node->mark, section, "%s (%s)", cyaml_strerror(error), *log.text ? log.text : "libcyaml");
  loaded = SgdPoolGet(&c->pool, sizeof *loaded);
  *loaded = (SgdLoaded){.schema = schema, .data = *data, .next = c->loaded};
  c->loaded = loaded;
  return true;
}

static SgdSchemaListener listener;
static void *listener_context;

void SgdCaseListen(SgdSchemaListener hear, void *context) {
  listener = hear;
  listener_context = context;
}

PetscErrorCode SgdCaseRead(SgdCase c, const char *section, const cyaml_schema_value_t *schema, const char *defaults,
                           const char *shorthand, void *data) {
  SgdTree *node;
  SgdIssue issue;
  cyaml_data_t *loaded = NULL;
  const char *path = section ? section : "";
  bool good;

  PetscFunctionBegin;
  *(cyaml_data_t **)data = NULL;
  if (listener && !listener(listener_context, path, schema, defaults)) return SgdErrorCode(SGD_EXIT_CASE);
  good = Section(c, path, shorthand, &node, &issue) && FillIn(c, node, defaults, &issue) &&
         SgdExplain(schema, node, path, &issue) && LoadStruct(c, node, path, schema, &loaded, &issue);
  *(cyaml_data_t **)data = loaded;
  if (!good) PetscCall(SgdCaseReport(c, SGD_EXIT_CASE, &issue));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdCaseUnload(SgdCase c) {
  cyaml_config_t config = Config(NULL);

  for (SgdLoaded *l = c->loaded; l; l = l->next) cyaml_free(&config, l->schema, l->data, 0);
  c->loaded = NULL;
}

/* The scalar that `key` names: itself, a mapping's `shorthand` item, or a plain string that stands for the mapping
   above key (key "models.0.model" or "models.0" both find "master" in [master]). */
static SgdTree *ScalarAt(SgdCase c, const char *key, const char *shorthand) {
  SgdTree *node = SgdTreeFind(c->root, key), *above;
  const char *dot = strrchr(key, '.');

  if (!shorthand) return node;
  if (node && node->kind == SGD_TREE_MAPPING) {
    SgdTree *item = SgdTreeItem(node, shorthand, strlen(shorthand));
    return item && !SgdTreeIsNull(item) ? item : node->before;
  }
  if (node || strcmp(dot ? dot + 1 : key, shorthand)) return node;
  above = SgdTreeFind(c->root, SgdPoolText(&c->pool, key, dot ? (size_t)(dot - key) : 0));
  return above && above->kind == SGD_TREE_MAPPING ? above->before : above;
}

PetscErrorCode SgdCaseScalar(SgdCase c, const char *key, const char *shorthand, const char *otherwise,
                             const char **value) {
  SgdTree *node = ScalarAt(c, key, shorthand);
  char found[64];

  PetscFunctionBegin;
  *value = node ? node->text : otherwise;
  if (node && node->kind != SGD_TREE_SCALAR)
    PetscCall(SgdCaseError(c, key, NULL, "expected one word, found %s", SgdTreeDescribe(node, found, sizeof found)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCaseCount(SgdCase c, const char *key, int *count) {
  const SgdTree *node = SgdTreeFind(c->root, key);
  char found[64];

  PetscFunctionBegin;
  *count = node ? node->count : -1;
  if (node && node->kind != SGD_TREE_SEQUENCE)
    PetscCall(SgdCaseError(c, key, NULL, "expected a list, found %s", SgdTreeDescribe(node, found, sizeof found)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCaseText(SgdCase c, const char *key, const char **text) {
  SgdTree *node = SgdTreeFind(c->root, key);

  PetscFunctionBegin;
  *text = "{}\n";
  if (node) *text = node->kind == SGD_TREE_SCALAR ? node->text : SgdYamlText(&c->pool, node);
  if (!*text) PetscCall(SgdCaseError(c, key, NULL, "cannot be written as YAML"));
  PetscFunctionReturn(PETSC_SUCCESS);
}
