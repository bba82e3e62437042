/* The columns that tables of moments and distances have in common. */
#pragma once
#include "solver/measures/moments.h"
#include <stdio.h>

/* ",name_1,name_2 .." of the axes; ",mean_1 .. ,cov_11 .. ,skewness_1 .. ,kurtosis_1 .." */
PETSC_INTERN void SgdColumnsOfAxes(FILE *f, const char *name, int dim);
PETSC_INTERN void SgdColumnsOfMoments(FILE *f, int dim);
/* ",x" for each of `count` numbers, with so many significant digits; and the moments that the columns name. */
PETSC_INTERN void SgdColumnNumbers(FILE *f, int digits, int count, const double *value);
PETSC_INTERN void SgdColumnMoments(FILE *f, int digits, int dim, const SgdMoments *m);
