/* modes.csv, modes_history.csv, and the table on stdout. */
#include "solver/modes/modes.h"
#include "solver/output/text_files.h"
#include <stddef.h>

static const struct {
  const char *name;
  size_t column;
} predictions[] = {{"path-linearised", offsetof(SgdModeRow, path)},
                   {"path-linearised, coupled", offsetof(SgdModeRow, coupled)},
                   {"random linear model, sampled", offsetof(SgdModeRow, linear)},
                   {"Gaussian over the spread", offsetof(SgdModeRow, gaussian)},
                   {"diagonal Gamma along the path", offsetof(SgdModeRow, diagonal)},
                   {"diagonal theory at the start", offsetof(SgdModeRow, start)},
                   {"proxy eta D/(2 |lambda|)", offsetof(SgdModeRow, proxy)}};

static double ShareOfCoupling(const SgdModeRow *r) {
  return (r->coupled - r->path) / r->coupled;
}

static PetscErrorCode ViewRows(const SgdModes *modes, SgdSpectrum s, MPI_Comm comm) {
  const int shown = 24;

  PetscFunctionBegin;
  PetscCall(SgdSay(comm, "  mode   eigenvalue   variance: path   coupled   share     start     proxy%s\n",
                   modes->measured ? "  measured  +-        growth +-" : ""));
  for (int k = 0; k < modes->count; k++) {
    const SgdModeRow *r = &modes->row[k];
    if (k == shown / 2 && modes->count > shown) {
      PetscCall(SgdSay(comm, "   ... %d more in modes.csv\n", modes->count - shown));
      k = modes->count - shown / 2 - 1;
      continue;
    }
    PetscCall(SgdSay(comm, "  %4d%c %11.5g      %9.3g %9.3g %7.3f %9.3g %9.3g", r->mode + 1,
                     r->random ? 'r'
                     : r->flat ? 'f'
                               : ' ',
                     s->mode[r->mode].eigenvalue, r->path, r->coupled, ShareOfCoupling(r), r->start, r->proxy));
    if (modes->measured)
      PetscCall(SgdSay(comm, " %9.3g %8.2g  %6.2f %.2f", r->measured.variance, r->measured.error_jackknife, r->growth,
                       r->growth_error));
    PetscCall(SgdSay(comm, "\n"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ViewAgreement(const SgdModes *modes, MPI_Comm comm) {
  int largest = 0;

  PetscFunctionBegin;
  for (int k = 0; k < modes->count; k++) largest += SgdModesCompared(&modes->row[k]);
  PetscCall(SgdSay(comm,
                   "Against %d trajectories, over the %d modes of largest |lambda| (sampling error of the measurement "
                   "about %.3f, which leaves a perfect prediction a log-correlation of about %.3f):\n",
                   modes->row[0].measured.count, largest, sqrt(2.0 / (modes->row[0].measured.count - 1)),
                   SgdModesLogCorrelationLimit(modes)));
  for (size_t i = 0; i < sizeof predictions / sizeof *predictions; i++) {
    const SgdModeAgreement a = SgdModesAgreement(modes, predictions[i].column);
    SgdModeAgreement e;
    if (PetscIsNanReal(a.relative_error)) continue;
    PetscCall(SgdModesAgreementError(modes, predictions[i].column, &e));
    PetscCall(SgdSay(comm,
                     "  %-30s relative error %.4f +- %.4f, log-correlation %.4f +- %.4f, total variance %.3f +- %.3f "
                     "of the measured\n",
                     predictions[i].name, a.relative_error, e.relative_error, a.log_correlation, e.log_correlation,
                     a.total, e.total));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Flat modes: does their variance still grow like that of free diffusion over the second half of the steps? The
   prediction's growth tells how much of any slowing the path itself explains. */
static PetscErrorCode ViewFlat(const SgdModes *modes, MPI_Comm comm) {
  double growth = 0, error = 0, path = 0, coupled = 0;
  int flat = 0;

  PetscFunctionBegin;
  for (int k = 0; k < modes->count; k++) {
    const SgdModeRow *r = &modes->row[k];
    if (!r->flat) continue;
    flat++;
    path += log2(r->path / r->path_half);
    coupled += log2(r->coupled / r->coupled_half);
  }
  if (!flat) PetscFunctionReturn(PETSC_SUCCESS);
  if (!modes->measured) {
    PetscCall(SgdSay(comm,
                     "Flat modes (%d diffusive ones): predicted to grow by 2^%.3f over the second half of the steps "
                     "(coupled 2^%.3f; free diffusion 2^1, saturated 2^0); sgdfp sample measures it\n",
                     flat, path / flat, coupled / flat));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  SgdModesFlatGrowth(modes, &growth, &error);
  PetscCall(
      SgdSay(comm,
             "Flat modes (%d diffusive ones): the variance grows by 2^%.3f +- %.3f (95 %%) over the second half of the "
             "steps (free diffusion 2^1, saturated 2^0; path-linearised 2^%.3f, coupled 2^%.3f)\n",
             flat, growth, 1.96 * error, path / flat, coupled / flat));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModesViewClosure(const SgdModes *modes, int steps, int refresh, MPI_Comm comm) {
  return SgdSay(comm,
                "Path-linearised closure (%s): %d modes, %d steps, refreshed every %d (%.1f s); the mean moves %.4g\n",
                modes->dense ? "dense" : "adjoint", modes->count, steps, refresh, modes->seconds, modes->drift);
}

PetscErrorCode SgdModesView(const SgdModes *modes, SgdSpectrum s, MPI_Comm comm) {
  PetscFunctionBegin;
  PetscCall(ViewRows(modes, s, comm));
  if (!PetscIsNanReal(modes->refresh_error))
    PetscCall(SgdSay(comm, "Intervals twice as long change a mode's path variance by at most %.2g of it\n",
                     modes->refresh_error));
  if (modes->hessian.batches)
    PetscCall(SgdSay(comm,
                     "Fluctuating Hessian among these modes (%d batches): %.3f of its square is on the diagonal; "
                     "correlation of its entries %.3f, of its diagonal entries %.3f (root mean square, chance taken "
                     "off)\n",
                     modes->hessian.batches, modes->hessian.diagonal_fraction, modes->hessian.entry_correlation,
                     modes->hessian.diagonal_correlation));
  if (modes->measured) PetscCall(ViewAgreement(modes, comm));
  PetscCall(ViewFlat(modes, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define N ",%.17g"

static void WriteRow(FILE *f, const SgdModeRow *r, const SgdMode *m, bool measured) {
  const SgdEnsembleMoments *e = &r->measured;

  fprintf(f, "%d,%s" N N N N ",%s" N N N N N N N N, r->mode + 1,
          r->random ? "random"
          : r->flat ? "flat"
                    : "largest",
          m->eigenvalue, m->D, m->Gamma, m->covariance, SgdRegimeName(m->prediction.regime), r->path, r->coupled,
          r->coupled_error, ShareOfCoupling(r), r->start, r->proxy, m->prediction.variance_stationary,
          m->prediction.variance_langevin);
  for (int i = 0; !measured && i < 12; i++) fputs(",nan", f);
  if (measured)
    fprintf(f, N N N N N N N N N N N N, e->mean, e->variance, e->error_normal, e->error_jackknife,
            e->variance - 1.96 * e->error_jackknife, e->variance + 1.96 * e->error_jackknife, r->growth,
            r->growth_error, r->bursts, r->bursts_error, r->ancestors, r->ancestors_error);
  fprintf(f, N N N N N, r->diagonal, r->linear, r->linear_error, r->linear_growth, r->linear_growth_error);
  fprintf(f, N N N N, r->gaussian, r->gaussian_error, r->gaussian_growth, r->gaussian_growth_error);
  fprintf(f, N N, r->controlled, r->controlled_error);
  fputc('\n', f);
}

static PetscErrorCode WriteHistory(const SgdModes *modes, SgdEnsemble e, MPI_Comm comm, const char *folder) {
  FILE *f;

  PetscFunctionBegin;
  PetscCall(SgdOpenText(comm, folder, "modes_history.csv", &f));
  if (f) fputs("step,mode,mean,variance,error_normal,error_jackknife\n", f);
  for (int i = 0; f && i < e->records; i++)
    for (int k = 0; k < e->modes; k++) {
      const SgdEnsembleMoments m = SgdEnsembleMoment(e, i, k);
      fprintf(f, "%d,%d" N N N N "\n", (int)e->step[i], modes->row[k].mode + 1, m.mean, m.variance, m.error_normal,
              m.error_jackknife);
    }
  PetscCall(SgdCloseText(comm, folder, "modes_history.csv", &f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteAgreement(const SgdModes *modes, MPI_Comm comm, const char *folder) {
  static const char *const key[] = {"path", "coupled", "linear", "gaussian", "diagonal", "start", "proxy"};
  FILE *f;

  PetscFunctionBegin;
  PetscCall(SgdOpenText(comm, folder, "modes_agreement.csv", &f));
  if (f)
    fputs("prediction,relative_error,log_correlation,total,error_relative_error,error_log_correlation,error_total\n",
          f);
  for (int i = 0; f && i < (int)(sizeof key / sizeof *key); i++) {
    const SgdModeAgreement a = SgdModesAgreement(modes, predictions[i].column);
    SgdModeAgreement e;
    PetscCall(SgdModesAgreementError(modes, predictions[i].column, &e));
    fprintf(f, "%s" N N N N N N "\n", key[i], a.relative_error, a.log_correlation, a.total, e.relative_error,
            e.log_correlation, e.total);
  }
  PetscCall(SgdCloseText(comm, folder, "modes_agreement.csv", &f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModesWrite(const SgdModes *modes, SgdSpectrum s, SgdEnsemble e, MPI_Comm comm, const char *folder) {
  FILE *f;

  PetscFunctionBegin;
  PetscCall(SgdOpenText(comm, folder, "modes.csv", &f));
  if (f)
    fputs("mode,group,eigenvalue,D,Gamma,cov_AB,regime,variance_path,variance_coupled,error_coupled,coupling_share,"
          "variance_start,variance_proxy,variance_stationary,variance_langevin,measured_mean,measured_variance,"
          "error_normal,error_jackknife,ci_low,ci_high,growth,error_growth,burst_share,error_burst_share,ancestor_"
          "share,error_ancestor_share,variance_diagonal,variance_linear,error_linear,growth_linear,error_growth_linear,"
          "variance_gaussian,error_gaussian,growth_gaussian,error_growth_gaussian,"
          "variance_controlled,error_controlled\n",
          f);
  for (int k = 0; f && k < modes->count; k++)
    WriteRow(f, &modes->row[k], &s->mode[modes->row[k].mode], modes->measured);
  PetscCall(SgdCloseText(comm, folder, "modes.csv", &f));
  if (e) PetscCall(WriteHistory(modes, e, comm, folder));
  if (modes->measured) PetscCall(WriteAgreement(modes, comm, folder));
  PetscFunctionReturn(PETSC_SUCCESS);
}
