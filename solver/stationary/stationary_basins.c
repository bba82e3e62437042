/* The metastable sets of every model, in words and in basins.csv. */
#include "solver/stationary/stationaryimpl.h"
#include "solver/output/outputimpl.h"

PetscErrorCode SgdBasinsSay(SgdProblem *p, const SgdStationaryState *s) {
  const SgdBasins *b = &s->basins;
  const double eta = p->settings.sgd->learning_rate;

  PetscFunctionBegin;
  if (!b->count) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdSay(p->comm,
                   "    %d metastable sets (the next mode decays %.3g times as fast); rates per unit of tau:\n",
                   b->count, b->gap));
  for (int i = 0; i < b->count; i++) {
    PetscCall(SgdSay(p->comm, "      set %d: mass %.6g, centre (", i + 1, b->mass[i]));
    for (int a = 0; a < p->grid->dim; a++) PetscCall(SgdSay(p->comm, a ? ", %.4g" : "%.4g", b->centre[i][a]));
    PetscCall(
        SgdSay(p->comm, "), escape rate %.10g, after %.6g steps; to", -b->rate[i][i], -1 / (eta * b->rate[i][i])));
    for (int j = 0; j < b->count; j++)
      if (j != i) PetscCall(SgdSay(p->comm, " %d: %.6g", j + 1, b->rate[i][j]));
    PetscCall(SgdSay(p->comm, "\n"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Row(FILE *f, SgdProblem *p, int m, const SgdBasins *b, int i, int most) {
  fprintf(f, "%s,%d,%.17g", SgdModelName(p->model[m]), i + 1, b->mass[i]);
  for (int a = 0; a < p->grid->dim; a++) fprintf(f, ",%.17g", b->centre[i][a]);
  fprintf(f, ",%.17g,%.17g", -b->rate[i][i], -1 / (p->settings.sgd->learning_rate * b->rate[i][i]));
  for (int j = 0; j < most; j++)
    if (j >= b->count)
      fputc(',', f);
    else
      fprintf(f, ",%.17g", b->rate[i][j]);
  fputc('\n', f);
}

PetscErrorCode SgdBasinsWrite(SgdProblem *p, const SgdStationaryState *s, const char *folder) {
  int most = 0;
  FILE *f;

  PetscFunctionBegin;
  for (int m = 0; m < p->models; m++) most = PetscMax(most, s[m].basins.count);
  if (!most) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdOpenText(p->comm, folder, "basins.csv", &f));
  if (f) {
    fputs("model,set,mass", f);
    for (int a = 0; a < p->grid->dim; a++) fprintf(f, ",centre_%d", a + 1);
    fputs(",escape_rate,mean_escape_steps", f);
    for (int j = 0; j < most; j++) fprintf(f, ",rate_to_%d", j + 1);
    fputc('\n', f);
    for (int m = 0; m < p->models; m++)
      for (int i = 0; i < s[m].basins.count; i++) Row(f, p, m, &s[m].basins, i, most);
  }
  PetscCall(SgdCloseText(p->comm, folder, "basins.csv", &f));
  PetscFunctionReturn(PETSC_SUCCESS);
}
