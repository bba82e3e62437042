#include "solver/settings/schedule.h"
#include "cases/file/case_types.h"
#include "cases/file/choice.h"
#include "cases/file/unread.h"

typedef struct {
  char *kind;              /* constant | piecewise | cosine */
  int *start, *batch_size; /* piecewise: first step of each further piece, and what holds from there */
  double *learning_rate;
  unsigned start_count, batch_size_count, learning_rate_count;
  double final; /* cosine: learning rate at the end */
  int pieces;
} Options;

static const cyaml_schema_field_t fields[] = {SGD_STRING("kind", Options, kind),
                                              SGD_INTEGERS("start", Options, start),
                                              SGD_NUMBERS("learning_rate", Options, learning_rate),
                                              SGD_INTEGERS("batch_size", Options, batch_size),
                                              SGD_NUMBER("final", Options, final),
                                              SGD_INTEGER("pieces", Options, pieces),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults = "kind: constant\nstart: []\nlearning_rate: []\nbatch_size: []\nfinal: 0\npieces: 20\n";
static const char *const kinds[] = {"constant", "piecewise", "cosine", NULL};

/* A list of learning rates without `kind: piecewise` would change nothing. */
static PetscErrorCode CheckUnread(SgdCase c, const Options *o, int kind) {
  static const char *const reads[] = {"", "start learning_rate batch_size", "final pieces"};
  const SgdGivenKey key[] = {{"start", (PetscBool)(o->start_count > 0)},
                             {"learning_rate", (PetscBool)(o->learning_rate_count > 0)},
                             {"batch_size", (PetscBool)(o->batch_size_count > 0)},
                             {"final", (PetscBool)(o->final != 0)},
                             {"pieces", (PetscBool)(o->pieces != 20)}};

  return SgdCaseUnread(c, "schedule", "kind", kinds[kind], reads[kind], sizeof key / sizeof *key, key);
}

static PetscErrorCode Check(SgdCase c, const Options *o, int steps) {
  const unsigned n = o->start_count;

  PetscFunctionBegin;
  SgdCaseCheck(c, o->learning_rate_count == 0 || o->learning_rate_count == n, "schedule.learning_rate",
               "expected %u numbers, one for each of schedule.start, found %u", n, o->learning_rate_count);
  SgdCaseCheck(c, o->batch_size_count == 0 || o->batch_size_count == n, "schedule.batch_size",
               "expected %u numbers, one for each of schedule.start, found %u", n, o->batch_size_count);
  for (unsigned i = 0; i < n; i++) {
    SgdCaseCheck(c, o->start[i] > (i ? o->start[i - 1] : 0) && o->start[i] < steps, "schedule.start",
                 "steps must increase within 1 .. %d, found %d", steps - 1, o->start[i]);
    SgdCaseCheck(c, !o->learning_rate_count || o->learning_rate[i] > 0, "schedule.learning_rate",
                 "must be positive, got %g", o->learning_rate[i]);
    SgdCaseCheck(c, !o->batch_size_count || o->batch_size[i] >= 1, "schedule.batch_size", "must be at least 1, got %d",
                 o->batch_size[i]);
  }
  SgdCaseCheck(c, o->final >= 0, "schedule.final", "must not be negative, got %g", o->final);
  SgdCaseCheck(c, o->pieces >= 1 && o->pieces <= steps, "schedule.pieces", "expected 1 .. %d, got %d", steps,
               o->pieces);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* eta_n = final + (eta - final)(1 + cos(pi n/N))/2 */
static double Cosine(double eta, double final, int n, int steps) {
  return final + 0.5 * (eta - final) * (1 + cos(PETSC_PI * n / steps));
}

static void FillCosine(const Options *o, double eta, PetscInt batch, SgdSchedule *s) {
  s->from = eta;
  s->to = o->final;
  for (int k = 0; k < s->pieces; k++) {
    s->start[k] = (PetscInt)((PetscInt64)s->steps * k / s->pieces);
    s->start[k + 1] = (PetscInt)((PetscInt64)s->steps * (k + 1) / s->pieces);
    s->batch[k] = batch;
    for (PetscInt n = s->start[k]; n < s->start[k + 1]; n++)
      s->eta[k] += Cosine(eta, o->final, (int)n, s->steps) / (double)(s->start[k + 1] - s->start[k]);
    s->deviation = PetscMax(s->deviation, PetscAbsReal(s->eta[k] - Cosine(eta, o->final, (int)s->start[k], s->steps)));
  }
}

static void FillPieces(const Options *o, double eta, PetscInt batch, SgdSchedule *s) {
  for (int k = 0; k < s->pieces; k++) {
    s->start[k] = k ? o->start[k - 1] : 0;
    s->eta[k] = k && o->learning_rate_count ? o->learning_rate[k - 1] : eta;
    s->batch[k] = k && o->batch_size_count ? o->batch_size[k - 1] : batch;
  }
  s->start[s->pieces] = s->steps;
}

static void FillTau(SgdSchedule *s) {
  for (int k = 1; k < s->pieces; k++) {
    s->since[k] = s->start[k];
    s->tau[k] = s->tau[k - 1] + s->eta[k - 1] * (double)(s->start[k] - s->start[k - 1]);
  }
}

PetscErrorCode SgdScheduleRead(SgdCase c, double eta, PetscInt batch, int steps, SgdSchedule *s) {
  Options *o;
  int kind;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "schedule", &schema, defaults, NULL, &o));
  PetscCall(SgdCaseChoice(c, "schedule.kind", kinds, o->kind, &kind));
  s->kind = (SgdScheduleKind)kind;
  PetscCall(CheckUnread(c, o, kind));
  if (s->kind != SGD_SCHEDULE_COSINE) o->pieces = 1; /* a key of cosine, whose default may be more than the steps */
  PetscCall(Check(c, o, steps));
  s->steps = steps;
  s->pieces = s->kind == SGD_SCHEDULE_COSINE      ? o->pieces
              : s->kind == SGD_SCHEDULE_PIECEWISE ? (int)o->start_count + 1
                                                  : 1;
  PetscCall(PetscCalloc5(s->pieces + 1, &s->start, s->pieces, &s->since, s->pieces, &s->eta, s->pieces, &s->batch,
                         s->pieces, &s->tau));
  if (s->kind == SGD_SCHEDULE_COSINE)
    FillCosine(o, eta, batch, s);
  else
    FillPieces(o, eta, batch, s);
  FillTau(s);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdScheduleView(const SgdSchedule *s, MPI_Comm comm) {
  PetscFunctionBegin;
  if (s->kind == SGD_SCHEDULE_COSINE)
    PetscCall(SgdSay(comm, "Schedule: cosine from %g to %g in %d constant pieces, off by at most %.2g\n", s->from,
                     s->to, s->pieces, s->deviation));
  for (int k = 0; s->kind == SGD_SCHEDULE_PIECEWISE && s->pieces > 1 && k < s->pieces; k++)
    PetscCall(SgdSay(comm, "Schedule: from step %" PetscInt_FMT " eta = %g, batch %" PetscInt_FMT "\n", s->start[k],
                     s->eta[k], s->batch[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdScheduleCut(const SgdSchedule *s, int most, SgdSchedule *cut) {
  int pieces = 0, at = 0;

  PetscFunctionBegin;
  for (int k = 0; k < s->pieces; k++) pieces += (int)(s->start[k + 1] - s->start[k] + most - 1) / most;
  PetscCall(PetscCalloc5(pieces + 1, &cut->start, pieces, &cut->since, pieces, &cut->eta, pieces, &cut->batch, pieces,
                         &cut->tau));
  cut->pieces = pieces;
  cut->steps = s->steps;
  for (int k = 0; k < s->pieces; k++)
    for (PetscInt n = s->start[k]; n < s->start[k + 1]; n += most, at++) {
      cut->start[at] = n;
      cut->eta[at] = s->eta[k];
      cut->batch[at] = s->batch[k];
      cut->since[at] = s->since[k];
      cut->tau[at] = s->tau[k];
    }
  cut->start[at] = s->steps;
  PetscFunctionReturn(PETSC_SUCCESS);
}

int SgdSchedulePiece(const SgdSchedule *s, PetscInt step) {
  int k = 0;
  while (k + 1 < s->pieces && step >= s->start[k + 1]) k++;
  return k;
}

/* eta times the integer within a piece, not a running sum of eta. */
double SgdScheduleTau(const SgdSchedule *s, PetscInt n) {
  const int k = SgdSchedulePiece(s, n);

  return s->tau[k] + s->eta[k] * (double)(n - s->since[k]);
}

PetscErrorCode SgdScheduleFree(SgdSchedule *s) {
  return PetscFree5(s->start, s->since, s->eta, s->batch, s->tau);
}
