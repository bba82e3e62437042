#include "operators/noise/noise_law.h"
#include "meshes/sample_points.h"
#include <petscblaslapack.h>

typedef enum { GAUSSIAN, SCALED, CLOSED_FORM, FINITE_SAMPLE } Kind;

struct _p_SgdNoiseLaw {
  const SgdStep *step;
  Kind kind;
  SgdStepLaw law;
  PetscBool heavy; /* no reach worth the name */
  char words[256];
  int dim;
  double C[6], S[9];   /* of the present cell: covariance, its symmetric root */
  SgdSampleLaw sample; /* finite sample */
  double *w, *v;       /* closed form: present point [P], direction [P] */
  PetscInt batch;
};

static PetscErrorCode CreateExact(SgdNoiseLaw l) {
  const SgdStep *c = l->step;
  const PetscInt P = c->frame->P;
  PetscBool closed = PETSC_FALSE;
  double q = 0;
  double _Complex phi;

  PetscFunctionBegin;
  if (SgdLandscapeSamples(c->landscape)) {
    l->kind = FINITE_SAMPLE;
    PetscCall(SgdSampleLawCreate(l->step, &l->sample));
    PetscCall(PetscStrncpy(l->words, SgdSampleLawWords(l->sample), sizeof l->words));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  l->batch = c->batch;
  PetscCall(PetscCalloc2(P, &l->w, P, &l->v));
  PetscCall(SgdLandscapeCharacteristic(c->landscape, l->w, c->frame->V, 1, &q, &phi, &closed));
  l->kind = closed ? CLOSED_FORM : GAUSSIAN;
  PetscCall(PetscStrncpy(l->words, closed ? "the landscape's own, in closed form" : "Gaussian, the landscape's own",
                         sizeof l->words));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WarnHeavy(MPI_Comm comm, const char *key, const char *name) {
  return SgdWarn(comm,
                 "%s: %s has no variance: covariances, skewness and kurtosis of its density are those of what the box "
                 "holds, and grow with slice.min, slice.max; compare quantiles or widths at half height",
                 key, name);
}

PetscErrorCode SgdNoiseLawCreate(const SgdStep *step, SgdCase kase, const char *key, const char *name,
                                 const SgdStepLawParameters *parameters, SgdNoiseLaw *law) {
  SgdNoiseLaw l;
  char message[256];

  PetscFunctionBegin;
  SgdCaseCheck(kase, name || !SgdLandscapeScattered(step->landscape), key,
               "with slice.complement: ensemble only the step's mean and covariance are known: give law: gaussian");
  PetscCall(PetscNew(&l));
  l->step = step;
  l->dim = step->fields->grid->dim;
  if (!name) {
    PetscCall(CreateExact(l));
  } else {
    l->kind = SgdStepLawIsGaussian(name) ? GAUSSIAN : SCALED;
    l->law = SgdStepLawCreate(name, parameters, message);
    if (!l->law) return SgdCaseError(kase, key, NULL, "%s", message);
    l->heavy = (PetscBool)SgdStepLawHeavy(l->law);
    if (l->heavy) PetscCall(WarnHeavy(step->fields->grid->comm, key, name));
    PetscCall(PetscSNPrintf(l->words, sizeof l->words,
                            l->kind == GAUSSIAN ? "Gaussian with the minibatch covariance (closure)"
                                                : "%s, scaled by the minibatch covariance",
                            name));
  }
  *law = l;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdNoiseLawDestroy(SgdNoiseLaw *law) {
  PetscFunctionBegin;
  if (!*law) PetscFunctionReturn(PETSC_SUCCESS);
  SgdStepLawDestroy(&(*law)->law);
  PetscCall(SgdSampleLawDestroy(&(*law)->sample));
  PetscCall(PetscFree2((*law)->w, (*law)->v));
  PetscCall(PetscFree(*law));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *SgdNoiseLawWords(SgdNoiseLaw law) {
  return law->words;
}

PetscBool SgdNoiseLawGaussian(SgdNoiseLaw l) {
  return (PetscBool)(l->kind == GAUSSIAN);
}

PetscBool SgdNoiseLawSamples(SgdNoiseLaw l) {
  return (PetscBool)(l->kind == FINITE_SAMPLE);
}

SgdSampleLaw SgdNoiseLawSampleLaw(SgdNoiseLaw l) {
  return l->sample;
}

/* S = Q diag(sqrt max(lambda, 0)) Q^T */
static PetscErrorCode SymmetricRoot(int dim, const double C[], double S[]) {
  PetscBLASInt n = dim, lwork = 16, info;
  double A[9], lambda[3], work[16];

  PetscFunctionBegin;
  for (int a = 0; a < dim; a++)
    for (int b = 0; b < dim; b++) A[a * dim + b] = C[SgdPair(dim, a, b)];
  LAPACKsyev_("V", "L", &n, A, &n, lambda, work, &lwork, &info);
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK syev: %d", (int)info);
  for (int a = 0; a < dim; a++)
    for (int b = 0; b < dim; b++) {
      S[a * dim + b] = 0;
      for (int k = 0; k < dim; k++) S[a * dim + b] += A[k * dim + a] * sqrt(PetscMax(lambda[k], 0)) * A[k * dim + b];
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool SgdNoiseLawPointwise(SgdNoiseLaw l) {
  return (PetscBool)(l->kind == CLOSED_FORM || l->kind == FINITE_SAMPLE);
}

PetscErrorCode SgdNoiseLawAtPoint(SgdNoiseLaw l, const double x[]) {
  PetscFunctionBegin;
  if (l->kind == FINITE_SAMPLE)
    PetscCall(SgdSampleLawAt(l->sample, x));
  else
    SgdFramePoint(l->step->frame, x, l->w);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdNoiseLawAtCovariance(SgdNoiseLaw l, const double C[]) {
  PetscFunctionBegin;
  PetscCall(PetscArraycpy(l->C, C, SGD_PAIRS(l->dim)));
  if (l->kind == SCALED) PetscCall(SymmetricRoot(l->dim, l->C, l->S));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdNoiseLawCovariance(SgdNoiseLaw l, PetscInt cell, double C[]) {
  SgdFields f = l->step->fields;
  for (int p = 0; p < SGD_PAIRS(l->dim); p++) C[p] = f->C[p][cell - f->first_cell];
}

PetscErrorCode SgdNoiseLawAt(SgdNoiseLaw l, PetscInt cell) {
  double C[6], x[3];

  PetscFunctionBegin;
  if (SgdNoiseLawPointwise(l)) {
    SgdGridCentre(l->step->fields->grid, cell, x);
    PetscCall(SgdNoiseLawAtPoint(l, x));
  } else {
    SgdNoiseLawCovariance(l, cell, C);
    PetscCall(SgdNoiseLawAtCovariance(l, C));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* E exp(-i q.noise) of one draw along the direction of q; a batch averages B draws. In phase space one noise drives
   both coordinates. */
static double _Complex ClosedForm(SgdNoiseLaw l, const double q[]) {
  const SgdStep *c = l->step;
  const int d = c->frame->dim;
  const double both = d < l->dim ? q[0] + q[1] : 0;
  double norm = 0, length;
  double _Complex phi = 1;
  PetscBool closed;

  if (d < l->dim) q = &both;
  for (int a = 0; a < d; a++) norm += q[a] * q[a];
  norm = sqrt(norm);
  if (norm == 0) return 1;
  for (PetscInt i = 0; i < c->frame->P; i++) {
    l->v[i] = 0;
    for (int a = 0; a < d; a++) l->v[i] += c->frame->V[a * c->frame->P + i] * q[a] / norm;
  }
  length = norm / (double)l->batch;
  if (SgdLandscapeCharacteristic(c->landscape, l->w, l->v, 1, &length, &phi, &closed)) return NAN;
  return cpow(phi, (double)l->batch);
}

double _Complex SgdNoiseLawCharacteristic(SgdNoiseLaw l, const double q[]) {
  const int d = l->dim;
  double _Complex phi = 1;
  double form = 0;

  if (l->kind == CLOSED_FORM) return ClosedForm(l, q);
  if (l->kind == FINITE_SAMPLE) return SgdSampleLawLine(l->sample, q, q, 1, &phi) ? NAN : phi;
  if (l->kind == GAUSSIAN) {
    for (int a = 0; a < d; a++)
      for (int b = 0; b < d; b++) form += q[a] * l->C[SgdPair(d, a, b)] * q[b];
    return exp(-0.5 * form);
  }
  for (int a = 0; a < d; a++) {
    double x = 0;
    for (int b = 0; b < d; b++) x += l->S[a * d + b] * q[b];
    phi *= SgdStepLawCharacteristic(l->law, x);
  }
  return phi;
}

PetscErrorCode SgdNoiseLawLine(SgdNoiseLaw l, const double q0[], const double dq[], PetscInt n, double _Complex phi[]) {
  PetscFunctionBegin;
  if (l->kind == FINITE_SAMPLE) {
    PetscCall(SgdSampleLawLine(l->sample, q0, dq, n, phi));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (PetscInt m = 0; m < n; m++) {
    double q[3];
    for (int a = 0; a < l->dim; a++) q[a] = q0[a] + (double)m * dq[a];
    phi[m] = SgdNoiseLawCharacteristic(l, q);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define REACH_POINTS 40

/* The points are shared out over the ranks. */
static PetscErrorCode SampleReach(SgdNoiseLaw l, double tail, double reach[]) {
  const SgdStep *c = l->step;
  SgdGrid grid = c->fields->grid;
  const SgdCellRange range = SgdSupportRange(&c->support, grid);
  PetscMPIInt rank, ranks;
  double x[3];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(grid->comm, &ranks));
  for (int i = rank; i < REACH_POINTS; i += ranks) {
    SgdSequencePoint(grid, &range, i, x);
    PetscCall(SgdSampleLawAt(l->sample, x));
    const double there = PetscMin(0.1, tail / SgdSupportWeight(&c->support, l->dim, x));
    for (int a = 0; a < l->dim; a++) reach[a] = PetscMax(reach[a], SgdSampleLawReach(l->sample, a, there));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest standard deviation of this rank's cells, in units; laws without a bound of their own get a Gaussian's
   reach, with room for heavier tails. |sum_b S_ab X_b| <= sqrt(C_aa) |X| and |X| <= sqrt(dim) max |X_b|. */
static void CovarianceReach(SgdNoiseLaw l, double tail, double reach[]) {
  SgdFields f = l->step->fields;
  const double gaussian = sqrt(-2 * log(tail)), unit = l->kind == SCALED ? SgdStepLawReach(l->law, tail) * sqrt(l->dim)
                                                       : l->kind == CLOSED_FORM ? 2 * gaussian
                                                                                : gaussian;

  for (int a = 0; a < l->dim; a++)
    for (PetscInt cell = f->grid->first_cell; cell < f->grid->last_cell; cell++)
      reach[a] = PetscMax(reach[a], unit * sqrt(PetscMax(0, f->C[SgdPair(l->dim, a, a)][cell - f->first_cell])));
}

PetscErrorCode SgdNoiseLawReach(SgdNoiseLaw l, double tail, double reach[], PetscBool *bounded) {
  PetscFunctionBegin;
  for (int a = 0; a < l->dim; a++) reach[a] = 0;
  if (l->kind == FINITE_SAMPLE)
    PetscCall(SampleReach(l, tail, reach));
  else
    CovarianceReach(l, tail, reach);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, reach, l->dim, MPI_DOUBLE, MPI_MAX, l->step->fields->grid->comm));
  for (int a = 0; a < l->dim; a++) reach[a] *= l->step->learning_rate;
  *bounded = (PetscBool)!l->heavy;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdNoiseLawRange(SgdNoiseLaw l, double *wanted, double *known, double *last) {
  SgdFields f = l->step->fields;
  double most = 0, square = 0;

  PetscFunctionBegin;
  for (int a = 0; a < l->dim; a++) {
    square += PetscSqr(PETSC_PI / f->grid->h[a]);
    for (PetscInt cell = f->grid->first_cell; cell < f->grid->last_cell; cell++)
      most = PetscMax(most, f->C[SgdPair(l->dim, a, a)][cell - f->first_cell]);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, f->grid->comm));
  *wanted = l->step->learning_rate * sqrt(most * square);
  *known = PETSC_INFINITY;
  *last = 0;
  if (l->kind == SCALED) *known = SgdStepLawRange(l->law, last);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdNoiseLawHomogeneous(SgdNoiseLaw l, double tolerance, PetscBool *same) {
  SgdFields f = l->step->fields;
  double range[12], scale = 0, spread = 0; /* largest of C and of -C */

  PetscFunctionBegin;
  for (int p = 0; p < SGD_PAIRS(l->dim); p++) {
    range[2 * p] = range[2 * p + 1] = -PETSC_MAX_REAL;
    for (PetscInt cell = f->grid->first_cell; cell < f->grid->last_cell; cell++) {
      range[2 * p] = PetscMax(range[2 * p], f->C[p][cell - f->first_cell]);
      range[2 * p + 1] = PetscMax(range[2 * p + 1], -f->C[p][cell - f->first_cell]);
    }
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2 * SGD_PAIRS(l->dim), MPI_DOUBLE, MPI_MAX, f->grid->comm));
  for (int p = 0; p < SGD_PAIRS(l->dim); p++) {
    scale = PetscMax(scale, range[2 * p]);
    spread = PetscMax(spread, range[2 * p] + range[2 * p + 1]);
  }
  *same = (PetscBool)(spread <= tolerance * scale && !SgdNoiseLawPointwise(l));
  PetscFunctionReturn(PETSC_SUCCESS);
}
