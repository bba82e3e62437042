#include "solver/ensemble/ensemble_losses.h"
#include "cases/base/voice.h"
#include "solver/output/text_files.h"

typedef struct {
  int count;
  double mean[SGD_LOSSES], error[SGD_LOSSES];
} Row;

static PetscBool Finite(SgdEnsemble e, int t) {
  return (PetscBool)isfinite(e->a[(size_t)t * (size_t)e->records * (size_t)e->modes]);
}

static double Loss(SgdEnsemble e, int t, int r, int i) {
  return e->loss[((size_t)t * (size_t)e->records + (size_t)r) * SGD_LOSSES + (size_t)i];
}

/* Record r, over the trajectories that stayed finite. */
static Row RowOf(SgdEnsemble e, int r) {
  Row row = {.count = e->count - e->diverged};

  for (int i = 0; i < SGD_LOSSES; i++) {
    double square = 0;
    for (int t = 0; t < e->count; t++)
      if (Finite(e, t)) row.mean[i] += Loss(e, t, r, i) / row.count;
    for (int t = 0; t < e->count; t++)
      if (Finite(e, t)) square += PetscSqr(Loss(e, t, r, i) - row.mean[i]);
    row.error[i] = sqrt(square / row.count / (row.count - 1));
  }
  return row;
}

PetscErrorCode SgdEnsembleLossesWrite(SgdEnsemble e, MPI_Comm comm, const char *folder) {
  Row row = {0};
  FILE *f;

  PetscFunctionBegin;
  if (!e || !e->loss) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdOpenText(comm, folder, "losses.csv", &f));
  if (f)
    fputs("step,trajectories,training_loss,training_loss_error,test_loss,test_loss_error,test_accuracy,test_accuracy_"
          "error\n",
          f);
  for (int r = 0; r < e->records; r++) {
    row = RowOf(e, r);
    if (f) fprintf(f, "%d,%d", (int)e->step[r], row.count);
    for (int i = 0; f && i < SGD_LOSSES; i++) fprintf(f, ",%.17g,%.17g", row.mean[i], row.error[i]);
    if (f) fputc('\n', f);
  }
  PetscCall(SgdCloseText(comm, folder, "losses.csv", &f));
  PetscCall(SgdSay(comm,
                   "Losses at the end, means over trajectories: training %.6g +- %.2g, held out %.6g +- %.2g, accuracy "
                   "%.4f +- %.2g (losses.csv)\n",
                   row.mean[0], row.error[0], row.mean[1], row.error[1], row.mean[2], row.error[2]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
