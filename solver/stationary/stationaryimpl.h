/* The parts of the command `stationary`. Inside solver/stationary*.c only. */
#pragma once
#include "solver/stationary/stationary.h"

#define SGD_LEAK_ROUNDING 1e-12 /* a step: the leak of a stationary density, with either sign */

PETSC_INTERN PetscErrorCode SgdStationaryCompute(const SgdModels *models, SgdModel m, const SgdEigenpairsOptions *o,
                                                 SgdStationaryState *s);
/* Is there a second mode that decays faster than the density, by more than a map's eigenvalues are rounded? */
PETSC_INTERN PetscBool SgdStationarySettles(const SgdStationaryState *s, SgdModelKind kind, double eta);
/* The eigenfunctions beside the density: of equal eigenvalues the basis of canonical_basis.h, sum of |v| = 1. */
PETSC_INTERN PetscErrorCode SgdStationaryModes(SgdStationaryState *s, SgdGrid grid, SgdModelKind kind, double eta);
/* The entries of section stationary.passages, which the case owns. */
typedef struct {
  int count;
  struct _p_SgdPassageItem *item[SGD_MOST_PASSAGES];
} SgdPassages;
/* Read section stationary.passages and check it against the grid (exit 2); then solve for each, with the state's density. */
PETSC_INTERN PetscErrorCode SgdPassagesRead(const SgdModels *models, SgdPassages *list);
PETSC_INTERN PetscErrorCode SgdPassagesCompute(const SgdModels *models, SgdModel m, const SgdPassages *list,
                                               SgdStationaryState *s);
PETSC_INTERN PetscErrorCode SgdPassagesView(const SgdModels *models, int model, const SgdStationaryState *s);
/* passages.csv and basins.csv; s [models] */
PETSC_INTERN PetscErrorCode SgdPassagesWrite(const SgdModels *models, const SgdStationaryState *s, const char *folder);
PETSC_INTERN PetscErrorCode SgdBasinsView(const SgdModels *models, const SgdStationaryState *s);
PETSC_INTERN PetscErrorCode SgdBasinsWrite(const SgdModels *models, const SgdStationaryState *s, const char *folder);
/* s->certificate; in words, with a warning for each thing that does not hold; exit 3 if one model's does not (s NULL:
   nothing). */
PETSC_INTERN PetscErrorCode SgdCertificateFind(SgdModel m, SgdStationaryState *s);
PETSC_INTERN PetscBool SgdCertificateRings(SgdModel m, const SgdStationaryState *s);
/* Does it warn of negative mass? */
PETSC_INTERN PetscBool SgdCertificateSaysNegative(const SgdStationaryState *s);
PETSC_INTERN PetscErrorCode SgdCertificateView(const SgdModels *models, int model, const SgdStationaryState *s);
/* s->verdict, after the certificate, which one that has failed takes back; in words, with warnings, and what the fields are
   not known to where the density is. Collective. */
PETSC_INTERN PetscErrorCode SgdStationaryVerdictFind(const SgdModels *models, SgdModel m, SgdStationaryState *s);
PETSC_INTERN PetscErrorCode SgdStationaryVerdictView(const SgdModels *models, int model, const SgdStationaryState *s);
/* s->work, .heat, .heat_langevin of the density s->p; in words. Of a model whose step is an epoch both sides are the epoch's. */
PETSC_INTERN PetscErrorCode SgdBalanceFind(SgdModel m, SgdFields f, const SgdSgdOptions *sgd, SgdStationaryState *s);
PETSC_INTERN PetscErrorCode SgdBalanceView(const SgdModels *models, int model, const SgdStationaryState *s);
/* A warning for each reflecting face where the density, of a state that has one, is not small. */
PETSC_INTERN PetscErrorCode SgdFacesView(const SgdModels *models, int model, const SgdStationaryState *s);
/* A warning where mass leaks out as fast as the density settles, and where it grows. */
PETSC_INTERN PetscErrorCode SgdLeakView(const SgdModels *models, int model, const SgdStationaryState *s);
PETSC_INTERN PetscErrorCode SgdCertificateCheck(const SgdModels *models, const SgdStationaryState *s);
/* Of a model of a finite order, and of one without a density: cells_error, moments_error, the sets' doubts and the passages'
   errors, from half the cells per axis (one without a density that has an error as large as its value is not resolved);
   passages: those of s. In words where they need some. Collective. */
PETSC_INTERN PetscErrorCode SgdCellsErrorFind(const SgdModels *models, int model, const SgdEigenpairsOptions *o,
                                              const SgdPassages *passages, SgdStationaryState *s);
PETSC_INTERN PetscErrorCode SgdCellsErrorView(const SgdModels *models, int model, const SgdStationaryState *s);
/* s[models].error and .extrapolated. */
PETSC_INTERN PetscErrorCode SgdStationaryCheck(const SgdModels *models, const SgdEigenpairsOptions *o,
                                               SgdStationaryState s[]);
PETSC_INTERN PetscErrorCode SgdStationaryFree(SgdStationaryState *s);
PETSC_INTERN PetscErrorCode SgdFlatAxesFind(const SgdModels *models, SgdFlatAxes *flat, PetscBool *any);
PETSC_INTERN PetscErrorCode SgdTailsFind(const SgdModels *models, SgdTails *tails);
/* In words, where the curvature fluctuates: finite or infinite variance, of SGD and of Langevin. */
PETSC_INTERN PetscErrorCode SgdTailsView(const SgdModels *models, const SgdTails *tails);
/* stationary.h5; exit 4 where there is no room for it. s [models] */
PETSC_INTERN PetscErrorCode SgdStationaryFieldsWrite(const SgdModels *models, const SgdStationaryState *s,
                                                     const char *folder);
/* name: the case's. s [models]; NULL where there is no stationary state. */
PETSC_INTERN PetscErrorCode SgdStationaryWrite(const SgdModels *models, const char *name, const SgdFlatAxes *flat,
                                               const SgdTails *tails, const SgdStationaryState *s, const char *folder);
/* Expectations: section stationary.expect, items {model, quantity, value, tolerance, relative}. Quantities: mu_K,
   gap_K (1 - |mu_K|), rate_K (-ln|mu_K|/eta), escape_rate, leak, degenerate, fluctuation_dissipation,
   mean_A, second_moment_A (<a_A^2>), diffusion_A, extrapolated_rate_K (from two
   grids, with check.error), passage_K (mean first-passage time in tau), basins (their number),
   basin_rate_K (escape rate of set K); of SGD's closed moments at the reference point: closed_variance_A (0: infinite),
   tail_A. */
PETSC_INTERN PetscErrorCode SgdStationaryExpect(const SgdModels *models, const SgdFlatAxes *flat, const SgdTails *tails,
                                                const SgdStationaryState *s);
