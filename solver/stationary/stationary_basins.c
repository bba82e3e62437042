/* The metastable sets of every model, in words and in basins.csv. */
#include "solver/stationary/stationaryimpl.h"
#include "solver/output/text_files.h"

#define WELL_KNOWN 1e-4 /* relative doubt that needs no word */

static PetscErrorCode SayDoubt(MPI_Comm comm, double relative) {
  return relative > WELL_KNOWN ? SgdSay(comm, " (not resolved to better than %.2g %%)", 100 * relative) : PETSC_SUCCESS;
}

/* "0.0123", or "below 1e-14" where nothing more is known; what came out negative is no rate. */
static PetscErrorCode SayRate(MPI_Comm comm, const SgdBasins *b, int i, int j, const char *format) {
  PetscFunctionBegin;
  if (!SgdBasinsRateKnown(b, i, j))
    PetscCall(SgdSay(comm, "below %.1e", SgdBasinsRateBound(b, i, j)));
  else if (!SgdBasinsRateTold(b, i, j))
    PetscCall(SgdSay(comm, "not resolved"));
  else {
    PetscCall(SgdSay(comm, format, i == j ? -b->rate[i][j] : b->rate[i][j]));
    PetscCall(SayDoubt(comm, b->doubt[i][j] / PetscAbsReal(b->rate[i][j])));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SayMass(MPI_Comm comm, const SgdBasins *b, int i) {
  const double doubt = b->mass_doubt[i] * PetscAbsReal(b->mass[i]);

  PetscFunctionBegin;
  if (b->mass_doubt[i] > 0.5 && doubt < 0.5)
    PetscCall(SgdSay(comm, "mass below %.1e", b->mass[i] + doubt));
  else {
    PetscCall(SgdSay(comm, "mass %.8g", b->mass[i]));
    PetscCall(SayDoubt(comm, b->mass_doubt[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ViewOne(const SgdModels *models, const SgdBasins *b, int i) {
  const double eta = models->context.sgd->learning_rate;

  PetscFunctionBegin;
  PetscCall(SgdSay(models->grid->comm, "      set %d: ", i + 1));
  PetscCall(SayMass(models->grid->comm, b, i));
  for (int a = 0; a < models->grid->dim; a++)
    PetscCall(SgdSay(models->grid->comm, a ? ", %.4g" : ", centre (%.4g", b->centre[i][a]));
  PetscCall(SgdSay(models->grid->comm, "), escape rate "));
  PetscCall(SayRate(models->grid->comm, b, i, i, "%.10g"));
  if (SgdBasinsRateTold(b, i, i))
    PetscCall(SgdSay(models->grid->comm, ", after %.6g steps", -1 / (eta * b->rate[i][i])));
  for (int j = 0, first = 1; j < b->count; j++) {
    if (j == i) continue;
    PetscCall(SgdSay(models->grid->comm, first ? "; to %d: " : ", %d: ", j + 1));
    PetscCall(SayRate(models->grid->comm, b, i, j, "%.6g"));
    first = 0;
  }
  PetscCall(SgdSay(models->grid->comm, "\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdBasinsView(const SgdModels *models, const SgdStationaryState *s) {
  const SgdBasins *b = &s->basins;

  PetscFunctionBegin;
  if (!b->count) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdSay(models->grid->comm,
                   "    %d metastable sets (the next mode decays %.3g times as fast); rates per unit of tau:\n",
                   b->count, b->gap));
  for (int i = 0; i < b->count; i++) PetscCall(ViewOne(models, b, i));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A rate that is not known is an empty field. */
static void WriteBasinRow(FILE *f, const SgdModels *models, int m, const SgdBasins *b, int i, int most) {
  fprintf(f, "%s,%d,%.17g,%.3g", SgdModelName(models->model[m]), i + 1, b->mass[i], b->mass_doubt[i]);
  for (int a = 0; a < models->grid->dim; a++) fprintf(f, ",%.17g", b->centre[i][a]);
  if (SgdBasinsRateTold(b, i, i))
    fprintf(f, ",%.17g,%.3g,%.17g", -b->rate[i][i], b->doubt[i][i],
            -1 / (models->context.sgd->learning_rate * b->rate[i][i]));
  else
    fprintf(f, ",,%.3g,", b->doubt[i][i]);
  for (int j = 0; j < most; j++)
    if (j >= b->count || !SgdBasinsRateTold(b, i, j))
      fputc(',', f);
    else
      fprintf(f, ",%.17g", b->rate[i][j]);
  fputc('\n', f);
}

PetscErrorCode SgdBasinsWrite(const SgdModels *models, const SgdStationaryState *s, const char *folder) {
  int most = 0;
  FILE *f;

  PetscFunctionBegin;
  for (int m = 0; m < models->count; m++) most = PetscMax(most, s[m].basins.count);
  if (!most) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdOpenText(models->grid->comm, folder, "basins.csv", &f));
  if (f) {
    fputs("model,set,mass,mass_doubt", f);
    for (int a = 0; a < models->grid->dim; a++) fprintf(f, ",centre_%d", a + 1);
    fputs(",escape_rate,escape_rate_doubt,mean_escape_steps", f);
    for (int j = 0; j < most; j++) fprintf(f, ",rate_to_%d", j + 1);
    fputc('\n', f);
    for (int m = 0; m < models->count; m++)
      for (int i = 0; i < s[m].basins.count; i++) WriteBasinRow(f, models, m, &s[m].basins, i, most);
  }
  PetscCall(SgdCloseText(models->grid->comm, folder, "basins.csv", &f));
  PetscFunctionReturn(PETSC_SUCCESS);
}
