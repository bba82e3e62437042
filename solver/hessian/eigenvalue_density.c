#include "solver/hessian/eigenvalue_density.h"
#include "cases/base/progress.h"
#include "cases/base/random.h"
#include "cases/base/blas.h"
#include "solver/output/text_files.h"
#include <math.h>
#include <petscblaslapack.h>

enum { PER_WIDTH = 4, BEYOND = 6, PER_RANGE = 100, MOST_POINTS = 200000 };
static const uint64_t STREAM = UINT64_C(0x534c51) << 32; /* of the random numbers: a probe each */

/* All probes' quadrature rules: node and weight [probes][steps]; count [probes] of them are used. */
typedef struct {
  double *node, *weight;
  PetscBLASInt *count;
} Rules;

/* Independent signs, z/|z|. */
static PetscErrorCode Probe(int seed, int probe, PetscInt P, Vec q) {
  PetscInt first, last;
  double *z;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(q, &first, &last));
  PetscCall(VecGetArrayWrite(q, &z));
  for (PetscInt i = first; i < last; i++)
    z[i - first] =
        (SgdRandomBits((uint64_t)seed, STREAM + (uint64_t)probe, (uint64_t)i).v[0] & 1 ? 1 : -1) / sqrt((double)P);
  PetscCall(VecRestoreArrayWrite(q, &z));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A Krylov basis, this rank's rows of it, and scratch. */
typedef struct {
  MPI_Comm comm;
  int local;
  double *Q, *work; /* [steps][local], [steps] */
} Basis;

