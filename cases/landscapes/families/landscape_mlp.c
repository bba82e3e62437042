/* Families `mlp` and `softmax`: the mean cross-entropy of a network on labelled data, plus (l2/2) |w|^2.
   Numbers are those of mlp.h, data those of dataset.h. */
#include "cases/landscapes/landscapeimpl.h"
#include "cases/file/case_types.h"
#include "cases/data/dataset_case.h"
#include "cases/data/dataset_labels.h"
#include "cases/networks/mlp.h"
#include "cases/networks/mlp_batch.h"
#include "cases/base/random.h"
#include "cases/base/blas.h"
#include <string.h>

enum { BLOCK = 256 };

typedef struct {
  char *family;
  SgdDatasetSection data;
  int *hidden;
  unsigned hidden_count;
  int activation, seed, initialization;
  double l2;
} Options;

enum { INITIAL_NORMAL, INITIAL_PYTORCH };

static const cyaml_strval_t activations[] = {{"silu", SGD_SILU}, {"tanh", SGD_TANH}, {"relu", SGD_RELU}};
static const cyaml_strval_t initializations[] = {{"normal", INITIAL_NORMAL}, {"pytorch", INITIAL_PYTORCH}};
static const cyaml_schema_field_t mlp_fields[] = {
    SGD_STRING("family", Options, family),
    CYAML_FIELD_MAPPING("data", CYAML_FLAG_OPTIONAL, Options, data, SgdDatasetFields),
    SGD_INTEGERS("hidden", Options, hidden),
    CYAML_FIELD_ENUM("activation", CYAML_FLAG_OPTIONAL, Options, activation, activations, 3),
    CYAML_FIELD_ENUM("initialization", CYAML_FLAG_OPTIONAL, Options, initialization, initializations, 2),
    SGD_NUMBER("l2", Options, l2),
    SGD_INTEGER("seed", Options, seed),
    CYAML_FIELD_END};
static const cyaml_schema_field_t softmax_fields[] = {
    SGD_STRING("family", Options, family),
    CYAML_FIELD_MAPPING("data", CYAML_FLAG_OPTIONAL, Options, data, SgdDatasetFields),
    CYAML_FIELD_ENUM("initialization", CYAML_FLAG_OPTIONAL, Options, initialization, initializations, 2),
    SGD_NUMBER("l2", Options, l2),
    SGD_INTEGER("seed", Options, seed),
    CYAML_FIELD_END};
static const cyaml_schema_value_t mlp_schema = SGD_SECTION(Options, mlp_fields);
static const cyaml_schema_value_t softmax_schema = SGD_SECTION(Options, softmax_fields);

static const char *mlp_defaults =
    SGD_DATASET_DEFAULTS "hidden: [8]\nactivation: silu\ninitialization: normal\nl2: 1e-3\nseed: 1\n";
static const char *softmax_defaults = SGD_DATASET_DEFAULTS "initialization: normal\nl2: 1e-3\nseed: 1\n";

typedef struct {
  SgdMLP *net;
  SgdDataset data;
  int layers, *width, seed, initialization;
  SgdActivation activation;
  double l2;
  char source[32];
  double *x, *part; /* a gathered batch [BLOCK][features], and its gradient [P] */
  int *label;
  SgdMLPBatch *narrow; /* for single batches, where the layers are narrow; else NULL */
  const double *row[BLOCK];
} Network;

