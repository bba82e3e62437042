#include "solver/modes/mode_groups.h"
#include "meshes/fields.h"

static PetscErrorCode Create(int units, int modes, SgdModeGroups *g) {
  const int groups = units < 4 ? 0 : PetscMin(SGD_MODE_GROUPS, units / 2);
  const size_t M = (size_t)modes, G = (size_t)PetscMax(1, groups);

  PetscFunctionBegin;
  *g = (SgdModeGroups){.groups = groups, .modes = modes};
  PetscCall(PetscCalloc4(G, &g->n, G * M, &g->x, G * M * M, &g->xy, G * M * M, &g->both));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModeGroupsFree(SgdModeGroups *g) {
  return PetscFree4(g->n, g->x, g->xy, g->both);
}

PetscErrorCode SgdModeGroupsPlain(SgdEnsemble e, const double mean[], SgdModeGroups *g) {
  const int M = e->modes;

  PetscFunctionBegin;
  PetscCall(Create(e->count - e->diverged, M, g));
  for (int t = 0; g->groups && t < e->count; t++) {
    const double *a = e->a + ((size_t)t * (size_t)e->records + (size_t)(e->records - 1)) * (size_t)M;
    const size_t at = (size_t)((PetscInt64)t * g->groups / e->count);
    if (PetscIsNanReal(a[0])) continue;
    g->n[at]++;
    for (int i = 0; i < M; i++) {
      g->x[at * (size_t)M + (size_t)i] += a[i] - mean[i];
      for (int j = 0; j < M; j++)
        g->xy[(at * (size_t)M + (size_t)i) * (size_t)M + (size_t)j] += (a[i] - mean[i]) * (a[j] - mean[j]);
    }
  }
  PetscCall(PetscArraycpy(g->both, g->xy, (size_t)PetscMax(1, g->groups) * (size_t)M * (size_t)M));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One ancestor's members into group `at`; x [modes]: room for its mean */
static void AddAncestor(const SgdLastStep *s, int first, int each, const double mean[], size_t at, double *x,
                        SgdModeGroups *g) {
  const int M = g->modes;

  for (int i = 0; i < M; i++) x[i] = 0;
  for (int m = first; m < first + each; m++)
    for (int i = 0; i < M; i++) {
      const double a = s->centre[m * M + i] - mean[i];
      x[i] += a / each;
      for (int j = 0; j < M; j++) {
        const size_t pair = (size_t)m * (size_t)SGD_PAIRS(M) + (size_t)SgdPair(M, i, j);
        g->xy[(at * (size_t)M + (size_t)i) * (size_t)M + (size_t)j] +=
            (a * (s->centre[m * M + j] - mean[j]) + s->cov[pair]) / each;
      }
    }
  for (int i = 0; i < M; i++) {
    g->x[at * (size_t)M + (size_t)i] += x[i];
    for (int j = 0; j < M; j++) g->both[(at * (size_t)M + (size_t)i) * (size_t)M + (size_t)j] += x[i] * x[j];
  }
  g->n[at]++;
}

PetscErrorCode SgdModeGroupsGrowing(const SgdLastStep *s, int ancestors, const double mean[], SgdModeGroups *g) {
  const int each = s->count / ancestors;
  double *x;

  PetscFunctionBegin;
  PetscCall(Create(ancestors, s->dim, g));
  PetscCall(PetscMalloc1(s->dim, &x));
  for (int a = 0; g->groups && a < ancestors; a++)
    AddAncestor(s, a * each, each, mean, (size_t)(a * g->groups / ancestors), x, g);
  PetscCall(PetscFree(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdModeGroupsWithout(const SgdModeGroups *g, int leave, double *cov) {
  const size_t M = (size_t)g->modes;
  double n = 0;

  for (int k = 0; k < g->groups; k++) n += k == leave ? 0 : g->n[k];
  for (size_t i = 0; i < M; i++)
    for (size_t j = 0; j < M; j++) {
      double x = 0, y = 0, xy = 0, both = 0;
      for (size_t k = 0; k < (size_t)g->groups; k++) {
        if ((int)k == leave) continue;
        x += g->x[k * M + i];
        y += g->x[k * M + j];
        xy += g->xy[(k * M + i) * M + j];
        both += g->both[(k * M + i) * M + j];
      }
      cov[i * M + j] = xy / n - x * y / (n * n) + (both / n - x * y / (n * n)) / (n - 1);
    }
}
