#include "solver/commands/help.h"
#include "cases/file/case_tree.h"
#include "cases/file/case_yaml.h"
#include "cases/file/nearest.h"
#include "solver/commands/sections.h"
#include "solver/commands/help_table.h"
#include <string.h>

#define MAX_KEYS 1024

/* A case that every section's reader reads; what it holds does not matter. */
static const char plain[] =
    "landscape: {family: quadratic, eigenvalues: [1], gradient_noise: [1]}\nsgd: {learning_rate: 0.1, steps: 1}\n"
    "models: [langevin]\nexpect: [{model: langevin, quantity: mass, value: 1, tolerance: 1}]\nstationary:\n"
    "  expect: [{model: langevin, quantity: leak, value: 1, tolerance: 1}]\n  passages: [{name: x, from: {}, to: "
    "{}}]\n";

typedef struct {
  const char *key, *type, *value; /* the default; "required" or "" */
} Key;

typedef struct {
  SgdPool pool;
  Key key[MAX_KEYS];
  int keys;
  const char *variant; /* family or model that is read; NULL: sections without */
} Reference;

static const char *TypeName(const cyaml_schema_value_t *v) {
  switch (v->type) {
  case CYAML_INT:
  case CYAML_UINT:
    return "whole number";
  case CYAML_FLOAT:
    return "number";
  case CYAML_BOOL:
    return "true or false";
  case CYAML_ENUM:
    return "name";
  case CYAML_STRING:
    return "text";
  case CYAML_MAPPING:
    return "mapping";
  case CYAML_SEQUENCE:
  case CYAML_SEQUENCE_FIXED:
    return v->sequence.entry->type == CYAML_FLOAT    ? "list of numbers"
           : v->sequence.entry->type == CYAML_INT    ? "list of whole numbers"
           : v->sequence.entry->type == CYAML_STRING ? "list of texts"
                                                     : "list of mappings";
  default:
    return "see its own page";
  }
}

static const char *Join(Reference *r, const char *a, const char *b) {
  char text[256];

  snprintf(text, sizeof text, "%s.%s", a, b);
  return SgdPoolText(&r->pool, text, strlen(text));
}

/* The default as it would stand in a case, on one line. */
static const char *Default(Reference *r, const cyaml_schema_field_t *f, const SgdTree *defaults) {
  const SgdTree *item =
      defaults && defaults->kind == SGD_TREE_MAPPING ? SgdTreeItem(defaults, f->key, strlen(f->key)) : NULL;
  char list[256] = "[";

  if (!(f->value.flags & CYAML_FLAG_OPTIONAL)) return "required";
  if (!item || item->kind == SGD_TREE_MAPPING) return "";
  if (item->kind == SGD_TREE_SCALAR) return item->text && *item->text ? item->text : "none";
  for (int i = 0; i < item->count; i++)
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", item->item[i]->text);
  strcat(list, "]");
  return item->count ? SgdPoolText(&r->pool, list, strlen(list)) : "none";
}

static void Walk(Reference *r, const char *path, const cyaml_schema_value_t *schema, const SgdTree *defaults) {
  for (const cyaml_schema_field_t *f = schema->mapping.fields; f->key; f++) {
    const char *key = Join(r, path, f->key);
    const cyaml_schema_value_t *inner = f->value.type == CYAML_SEQUENCE ? f->value.sequence.entry : &f->value;
    if (r->keys >= MAX_KEYS) return;
    r->key[r->keys++] = (Key){key, TypeName(&f->value), Default(r, f, defaults)};
    if (inner->type == CYAML_MAPPING)
      Walk(r, key, inner, defaults ? SgdTreeItem(defaults, f->key, strlen(f->key)) : NULL);
  }
}

/* "models.0" -> "models.master", "expect.0" -> "expect", "landscape" -> "landscape.mlp" */
static PetscBool Hear(void *context, const char *section, const cyaml_schema_value_t *schema, const char *defaults) {
  Reference *r = context;
  char path[128];
  SgdTree *tree = NULL;
  SgdIssue issue;
  const PetscBool varies = (PetscBool)(!strcmp(section, "landscape") || !strncmp(section, "models.", 7));

  snprintf(path, sizeof path, "%s", section);
  if (strpbrk(path, "0123456789")) *(strpbrk(path, "0123456789") - 1) = '\0';
  if (varies != (PetscBool)(r->variant != NULL)) return PETSC_TRUE;
  if (varies) snprintf(path + strlen(path), sizeof path - strlen(path), ".%s", r->variant);
  if (defaults) SgdYamlParse(&r->pool, defaults, strlen(defaults), (SgdMark){.layer = SGD_FROM_DEFAULT}, &tree, &issue);
  Walk(r, SgdPoolText(&r->pool, path, strlen(path)), schema, tree);
  return (PetscBool) !(r->variant && !strcmp(section, "landscape"));
}

