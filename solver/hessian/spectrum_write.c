#include "solver/hessian/spectrum_file.h"
#include "solver/output/text_files.h"

#define UNMOVED 1e-12 /* of the largest D: such a mode is not moved by the noise, and what is left of it is rounding */

/* Where closed moments diverge although the density settles, in words; the others of many in spectrum.csv. */
static PetscErrorCode SayTails(SgdSpectrum s, MPI_Comm comm) {
  const int shown = 5;
  double most = 0;
  int count = 0;

  PetscFunctionBegin;
  for (int k = 0; k < s->count; k++) most = PetscMax(most, s->mode[k].D);
  for (int k = 0; k < s->count; k++) {
    const SgdModePrediction *p = &s->mode[k].prediction;
    if (!(p->tail > 0 && p->tail <= 2) || !(s->mode[k].D > UNMOVED * most) || ++count > shown) continue;
    PetscCall(
        SgdSay(comm,
               "  mode %d: infinite variance, though a stationary density exists: its tail falls as "
               "|w|^{-1-%.7g} (E|1 - eta h|^%.7g = 1, h Gaussian with the minibatch curvature's mean and variance); ",
               k + 1, p->tail, p->tail));
    if (p->tail_langevin > 2)
      PetscCall(SgdSay(comm, "Langevin says finite, %.6g, exponent %.6g\n", p->variance_langevin, p->tail_langevin));
    else
      PetscCall(SgdSay(comm, "so does Langevin's, exponent %.6g\n", p->tail_langevin));
  }
  if (count > shown) PetscCall(SgdSay(comm, "  %d more modes with infinite variance in spectrum.csv\n", count - shown));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What was found in the interval, beside what the spectral density says there is. */
static PetscErrorCode SayInterval(SgdSpectrum s, MPI_Comm comm) {
  double count, error;
  int found = 0;

  PetscFunctionBegin;
  if (s->interval[0] == s->interval[1]) PetscFunctionReturn(PETSC_SUCCESS);
  for (int k = 0; k < s->count; k++)
    found += s->mode[k].eigenvalue >= s->interval[0] && s->mode[k].eigenvalue <= s->interval[1];
  PetscCall(SgdSay(comm, "Interval [%g, %g]: %d eigenpairs", s->interval[0], s->interval[1], found));
  if (s->density.points) {
    SgdSpectralDensityCount(&s->density, s->P, s->interval[0], s->interval[1], &count, &error);
    PetscCall(SgdSay(comm, "; the spectral density puts %.1f +- %.1f there, smoothed by %.2g\n", count, error,
                     s->density.width));
  } else
    PetscCall(SgdSay(comm, " (spectrum.density would say how many to expect)\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A line for each of the first and last pairs. */
static PetscErrorCode SayModes(SgdSpectrum s, MPI_Comm comm) {
  const int shown = 20;

  PetscFunctionBegin;
  for (int k = 0; k < s->count; k++) {
    const SgdMode *m = &s->mode[k];
    if (k == shown / 2 && s->count > shown) {
      PetscCall(SgdSay(comm, "   ... %d more in spectrum.csv\n", s->count - shown));
      k = s->count - shown / 2 - 1;
      continue;
    }
    PetscCall(SgdSay(comm, "  %4d %12.5g %9.2g %9.3g %9.3g  %-9s %8.3g          %9.3g  %9.3g %9.3g\n", k + 1,
                     m->eigenvalue, m->residual, m->D, m->Gamma, SgdRegimeName(m->prediction.regime),
                     m->prediction.margin, m->prediction.variance_horizon, m->prediction.variance_stationary,
                     m->prediction.variance_langevin));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumView(SgdSpectrum s, MPI_Comm comm) {
  PetscFunctionBegin;
  if (*s->origin) PetscCall(SgdSay(comm, "Eigenpairs: %d %s\n", s->count, s->origin));
  PetscCall(SgdSay(comm,
                   "Hessian spectrum: %d of %" PetscInt_FMT
                   " eigenpairs\n  mode   eigenvalue  residual         D     Gamma  regime     margin  variance: "
                   "horizon stationary  Langevin\n",
                   s->count, s->P));
  if (s->distributed)
    PetscCall(SgdSay(comm,
                     "  vectors: shared out over the ranks (spectrum.distribute_from), the same on any number of them "
                     "to the eigensolver's tolerance\n"));
  PetscCall(SayModes(s, comm));
  PetscCall(SayTails(s, comm));
  if (!PetscIsNanReal(s->dense_error))
    PetscCall(SgdSay(comm, "Dense eigensolver: eigenvalues agree to %.2g of the largest\n", s->dense_error));
  PetscCall(SayInterval(s, comm));
  if (s->density.points) PetscCall(SgdSpectralDensityView(&s->density, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void WriteTable(SgdSpectrum s, FILE *f) {
  fprintf(f, "mode,eigenvalue,residual,D,Gamma,cov_AB,regime,margin,variance_stationary,variance_horizon,variance_"
             "langevin,tail,tail_langevin\n");
  for (int k = 0; k < s->count; k++) {
    const SgdMode *m = &s->mode[k];
    fprintf(f, "%d,%.17g,%.3g,%.17g,%.17g,%.17g,%s,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g\n", k + 1, m->eigenvalue,
            m->residual, m->D, m->Gamma, m->covariance, SgdRegimeName(m->prediction.regime), m->prediction.margin,
            m->prediction.variance_stationary, m->prediction.variance_horizon, m->prediction.variance_langevin,
            m->prediction.tail, m->prediction.tail_langevin);
  }
}

PetscErrorCode SgdSpectrumWrite(SgdSpectrum s, MPI_Comm comm, const char *folder) {
  char path[PETSC_MAX_PATH_LEN];
  FILE *f;

  PetscFunctionBegin;
  PetscCall(SgdOpenText(comm, folder, "spectrum.csv", &f));
  if (f) WriteTable(s, f);
  PetscCall(SgdCloseText(comm, folder, "spectrum.csv", &f));
  PetscCall(PetscSNPrintf(path, sizeof path, "%s/spectrum.h5", folder));
  PetscCall(SgdSpectrumSave(s, comm, path));
  if (s->density.points) PetscCall(SgdSpectralDensityWrite(&s->density, comm, folder));
  PetscFunctionReturn(PETSC_SUCCESS);
}
