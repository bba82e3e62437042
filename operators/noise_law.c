#include "noise_law.h"
#include <petscblaslapack.h>

typedef enum { GAUSSIAN, SCALED, CLOSED_FORM, FINITE_SAMPLE } Kind;

struct _p_SgdNoiseLaw {
  SgdModel m;
  Kind kind;
  SgdStepLaw step;
  PetscBool heavy; /* no reach worth the name */
  char words[160];
  int dim;
  double C[6], S[9]; /* of the present cell: covariance, its symmetric root */
  double *w, *v, *c; /* point [P], direction [P], centred gradients [N][dim] / B of the present cell */
  PetscInt batch, samples;
  double factor; /* finite-population factor on the gradients */
};

static PetscErrorCode CreateExact(SgdNoiseLaw l) {
  const SgdModelContext *c = &l->m->context;
  const PetscInt N = SgdLandscapeSamples(c->landscape), P = c->frame->P;
  PetscBool closed = PETSC_FALSE;
  double q = 0;
  double _Complex phi;

  PetscFunctionBegin;
  l->batch = c->batch;
  l->samples = N;
  l->factor = 1;
  PetscCall(PetscCalloc3(P, &l->w, P, &l->v, N * l->dim, &l->c));
  if (N == 0) {
    PetscCall(SgdLandscapeCharacteristic(c->landscape, l->w, c->frame->V, 1, &q, &phi, &closed));
    l->kind = closed ? CLOSED_FORM : GAUSSIAN;
    PetscCall(PetscStrncpy(l->words, closed ? "the landscape's own, in closed form" : "Gaussian, the landscape's own",
                           sizeof l->words));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  l->kind = FINITE_SAMPLE;
  if (c->sampling == SGD_WITHOUT_REPLACEMENT) l->factor = N > 1 ? sqrt((double)(N - c->batch) / (double)(N - 1)) : 0;
  PetscCall(PetscStrncpy(l->words,
                         l->factor == 1
                             ? "exact, N samples with replacement"
                             : "N samples with replacement, scaled by the finite-population factor sqrt((N-B)/(N-1))",
                         sizeof l->words));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdNoiseLawCreate(SgdModel m, const char *key, const char *name, const SgdStepLawParameters *parameters,
                                 SgdNoiseLaw *law) {
  SgdNoiseLaw l;
  char message[256];

  PetscFunctionBegin;
  PetscCall(PetscNew(&l));
  l->m = m;
  l->dim = m->context.fields->grid->dim;
  if (!strcmp(name, "exact")) {
    PetscCall(CreateExact(l));
  } else {
    l->kind = strcmp(name, "gaussian") ? SCALED : GAUSSIAN;
    l->heavy = (PetscBool)(!strcmp(name, "alpha_stable") && parameters->alpha < 2);
    l->step = SgdStepLawCreate(name, parameters, message);
    if (!l->step) return SgdCaseError(m->context.kase, key, NULL, "%s", message);
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
  SgdStepLawDestroy(&(*law)->step);
  PetscCall(PetscFree3((*law)->w, (*law)->v, (*law)->c));
  PetscCall(PetscFree(*law));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *SgdNoiseLawWords(SgdNoiseLaw law) {
  return law->words;
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

static PetscErrorCode SampleAt(SgdNoiseLaw l, PetscInt cell) {
  const SgdModelContext *c = &l->m->context;
  double x[3], mean[3] = {0, 0, 0};

  PetscFunctionBegin;
  SgdGridCentre(c->fields->grid, cell, x);
  SgdFramePoint(c->frame, x, l->w);
  if (l->kind == CLOSED_FORM) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdLandscapeSampleGradients(c->landscape, l->w, l->dim, c->frame->V, l->c));
  for (PetscInt s = 0; s < l->samples; s++)
    for (int a = 0; a < l->dim; a++) mean[a] += l->c[s * l->dim + a] / (double)l->samples;
  for (PetscInt s = 0; s < l->samples; s++)
    for (int a = 0; a < l->dim; a++)
      l->c[s * l->dim + a] = (l->c[s * l->dim + a] - mean[a]) * l->factor / (double)l->batch;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdNoiseLawAtCovariance(SgdNoiseLaw l, PetscInt cell, const double C[]) {
  PetscFunctionBegin;
  PetscCall(PetscArraycpy(l->C, C, SGD_PAIRS(l->dim)));
  if (l->kind == SCALED) PetscCall(SymmetricRoot(l->dim, l->C, l->S));
  if (l->kind == CLOSED_FORM || l->kind == FINITE_SAMPLE) PetscCall(SampleAt(l, cell));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdNoiseLawCovariance(SgdNoiseLaw l, PetscInt cell, double C[]) {
  SgdFields f = l->m->context.fields;
  for (int p = 0; p < SGD_PAIRS(l->dim); p++) C[p] = f->C[p][cell - f->first_cell];
}

PetscErrorCode SgdNoiseLawAt(SgdNoiseLaw l, PetscInt cell) {
  double C[6];

  SgdNoiseLawCovariance(l, cell, C);
  return SgdNoiseLawAtCovariance(l, cell, C);
}

/* E exp(-i q.noise) of one draw along the direction of q; a batch averages B draws. */
static double _Complex ClosedForm(SgdNoiseLaw l, const double q[]) {
  const SgdModelContext *c = &l->m->context;
  double norm = 0, length;
  double _Complex phi = 1;
  PetscBool closed;

  for (int a = 0; a < l->dim; a++) norm += q[a] * q[a];
  norm = sqrt(norm);
  if (norm == 0) return 1;
  for (PetscInt i = 0; i < c->frame->P; i++) {
    l->v[i] = 0;
    for (int a = 0; a < l->dim; a++) l->v[i] += c->frame->V[a * c->frame->P + i] * q[a] / norm;
  }
  length = norm / (double)l->batch;
  if (SgdLandscapeCharacteristic(c->landscape, l->w, l->v, 1, &length, &phi, &closed)) return NAN;
  return cpow(phi, (double)l->batch);
}

/* [ (1/N) sum_i exp(-i q.c_i) ]^B */
static double _Complex FiniteSample(SgdNoiseLaw l, const double q[]) {
  double re = 0, im = 0;

  for (PetscInt s = 0; s < l->samples; s++) {
    double x = 0;
    for (int a = 0; a < l->dim; a++) x += q[a] * l->c[s * l->dim + a];
    re += cos(x);
    im -= sin(x);
  }
  return cpow(CMPLX(re, im) / (double)l->samples, (double)l->batch);
}

double _Complex SgdNoiseLawCharacteristic(SgdNoiseLaw l, const double q[]) {
  const int d = l->dim;
  double _Complex phi = 1;
  double form = 0;

  if (l->kind == CLOSED_FORM) return ClosedForm(l, q);
  if (l->kind == FINITE_SAMPLE) return FiniteSample(l, q);
  if (l->kind == GAUSSIAN) {
    for (int a = 0; a < d; a++)
      for (int b = 0; b < d; b++) form += q[a] * l->C[SgdPair(d, a, b)] * q[b];
    return exp(-0.5 * form);
  }
  for (int a = 0; a < d; a++) {
    double x = 0;
    for (int b = 0; b < d; b++) x += l->S[a * d + b] * q[b];
    phi *= SgdStepLawCharacteristic(l->step, x);
  }
  return phi;
}

PetscErrorCode SgdNoiseLawReach(SgdNoiseLaw l, double tail, double reach[], PetscBool *bounded) {
  SgdFields f = l->m->context.fields;
  /* laws without a bound of their own: a Gaussian's reach, with room for heavier tails */
  const double gaussian = sqrt(-2 * log(tail));
  double unit = l->kind == CLOSED_FORM || l->kind == FINITE_SAMPLE ? 2 * gaussian : gaussian;

  PetscFunctionBegin;
  if (l->kind == SCALED) unit = SgdStepLawReach(l->step, tail);
  *bounded = (PetscBool)!l->heavy;
  for (int a = 0; a < l->dim; a++) {
    double most = 0;
    for (PetscInt cell = f->grid->first_cell; cell < f->grid->last_cell; cell++)
      most = PetscMax(most, f->C[SgdPair(l->dim, a, a)][cell - f->first_cell]);
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, f->grid->comm));
    /* |sum_b S_ab X_b| <= sqrt(C_aa) |X| and |X| <= sqrt(dim) max |X_b| */
    reach[a] = unit * l->m->context.learning_rate * sqrt(most) * (l->kind == SCALED ? sqrt(l->dim) : 1);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdNoiseLawRange(SgdNoiseLaw l, double *wanted, double *known, double *last) {
  SgdFields f = l->m->context.fields;
  double most = 0, square = 0;

  PetscFunctionBegin;
  for (int a = 0; a < l->dim; a++) {
    square += PetscSqr(PETSC_PI / f->grid->h[a]);
    for (PetscInt cell = f->grid->first_cell; cell < f->grid->last_cell; cell++)
      most = PetscMax(most, f->C[SgdPair(l->dim, a, a)][cell - f->first_cell]);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, f->grid->comm));
  *wanted = l->m->context.learning_rate * sqrt(most * square);
  *known = PETSC_INFINITY;
  *last = 0;
  if (l->kind == SCALED) *known = SgdStepLawRange(l->step, last);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdNoiseLawHomogeneous(SgdNoiseLaw l, double tolerance, PetscBool *same) {
  SgdFields f = l->m->context.fields;
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
  *same = (PetscBool)(spread <= tolerance * scale && l->kind != CLOSED_FORM && l->kind != FINITE_SAMPLE);
  PetscFunctionReturn(PETSC_SUCCESS);
}
