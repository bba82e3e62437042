/* What is done to features after reading: plain C, in place. */
#pragma once
#include "cases/data/samples.h"

/* Average images of side x side down to target x target by the area each new pixel covers. 0, or nonzero if the
   features are not a square image or smaller than the target. */
int SgdDatasetPool(SgdDataset *d, int target);
/* Divide by scale, or by the largest magnitude of the samples not held out if scale is 0 (all zeros stay). */
void SgdDatasetScale(SgdDataset *d, double scale);
/* Every feature to mean 0 and variance 1 over the samples not held out; a constant feature becomes 0. */
void SgdDatasetStandardize(SgdDataset *d);
