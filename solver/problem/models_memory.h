/* What all models of a case take together, which bounds the grid before there is one (meshes/slice.h). */
#pragma once
#include "solver/problem/model_list.h"

/* Bytes a cell of an SgdModelList on a grid of `dim` axes and so many cells: the fields and what else every run takes
   once, and what each model takes beside it. words: each by name. */
PETSC_INTERN double SgdModelsTake(const void *list, int dim, double cells, char *words, size_t size);
