/* losses_end.csv: what is correlated over trajectories, how far each is from the reference point and what it loses. */
#include "solver/modes/modes.h"
#include "solver/output/text_files.h"

static double Displacement(const SgdModes *modes, const double *a, bool flat) {
  double sum = 0;

  for (int k = 0; k < modes->count; k++)
    if (!modes->row[k].random && modes->row[k].flat == flat) sum += PetscSqr(a[k]);
  return sqrt(sum);
}

PetscErrorCode SgdModesWriteLosses(const SgdModes *modes, SgdEnsemble e, MPI_Comm comm, const char *folder) {
  FILE *f;

  PetscFunctionBegin;
  if (!e || !e->loss) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdOpenText(comm, folder, "losses_end.csv", &f));
  if (f) fputs("trajectory,displacement_largest,displacement_flat,training_loss,test_loss,test_accuracy\n", f);
  for (int t = 0; f && t < e->count; t++) {
    const size_t last = ((size_t)t + 1) * (size_t)e->records - 1;
    const double *a = e->a + last * (size_t)e->modes, *loss = e->loss + last * SGD_LOSSES;
    if (!isfinite(a[0])) continue;
    fprintf(f, "%d,%.17g,%.17g", t + 1, Displacement(modes, a, false), Displacement(modes, a, true));
    for (int i = 0; i < SGD_LOSSES; i++) fprintf(f, ",%.17g", loss[i]);
    fputc('\n', f);
  }
  PetscCall(SgdCloseText(comm, folder, "losses_end.csv", &f));
  PetscFunctionReturn(PETSC_SUCCESS);
}