static PetscErrorCode Sum(const Basis *b, int n, double *x) {
  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, x, n, MPI_DOUBLE, MPI_SUM, b->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y -= Q Q^T y over the first k rows of Q [k][P], twice: "twice is enough" (Kahan) for orthogonality to rounding. */
static PetscErrorCode Orthogonalise(const Basis *b, int k, double *y) {
  PetscFunctionBegin;
  for (int pass = 0; pass < 2; pass++) {
    cblas_dgemv(CblasRowMajor, CblasNoTrans, k, b->local, 1, b->Q, b->local, y, 1, 0, b->work, 1);
    PetscCall(Sum(b, k, b->work));
    cblas_dgemv(CblasRowMajor, CblasTrans, k, b->local, -1, b->Q, b->local, b->work, 1, 1, y, 1);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* |y|; of a vector that is whole, with the BLAS's own scaling. */
static PetscErrorCode NormOf(const Basis *b, const double *y, double *norm) {
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(b->comm, &size));
  *norm = cblas_dnrm2(b->local, y, 1);
  if (size == 1) PetscFunctionReturn(PETSC_SUCCESS);
  *norm *= *norm;
  PetscCall(Sum(b, 1, norm));
  *norm = sqrt(*norm);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One step from x = q_j and y = H q_j: alpha_j, beta_j, and y orthogonal to all q. */
static PetscErrorCode LanczosStep(const Basis *b, int j, const double *x, double *y, double *alpha, double *beta) {
  PetscFunctionBegin;
  cblas_dcopy(b->local, x, 1, b->Q + (size_t)j * (size_t)b->local, 1);
  *alpha = cblas_ddot(b->local, x, 1, y, 1);
  PetscCall(Sum(b, 1, alpha));
  PetscCall(Orthogonalise(b, j + 1, y));
  PetscCall(NormOf(b, y, beta));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* H q_j = beta_{j-1} q_{j-1} + alpha_j q_j + beta_j q_{j+1}. Stops early (*count) in an invariant subspace, where the
   quadrature is exact. */
static PetscErrorCode Lanczos(Mat H, Vec q, Vec hq, int steps, const Basis *b, double *alpha, double *beta,
                              PetscBLASInt *count) {
  double *x, *y, scale = 0;

  PetscFunctionBegin;
  for (int j = 0;; j++) {
    PetscCall(MatMult(H, q, hq));
    PetscCall(VecGetArray(q, &x));
    PetscCall(VecGetArray(hq, &y));
    PetscCall(LanczosStep(b, j, x, y, &alpha[j], &beta[j]));
    scale = PetscMax(scale, PetscAbsReal(alpha[j]) + beta[j]);
    *count = j + 1;
    const PetscBool last = (PetscBool)(j + 1 == steps || beta[j] <= 1e-13 * scale);
    for (int i = 0; !last && i < b->local; i++) x[i] = y[i] / beta[j];
    PetscCall(VecRestoreArray(hq, &y));
    PetscCall(VecRestoreArray(q, &x));
    if (last) break;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Eigenvalues of the tridiagonal matrix, in place of alpha, and the squares of its eigenvectors' first entries. */
static PetscErrorCode Gauss(PetscBLASInt n, double *alpha, double *beta, double *weight) {
  PetscBLASInt info;
  double *Z, *work;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)n * (size_t)n, &Z, 2 * n, &work));
  PetscCallBLAS("LAPACKsteqr", LAPACKsteqr_("I", &n, alpha, beta, Z, &n, work, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK xSTEQR: %d", (int)info);
  for (PetscBLASInt k = 0; k < n; k++) weight[k] = Z[k * n] * Z[k * n];
  PetscCall(PetscFree2(Z, work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TellProbes(MPI_Comm comm, SgdProgress *progress, int done, int all) {
  const double elapsed = SgdProgressElapsed(progress);

  PetscFunctionBegin;
  if (SgdProgressDue(progress))
    PetscCall(SgdTell(comm, (double)done / all, elapsed * (all - done) / done,
                      "spectral density: probe %d of %d, %.0f s", done, all, elapsed));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Quadrature(Mat H, MPI_Comm comm, const SgdSpectralDensityOptions *o, int steps, Rules *r) {
  SgdProgress progress = SgdProgressStart();
  Basis b = {.comm = PetscObjectComm((PetscObject)H)};
  PetscInt P, local;
  double *beta;
  Vec q, hq;

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(H, &q, &hq));
  PetscCall(VecGetSize(q, &P));
  PetscCall(VecGetLocalSize(q, &local));
  b.local = (int)local;
  PetscCall(PetscMalloc3((size_t)steps * (size_t)local, &b.Q, steps, &b.work, steps, &beta));
  for (int p = 0; p < o->probes; p++) {
    double *alpha = r->node + (size_t)p * (size_t)steps;
    PetscCall(Probe(o->seed, p, P, q));
    PetscCall(Lanczos(H, q, hq, steps, &b, alpha, beta, &r->count[p]));
    PetscCall(Gauss(r->count[p], alpha, beta, r->weight + (size_t)p * (size_t)steps));
    PetscCall(TellProbes(comm, &progress, p + 1, o->probes));
  }
  PetscCall(PetscFree3(b.Q, b.work, beta));
  PetscCall(VecDestroy(&q));
  PetscCall(VecDestroy(&hq));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mean over the probes and its standard error. */
static void Average(int n, const double *x, double *mean, double *error) {
  double sum = 0, square = 0;

  for (int p = 0; p < n; p++) sum += x[p];
  *mean = sum / n;
  for (int p = 0; p < n; p++) square += (x[p] - *mean) * (x[p] - *mean);
  *error = sqrt(square / ((double)n * (n - 1)));
}

static void MomentsOfProbes(SgdSpectralDensity *d, const Rules *r, double *each) {
  for (int power = 1; power <= 2; power++) {
    for (int p = 0; p < d->probes; p++) {
      each[p] = 0;
      for (int k = p * d->steps; k < p * d->steps + r->count[p]; k++) each[p] += r->weight[k] * pow(r->node[k], power);
    }
    Average(d->probes, each, &d->moment[power - 1], &d->moment_error[power - 1]);
  }
}

/* The grid on which a Gaussian of the given width is resolved (a trapezoidal sum of it is exact to rounding). */
static PetscErrorCode Grid(SgdSpectralDensity *d, const Rules *r, double width) {
  double low = PETSC_MAX_REAL, high = -PETSC_MAX_REAL;

  PetscFunctionBegin;
  for (int p = 0; p < d->probes; p++) {
    low = PetscMin(low, r->node[p * d->steps]); /* in ascending order */
    high = PetscMax(high, r->node[p * d->steps + r->count[p] - 1]);
  }
  d->width = width > 0 ? width : (high - low) / PER_RANGE;
  if (d->width <= 1e-12 * PetscMax(PetscAbsReal(low), PetscAbsReal(high))) /* one eigenvalue only, or none but 0 */
    d->width = PetscMax(1e-3 * PetscMax(PetscAbsReal(low), PetscAbsReal(high)), PETSC_SQRT_MACHINE_EPSILON);
  const double points = ceil((high - low) / d->width + 2 * BEYOND) * PER_WIDTH + 1;
  d->points = points < MOST_POINTS ? (int)points : MOST_POINTS;
  low -= BEYOND * d->width, high += BEYOND * d->width;
  PetscCall(PetscMalloc3(d->points, &d->lambda, d->points, &d->density, d->points, &d->standard_error));
  for (int i = 0; i < d->points; i++) d->lambda[i] = low + (high - low) * i / (d->points - 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* p(lambda) = sum_k tau_k exp(-(lambda - theta_k)^2 / (2 width^2)) / (sqrt(2 pi) width), each probe's */
static void Smooth(SgdSpectralDensity *d, const Rules *r, double *each) {
  const double height = 1 / (sqrt(2 * PETSC_PI) * d->width);

  for (int i = 0; i < d->points; i++) {
    for (int p = 0; p < d->probes; p++) {
      each[p] = 0;
      for (int k = p * d->steps; k < p * d->steps + r->count[p]; k++) {
        const double z = (d->lambda[i] - r->node[k]) / d->width;
        each[p] += r->weight[k] * height * exp(-0.5 * z * z);
      }
    }
    Average(d->probes, each, &d->density[i], &d->standard_error[i]);
  }
}

PetscErrorCode SgdSpectralDensityCompute(Mat H, MPI_Comm comm, const SgdSpectralDensityOptions *o,
                                         SgdSpectralDensity *density) {
  PetscInt P;
  SgdSpectralDensity d = {.probes = o->probes};
  double *each;
  Rules r;

  PetscFunctionBegin;
  PetscCall(MatGetSize(H, &P, NULL));
  d.steps = (int)PetscMin((PetscInt)o->steps, P);
  const size_t n = (size_t)d.probes * (size_t)d.steps;
  PetscCall(PetscMalloc4(n, &r.node, n, &r.weight, d.probes, &r.count, d.probes, &each));
  PetscCall(Quadrature(H, comm, o, d.steps, &r));
  MomentsOfProbes(&d, &r, each);
  PetscCall(Grid(&d, &r, o->width));
  Smooth(&d, &r, each);
  PetscCall(PetscFree4(r.node, r.weight, r.count, each));
  *density = d;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectralDensityDestroy(SgdSpectralDensity *d) {
  PetscFunctionBegin;
  PetscCall(PetscFree3(d->lambda, d->density, d->standard_error));
  *d = (SgdSpectralDensity){0};
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdSpectralDensityCount(const SgdSpectralDensity *d, PetscInt P, double a, double b, double *count,
                             double *error) {
  const double h = d->lambda[1] - d->lambda[0];

  *count = *error = 0;
  for (int i = 0; i < d->points; i++) { /* the part of [a, b] in the cell around the point */
    const double part = PetscMin(b, d->lambda[i] + 0.5 * h) - PetscMax(a, d->lambda[i] - 0.5 * h);
    if (part <= 0) continue;
    *count += (double)P * part * d->density[i];
    *error += (double)P * part * d->standard_error[i];
  }
}

PetscErrorCode SgdSpectralDensityView(const SgdSpectralDensity *d, MPI_Comm comm) {
  return SgdSay(comm,
                "Spectral density: %d probes of %d Lanczos steps, Gaussian width %.3g (spectral_density.csv)\n  trace "
                "H/P = %.5g +- %.2g, trace H^2/P = %.5g +- %.2g\n",
                d->probes, d->steps, d->width, d->moment[0], d->moment_error[0], d->moment[1], d->moment_error[1]);
}

PetscErrorCode SgdSpectralDensityWrite(const SgdSpectralDensity *d, MPI_Comm comm, const char *folder) {
  FILE *f;

  PetscFunctionBegin;
  PetscCall(SgdOpenText(comm, folder, "spectral_density.csv", &f));
  if (f) fprintf(f, "lambda,density,standard_error\n");
  for (int i = 0; f && i < d->points; i++)
    fprintf(f, "%.12g,%.12g,%.6g\n", d->lambda[i], d->density[i], d->standard_error[i]);
  PetscCall(SgdCloseText(comm, folder, "spectral_density.csv", &f));
  PetscFunctionReturn(PETSC_SUCCESS);
}
