/* Do the fields of a slice file fit each other? */
#pragma once
#include "cases/data/slice_file.h"

typedef struct {
  char fault[512];   /* what does not fit, by how much and where; "" if all fits */
  char warning[400]; /* what cannot be told for sure: fields that the nodes do not resolve (ReLU); "" */
} SgdSliceFileVerdict;

/* Compare g with the loss, and its derivative at 0 with the file's eigenvalues. Along every line of nodes in axis k the
   loss differences of neighbours must be the integrals of the interpolant of g_k between them: no derivative is taken,
   so that a kink between two nodes costs only its own interval. What counts is the root mean square of the difference
   over all lines, relative to that of the integrals, against the share of g_k in the highest third of its Chebyshev
   coefficients (what the nodes leave unresolved): smooth fields are held to ten times that share (1e-4 at least, 1e-3 at
   most, with a warning from 1e-5 on), a ReLU network's to what its kinks allow. Rounding of the loss is known by its own
   highest coefficients; a loss that changes by no more than that cannot be compared, which is a warning. Rank 0; nonzero: no memory. */
int SgdSliceFileCheck(const SgdSliceFile *s, SgdSliceFileVerdict *verdict);
