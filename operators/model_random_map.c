/* Model `random_map`: the master equation (NUMERICS 1, equation M) where a step draws one of few batches, as an
   iterated function system. Batch b sends w to w - eta G_b(w) with probability 1/M, so
     p_{n+1} = (1/M) sum_b (T_b)# p_n,   T_b(w) = w - eta G_b(w).
   Such noise has no density, and its characteristic function does not decay: instead each atom's landing place is
   remeshed onto `order` cells an axis by Lagrange's weights, which conserve its moments 0 .. order - 1. The backward
   operator is then interpolation of order `order`: eigenvalues, whose left eigenfunctions are smooth where the maps
   contract, converge with that order even where densities are singular. order 2 keeps densities positive.
   Atoms: all batches of the landscape's samples (sequences with, subsets without replacement); for landscapes in closed
   form the two-point law along each axis, G = g + C^{1/2} xi, xi = +-1. */
#include "modelimpl.h"
#include "case_types.h"
#include "transfer_matrix.h"
#include <petscblaslapack.h>

typedef struct {
  SgdModelCommon common;
  int order, max_atoms;
} Options;

static const cyaml_schema_field_t fields[] = {SGD_MODEL_FIELDS(Options), SGD_INTEGER("order", Options, order),
                                              SGD_INTEGER("max_atoms", Options, max_atoms), CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults = "order: 6\nmax_atoms: 1024\n";

typedef struct {
  int count;       /* M */
  PetscInt *batch; /* [M][B], sample indices; NULL: two-point law */
  double *G;       /* [M][d], gradients of the atoms at a point */
  double *w, *gi;  /* scratch: [P], [N][d] */
} Atoms;

static PetscErrorCode Create(SgdModel m, SgdCase c, const char *section) {
  const Options *o;
  char key[96];

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, section, &schema, defaults, "model", &m->options));
  o = m->options;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.order", section));
  SgdCaseCheck(c, o->order == 2 || o->order == 4 || o->order == 6 || o->order == 8, key,
               "expected 2, 4, 6 or 8, got %d", o->order);
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.max_atoms", section));
  SgdCaseCheck(c, o->max_atoms >= 2, key, "expected at least 2, got %d", o->max_atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How many batches there are: N^B or binomial(N, B). */
static double CountBatches(double N, double B, SgdSampling sampling) {
  if (sampling == SGD_WITH_REPLACEMENT) return pow(N, B);
  return round(exp(lgamma(N + 1) - lgamma(B + 1) - lgamma(N - B + 1)));
}

/* The next sequence (with replacement) or the next subset in order (without). */
static void NextBatch(PetscInt *b, PetscInt B, PetscInt N, SgdSampling sampling) {
  PetscInt k = B - 1;

  if (sampling == SGD_WITH_REPLACEMENT) {
    while (k >= 0 && ++b[k] == N) b[k--] = 0;
    return;
  }
  while (k >= 0 && b[k] == N - B + k) k--;
  if (k < 0) return;
  b[k]++;
  for (k++; k < B; k++) b[k] = b[k - 1] + 1;
}

static PetscErrorCode ListAtoms(SgdModel m, Atoms *a) {
  const SgdModelContext *c = &m->context;
  const PetscInt N = SgdLandscapeSamples(c->landscape), B = c->batch;
  const double count = N ? CountBatches((double)N, (double)B, c->sampling) : (double)(1 << c->frame->dim);
  char key[96];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.max_atoms", m->section));
  SgdCaseCheck(c->kase, count <= ((const Options *)m->options)->max_atoms, key,
               "there are %.3g different batches; this model follows each of them (model master has the exact law for "
               "any number)",
               count);
  a->count = (int)count;
  PetscCall(PetscMalloc3(a->count * 3, &a->G, c->frame->P, &a->w, PetscMax(1, N) * 3, &a->gi));
  a->batch = NULL;
  if (!N) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)a->count * B, &a->batch));
  for (PetscInt k = 0; k < B; k++) a->batch[k] = c->sampling == SGD_WITH_REPLACEMENT ? 0 : k;
  for (int i = 1; i < a->count; i++) {
    PetscCall(PetscArraycpy(a->batch + i * B, a->batch + (i - 1) * B, B));
    NextBatch(a->batch + i * B, B, N, c->sampling);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* G_b = mean over the batch of the samples' gradients */
static PetscErrorCode SampleAtoms(SgdModel m, Atoms *a, const double x[]) {
  const SgdModelContext *c = &m->context;
  const int d = c->frame->dim;
  const PetscInt B = c->batch;

  PetscFunctionBegin;
  SgdFramePoint(c->frame, x, a->w);
  PetscCall(SgdLandscapeSampleGradients(c->landscape, a->w, d, c->frame->V, a->gi));
  for (int i = 0; i < a->count; i++)
    for (int k = 0; k < d; k++) {
      a->G[i * d + k] = 0;
      for (PetscInt s = 0; s < B; s++) a->G[i * d + k] += a->gi[a->batch[i * B + s] * d + k] / (double)B;
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* G = g + C^{1/2} xi, all signs xi; the symmetric root by eigenvectors, C^{1/2} = sum_e sqrt(lambda_e) u_e u_e^T. */
static PetscErrorCode TwoPointAtoms(SgdModel m, Atoms *a, PetscInt i) {
  SgdFields f = m->context.fields;
  const int d = f->grid->dim;
  PetscBLASInt n = d, lwork = 16, info;
  double U[9], lambda[3], work[16], root[9] = {0};

  PetscFunctionBegin;
  for (int k = 0; k < d; k++)
    for (int l = 0; l < d; l++) U[k * d + l] = f->C[SgdPair(d, k, l)][i];
  LAPACKsyev_("V", "L", &n, U, &n, lambda, work, &lwork, &info);
  for (int e = 0; e < d; e++)
    for (int k = 0; k < d; k++)
      for (int l = 0; l < d; l++) root[k * d + l] += sqrt(PetscMax(0, lambda[e])) * U[e * d + k] * U[e * d + l];
  for (int s = 0; s < a->count; s++)
    for (int k = 0; k < d; k++) {
      a->G[s * d + k] = f->g[k][i];
      for (int l = 0; l < d; l++) a->G[s * d + k] += (s >> l & 1 ? 1 : -1) * root[k * d + l];
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Lagrange's weights of the cells first .. first + order - 1 around the place T (in cells): those nearest to it. */
static int Weights(int order, double T, double *weight) {
  const int first = (int)floor(T) - order / 2 + 1;

  for (int j = 0; j < order; j++) {
    weight[j] = 1;
    for (int k = 0; k < order; k++)
      if (k != j) weight[j] *= (T - first - k) / (j - k);
  }
  return first;
}

/* 1/M of the cell's mass to the cells around T = index + place. */
static PetscErrorCode AddAtom(SgdGrid grid, SgdTransfers t, const PetscInt index[], int order, const double *T,
                              double mass) {
  double weight[3][8] = {{1}, {1}, {1}};
  int first[3] = {0, 0, 0}, n[3] = {1, 1, 1};

  PetscFunctionBegin;
  for (int a = 0; a < grid->dim; a++) {
    first[a] = Weights(order, T[a], weight[a]) - (int)index[a];
    n[a] = order;
  }
  for (int k = 0; k < n[2]; k++)
    for (int j = 0; j < n[1]; j++)
      for (int i = 0; i < n[0]; i++) {
        const int offset[3] = {first[0] + i, first[1] + j, first[2] + k};
        PetscCall(SgdTransfersAdd(t, index, offset, mass * weight[0][i] * weight[1][j] * weight[2][k]));
      }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A landing place far outside is as good as just outside: it goes through the same face. */
static double Clip(double T, double n) {
  return PetscMax(-n, PetscMin(2 * n, T));
}

static PetscErrorCode AddCell(SgdModel m, SgdTransfers t, Atoms *a, PetscInt cell) {
  SgdFields f = m->context.fields;
  SgdGrid grid = f->grid;
  double x[3], T[3];
  PetscInt index[3];

  PetscFunctionBegin;
  SgdGridCentre(grid, cell, x);
  SgdGridIndex(grid, cell, index);
  if (a->batch)
    PetscCall(SampleAtoms(m, a, x));
  else
    PetscCall(TwoPointAtoms(m, a, cell - f->first_cell));
  for (int i = 0; i < a->count; i++) {
    for (int k = 0; k < grid->dim; k++)
      T[k] =
          Clip((double)index[k] - m->context.learning_rate * a->G[i * grid->dim + k] / grid->h[k], (double)grid->n[k]);
    PetscCall(AddAtom(grid, t, index, ((const Options *)m->options)->order, T, 1.0 / a->count));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetUp(SgdModel m) {
  SgdGrid grid = m->context.fields->grid;
  SgdTransfers t;
  Atoms a;

  PetscFunctionBegin;
  PetscCall(ListAtoms(m, &a));
  PetscCall(SgdTransfersCreate(grid, &t));
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) PetscCall(AddCell(m, t, &a, cell));
  PetscCall(SgdTransfersAssemble(t, 1, 1, &m->A));
  PetscCall(SgdTransfersDestroy(&t));
  PetscCall(PetscFree(a.batch));
  PetscCall(PetscFree3(a.G, a.w, a.gi));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Equation(SgdModel m, char *text, size_t size) {
  return PetscSNPrintf(text, size,
                       "(map): p_{n+1} = (1/M) sum_b (T_b)# p_n, T_b(w) = w - eta G_b(w), eta = %g, %s; remeshed by "
                       "Lagrange weights of order %d",
                       m->context.learning_rate,
                       SgdLandscapeSamples(m->context.landscape) ? "all batches of the samples"
                                                                 : "G = g + C^{1/2} (+-1)",
                       ((const Options *)m->options)->order);
}

const SgdModelOps SgdModelRandomMap = {
    .name = "random_map", .kind = SGD_MAP, .create = Create, .setup = SetUp, .equation = Equation};
