/* A walk over the scalars of a case. */
#include "cases/file/caseimpl.h"

typedef struct {
  PetscErrorCode (*visit)(void *context, const char *path, const char *text);
  void *context;
} Visitor;

static PetscErrorCode Walk(const Visitor *v, const SgdTree *tree, const char *path) {
  char below[512], index[16];

  PetscFunctionBegin;
  if (tree->kind == SGD_TREE_SCALAR) {
    if (!SgdTreeIsNull(tree)) PetscCall(v->visit(v->context, path, tree->text));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (int i = 0; i < tree->count; i++) {
    snprintf(index, sizeof index, "%d", i);
    snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "",
             tree->kind == SGD_TREE_MAPPING ? tree->key[i] : index);
    PetscCall(Walk(v, tree->item[i], below));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCaseLeaves(SgdCase c, const char *key,
                             PetscErrorCode (*visit)(void *context, const char *path, const char *text),
                             void *context) {
  const Visitor visitor = {visit, context};
  SgdTree *tree = SgdTreeFind(c->root, key);

  PetscFunctionBegin;
  if (tree) PetscCall(Walk(&visitor, tree, ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}
