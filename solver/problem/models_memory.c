#include "solver/problem/models_memory.h"
#include "meshes/slice.h"
#include <stdio.h>

double SgdModelsTake(const void *models, int dim, double cells, char *words, size_t size) {
  const SgdModelList *list = models;
  double bytes = SGD_CELL_BYTES;

  *words = 0;
  for (int k = 0; k < list->count; k++) {
    const double each = SgdModelCellBytes(list->model[k], dim, cells);
    snprintf(words + strlen(words), size - strlen(words), "%s%s %.0f", k ? ", " : "", SgdModelName(list->model[k]),
             each);
    bytes += each - SGD_CELL_BYTES;
  }
  return bytes;
}
