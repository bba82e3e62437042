/* A characteristic function from a file: rows "q re im", q from 0 upwards; zero beyond the last. */
#include "cases/noise/step_lawimpl.h"
#include <stdlib.h>

typedef struct {
  int rows;
  double *q;
  double _Complex *value;
} Table;

/* Row i of the table, also of its mirror image: phi(-q) = conj phi(q). */
static double RowPlace(const Table *l, int i) {
  return i < 0 ? -l->q[-i] : l->q[i];
}
static double _Complex RowValue(const Table *l, int i) {
  return i < 0 ? conj(l->value[-i]) : l->value[i];
}

/* Lagrange interpolation on the six nearest rows. */
static double _Complex Tabulated(SgdStepLaw law, double q) {
  const Table *l = law->data;
  const double x = fabs(q);
  double _Complex sum = 0;
  int low = 0, high = l->rows - 1;

  if (x > l->q[high]) return 0;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    if (l->q[middle] <= x)
      low = middle;
    else
      high = middle;
  }
  const int first = low + 3 > l->rows - 1 ? l->rows - 6 : low - 2;
  for (int i = first; i < first + 6; i++) {
    double weight = 1;
    for (int j = first; j < first + 6; j++)
      if (j != i) weight *= (x - RowPlace(l, j)) / (RowPlace(l, i) - RowPlace(l, j));
    sum += weight * RowValue(l, i);
  }
  return q < 0 ? conj(sum) : sum;
}
static double TabulatedReach(SgdStepLaw l, double tail) {
  (void)l;
  (void)tail;
  return 24;
}

static double TabulatedRange(SgdStepLaw law, double *last) {
  const Table *l = law->data;
  *last = cabs(l->value[l->rows - 1]);
  return l->q[l->rows - 1];
}

static const char *WrongTable(const Table *l) {
  if (l->rows < 4) return "law tabulated: the table needs at least four rows \"q re im\"";
  if (l->q[0] != 0 || cabs(l->value[0] - 1) > 1e-12) return "law tabulated: the first row must be \"0 1 0\"";
  for (int i = 1; i < l->rows; i++)
    if (!(l->q[i] > l->q[i - 1])) return "law tabulated: q must grow from row to row";
  for (int i = 0; i < l->rows; i++)
    if (!(cabs(l->value[i]) <= 1 + 1e-9)) return "law tabulated: a characteristic function never exceeds 1 in modulus";
  return NULL;
}

/* Rows "q re im"; lines that begin with # are comments. Returns nonzero if the file or memory fails. */
static int ReadTable(Table *l, const char *path) {
  FILE *file = fopen(path, "r");
  char line[256];
  int room = 0;

  if (!file) return 1;
  while (fgets(line, sizeof line, file)) {
    double q, re, im;
    if (line[0] == '#' || sscanf(line, "%lf %lf %lf", &q, &re, &im) != 3) continue;
    if (l->rows == room) {
      room = room ? 2 * room : 256;
      double *more_q = realloc(l->q, (size_t)room * sizeof *l->q);
      if (more_q) l->q = more_q;
      double _Complex *more = realloc(l->value, (size_t)room * sizeof *l->value);
      if (more) l->value = more;
      if (!more_q || !more) break;
    }
    l->q[l->rows] = q;
    l->value[l->rows++] = CMPLX(re, im);
  }
  const int failed = !feof(file);
  fclose(file);
  return failed;
}

static int CreateTabulated(SgdStepLaw l, char message[SGD_LAW_MESSAGE]) {
  const char *file = l->parameters.table, *wrong;

  l->data = calloc(1, sizeof(Table));
  if (!l->data) return 1;
  if (!file || ReadTable(l->data, file)) {
    snprintf(message, SGD_LAW_MESSAGE, "law tabulated: cannot read the table \"%s\"", file ? file : "");
    return 1;
  }
  wrong = WrongTable(l->data);
  if (wrong) snprintf(message, SGD_LAW_MESSAGE, "%s", wrong);
  return wrong != NULL;
}

static void DestroyTabulated(SgdStepLaw l) {
  Table *table = l->data;

  if (!table) return;
  free(table->q);
  free(table->value);
  free(table);
}

const SgdStepLawOps SgdLawTabulated = {.name = "tabulated",
                                       .reads = "table",
                                       .phi = Tabulated,
                                       .reach = TabulatedReach,
                                       .create = CreateTabulated,
                                       .destroy = DestroyTabulated,
                                       .range = TabulatedRange,
                                       .other_variance = true};
