#include "law_expansion.h"
#include <petscblaslapack.h>

#define CELLS 640 /* sampled; a quarter of them verify */
#define CHECK (CELLS / 4)
#define MODES 400
#define PARTS (2 * MODES) /* columns: real and imaginary parts */

typedef struct {
  SgdNoiseLaw law;
  SgdGrid grid;
  PetscInt cell[CELLS];
  double q[MODES][3];
  double *phi;      /* [CELLS][PARTS], the same on every rank */
  double *residual; /* [CELLS - CHECK][PARTS] */
  int terms, row[MODES], column[MODES];
} Cross;

/* Points of a low-discrepancy sequence in the unit cube (Roberts: powers of the generalised golden ratio). */
static double Sequence(int dim, int a, int i) {
  static const double golden[3] = {1.6180339887498949, 1.3247179572447460, 1.2207440846057596};
  return fmod(0.5 + (i + 1) * pow(golden[dim - 1], -(a + 1)), 1.0);
}

static void Sample(Cross *x, const double dq[], const int modes[]) {
  const int d = x->grid->dim;

  for (int i = 0; i < CELLS; i++) {
    PetscInt stride = 1;
    x->cell[i] = 0;
    for (int a = 0; a < d; a++) {
      /* the corners first: extremes of a smooth field often lie there */
      const double s = i < (1 << d) ? ((i >> a) & 1) * (1 - 1e-12) : Sequence(d, a, i);
      x->cell[i] += stride * (PetscInt)(s * (double)x->grid->n[a]);
      stride *= x->grid->n[a];
    }
  }
  for (int m = 0; m < MODES; m++)
    for (int a = 0; a < 3; a++) {
      /* half of the space of modes, since phi(-q) = conj phi(q); more of them at low modes; mode 0 first */
      double s = a < d && m ? Sequence(d, a, m) : 0;
      if (a > 0 && m) s = 2 * s - 1;
      x->q[m][a] = a < d ? dq[a] * round(s * (m % 2 ? fabs(s) : 1) * modes[a]) : 0;
    }
}