/* width = features, hidden layers, classes; the number of parameters must stay an int. */
static PetscErrorCode SetWidths(SgdCase c, const Options *o, Network *n, PetscInt *parameters) {
  PetscInt64 count = 0;

  PetscFunctionBegin;
  n->layers = (int)o->hidden_count + 1;
  PetscCall(PetscMalloc1(n->layers + 1, &n->width));
  n->width[0] = n->data.features;
  n->width[n->layers] = n->data.classes;
  for (int l = 1; l < n->layers; l++) {
    n->width[l] = o->hidden[l - 1];
    SgdCaseCheck(c, n->width[l] >= 1 && n->width[l] <= 1 << 20, "landscape.hidden",
                 "a layer must have between 1 and 2^20 units, got %d", n->width[l]);
  }
  for (int l = 1; l <= n->layers; l++) count += (PetscInt64)n->width[l] * (n->width[l - 1] + 1);
  SgdCaseCheck(c, count < 1 << 26, "landscape.hidden", "%lld parameters are too many: at most 2^26", (long long)count);
  *parameters = (PetscInt)count;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Build(SgdLandscape l, SgdCase c, const Options *o) {
  Network *n;

  PetscFunctionBegin;
  SgdCaseCheck(c, o->l2 >= 0, "landscape.l2", "must not be negative, got %g", o->l2);
  PetscCall(PetscNew(&n));
  l->data = n;
  n->l2 = o->l2;
  n->seed = o->seed;
  n->initialization = o->initialization;
  n->activation = (SgdActivation)o->activation;
  PetscCall(PetscStrncpy(n->source, o->data.source, sizeof n->source));
  PetscCall(SgdDatasetFromCase(c, &o->data, &n->data));
  PetscCall(SetWidths(c, o, n, &l->dimension));
  l->samples = n->data.samples;
  l->test = n->data.test;
  n->net = SgdMLPCreate(n->layers, n->width, n->activation, n->l2, BLOCK);
  PetscCheck(n->net, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the network's workspace");
  if (SgdMLPBatchSuits(n->layers, n->width)) {
    n->narrow = SgdMLPBatchCreate(n->layers, n->width, n->activation, n->l2, BLOCK);
    PetscCheck(n->narrow, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the network's workspace");
  }
  PetscCall(PetscMalloc3(BLOCK * n->data.features, &n->x, l->dimension, &n->part, BLOCK, &n->label));
  SgdBlasOneThread();
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeCreate_MLP(SgdLandscape l, SgdCase c) {
  Options *o;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "landscape", &mlp_schema, mlp_defaults, NULL, &o));
  PetscCall(Build(l, c, o));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeCreate_Softmax(SgdLandscape l, SgdCase c) {
  Options *o;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "landscape", &softmax_schema, softmax_defaults, NULL, &o));
  PetscCall(Build(l, c, o));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeDestroy_MLP(SgdLandscape l) {
  Network *n = l->data;

  PetscFunctionBegin;
  SgdMLPDestroy(n->net);
  SgdMLPBatchDestroy(n->narrow);
  PetscCall(SgdDatasetDestroy(&n->data));
  PetscCall(PetscFree(n->width));
  PetscCall(PetscFree3(n->x, n->part, n->label));
  PetscCall(PetscFree(l->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeView_MLP(SgdLandscape l) {
  const Network *n = l->data;
  char shape[256] = "", labels[256], held[64] = "";
  size_t at = 0;

  for (int k = 0; k <= n->layers && at < sizeof shape; k++)
    at += (size_t)snprintf(shape + at, sizeof shape - at, "%s%d", k ? "-" : "", n->width[k]);
  SgdDatasetLabelsText(&n->data, labels, sizeof labels);
  if (n->data.test) snprintf(held, sizeof held, ", %d more held out", n->data.test);
  return SgdSay(l->comm,
                "Landscape: %s %s%s%s, %d parameters, mean cross-entropy + (%g/2)|w|^2\n"
                "  data: %s, %d samples of %d features, %d classes%s%s%s%s%s\n",
                l->ops->name, shape, n->layers > 1 ? " " : "", n->layers > 1 ? SgdActivationNames[n->activation] : "",
                (int)l->dimension, n->l2, n->source, n->data.samples, n->data.features, n->data.classes, held,
                *labels ? ", " : "", labels, *n->data.note ? "\n  data: " : "", n->data.note);
}

/* PyTorch's nn.Linear: weights and biases of a layer uniform in (-r, r), r = 1/sqrt(in). */
static void StartUniform(const Network *n, PetscInt seed, double *w) {
  double u[2];
  PetscInt i = 0;

  for (int k = 1; k <= n->layers; k++)
    for (int j = 0; j < (n->width[k - 1] + 1) * n->width[k]; j++, i++) {
      SgdRandomUniform2((uint64_t)n->seed, (uint64_t)seed, (uint64_t)i, u);
      w[i] = (2 * u[0] - 1) / sqrt(n->width[k - 1]);
    }
}

/* Weights N(0, s^2), biases 0: s^2 = 2/in before SiLU and ReLU (He et al. 2015), 2/(in + out) before tanh and the
   softmax (Glorot and Bengio 2010). Parameter i is a pure function of the seeds and i. */
static PetscErrorCode LandscapeStart_MLP(SgdLandscape l, PetscInt seed, double *w) {
  const Network *n = l->data;
  PetscInt i = 0;

  PetscFunctionBegin;
  if (n->initialization == INITIAL_PYTORCH) {
    StartUniform(n, seed, w);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (int k = 1; k <= n->layers; k++) {
    const int in = n->width[k - 1], out = n->width[k];
    const bool rectifier = k < n->layers && n->activation != SGD_TANH;
    const double s = sqrt(2.0 / (rectifier ? in : in + out));
    for (int j = 0; j < in * out; j++, i++) w[i] = s * SgdRandomNormal((uint64_t)n->seed, (uint64_t)seed, (uint64_t)i);
    for (int j = 0; j < out; j++) w[i++] = 0.0;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const double *Rows(const Network *n, PetscInt first) {
  return n->data.x + (size_t)first * (size_t)n->data.features;
}

static void LandscapeGradient_MLP(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *loss,
                                  double *g) {
  Network *n = l->data;

  SgdMLPGradient(n->net, w, (int)(last - first), Rows(n, first), n->data.label + first, loss, g);
}

static void LandscapeHessianApply_MLP(SgdLandscape l, const double *w, const double *v, PetscInt first, PetscInt last,
                                      double *hv) {
  Network *n = l->data;

  SgdMLPHessianApply(n->net, w, v, (int)(last - first), Rows(n, first), n->data.label + first, hv);
}

static void LandscapeSampleDirectional_MLP(SgdLandscape l, const double *w, PetscInt d, const double *V, PetscInt first,
                                           PetscInt last, double *loss, double *g, double *c) {
  Network *n = l->data;

  SgdMLPDirectional(n->net, w, (int)d, V, (int)(last - first), Rows(n, first), n->data.label + first, loss, g, c);
}

/* Rows of the batch are gathered, BLOCK at a time, and treated as data of their own. */
static void GatherRows(Network *n, PetscInt count, const PetscInt *index) {
  const size_t features = (size_t)n->data.features;

  for (PetscInt i = 0; i < count; i++) {
    memcpy(n->x + (size_t)i * features, Rows(n, index[i]), features * sizeof *n->x);
    n->label[i] = n->data.label[index[i]];
  }
}

static void LandscapeSomeDirectional_MLP(SgdLandscape l, const double *w, PetscInt d, const double *V, PetscInt count,
                                         const PetscInt *index, double *loss, double *g) {
  Network *n = l->data;

  for (PetscInt first = 0; first < count; first += BLOCK) {
    const int part = (int)PetscMin(BLOCK, count - first);
    GatherRows(n, part, index + first);
    SgdMLPDirectional(n->net, w, (int)d, V, part, n->x, n->label, loss ? loss + first : NULL, g + first * d, NULL);
  }
}

static void PartGradient(Network *n, const double *w, int count, const PetscInt *index, double *loss, double *g) {
  if (!n->narrow) {
    GatherRows(n, count, index);
    SgdMLPGradient(n->net, w, count, n->x, n->label, loss, g);
    return;
  }
  for (int i = 0; i < count; i++) {
    n->row[i] = Rows(n, index[i]);
    n->label[i] = n->data.label[index[i]];
  }
  SgdMLPBatchGradient(n->narrow, w, count, n->row, n->label, loss, g);
}

static void LandscapeBatchGradient_MLP(SgdLandscape l, const double *w, PetscInt batch, const PetscInt *index,
                                       double *loss, double *g) {
  Network *n = l->data;
  double total = 0.0, part = 0.0;

  memset(g, 0, (size_t)l->dimension * sizeof *g);
  for (PetscInt first = 0; first < batch; first += BLOCK) {
    PartGradient(n, w, (int)PetscMin(BLOCK, batch - first), index + first, loss ? &part : NULL, n->part);
    total += part;
    cblas_daxpy((int)l->dimension, 1.0 / (double)batch, n->part, 1, g, 1);
  }
  if (loss) *loss = total / (double)batch;
}

static void LandscapeBatchHessianApply_MLP(SgdLandscape l, const double *w, PetscInt batch, const PetscInt *index,
                                           const double *v, double *hv) {
  Network *n = l->data;

  memset(hv, 0, (size_t)l->dimension * sizeof *hv);
  for (PetscInt first = 0; first < batch; first += BLOCK) {
    const int count = (int)PetscMin(BLOCK, batch - first);
    GatherRows(n, count, index + first);
    SgdMLPHessianApply(n->net, w, v, count, n->x, n->label, n->part);
    cblas_daxpy((int)l->dimension, 1.0 / (double)batch, n->part, 1, hv, 1);
  }
}

static void LandscapeSampleGradients_MLP(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *g) {
  Network *n = l->data;

  SgdMLPSampleGradients(n->net, w, (int)(last - first), Rows(n, first), n->data.label + first, g);
}

static const int *LandscapeLabels_MLP(SgdLandscape l) {
  return ((Network *)l->data)->data.label;
}

static double LandscapeAccuracy_MLP(SgdLandscape l, const double *w) {
  Network *n = l->data;

  return (double)SgdMLPCorrect(n->net, w, n->data.samples, n->data.x, n->data.label) / n->data.samples;
}

static double LandscapeTest_MLP(SgdLandscape l, const double *w, double *accuracy) {
  Network *n = l->data;
  const int *label = n->data.label + n->data.samples;
  double loss;

  SgdMLPGradient(n->net, w, n->data.test, Rows(n, n->data.samples), label, &loss, NULL);
  *accuracy = (double)SgdMLPCorrect(n->net, w, n->data.test, Rows(n, n->data.samples), label) / n->data.test;
  return loss / n->data.test;
}

#define NETWORK_OPS                                                                                                    \
  .destroy = LandscapeDestroy_MLP, .view = LandscapeView_MLP, .start = LandscapeStart_MLP,                             \
  .gradient = LandscapeGradient_MLP, .hessian_apply = LandscapeHessianApply_MLP,                                       \
  .sample_directional = LandscapeSampleDirectional_MLP, .some_directional = LandscapeSomeDirectional_MLP,              \
  .batch_gradient = LandscapeBatchGradient_MLP, .batch_hessian_apply = LandscapeBatchHessianApply_MLP,                 \
  .sample_gradients = LandscapeSampleGradients_MLP, .labels = LandscapeLabels_MLP, .accuracy = LandscapeAccuracy_MLP,  \
  .test = LandscapeTest_MLP

const SgdLandscapeOps SgdLandscapeMLP = {.name = "mlp", .create = LandscapeCreate_MLP, NETWORK_OPS};
const SgdLandscapeOps SgdLandscapeSoftmax = {.name = "softmax", .create = LandscapeCreate_Softmax, NETWORK_OPS};