static PetscErrorCode ReadPlain(void) {
  SgdSections sections;
  SgdCase c;

  PetscFunctionBegin;
  PetscCall(SgdCaseOpenText(PETSC_COMM_SELF, "help", plain, 0, NULL, &c));
  PetscCall(SgdSectionsRead(c, &sections));
  PetscCall(SgdSectionsFree(&sections));
  PetscCall(SgdCaseClose(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A family is asked for its schema and then stopped: it may need files. */
static PetscErrorCode ReadFamily(Reference *r, const char *family) {
  char text[128];
  SgdLandscape l;
  SgdCase c;

  PetscFunctionBegin;
  snprintf(text, sizeof text, "landscape: {family: %s}\n", family);
  r->variant = family;
  PetscCall(SgdCaseOpenText(PETSC_COMM_SELF, "help", text, 0, NULL, &c));
  (void)SgdLandscapeCreate(c, &l);
  PetscCall(SgdCaseClose(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadModel(Reference *r, const char *name) {
  char text[128];
  SgdModel m;
  SgdCase c;

  PetscFunctionBegin;
  snprintf(text, sizeof text, "models: [%s]\n", name);
  r->variant = name;
  PetscCall(SgdCaseOpenText(PETSC_COMM_SELF, "help", text, 0, NULL, &c));
  PetscCall(SgdModelCreate(c, "models.0", &m));
  PetscCall(SgdModelDestroy(&m));
  PetscCall(SgdCaseClose(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every reader is listened to. */
static PetscErrorCode Collect(Reference *r) {
  PetscFunctionBegin;
  SgdCaseListen(Hear, r);
  for (int i = 0; SgdLandscapeFamilyName(i); i++) PetscCall(ReadFamily(r, SgdLandscapeFamilyName(i)));
  r->variant = NULL;
  PetscCall(ReadPlain());
  for (int i = 0; SgdModelTypeName(i); i++) PetscCall(ReadModel(r, SgdModelTypeName(i)));
  SgdCaseListen(NULL, NULL);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Does the pattern, with * for the second part, name the key? */
static PetscBool Matches(const char *pattern, const char *key) {
  const char *star = strchr(pattern, '*'), *rest;

  if (!star) return (PetscBool)!strcmp(pattern, key);
  if (strncmp(pattern, key, (size_t)(star - pattern))) return PETSC_FALSE;
  rest = strchr(key + (star - pattern), '.');
  return (PetscBool)(rest && !strcmp(rest, star + 1));
}

/* The entry that names the key itself before one with a *. */
static const SgdHelpEntry *Entry(const char *key) {
  static const SgdHelpEntry none = {"", "?", "(no description)"};
  const SgdHelpEntry *found = &none;

  for (const SgdHelpEntry *e = SgdHelpKeys; e->key; e++)
    if (Matches(e->key, key) && (found == &none || !strchr(e->key, '*'))) found = e;
  return found;
}

/* The longest section of the table that holds the key. */
static const SgdHelpSection *SectionOf(const char *key) {
  const SgdHelpSection *found = NULL;

  for (const SgdHelpSection *s = SgdHelpSections; s->section; s++) {
    const size_t n = strlen(s->section);
    if (!strncmp(s->section, key, n) && (key[n] == '.' || !key[n]) && (!found || n > strlen(found->section))) found = s;
  }
  return found;
}

static PetscErrorCode PrintKey(const Key *k, PetscBool whole) {
  const SgdHelpSection *s = SectionOf(k->key);
  const SgdHelpEntry *e = Entry(k->key);
  const char *last = s && strlen(s->section) < strlen(k->key) ? k->key + strlen(s->section) + 1 : k->key;

  PetscFunctionBegin;
  PetscCall(SgdSay(PETSC_COMM_WORLD, "  %-18s %s\n%20s %s; %s%s%s\n", whole ? k->key : last, e->text, "", k->type,
                   e->range,
                   !*k->value                     ? ""
                   : strcmp(k->value, "required") ? "; default: "
                                                  : "; ",
                   k->value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintSection(const Reference *r, const SgdHelpSection *s) {
  PetscFunctionBegin;
  PetscCall(SgdSay(PETSC_COMM_WORLD, "%s: %s\n\n", s->section, s->text));
  for (int i = 0; i < r->keys; i++)
    if (SectionOf(r->key[i].key) == s) PetscCall(PrintKey(&r->key[i], PETSC_FALSE));
  PetscCall(SgdSay(PETSC_COMM_WORLD, "\n  Example:\n    %s\n", s->example));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintList(const Reference *r) {
  PetscFunctionBegin;
  PetscCall(SgdSay(PETSC_COMM_WORLD,
                   "Sections of a case (sgdfp help SECTION, sgdfp help KEY; all keys: sgdfp help keys):\n\n"));
  for (const SgdHelpSection *s = SgdHelpSections; s->section; s++) {
    PetscCall(SgdSay(PETSC_COMM_WORLD, "%s: %s\n   ", s->section, s->text));
    for (int i = 0; i < r->keys; i++)
      if (SectionOf(r->key[i].key) == s)
        PetscCall(SgdSay(PETSC_COMM_WORLD, " %s",
                         r->key[i].key + strlen(s->section) + (r->key[i].key[strlen(s->section)] == '.')));
    PetscCall(SgdSay(PETSC_COMM_WORLD, "\n"));
  }
  PetscCall(SgdSay(PETSC_COMM_WORLD,
                   "petsc: options for the solvers by their PETSc names, e.g. {langevin_ksp_rtol: 1e-10}\n"
                   "name, description: free text\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is `what` the key or its last parts? */
static PetscBool Means(const char *what, const char *key) {
  const size_t n = strlen(what), m = strlen(key);

  return (PetscBool)(m >= n && !strcmp(key + m - n, what) && (m == n || key[m - n - 1] == '.'));
}

/* Is it the section, the whole that it belongs to (landscape), or its last part (tabulated)? */
static PetscBool MeansSection(const char *what, const char *section) {
  const size_t n = strlen(what);

  return (PetscBool)(Means(what, section) || (!strncmp(section, what, n) && (!section[n] || section[n] == '.')));
}

/* ... or the key as a case has it, where no family or model stands between: landscape.file */
static PetscBool MeansKey(const char *what, const char *key) {
  const char *dot = strchr(what, '.');
  const size_t head = dot ? (size_t)(dot - what) + 1 : 0;

  return (PetscBool)(Means(what, key) || (dot && !strncmp(what, key, head) && Means(dot + 1, key + head)));
}

static PetscErrorCode Unknown(const Reference *r, const char *what) {
  static const char *known[2 * MAX_KEYS];
  char hint[512];
  int n = 0;

  PetscFunctionBegin;
  for (const SgdHelpSection *s = SgdHelpSections; s->section; s++) known[n++] = s->section;
  for (int i = 0; i < r->keys; i++) known[n++] = strchr(what, '.') ? r->key[i].key : strrchr(r->key[i].key, '.') + 1;
  const char *nearest = SgdWordNearest(what, n, known);
  snprintf(hint, sizeof hint, nearest ? "; did you mean \"%s\"?" : "; sgdfp help lists all", nearest);
  return SgdFail(PETSC_COMM_WORLD, SGD_EXIT_CASE, "help: no section and no key \"%s\"%s", what, hint);
}

static PetscErrorCode Print(const Reference *r, const char *what) {
  const SgdHelpSection *last = NULL;
  int found = 0;

  PetscFunctionBegin;
  for (const SgdHelpSection *s = SgdHelpSections; s->section; s++) {
    if (strcmp(what, "all") && !MeansSection(what, s->section)) continue;
    PetscCall(SgdSay(PETSC_COMM_WORLD, found++ ? "\n" : ""));
    PetscCall(PrintSection(r, s));
  }
  if (found) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; i < r->keys; i++)
    if (MeansKey(what, r->key[i].key)) {
      PetscCall(PrintKey(&r->key[i], PETSC_TRUE));
      last = SectionOf(r->key[i].key);
      found++;
    }
  if (!found) PetscCall(Unknown(r, what));
  if (last && found == 1) PetscCall(SgdSay(PETSC_COMM_WORLD, "\n  Example:\n    %s\n", last->example));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdHelp(const char *what) {
  Reference *r;
  PetscErrorCode ierr = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCall(PetscNew(&r));
  PetscCall(Collect(r));
  if (!what)
    ierr = PrintList(r);
  else if (!strcmp(what, "keys"))
    for (int i = 0; i < r->keys; i++) PetscCall(SgdSay(PETSC_COMM_WORLD, "%s\n", r->key[i].key));
  else
    ierr = Print(r, what);
  SgdPoolFree(&r->pool);
  PetscCall(PetscFree(r));
  PetscCall(ierr);
  PetscFunctionReturn(PETSC_SUCCESS);
}
