#include "meshes/group_law.h"
#include <math.h>

enum { NUMBERS = 9 }; /* mean and covariance */

/* All multisets of B samples of one group: samples [count][B], probability [count]. */
typedef struct {
  int count;
  PetscInt *sample;
  double *probability;
} Batches;

struct _p_SgdGroupLaw {
  SgdLandscape l;
  SgdFrame f;
  PetscInt N, B, size[2];
  int *group; /* [N], 0 or 1 */
  int batches;
  Batches of[2];
  double *probability;        /* [batches] */
  double *w, *loss, *g, *own; /* work [P], [N], [N], [NUMBERS + 3 batches] */
  SgdRuleGroups at, *cell;    /* of the last place; of the table */
  double *table;              /* [cells][NUMBERS + 3 batches] */
};

static int GroupOf(const SgdUpdateRule *r, SgdLandscape l, PetscInt i) {
  return r->group ? r->group[i] - 1 : SgdLandscapeLabels(l)[i];
}

PetscErrorCode SgdGroupsCheck(SgdCase c, const SgdUpdateRule *r, SgdLandscape l) {
  const PetscInt N = SgdLandscapeSamples(l);
  PetscInt size[2] = {0, 0};

  PetscFunctionBegin;
  SgdCaseCheck(c, N > 0, "optimizer.name", "also weighs groups of samples, and landscape %s has no samples",
               SgdLandscapeFamily(l));
  SgdCaseCheck(c, !r->groups || r->groups == (int)N, "optimizer.groups",
               "expected %d numbers, the group of each sample, found %d", (int)N, r->groups);
  SgdCaseCheck(c, r->groups || SgdLandscapeLabels(l), "optimizer.groups",
               "landscape %s has no classes: give the group of each sample, 1 or 2", SgdLandscapeFamily(l));
  for (PetscInt i = 0; i < N; i++) {
    const int k = GroupOf(r, l, i);
    SgdCaseCheck(c, k == 0 || k == 1, "optimizer.groups",
                 r->groups ? "expected 1 or 2 for each sample, found %d"
                           : "the data have more than two classes (%d): give the group of each sample, 1 or 2",
                 k + 1);
    size[k]++;
  }
  SgdCaseCheck(c, size[0] && size[1], "optimizer.groups", "group %d has no samples", size[0] ? 2 : 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* C(n + B - 1, B), or too many. */
static double Multisets(PetscInt n, PetscInt B) {
  double count = 1;

  for (PetscInt k = 1; k <= B && count < 1e9; k++) count *= (double)(n + k - 1) / (double)k;
  return round(count);
}

/* B! / prod (multiplicity!) / n^B of a sorted batch. */
static double Probability(PetscInt n, PetscInt B, const PetscInt batch[]) {
  double p = 1;

  for (PetscInt k = 0, alike = 0; k < B; k++) {
    alike = k && batch[k] == batch[k - 1] ? alike + 1 : 1;
    p *= (double)(k + 1) / ((double)n * (double)alike);
  }
  return p;
}

/* Nondecreasing sequences over the group's samples, in order. */
static PetscErrorCode List(SgdGroupLaw law, int which, Batches *b) {
  const PetscInt B = law->B, n = law->size[which];
  PetscInt *member, *batch, count = 0, last;

  PetscFunctionBegin;
  b->count = (int)Multisets(n, B);
  PetscCall(PetscMalloc2(b->count * B, &b->sample, b->count, &b->probability));
  PetscCall(PetscMalloc1(n, &member));
  PetscCall(PetscCalloc1(B, &batch));
  for (PetscInt i = 0; i < law->N; i++)
    if (law->group[i] == which) member[count++] = i;
  for (int m = 0; m < b->count; m++) {
    for (PetscInt k = 0; k < B; k++) b->sample[m * B + k] = member[batch[k]];
    b->probability[m] = Probability(n, B, batch);
    for (last = B - 1; last >= 0 && batch[last] == n - 1;) last--;
    for (PetscInt k = B - 1; k >= PetscMax(last, 0) && last >= 0; k--) batch[k] = batch[last] + 1;
  }
  PetscCall(PetscFree(member));
  PetscCall(PetscFree(batch));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ListAll(SgdGroupLaw law) {
  PetscFunctionBegin;
  if (Multisets(law->size[0], law->B) * Multisets(law->size[1], law->B) > SGD_RULE_MOST)
    PetscFunctionReturn(PETSC_SUCCESS);
  for (int k = 0; k < 2; k++) PetscCall(List(law, k, &law->of[k]));
  law->batches = law->of[0].count * law->of[1].count;
  PetscCall(PetscMalloc1(law->batches, &law->probability));
  for (int i = 0; i < law->batches; i++)
    law->probability[i] = law->of[0].probability[i / law->of[1].count] * law->of[1].probability[i % law->of[1].count];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdGroupLawCreate(SgdLandscape l, SgdFrame f, const SgdUpdateRule *r, PetscInt batch, SgdGroupLaw *law) {
  SgdGroupLaw k;

  PetscFunctionBegin;
  PetscCall(PetscNew(&k));
  *law = k;
  k->l = l;
  k->f = f;
  k->N = SgdLandscapeSamples(l);
  k->B = batch;
  PetscCall(PetscMalloc1(k->N, &k->group));
  for (PetscInt i = 0; i < k->N; i++) k->size[k->group[i] = GroupOf(r, l, i)]++;
  PetscCall(ListAll(k));
  PetscCall(PetscMalloc4(f->P, &k->w, k->N, &k->loss, k->N, &k->g, NUMBERS + 3 * k->batches, &k->own));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdGroupLawDestroy(SgdGroupLaw *law) {
  SgdGroupLaw k = *law;

  PetscFunctionBegin;
  if (!k) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; i < 2; i++) PetscCall(PetscFree2(k->of[i].sample, k->of[i].probability));
  PetscCall(PetscFree4(k->w, k->loss, k->g, k->own));
  PetscCall(PetscFree(k->group));
  PetscCall(PetscFree(k->probability));
  PetscCall(PetscFree(k->table));
  PetscCall(PetscFree(k->cell));
  PetscCall(PetscFree(*law));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int SgdGroupLawBatches(SgdGroupLaw law) {
  return law->batches;
}

/* Mean and covariance of B samples of each group, from those of single samples; the groups are drawn apart. */
static void Moments(SgdGroupLaw k, double number[]) {
  double mean[2][2] = {{0, 0}, {0, 0}}, C[2][3] = {{0, 0, 0}, {0, 0, 0}}; /* G and F; GG, GF, FF */

  for (PetscInt i = 0; i < k->N; i++) {
    mean[k->group[i]][0] += k->g[i] / (double)k->size[k->group[i]];
    mean[k->group[i]][1] += k->loss[i] / (double)k->size[k->group[i]];
  }
  for (PetscInt i = 0; i < k->N; i++) {
    const int j = k->group[i];
    const double G = k->g[i] - mean[j][0], F = k->loss[i] - mean[j][1], share = 1 / (double)(k->size[j] * k->B);
    C[j][0] += share * G * G;
    C[j][1] += share * G * F;
    C[j][2] += share * F * F;
  }
  const double all[NUMBERS] = {mean[0][0], mean[1][0], mean[0][1] - mean[1][1], C[0][0], 0, C[0][1],
                               C[1][0],    -C[1][1],   C[0][2] + C[1][2]};
  for (int i = 0; i < NUMBERS; i++) number[i] = all[i];
}

/* G_1, G_2, F_1 - F_2 of each batch. */
static void Values(SgdGroupLaw k, double value[]) {
  for (int m = 0; m < k->batches; m++) {
    const PetscInt *first = k->of[0].sample + m / k->of[1].count * k->B,
                   *second = k->of[1].sample + m % k->of[1].count * k->B;
    double *v = value + 3 * m;
    v[0] = v[1] = v[2] = 0;
    for (PetscInt b = 0; b < k->B; b++) {
      v[0] += k->g[first[b]] / (double)k->B;
      v[1] += k->g[second[b]] / (double)k->B;
      v[2] += (k->loss[first[b]] - k->loss[second[b]]) / (double)k->B;
    }
  }
}

static PetscErrorCode Numbers(SgdGroupLaw k, double a, double number[]) {
  PetscFunctionBegin;
  SgdFramePoint(k->f, &a, k->w);
  PetscCall(SgdLandscapeSampleValues(k->l, k->w, k->f->V, k->loss, k->g));
  Moments(k, number);
  Values(k, number + NUMBERS);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static SgdRuleGroups Groups(SgdGroupLaw k, const double number[]) {
  SgdRuleGroups g = {.batches = k->batches, .value = number + NUMBERS, .probability = k->probability};

  for (int i = 0; i < 3; i++) g.mean[i] = number[i];
  for (int i = 0; i < 6; i++) g.cov[i] = number[3 + i];
  return g;
}

PetscErrorCode SgdGroupLawAt(SgdGroupLaw k, double a, const SgdRuleGroups **at) {
  PetscFunctionBegin;
  PetscCall(Numbers(k, a, k->own));
  k->at = Groups(k, k->own);
  *at = &k->at;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdGroupLawTabulate(SgdGroupLaw k, MPI_Comm comm, PetscInt count, double low, double h) {
  const PetscInt width = NUMBERS + 3 * k->batches;
  PetscMPIInt rank, ranks, all;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  PetscCall(PetscCalloc1(count * width, &k->table));
  PetscCall(PetscMalloc1(count, &k->cell));
  for (PetscInt i = rank; i < count; i += ranks) PetscCall(Numbers(k, low + (double)i * h, k->table + i * width));
  PetscCall(PetscMPIIntCast(count * width, &all));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, k->table, all, MPI_DOUBLE, MPI_SUM, comm));
  for (PetscInt i = 0; i < count; i++) k->cell[i] = Groups(k, k->table + i * width);
  PetscFunctionReturn(PETSC_SUCCESS);
}

const SgdRuleGroups *SgdGroupLawCell(SgdGroupLaw k, PetscInt i) {
  return &k->cell[i];
}
