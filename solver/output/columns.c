#include "solver/output/columns.h"
#include "meshes/fields.h"

void SgdColumnsOfAxes(FILE *f, const char *name, int dim) {
  for (int a = 0; a < dim; a++) fprintf(f, ",%s_%d", name, a + 1);
}

void SgdColumnsOfMoments(FILE *f, int dim) {
  SgdColumnsOfAxes(f, "mean", dim);
  for (int a = 0; a < dim; a++)
    for (int b = a; b < dim; b++) fprintf(f, ",cov_%d%d", a + 1, b + 1);
  SgdColumnsOfAxes(f, "skewness", dim);
  SgdColumnsOfAxes(f, "kurtosis", dim);
}

void SgdColumnNumbers(FILE *f, int digits, int count, const double *value) {
  for (int i = 0; i < count; i++) fprintf(f, ",%.*g", digits, value[i]);
}

void SgdColumnMoments(FILE *f, int digits, int dim, const SgdMoments *m) {
  SgdColumnNumbers(f, digits, dim, m->mean);
  SgdColumnNumbers(f, digits, SGD_PAIRS(dim), m->cov);
  SgdColumnNumbers(f, digits, dim, m->skewness);
  SgdColumnNumbers(f, digits, dim, m->kurtosis);
}
