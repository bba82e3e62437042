/* The master equation where the noise of a step is narrower than a cell, or has no width along some direction. A cell's
   mass lands at a - eta g + L x, L L^T = eta^2 C, x normal; the average over x becomes a tensor Gauss-Hermite rule of n
   points an axis, exact for polynomials below degree 2 n, and each of its atoms is remeshed with order 6. So every
   moment of a step below the sixth is that of the Gaussian law, to rounding, whatever the cell width. Three points
   do where the noise is within a cell; five where it is wider, and the atoms further apart than cells. */
#include "operators/master/master.h"
#include "meshes/fields_local.h"
#include "operators/push_forward/remeshing.h"
#include "operators/push_forward/sources.h"

#define ORDER 6

typedef struct {
  int n;
  double x[5], weight[5];
} Rule;

/* Roots of the Hermite polynomials He_3 and He_5, weights n!/(n He_{n-1}(x))^2. */
static const Rule three = {3, {-1.7320508075688772, 0, 1.7320508075688772}, {1 / 6.0, 2 / 3.0, 1 / 6.0}};
static const Rule five = {
    5,
    {-2.8569700138728056, -1.3556261799742659, 0, 1.3556261799742659, 2.8569700138728056},
    {0.011257411327720689, 0.22207592200561266, 8 / 15.0, 0.22207592200561266, 0.011257411327720689}};

/* L L^T = C, lower triangle; a pivot that is zero or that rounding has left negative makes a zero column. */
static void Cholesky(int d, const double C[], double L[]) {
  double largest = 0;

  for (int a = 0; a < d; a++) largest = PetscMax(largest, C[SgdPair(d, a, a)]);
  for (int j = 0; j < d; j++)
    for (int i = j; i < d; i++) {
      double sum = C[SgdPair(d, i, j)];
      for (int k = 0; k < j; k++) sum -= L[i * d + k] * L[j * d + k];
      if (i == j)
        L[j * d + j] = sum > 1e-14 * largest ? sqrt(sum) : 0;
      else
        L[i * d + j] = L[j * d + j] > 0 ? sum / L[j * d + j] : 0;
    }
}

/* One rule an axis of x: a single atom where L has no column, so that no work goes into noise that is not there. */
static void ChooseRules(int d, const double L[], const Rule *rule[]) {
  static const Rule one = {1, {0}, {1}};

  for (int b = 0; b < 3; b++) {
    double widest = 0;
    for (int a = b; a < d && b < d; a++) widest = PetscMax(widest, PetscAbsReal(L[a * d + b]));
    rule[b] = widest == 0 ? &one : (widest <= 1 ? &three : &five);
  }
}

typedef struct {
  const SgdStep *step;
  SgdTransfers transfers;
} Remesh;

static PetscErrorCode AddSource(void *ctx, const PetscInt index[], const double from[], const double width[],
                                double share) {
  const Remesh *r = ctx;
  SgdGrid grid = r->step->fields->grid;
  const int d = grid->dim;
  const double eta = r->step->learning_rate;
  const Rule *rule[3];
  double g[3], C[6], L[9], place[3];

  PetscFunctionBegin;
  (void)width; /* the noise smooths what points leave */
  SgdFieldsInterpolate(r->step->fields, from, g, C);
  for (int a = 0; a < d; a++) /* in units of cells */
    for (int b = a; b < d; b++) C[SgdPair(d, a, b)] *= eta * eta / (grid->h[a] * grid->h[b]);
  Cholesky(d, C, L);
  ChooseRules(d, L, rule);
  for (int p = 0; p < rule[0]->n * rule[1]->n * rule[2]->n; p++) {
    const int at[3] = {p % rule[0]->n, p / rule[0]->n % rule[1]->n, p / (rule[0]->n * rule[1]->n)};
    const double mass = rule[0]->weight[at[0]] * rule[1]->weight[at[1]] * rule[2]->weight[at[2]];
    for (int a = 0; a < d; a++) {
      place[a] = from[a] - eta * g[a] / grid->h[a];
      for (int b = 0; b <= a; b++) place[a] += L[a * d + b] * rule[b]->x[at[b]];
    }
    PetscCall(SgdRemeshingAdd(grid, r->transfers, index, ORDER, place, share * mass));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdMasterRemesh(const SgdStep *step, Mat *A) {
  SgdGrid grid = step->fields->grid;
  Remesh r = {.step = step};

  PetscFunctionBegin;
  PetscCall(SgdTransfersCreate(grid, &r.transfers));
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++)
    PetscCall(SgdSourcesPush(step->fields, step->learning_rate, ORDER, cell, AddSource, &r));
  PetscCall(SgdTransfersAssemble(r.transfers, 1, 1, A));
  PetscCall(SgdTransfersDestroy(&r.transfers));
  PetscFunctionReturn(PETSC_SUCCESS);
}
