#include "cases/data/csv_doubt.h"
#include <stdio.h>

enum { ENOUGH = 10, MOST = 100 }; /* rows that do not look so by chance; classes looked for */

/* Feature j is 1 more in every row than in the row before. */
static int CountsRows(const SgdDataset *d, int j) {
  for (int i = 1; i < d->samples; i++)
    if (d->x[(size_t)i * (size_t)d->features + (size_t)j] !=
        d->x[(size_t)(i - 1) * (size_t)d->features + (size_t)j] + 1)
      return 0;
  return 1;
}

/* The label and the last `width` features hold a single 1 among zeros in every row. */
static int SingleOnes(const SgdDataset *d, int width) {
  for (int i = 0; i < d->samples; i++) {
    const double *x = d->x + (size_t)(i + 1) * (size_t)d->features - width;
    double ones = d->label[i];
    if (ones != 0 && ones != 1) return 0;
    for (int k = 0; k < width; k++) {
      if (x[k] != 0 && x[k] != 1) return 0;
      ones += x[k];
    }
    if (ones != 1) return 0;
  }
  return 1;
}

/* How many columns at the end are a class each, the label's included; 0: they are not. */
static int OneHot(const SgdDataset *d, int label_at) {
  for (int width = 2; label_at == d->features && width <= d->features && width <= MOST; width++)
    if (SingleOnes(d, width)) return width + 1;
  return 0;
}

void SgdCsvDoubt(SgdDataset *d, int label_at) {
  const int classes = d->samples >= ENOUGH ? OneHot(d, label_at) : 0;

  if (classes)
    snprintf(
        d->doubt, sizeof d->doubt,
        "the last %d columns hold a single 1 in every row: classes in columns of their own? The last column alone is "
        "taken as the label; write the class's number in one column",
        classes);
  for (int j = 0; j < d->features && d->samples >= ENOUGH && !*d->doubt; j++)
    if (CountsRows(d, j))
      snprintf(d->doubt, sizeof d->doubt,
               "column %d counts the rows: an index, not a feature? Leave it out of the file (pandas: index=False)",
               j + 1 + (j >= label_at));
}
