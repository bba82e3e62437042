/* The spread master map's state, shared by master_spread.c (the step), master_spread_choice.c (padding and kernel)
   and master_spread_law.c (the law of the noise). */
#pragma once
#include "operators/master/master.h"
#include "operators/noise/law_expansion.h"
#include "operators/noise/law_reach.h"
#include "operators/nufft/row_exchange.h"
#include "operators/nufft/spectral_filter.h"
#include "operators/nufft/spreading.h"
#include "operators/nufft/spreading_choice.h"

typedef struct {
  SgdGrid grid;
  SgdFields fields;
  double eta;
  SgdSpreading spreading;
  SgdSpectralSize size;
  SgdSpectralFilter filter;
  SgdRowExchange exchange; /* NULL: one rank and nothing to wrap, spread straight into the slab */
  double *window;          /* [high - low] planes of the fine grid that this rank's sources touch */
  int low, high;
  PetscInt plane, origin;
  PetscInt length;           /* sources taken together: a row along axis 0, as far as it is this rank's */
  double ratio[3], clamp[3]; /* fine points a cell; cells beyond the box that T may lie (absorbing) */
  double *u[3], *weighted;   /* one row of sources: positions, masses */
  SgdSpreadingTable table;   /* of all local sources; NULL while one term or few spread them once a step */
  SgdLawExpansion expansion; /* terms 0: the law is the same everywhere */
  PetscBool last;
  int steps;
  double seconds; /* in the spreading loop */
} Spread;

/* k->size.pad and k->clamp: room for the noise beyond the box. Collective. */
PETSC_INTERN PetscErrorCode SgdSpreadPadding(Spread *k, SgdNoiseLaw law, const SgdSupport *support, double tolerance,
                                             SgdReport *report);
/* k->spreading and the fine grid: the cheapest kernel that meets the tolerance for this law. Collective. */
PETSC_INTERN PetscErrorCode SgdSpreadKernel(Spread *k, SgdNoiseLaw law, PetscBool same, double tolerance,
                                            SgdReport *report);
/* k->expansion and k->size.terms; terms 0 if it would take too many. Collective. */
PETSC_INTERN PetscErrorCode SgdSpreadExpand(Spread *k, SgdNoiseLaw law, const SgdLawAccuracy *accuracy,
                                            SgdReport *report);
/* The factors of every mode. Collective. */
PETSC_INTERN PetscErrorCode SgdSpreadMultiplier(Spread *k, SgdNoiseLaw law);
