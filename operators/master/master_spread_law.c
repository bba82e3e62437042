/* The law of the noise in the spread master map: its expansion where it depends on the place, and the factors of every
   mode (THEORY.md (13)). */
#include "operators/master/master_spreadimpl.h"

typedef struct {
  Spread *k;
  SgdNoiseLaw law;
  int settled;        /* on this term's place */
  double *inverse[3]; /* 1/psihat by |mode| */
} Multiplier;

/* D(k) = conj phi(eta k) / prod_a psihat_a(xi_a),  k_a = 2 pi m_a/(N_a h_a), xi_a = 2 pi m_a/fine_a. */
static PetscErrorCode LawLines(void *ctx, int term, const int mode[3], int lines, int count, double _Complex D[]) {
  Multiplier *x = ctx;
  const Spread *k = x->k;
  const int last = k->grid->dim - 1;
  double q[3] = {0, 0, 0}, dq[3] = {0, 0, 0}, unit[3] = {0, 0, 0};

  PetscFunctionBegin;
  if (k->expansion.terms && x->settled != term) PetscCall(SgdLawExpansionSettle(&k->expansion, term, x->law));
  x->settled = term;
  for (int a = 0; a <= last; a++) {
    unit[a] = k->eta * 2 * PETSC_PI / (k->size.coarse[a] * k->grid->h[a]);
    q[a] = unit[a] * mode[a];
  }
  dq[last] = unit[last];
  PetscCall(SgdLawExpansionLines(&k->expansion, x->law, q, lines, unit[0], dq, count, D));
  for (int l = 0; l < lines; l++, D += count) {
    const double first = last > 0 ? x->inverse[0][abs(mode[0] + l)] : 1,
                 others = last > 1 ? first * x->inverse[1][abs(mode[1])] : first;
    for (int j = 0; j < count; j++) D[j] = others * x->inverse[last][abs(mode[last] + j)] * conj(D[j]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpreadMultiplier(Spread *k, SgdNoiseLaw law) {
  Multiplier x = {.k = k, .law = law, .settled = -1};

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(k->size.modes[0] + 1, &x.inverse[0], k->size.modes[1] + 1, &x.inverse[1], k->size.modes[2] + 1,
                         &x.inverse[2]));
  for (int a = 0; a < k->grid->dim; a++)
    for (int m = 0; m <= k->size.modes[a]; m++)
      x.inverse[a][m] = 1 / SgdEsKernelTransform(k->spreading.kernel[a].width, k->spreading.kernel[a].beta,
                                                 2 * PETSC_PI * m / k->size.fine[a]);
  PetscCall(SgdNoiseLawAt(law, k->grid->first_cell));
  PetscCall(SgdSpectralFilterFill(k->filter, k->expansion.places, k->expansion.mix, LawLines, &x));
  PetscCall(PetscFree3(x.inverse[0], x.inverse[1], x.inverse[2]));
  PetscCall(SgdLawExpansionFreeTable(&k->expansion));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One line on what the expansion is; a warning where cells that were not sampled contradict it. */
static PetscErrorCode ReportTerms(const Spread *k, double tolerance, SgdReport *r) {
  const SgdLawExpansion *e = &k->expansion;
  char places[64] = "", nodes[64] = "";

  PetscFunctionBegin;
  if (e->mix) PetscCall(PetscSNPrintf(places, sizeof places, ", mixed from the law at %d places", e->places));
  if (e->table)
    PetscCall(PetscSNPrintf(nodes, sizeof nodes, ", from the gradients at %d places", SgdLawTablePlaces(e->table)));
  if (e->nodes) PetscCall(PetscSNPrintf(nodes, sizeof nodes, ", weights from %d Chebyshev nodes an axis", e->nodes));
  PetscCall(
      SgdReportNote(r,
                    "the law depends on the place: %d terms%s%s; error on other cells %.1e where mass is expected, "
                    "%.1e anywhere%s",
                    e->terms, places, nodes, e->error, e->elsewhere,
                    e->frozen ? "; beyond 7.3 expected deviations the law of the nearest place within" : ""));
  if (e->error > 10 * tolerance)
    PetscCall(SgdWarn(k->grid->comm, "model %s: the noise of a step is known to %.1e only, asked for %.1e", r->name,
                      e->error, tolerance));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpreadExpand(Spread *k, SgdNoiseLaw law, const SgdLawAccuracy *accuracy, SgdReport *r) {
  SgdLawAccuracy part = *accuracy;
  double dq[3] = {0, 0, 0};

  PetscFunctionBegin;
  part.tolerance *= 0.2;
  for (int a = 0; a < k->grid->dim; a++) dq[a] = k->eta * 2 * PETSC_PI / (k->size.coarse[a] * k->grid->h[a]);
  PetscCall(SgdLawExpansionCreate(law, k->grid, dq, k->size.modes, &part, &k->expansion));
  k->size.terms = k->expansion.terms;
  if (k->size.terms) PetscCall(ReportTerms(k, accuracy->tolerance, r));
  PetscFunctionReturn(PETSC_SUCCESS);
}
