/* Tables that can be read but are probably meant otherwise: a column that counts the rows, classes in several columns. */
#pragma once
#include "cases/data/samples.h"

/* Put into d->doubt what of the table looks like something else; label_at: the label's column, from 0. */
void SgdCsvDoubt(SgdDataset *d, int label_at);
