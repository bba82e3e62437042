/* The Kramers-Moyal expansion of an optimizer with a memory through its second coefficient (THEORY.md (92)): from each state z the
   displacement has the map's own mean b(z) = E M - z and covariance S(z) = Cov M, and no cumulants beyond,
     p_{n+1}(z) = int N(z; z' + b(z'), S(z')) p_n(z') dz'.
   The truncated differential equation, 1 - d_i b_i + (1/2) d_i d_j (S + b b)_ij, has the same two coefficients but amplifies short waves
   where b moves mass by more than its noise is wide, which a memory always does; the Gaussian with these moments does not.
   S has rank one to three: L L^T = S by Cholesky, without the columns that are zero; Gauss-Hermite atoms, remeshed. */
#include "operators/master/master.h"
#include "operators/push_forward/by_cells.h"
#include "operators/push_forward/scatter.h"

typedef struct {
  SgdFields fields;
  SgdUpdateRule rule;
  SgdScatter scatter;
  int nodes;
} Closure;

static const double three[2][3] = {{-1.7320508075688772, 0, 1.7320508075688772}, {1 / 6.0, 2 / 3.0, 1 / 6.0}},
                    five[2][5] = {{-2.8569700138728056, -1.3556261799742659, 0, 1.3556261799742659, 2.8569700138728056},
                                  {0.011257411327720691, 0.22207592200561266, 8 / 15.0, 0.22207592200561266,
                                   0.011257411327720691}};

/* Columns of L; what is below 1e-12 of the diagonal is rounding. */
static int Cholesky(int d, const double S[6], double L[3][3]) {
  int rank = 0;

  for (int c = 0; c < d; c++) {
    double pivot = S[SgdPair(d, c, c)];
    for (int k = 0; k < rank; k++) pivot -= L[k][c] * L[k][c];
    if (!(pivot > 1e-12 * S[SgdPair(d, c, c)])) continue;
    for (int a = 0; a < d; a++) {
      double sum = a < c ? 0 : S[SgdPair(d, c, a)];
      for (int k = 0; k < rank && a >= c; k++) sum -= L[k][c] * L[k][a];
      L[rank][a] = sum / sqrt(pivot);
    }
    rank++;
  }
  return rank;
}

static double Cell(const void *ctx, PetscInt cell, double mass, double *target, const double *everywhere) {
  const Closure *k = ctx;
  const int d = k->scatter.grid->dim, n = d == 3 ? 3 : 5;
  const double *node = d == 3 ? three[0] : five[0], *share = d == 3 ? three[1] : five[1];
  const PetscInt a = cell % k->scatter.grid->n[0];
  double z[3], b[3], S[6], L[3][3], place[3], sum = 0;
  int atoms = 1;

  SgdGridCentre(k->scatter.grid, cell, z);
  const SgdRuleGradient G = SgdFieldsRuleGradient(k->fields, a);
  SgdRuleMoments(&k->rule, k->nodes, z, &G, b, S);
  const int rank = Cholesky(d, S, L);
  for (int r = 0; r < rank; r++) atoms *= n;
  for (int i = 0; i < atoms; i++) {
    double weight = mass;
    for (int c = 0; c < d; c++) place[c] = z[c] + b[c];
    for (int r = 0, at = i; r < rank; r++, at /= n) {
      weight *= share[at % n];
      for (int c = 0; c < d; c++) place[c] += L[r][c] * node[at % n];
    }
    sum += SgdScatterAtom(&k->scatter, place, weight, target, everywhere);
  }
  return sum;
}

PetscErrorCode SgdMasterStatesClosure(const SgdStep *step, Mat *A) {
  SgdGrid grid = step->fields->grid;
  Closure *k;

  PetscFunctionBegin;
  PetscCall(PetscNew(&k));
  *k = (Closure){.fields = step->fields,
                 .rule = *step->rule,
                 .scatter = {grid, grid->dim == 3 ? 4 : 6},
                 .nodes = grid->dim == 3 ? 15 : SGD_RULE_NODES};
  PetscCall(SgdPushForwardByCells(grid, Cell, k, A));
  PetscFunctionReturn(PETSC_SUCCESS);
}
