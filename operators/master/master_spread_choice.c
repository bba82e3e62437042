/* What the spread master map chooses at set-up: how far the box is padded, and which kernel and fine grid serve the law
   of the noise to the tolerance (THEORY.md (12); spreading_choice.h). */
#include "operators/master/master_spreadimpl.h"

/* How far beyond the box, in cells, T goes along an axis. */
static PetscErrorCode Overshoot(const Spread *k, int a, double *most) {
  SgdGrid grid = k->grid;

  PetscFunctionBegin;
  *most = 0;
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    PetscInt index[3];
    SgdGridIndex(grid, cell, index);
    const double T = (double)index[a] - k->eta / grid->h[a] * k->fields->g[a][cell - k->fields->first_cell];
    *most = PetscMax(*most, PetscMax(-T, T - (double)(grid->n[a] - 1)));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, 1, MPI_DOUBLE, MPI_MAX, grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The share of a step's mass that the noise carries further than `distance` along an axis: where its reach grows past
   that. Collective. */
static PetscErrorCode MassBeyond(SgdNoiseLaw law, int a, double distance, double *mass) {
  double low = log(1e-30), high = log(0.5), reach[3];
  PetscBool bounded;

  PetscFunctionBegin;
  for (int i = 0; i < 50; i++) {
    PetscCall(SgdNoiseLawReach(law, exp(0.5 * (low + high)), reach, &bounded));
    if (reach[a] > distance)
      low = 0.5 * (low + high);
    else
      high = 0.5 * (low + high);
  }
  *mass = exp(high);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a heavy-tailed step carries once around the padded axis and back into the box: a bound, for the user to see. */
static PetscErrorCode ReportWrap(Spread *k, SgdNoiseLaw law, double tolerance, SgdReport *r) {
  SgdGrid grid = k->grid;
  char name[64];
  double mass = 0;

  PetscFunctionBegin;
  for (int a = 0; a < grid->dim; a++) {
    if (grid->boundary[a] == SGD_PERIODIC) continue;
    PetscCall(MassBeyond(law, a, (k->size.coarse[a] - (double)grid->n[a] - k->clamp[a]) * grid->h[a], &mass));
    PetscCall(PetscSNPrintf(name, sizeof name, "mass a step that may wrap around, axis %d", a + 1));
    PetscCall(SgdReportFigure(r, name, mass, tolerance, (PetscBool)(mass <= tolerance)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Noise of one reach everywhere: T lies within `clamp` of the box, its noise within `noise` of T. */
static PetscErrorCode Everywhere(Spread *k, int a, double noise, double room[2]) {
  double beyond;

  PetscFunctionBegin;
  PetscCall(Overshoot(k, a, &beyond));
  k->clamp[a] = k->grid->boundary[a] == SGD_ABSORBING ? PetscMin(noise, beyond) : beyond;
  room[0] = room[1] = noise + k->clamp[a];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Noise that reaches as far as the place says: on either side what the farthest source needs, T included. T is held where
   the noise of no source there reaches back into the box. Collective. */
static PetscErrorCode ByPlace(Spread *k, const SgdLawReach *reach, int a, double room[2]) {
  SgdGrid grid = k->grid;
  const double n = (double)grid->n[a];
  double out[3] = {0, 0, 0}; /* clamp, room */
  PetscInt index[3];

  PetscFunctionBegin;
  for (int pass = 0; pass < 2; pass++) { /* the clamp first */
    for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
      SgdGridIndex(grid, cell, index);
      const double *noise = SgdLawReachAt(reach, index)[a];
      const double T = (double)index[a] - k->eta / grid->h[a] * k->fields->g[a][cell - k->fields->first_cell];
      const double beyond[2] = {-T, T - (n - 1)};
      for (int s = 0; s < 2; s++) {
        const double held =
            grid->boundary[a] == SGD_ABSORBING ? PetscMin(beyond[s], pass ? k->clamp[a] : noise[1 - s]) : beyond[s];
        double *most = pass ? &out[1 + s] : &out[0];
        *most = PetscMax(*most, pass ? held + noise[s] : held);
      }
    }
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, out, 3, MPI_DOUBLE, MPI_MAX, grid->comm));
    k->clamp[a] = out[0];
  }
  for (int s = 0; s < 2; s++) room[s] = PetscMax(out[1 + s], k->clamp[a]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Padding: room for T and its noise on either side of the box, so that nothing comes around. Heavy tails have no reach: they
   get as much padding as is affordable, and what may still wrap around is reported. */
PetscErrorCode SgdSpreadPadding(Spread *k, SgdNoiseLaw law, const SgdSupport *support, double tolerance, SgdReport *r) {
  SgdGrid grid = k->grid;
  double reach[3], room[2] = {0, 0};
  SgdLawReach by_place;
  PetscBool bounded;

  PetscFunctionBegin;
  if (SgdNoiseLawSamples(law)) {
    bounded = PETSC_TRUE;
    PetscCall(SgdLawReachFind(law, grid, support, k->eta, 0.1 * tolerance, &by_place));
  } else
    PetscCall(SgdNoiseLawReach(law, 0.1 * tolerance, reach, &bounded));
  for (int a = 0; a < 3; a++) k->size.coarse[a] = k->size.fine[a] = 1;
  for (int a = 0; a < grid->dim; a++) {
    const int n = (int)grid->n[a];
    k->size.pad[a] = 0;
    k->size.coarse[a] = n;
    if (grid->boundary[a] == SGD_PERIODIC) continue;
    if (SgdNoiseLawSamples(law))
      PetscCall(ByPlace(k, &by_place, a, room));
    else
      PetscCall(Everywhere(
          k, a, bounded ? reach[a] / grid->h[a] : PetscMin(reach[a] / grid->h[a], (grid->dim == 1 ? 4 : 0.25) * n),
          room));
    if (k->clamp[a] > 4.0 * n)
      return SgdFail(grid->comm, SGD_EXIT_NUMBERS,
                     "model %s: along axis %d a step jumps %.3g cells beyond a reflecting wall, the box has %d: make "
                     "the box larger or the learning rate smaller",
                     r->name, a + 1, k->clamp[a], n);
    const int low = (int)ceil(room[0] + SGD_ES_MAX_WIDTH), high = (int)ceil(room[1] + SGD_ES_MAX_WIDTH);
    k->size.coarse[a] = SgdGoodLength(n + low + high);
    k->size.pad[a] = low + (k->size.coarse[a] - n - low - high) / 2;
  }
  if (!bounded) PetscCall(ReportWrap(k, law, tolerance, r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest |phi| over the other axes' modes, at the modes i of axis a, of the cell the law is settled on. */
static PetscErrorCode LargestOverRanks(const Spread *k, SgdNoiseLaw law, int a, double envelope[]) {
  const int d = k->grid->dim, POINTS = d > 2 ? 12 : 33, b = (a + 1) % d, c = (a + 2) % d;
  double q[3] = {0, 0, 0}, dq[3] = {0, 0, 0};
  double _Complex phi[SGD_ENVELOPE + 1];

  PetscFunctionBegin;
  dq[a] = k->eta * PETSC_PI / SGD_ENVELOPE / k->grid->h[a];
  for (int i = d > 1 ? -POINTS : 0; i <= (d > 1 ? POINTS : 0); i++)
    for (int j = d > 2 ? -POINTS : 0; j <= (d > 2 ? POINTS : 0); j++) {
      /* finer towards 0, where a narrow ridge would be */
      if (d > 1) q[b] = k->eta * PETSC_PI / k->grid->h[b] * i * abs(i) / (POINTS * POINTS);
      if (d > 2) q[c] = k->eta * PETSC_PI / k->grid->h[c] * j * abs(j) / (POINTS * POINTS);
      PetscCall(SgdNoiseLawLine(law, q, dq, SGD_ENVELOPE + 1, phi));
      for (int m = 0; m <= SGD_ENVELOPE; m++) envelope[m] = PetscMax(envelope[m], cabs(phi[m]));
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same waves where the law has draws, as one tensor. */
static PetscErrorCode LargestOfTensor(const Spread *k, SgdSampleLaw law, int a, double envelope[]) {
  const int d = k->grid->dim, POINTS = d > 2 ? 12 : 33;
  double wave[3][SGD_ENVELOPE + 1], *phi;
  const double *q[3] = {wave[0], wave[1], wave[2]};
  int M[3] = {1, 1, 1}, before = 1, waves = 1;

  PetscFunctionBegin;
  for (int b = 0; b < d; b++) {
    const double most = k->eta * PETSC_PI / k->grid->h[b];
    M[b] = b == a ? SGD_ENVELOPE + 1 : 2 * POINTS + 1;
    for (int i = 0; i < M[b]; i++)
      wave[b][i] = b == a ? most * i / SGD_ENVELOPE : most * (i - POINTS) * abs(i - POINTS) / (POINTS * POINTS);
    before *= b < a ? M[b] : 1;
    waves *= M[b];
  }
  PetscCall(PetscMalloc1(2 * waves, &phi));
  PetscCall(SgdSampleLawTensor(law, M, q, phi));
  for (int w = 0; w < waves; w++) {
    const int m = w / before % M[a];
    envelope[m] = PetscMax(envelope[m], hypot(phi[w], phi[waves + w]));
  }
  PetscCall(PetscFree(phi));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Envelope(const Spread *k, SgdNoiseLaw law, PetscInt cell, SgdSpreadingProblem *p) {
  const SgdSampleLaw samples = SgdNoiseLawSampleLaw(law);
  int N, B;

  PetscFunctionBegin;
  PetscCall(SgdNoiseLawAt(law, cell));
  for (int a = 0; a < k->grid->dim; a++) {
    if (samples && SgdSampleLawDraws(samples, &N, &B))
      PetscCall(LargestOfTensor(k, samples, a, p->envelope[a]));
    else
      PetscCall(LargestOverRanks(k, law, a, p->envelope[a]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The cell with the least noise along an axis, of all ranks. */
static PetscErrorCode Quietest(const Spread *k, int a, PetscInt *cell) {
  const double *C = k->fields->C[SgdPair(k->grid->dim, a, a)] + (k->grid->first_cell - k->fields->first_cell);
  double own = PETSC_MAX_REAL, least;

  PetscFunctionBegin;
  *cell = k->grid->first_cell;
  for (PetscInt i = 0; i < k->grid->last_cell - k->grid->first_cell; i++)
    if (C[i] < own) {
      own = C[i];
      *cell = k->grid->first_cell + i;
    }
  PetscCallMPI(MPI_Allreduce(&own, &least, 1, MPI_DOUBLE, MPI_MIN, k->grid->comm));
  if (own > least) *cell = k->grid->cells; /* the first of those that have it */
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, cell, 1, MPIU_INT, MPI_MIN, k->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where the law depends on the place: the quietest cells, which damp the high modes least, and a few more. The same
   cells on any number of ranks, so that the same kernel is chosen. */
static PetscErrorCode EnvelopeOver(const Spread *k, SgdNoiseLaw law, SgdSpreadingProblem *p) {
  enum { FEW = 8 };
  const int d = k->grid->dim;
  PetscInt cell;

  PetscFunctionBegin;
  for (int i = 0; i < d + FEW; i++) {
    cell = (2 * (i - d) + 1) * k->grid->cells / (2 * FEW);
    if (i < d) PetscCall(Quietest(k, i, &cell));
    if (cell >= k->grid->first_cell && cell < k->grid->last_cell) PetscCall(Envelope(k, law, cell, p));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpreadKernel(Spread *k, SgdNoiseLaw law, PetscBool same, double tolerance, SgdReport *r) {
  SgdSpreadingProblem p = {.dim = k->grid->dim, .tolerance = 0.75 * tolerance, .cells = (double)k->grid->cells};
  SgdSpreadingChoice choice;

  PetscFunctionBegin;
  for (int a = 0; a < 3; a++) p.coarse[a] = k->size.coarse[a];
  if (same)
    PetscCall(Envelope(k, law, k->grid->first_cell, &p));
  else
    PetscCall(EnvelopeOver(k, law, &p));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, p.envelope, 3 * (SGD_ENVELOPE + 1), MPI_DOUBLE, MPI_MAX, k->grid->comm));
  if (SgdSpreadingChoose(&p, &choice))
    PetscCall(SgdWarn(k->grid->comm, "model %s: spreading reaches %.1e only, asked for %.1e", r->name, choice.error,
                      tolerance));
  k->spreading.dim = k->grid->dim;
  for (int a = 0; a < k->grid->dim; a++) {
    k->size.fine[a] = choice.fine[a];
    k->size.modes[a] = choice.modes[a];
    k->ratio[a] = (double)choice.fine[a] / k->size.coarse[a];
    SgdEsKernelFit(&k->spreading.kernel[a], choice.width, choice.beta[a],
                   0.2 * tolerance / k->grid->dim * SgdEsKernelTransform(choice.width, choice.beta[a], 0) /
                       choice.amplification);
  }
  PetscCall(
      SgdReportNote(r,
                    "spread + FFT, tolerance %g: kernel of %d points, fine grid %d x %d x %d, padded density grid "
                    "%d x %d x %d",
                    tolerance, choice.width, k->size.fine[0], k->size.fine[1], k->size.fine[2], k->size.coarse[0],
                    k->size.coarse[1], k->size.coarse[2]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