/* Each rank fills the rows of its own cells. */
static PetscErrorCode Evaluate(Cross *x) {
  PetscFunctionBegin;
  PetscCall(PetscArrayzero(x->phi, CELLS * PARTS));
  for (int i = 0; i < CELLS; i++) {
    if (x->cell[i] < x->grid->first_cell || x->cell[i] >= x->grid->last_cell) continue;
    PetscCall(SgdNoiseLawAt(x->law, x->cell[i]));
    for (int m = 0; m < MODES; m++) {
      const double _Complex phi = SgdNoiseLawCharacteristic(x->law, x->q[m]);
      x->phi[i * PARTS + 2 * m] = creal(phi);
      x->phi[i * PARTS + 2 * m + 1] = cimag(phi);
    }
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, x->phi, CELLS * PARTS, MPI_DOUBLE, MPI_SUM, x->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Take the largest entry of the residual as pivot and eliminate, until all are small. */
static void Pivot(Cross *x, double tolerance, int most) {
  const int rows = CELLS - CHECK;

  memcpy(x->residual, x->phi, (size_t)rows * PARTS * sizeof(double));
  for (x->terms = 0; x->terms <= most; x->terms++) {
    int row = 0, column = 0;
    for (int e = 0; x->terms && e < rows * PARTS; e++) /* the first pivot is mode 0 */
      if (fabs(x->residual[e]) > fabs(x->residual[row * PARTS + column])) {
        row = e / PARTS;
        column = e % PARTS;
      }
    const double pivot = x->residual[row * PARTS + column];
    if (fabs(pivot) <= tolerance || x->terms == most) {
      if (fabs(pivot) > tolerance) x->terms = most + 1;
      return;
    }
    x->row[x->terms] = row;
    x->column[x->terms] = column;
    const double *p = x->residual + row * PARTS;
    for (int i = 0; i < rows; i++) {
      const double factor = x->residual[i * PARTS + column] / pivot;
      if (i == row || factor == 0) continue;
      for (int e = 0; e < PARTS; e++) x->residual[i * PARTS + e] -= factor * p[e];
    }
    for (int e = 0; e < PARTS; e++) x->residual[row * PARTS + e] = 0;
  }
}

/* Phi^T factored, Phi_rs = phi(q_s; a_r); Fortran column r holds row r of Phi. */
static PetscErrorCode Factor(const Cross *x, double *Phi, PetscBLASInt *pivots) {
  PetscBLASInt n = x->terms, info;

  PetscFunctionBegin;
  for (int r = 0; r < n; r++)
    for (int s = 0; s < n; s++) Phi[r * n + s] = x->phi[x->row[r] * PARTS + x->column[s]];
  LAPACKgetrf_(&n, &n, Phi, &n, pivots, &info);
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK getrf: %d", (int)info);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* u from phi at the pivot modes: Phi^T u = phi. */
static void Solve(const Cross *x, const double *Phi, const PetscBLASInt *pivots, double *u) {
  const PetscBLASInt n = x->terms, one = 1;
  PetscBLASInt info;

  LAPACKgetrs_("N", &n, &one, (double *)Phi, &n, (PetscBLASInt *)pivots, u, &n, &info);
}

static double Verify(const Cross *x, const double *Phi, const PetscBLASInt *pivots) {
  double u[MODES], most = 0;

  for (int i = CELLS - CHECK; i < CELLS; i++) {
    for (int s = 0; s < x->terms; s++) u[s] = x->phi[i * PARTS + x->column[s]];
    Solve(x, Phi, pivots, u);
    for (int e = 0; e < PARTS; e++) {
      double sum = -x->phi[i * PARTS + e];
      for (int r = 0; r < x->terms; r++) sum += u[r] * x->phi[x->row[r] * PARTS + e];
      most = PetscMax(most, fabs(sum));
    }
  }
  return most;
}

static PetscErrorCode Weights(const Cross *x, const double *Phi, const PetscBLASInt *pivots, double *weight) {
  const PetscInt cells = x->grid->last_cell - x->grid->first_cell;
  double u[MODES];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < cells; i++) {
    PetscCall(SgdNoiseLawAt(x->law, x->grid->first_cell + i));
    for (int s = 0; s < x->terms; s++) {
      const double _Complex phi = SgdNoiseLawCharacteristic(x->law, x->q[x->column[s] / 2]);
      u[s] = x->column[s] % 2 ? cimag(phi) : creal(phi);
    }
    Solve(x, Phi, pivots, u);
    for (int r = 0; r < x->terms; r++) weight[r * cells + i] = u[r];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The pivot cells' covariances, on every rank. */
static PetscErrorCode Gather(const Cross *x, SgdLawExpansion *e) {
  PetscFunctionBegin;
  for (int r = 0; r < x->terms; r++) {
    e->cell[r] = x->cell[x->row[r]];
    if (e->cell[r] < x->grid->first_cell || e->cell[r] >= x->grid->last_cell) continue;
    SgdNoiseLawCovariance(x->law, e->cell[r], e->C + 6 * r);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, e->C, 6 * x->terms, MPI_DOUBLE, MPI_SUM, x->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Build(Cross *x, SgdLawExpansion *e) {
  double *Phi;
  PetscBLASInt *pivots;

  PetscFunctionBegin;
  e->terms = x->terms;
  PetscCall(PetscMalloc2(x->terms * x->terms, &Phi, x->terms, &pivots));
  PetscCall(PetscMalloc1(x->terms, &e->cell));
  PetscCall(PetscCalloc1(6 * x->terms, &e->C));
  PetscCall(PetscMalloc1(x->terms * (x->grid->last_cell - x->grid->first_cell), &e->weight));
  PetscCall(Factor(x, Phi, pivots));
  e->error = Verify(x, Phi, pivots);
  PetscCall(Weights(x, Phi, pivots, e->weight));
  PetscCall(Gather(x, e));
  PetscCall(PetscFree2(Phi, pivots));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLawExpansionCreate(SgdNoiseLaw law, SgdGrid grid, const double dq[], const int modes[],
                                     double tolerance, int most, SgdLawExpansion *e) {
  Cross *x;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(e, sizeof *e));
  PetscCall(PetscNew(&x));
  x->law = law;
  x->grid = grid;
  PetscCall(PetscMalloc2(CELLS * PARTS, &x->phi, (CELLS - CHECK) * PARTS, &x->residual));
  Sample(x, dq, modes);
  PetscCall(Evaluate(x));
  most = PetscMin(most, MODES / 2);
  Pivot(x, tolerance, most);
  if (x->terms <= most) PetscCall(Build(x, e));
  PetscCall(PetscFree2(x->phi, x->residual));
  PetscCall(PetscFree(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLawExpansionDestroy(SgdLawExpansion *e) {
  PetscFunctionBegin;
  PetscCall(PetscFree(e->cell));
  PetscCall(PetscFree(e->C));
  PetscCall(PetscFree(e->weight));
  PetscFunctionReturn(PETSC_SUCCESS);
}
