/* Selling's decomposition of a positive definite matrix of dimension 1, 2 or 3 on the integer lattice,
     D = sum_k rho_k e_k e_k^T,   rho_k >= 0,  e_k integer,  at most d (d+1)/2 terms,
   which turns an anisotropic diffusion into jumps along a few lattice directions with positive rates (Selling 1874;
   Fehrenbach and Mirebeau, J. Math. Imaging Vis. 49, 2014). Plain C. */
#pragma once

typedef struct {
  int count;
  int e[6][3];
  double rho[6];
} SgdSelling;

/* D: upper triangle by rows, in lattice units. Returns nonzero if D is not positive definite. */
int SgdSellingDecompose(int dim, const double D[], SgdSelling *s);
