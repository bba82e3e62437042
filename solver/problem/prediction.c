#include "solver/problem/prediction.h"
#include "operators/linearised/closure.h"
#include "meshes/fields.h"
#include "meshes/phase_space.h"

#define LEAST_SPREAD 1e-140

typedef struct {
  double g[3], H[9], C[9], Gamma[3], at[3]; /* fields linearised at the slice point `at` */
} Linear;

/* g, H = V^T H V, C and the Hessian noise along the axes at a point of the slice. */
static PetscErrorCode Linearise(SgdLandscape l, SgdFrame f, double factor, const double at[], double *w, double *hv,
                                Linear *lin) {
  const int d = f->dim;
  double loss, cov, D;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(lin->at, at, d));
  SgdFramePoint(f, at, w);
  PetscCall(SgdLandscapePoint(l, w, d, f->V, &loss, lin->g, lin->C, NULL));
  for (int a = 0; a < d; a++) {
    PetscCall(SgdLandscapeHessianApply(l, w, f->V + (size_t)a * f->P, hv));
    PetscCall(SgdLandscapeModeNoise(l, w, f->V + (size_t)a * f->P, &D, &lin->Gamma[a], &cov));
    lin->Gamma[a] *= factor;
    for (int b = 0; b < d; b++) {
      lin->C[a * d + b] *= factor;
      lin->H[b * d + a] = 0;
      for (PetscInt i = 0; i < f->P; i++) lin->H[b * d + a] += f->V[(size_t)b * f->P + i] * hv[i];
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where the complement spreads the law of a step is known at points only: H by differences a deviation to either side,
   and C in the mean over the spread, to second order. */
static PetscErrorCode LineariseOverSpread(SgdLandscape l, SgdFrame f, double eta, double factor, const double cov[],
                                          double *w, Linear *lin) {
  const int d = f->dim;
  double at[3], loss, g[2][3], C[2][9], centre[9];

  PetscFunctionBegin;
  for (int i = 0; i < d * d; i++) centre[i] = lin->C[i];
  for (int a = 0; a < d; a++) {
    const double s = hypot(sqrt(cov[a * (d + 1)]), eta * sqrt(centre[a * (d + 1)]));
    for (int side = 0; side < 2; side++) {
      for (int b = 0; b < d; b++) at[b] = lin->at[b] + (b == a ? (side ? s : -s) : 0);
      SgdFramePoint(f, at, w);
      PetscCall(SgdLandscapePoint(l, w, d, f->V, &loss, g[side], C[side], NULL));
    }
    for (int b = 0; b < d; b++) lin->H[b * d + a] = (g[1][b] - g[0][b]) / (2 * s);
    for (int i = 0; i < d * d; i++) lin->C[i] += 0.5 * factor * (C[0][i] + C[1][i]) - centre[i];
    lin->Gamma[a] = 0;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* With momentum the slice's linearisation becomes that of phase space; the Hessian noise Gamma Pi_aa adds to the one
   noise that drives both coordinates. */
static void ToPhaseSpace(double eta, double beta, double spread, const double at[], Linear *lin) {
  const double g = lin->g[0], H = lin->H[0], C = lin->C[0] + lin->Gamma[0] * spread;
  double C2[3];

  SgdPhaseSpace(eta, beta, at[1], g, C, lin->g, C2);
  SgdPhaseSpaceHessian(eta, beta, H, lin->H);
  for (int i = 0; i < 4; i++) lin->C[i] = C;
  lin->Gamma[0] = lin->Gamma[1] = 0;
  lin->at[1] = at[1];
}

/* g = g(at) + H (a - at), also where sam looks. */
static SgdRuleGradient LinearGradient(const SgdUpdateRule *r, double g, double H, double C) {
  return (SgdRuleGradient){g, C, {g + H * r->radius, g - H * r->radius}, {C, C}, NULL};
}

/* An optimizer's states, linearised where the mean is: the moments of its displacement there, and their differences a
   thousandth of the spread to either side, with the slice's g = g(at) + H (a - at) and C. */
static PetscErrorCode ToStates(SgdGroupLaw groups, const SgdUpdateRule *r, const double cov[], const double at[],
                               Linear *lin) {
  const int d = SgdRuleDimension(r->kind);
  const double eta = r->learning_rate, g = lin->g[0], H = lin->H[0], C = lin->C[0] + lin->Gamma[0] * cov[0];
  double mean[2][3], z[3], S[6];

  PetscFunctionBegin;
  for (int b = 0; b < d; b++) {
    const double step = 1e-3 * sqrt(cov[b * (d + 1)]);
    for (int side = 0; side < 2; side++) {
      for (int a = 0; a < d; a++) z[a] = at[a];
      z[b] += (side ? step : -step);
      SgdRuleGradient G = LinearGradient(r, g + H * (z[0] - at[0]), H, C);
      if (groups) PetscCall(SgdGroupLawAt(groups, z[0], &G.groups));
      SgdRuleMoments(r, SGD_RULE_NODES, z, &G, mean[side], S);
    }
    for (int a = 0; a < d; a++) lin->H[a * d + b] = -(mean[1][a] - mean[0][a]) / (2 * step * eta);
  }
  SgdRuleGradient G = LinearGradient(r, g, H, C);
  if (groups) PetscCall(SgdGroupLawAt(groups, at[0], &G.groups));
  SgdRuleMoments(r, SGD_RULE_NODES, at, &G, mean[0], S);
  for (int a = 0; a < d; a++) {
    lin->g[a] = -mean[0][a] / eta;
    lin->at[a] = at[a];
    lin->Gamma[a] = 0;
    for (int b = 0; b < d; b++) lin->C[a * d + b] = S[SgdPair(d, a, b)] / (eta * eta);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* g at the mean, from the last linearisation. */
static void GradientAt(int d, const Linear *lin, const double *mean, double *g) {
  for (int a = 0; a < d; a++) {
    g[a] = lin->g[a];
    for (int b = 0; b < d; b++) g[a] += lin->H[a * d + b] * (mean[b] - lin->at[b]);
  }
}

/* Squares of what is compared must be numbers. noise: of a step along the axis. */
static PetscErrorCode CheckSpread(MPI_Comm comm, int axis, double std, double eta, double noise) {
  PetscFunctionBegin;
  if (std == 0 && noise > 0) PetscFunctionReturn(PETSC_SUCCESS); /* a point */
  if (!(std > 0) || PetscIsInfOrNanReal(std))
    return SgdFail(comm, SGD_EXIT_CASE,
                   "initial.std: axis %d of the slice has no minibatch noise at the initial mean: give initial.std",
                   axis + 1);
  if (std < LEAST_SPREAD || eta < LEAST_SPREAD)
    return SgdFail(comm, SGD_EXIT_CASE,
                   "axis %d: the initial spread is %.3g, the learning rate %.3g: squares of numbers below %g are "
                   "lost to underflow; measure the parameters or the loss in other units",
                   axis + 1, std, eta, LEAST_SPREAD);
  if (noise > 0 && noise < LEAST_SPREAD)
    return SgdFail(comm, SGD_EXIT_CASE,
                   "axis %d: a step's noise is %.3g: its square is lost to underflow; give no noise, or measure the "
                   "parameters or the loss in other units",
                   axis + 1, noise);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPredictionStart(SgdLandscape l, SgdFrame f, const SgdSgdOptions *sgd, const SgdInitialOptions *o,
                                  double mean0[], double std0[]) {
  const double eta = sgd->learning_rate, factor = SgdLandscapeBatchFactor(l, sgd->batch_size, SgdSettingsSampling(sgd));
  const int d = f->dim + SgdSettingsMemory(sgd), slice = f->dim;
  double *w, loss, g[3], C[9];

  PetscFunctionBegin;
  for (int a = 0; a < d; a++) mean0[a] = o->mean_count ? o->mean[a] : 0;
  PetscCall(PetscMalloc1(f->P, &w));
  SgdFramePoint(f, mean0, w);
  PetscCall(SgdLandscapePoint(l, w, slice, f->V, &loss, g, C, NULL));
  PetscCall(PetscFree(w));
  for (int a = 0; a < d; a++) {
    const double noise = eta * sqrt(factor * C[a < slice ? a * slice + a : 0]);
    std0[a] = o->std_count ? o->std[a] : noise;
    PetscCall(CheckSpread(SgdLandscapeComm(l), a, std0[a], eta, noise));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Propagate(SgdPrediction p, int kind, SgdLandscape l, SgdFrame f, const SgdSgdOptions *sgd,
                                const SgdSchedule *s, SgdCoMoving c) {
  const int d = p->dim, refresh = SgdLandscapeSamples(l) ? PetscMax(1, p->steps / 20) : 1;
  double *w, *hv, g[3];
  SgdGroupLaw groups = NULL;
  Linear lin;

  PetscFunctionBegin;
  if (sgd->rule.kind == SGD_RULE_ALSO) PetscCall(SgdGroupLawCreate(l, f, &sgd->rule, sgd->batch_size, &groups));
  PetscCall(PetscMalloc2(f->P, &w, f->P, &hv));
  for (int a = 0; a < d; a++) {
    p->mean[kind][a] = p->mean0[a];
    p->cov[kind][a * (d + 1)] = p->std0[a] * p->std0[a];
  }
  for (int n = 0; n < p->steps; n++) {
    double *mean = p->mean[kind] + (n + 1) * d, *cov = p->cov[kind] + (n + 1) * d * d;
    const int piece = SgdSchedulePiece(s, n);
    const double eta = s->eta[piece], factor = SgdLandscapeBatchFactor(l, s->batch[piece], SgdSettingsSampling(sgd));
    if (n == s->start[piece]) PetscCall(SgdCoMovingEnter(c, piece));
    if (n % refresh == 0 || n == s->start[piece]) {
      PetscCall(Linearise(l, f, factor, mean - d, w, hv, &lin));
      if (SgdLandscapeScattered(l)) PetscCall(LineariseOverSpread(l, f, eta, factor, cov - d * d, w, &lin));
      if (sgd->momentum != 0) ToPhaseSpace(eta, sgd->momentum, (cov - d * d)[0], mean - d, &lin);
      if (SgdSettingsRule(sgd)) PetscCall(ToStates(groups, &sgd->rule, cov - d * d, mean - d, &lin));
    }
    for (int a = 0; a < d; a++) p->step_noise[a] = PetscMin(p->step_noise[a], eta * sqrt(lin.C[a * (d + 1)]));
    PetscCall(PetscArraycpy(mean, mean - d, d));
    PetscCall(PetscArraycpy(cov, cov - d * d, d * d));
    GradientAt(d, &lin, mean, g);
    if (kind == 0)
      SgdClosureStepSGD(d, eta, g, lin.H, lin.C, lin.Gamma, mean, cov);
    else
      SgdClosureStepLangevin(d, eta, g, lin.H, lin.C, lin.Gamma, mean, cov);
    if (PetscIsInfOrNanReal(mean[0]) || PetscAbsReal(mean[0]) > 1e12)
      break; /* not finite: refused by the check of the extent */
  }
  PetscCall(PetscFree2(w, hv));
  PetscCall(SgdGroupLawDestroy(&groups));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* kinds: 1 of SGD alone, 2 of both */
static PetscErrorCode Compute(SgdLandscape l, SgdFrame f, const SgdSgdOptions *sgd, const SgdInitialOptions *initial,
                              const SgdSchedule *s, SgdCoMoving c, int kinds, SgdPrediction *prediction) {
  const int d = f->dim + SgdSettingsMemory(sgd);
  SgdPrediction p;

  PetscFunctionBegin;
  PetscCall(PetscNew(&p));
  p->dim = d;
  p->steps = sgd->steps;
  for (int kind = 0; kind < 2; kind++) {
    PetscCall(PetscCalloc1((size_t)(p->steps + 1) * d, &p->mean[kind]));
    PetscCall(PetscCalloc1((size_t)(p->steps + 1) * d * d, &p->cov[kind]));
  }
  for (int a = 0; a < d; a++) p->step_noise[a] = PETSC_MAX_REAL;
  PetscCall(SgdPredictionStart(l, f, sgd, initial, p->mean0, p->std0));
  for (int kind = 0; kind < kinds; kind++) PetscCall(Propagate(p, kind, l, f, sgd, s, c));
  PetscCall(SgdCoMovingLeave(c));
  *prediction = p;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPredictionCompute(SgdLandscape l, SgdFrame f, const SgdSgdOptions *sgd,
                                    const SgdInitialOptions *initial, const SgdSchedule *s, SgdCoMoving c,
                                    SgdPrediction *p) {
  return Compute(l, f, sgd, initial, s, c, 2, p);
}

PetscErrorCode SgdPredictionOfSGD(SgdLandscape l, SgdFrame f, const SgdSgdOptions *sgd,
                                  const SgdInitialOptions *initial, const SgdSchedule *s, SgdCoMoving c,
                                  SgdPrediction *p) {
  return Compute(l, f, sgd, initial, s, c, 1, p);
}

static double Deviations(const SgdSliceOptions *o, int axis) {
  return o->deviations_count ? o->deviations[axis] : 8;
}

/* The step at which the deviation along an axis is largest; one that is no number is. */
static int Widest(SgdPrediction p, int kind, int axis) {
  const int d = p->dim;
  int widest = 0;

  for (int n = 1; n <= p->steps; n++) {
    const double here = p->cov[kind][n * d * d + axis * (d + 1)], most = p->cov[kind][widest * d * d + axis * (d + 1)];
    if (!(here <= most)) widest = n;
  }
  return widest;
}

/* The narrowest that the density is along an axis: a point is as wide as its first step. */
static double Width(SgdPrediction p, int axis) {
  return p->std0[axis] > 0 ? p->std0[axis] : p->step_noise[axis];
}

static PetscErrorCode FollowAxis(SgdPrediction p, double deviations, SgdLandscape l, SgdFrame f,
                                 const SgdSgdOptions *sgd, const SgdSchedule *schedule, int axis) {
  const int d = p->dim;
  PetscBool ends = PETSC_TRUE, middle = PETSC_TRUE, quadratic;

  PetscFunctionBegin;
  for (int kind = 0; kind < 2; kind++) {
    const int n = Widest(p, kind, axis);
    const double deviation = sqrt(p->cov[kind][n * d * d + axis * (d + 1)]), *mean = p->mean[kind] + n * d;
    PetscCall(SgdReachQuadratic(l, f, mean, axis, deviations * deviation, Width(p, axis), &quadratic));
    if (quadratic) continue;
    ends = PETSC_FALSE;
    PetscCall(SgdReachQuadratic(l, f, mean, axis, 3 * deviation, Width(p, axis), &quadratic));
    if (!quadratic) middle = PETSC_FALSE;
  }
  if (ends) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdReachFollow(l, f, sgd, schedule, p->mean0, Width(p, axis), axis, &p->reach[axis]));
  p->reach[axis].beyond = (PetscBool)!middle;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPredictionFollow(SgdPrediction p, const SgdSliceOptions *o, SgdLandscape l, SgdFrame f,
                                   const SgdSgdOptions *sgd, const SgdSchedule *schedule) {
  PetscFunctionBegin;
  if (o->min_count || p->dim != f->dim || SgdSettingsRule(sgd) || SgdLandscapeGetDomain(l).min)
    PetscFunctionReturn(PETSC_SUCCESS);
  for (int a = 0; a < p->dim; a++) PetscCall(FollowAxis(p, Deviations(o, a), l, f, sgd, schedule, a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPredictionViewReach(SgdPrediction p, MPI_Comm comm) {
  PetscFunctionBegin;
  for (int a = 0; a < p->dim; a++) {
    const SgdReach *r = &p->reach[a];
    if (!r->followed) continue;
    if (r->left > 0)
      PetscCall(
          SgdWarn(comm,
                  "axis %d: not resolved: the density followed on the axis's cut leaves every box that was tried "
                  "(%.2g of it leaves [%.4g, %.4g], which is taken); set slice.min, slice.max and slice.cells, or "
                  "a smaller sgd.learning_rate",
                  a + 1, r->left, r->low, r->high));
    else
      PetscCall(SgdSay(comm,
                       "Axis %d: the loss is not quadratic as far as the closed moments reach; the density followed on "
                       "the axis's cut stays in [%.4g, %.4g] (%d points of the landscape)%s\n",
                       a + 1, r->low, r->high, r->points,
                       r->beyond ? ", which is the box" : ", and the box ends there or two fifths of that beyond"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Deviations of a loss that is not quadratic so far count up to two fifths of the followed range beyond it: nodes that
   follow the landscape where no mass comes are missing where it is. */
static void FollowedNeed(const SgdReach *r, int axis, SgdSliceNeed *need) {
  const double most = r->beyond ? 0 : r->left > 0 ? PETSC_INFINITY : 0.4 * (r->high - r->low);

  if (!r->followed) return;
  need->low[axis] = PetscMax(PetscMin(need->low[axis], r->low), r->low - most);
  need->high[axis] = PetscMin(PetscMax(need->high[axis], r->high), r->high + most);
}

void SgdPredictionNeed(SgdPrediction p, const SgdSliceOptions *o, SgdSliceNeed *need) {
  const int d = p->dim;

  for (int a = 0; a < d; a++) {
    const double deviations = Deviations(o, a);
    need->low[a] = PETSC_MAX_REAL;
    need->high[a] = -PETSC_MAX_REAL;
    for (int kind = 0; kind < 2; kind++)
      for (int n = 0; n <= p->steps; n++) {
        const double mean = p->mean[kind][n * d + a], reach = deviations * sqrt(p->cov[kind][n * d * d + a * (d + 1)]);
        need->low[a] = PetscMin(need->low[a], mean - reach);
        need->high[a] = PetscMax(need->high[a], mean + reach);
      }
    FollowedNeed(&p->reach[a], a, need);
    need->scale[a] = PetscMin(p->step_noise[a], Width(p, a));
  }
}

/* Where the closure has diverged its support is the whole box. */
void SgdPredictionSupport(SgdPrediction p, SgdSupport *s) {
  const int d = p->dim;

  for (int a = 0; a < d; a++) {
    s->low[a] = PETSC_MAX_REAL;
    s->high[a] = -PETSC_MAX_REAL;
    s->deviation[a] = 0;
    for (int n = 0; n <= p->steps; n++) {
      const double mean = p->mean[0][n * d + a], deviation = sqrt(p->cov[0][n * d * d + a * (d + 1)]);
      s->low[a] = PetscMin(s->low[a], mean - SGD_SUPPORT_DEVIATIONS * deviation);
      s->high[a] = PetscMax(s->high[a], mean + SGD_SUPPORT_DEVIATIONS * deviation);
      s->deviation[a] = PetscMax(s->deviation[a], deviation);
    }
    if (!(s->deviation[a] < 1e12)) s->deviation[a] = 0;
    if (!p->reach[a].followed || !p->reach[a].beyond) continue;
    s->low[a] = p->reach[a].low;
    s->high[a] = p->reach[a].high;
    s->deviation[a] = (s->high[a] - s->low[a]) / (4 * SGD_SUPPORT_DEVIATIONS);
  }
}

double SgdPredictionSpread(SgdPrediction p) {
  const int d = p->dim;
  double spread = PETSC_MAX_REAL;

  for (int a = 0; a < d; a++) spread = PetscMin(spread, sqrt(p->cov[0][p->steps * d * d + a * (d + 1)]));
  return spread;
}

PetscErrorCode SgdPredictionDestroy(SgdPrediction *p) {
  PetscFunctionBegin;
  if (!*p) PetscFunctionReturn(PETSC_SUCCESS);
  for (int kind = 0; kind < 2; kind++) {
    PetscCall(PetscFree((*p)->mean[kind]));
    PetscCall(PetscFree((*p)->cov[kind]));
  }
  PetscCall(PetscFree(*p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* |w_n - w_ref| of gradient descent; where |g| eta n is already negligible against the spread that bound is the answer.
 */
static PetscErrorCode Drift(SgdLandscape l, SgdFrame f, double eta, int steps, double negligible, double *norm,
                            double *drift) {
  double *w, *g;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(f->P, &w, f->P, &g));
  PetscCall(PetscArraycpy(w, f->origin, f->P));
  for (int n = 0; n < steps; n++) {
    double square = 0;
    PetscCall(SgdLandscapeGradient(l, w, NULL, g));
    for (PetscInt i = 0; i < f->P; i++) square += g[i] * g[i];
    if (n == 0) *norm = sqrt(square);
    if (n == 0 && *norm * eta * steps < negligible) {
      *drift = *norm * eta * steps;
      break;
    }
    *drift = 0;
    for (PetscInt i = 0; i < f->P; i++) {
      w[i] -= eta * g[i];
      *drift += PetscSqr(w[i] - f->origin[i]);
    }
    *drift = sqrt(*drift);
    if (PetscIsInfOrNanReal(*drift)) break;
  }
  PetscCall(PetscFree2(w, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDriftCompute(SgdLandscape l, SgdFrame f, const SgdSgdOptions *sgd, double spread, double *norm,
                               double *drift) {
  PetscFunctionBegin;
  *norm = *drift = 0;
  PetscCall(Drift(l, f, sgd->learning_rate, sgd->steps, 1e-3 * spread, norm, drift));
  if (f->P > f->dim && *drift > spread)
    PetscCall(
        SgdWarn(SgdLandscapeComm(l),
                "the mean moves %.3g, %.3g times the spread: a slice frozen at a point that is not a minimum "
                "soon stops meaning anything; converge the reference point (reference_point.minimize) or let the slice "
                "follow the mean (slice.follow: mean_path)",
                *drift, *drift / spread));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDriftView(MPI_Comm comm, double norm, double drift, double spread) {
  return SgdSay(comm,
                "Frozen slice: |mean gradient| at the reference point %.3g; gradient descent from it moves %.3g "
                "over the horizon, the narrowest spread is %.3g\n",
                norm, drift, spread);
}
