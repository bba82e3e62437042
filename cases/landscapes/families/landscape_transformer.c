/* Family `transformer`: the mean cross-entropy of a character transformer (transformer.h) on a text, plus (l2/2) |w|^2.
   A sample is a window of `context` + 1 characters; each begins where the one before it ends. */
#include "cases/landscapes/landscapeimpl.h"
#include "cases/file/case_types.h"
#include "cases/base/random.h"
#include "cases/data/characters.h"
#include "cases/networks/transformer.h"
#include "cases/base/blas.h"
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { BLOCK = 16 };

typedef struct {
  char *family, *file;
  int context, width, heads, layers, hidden, activation, limit, test, seed;
  double l2;
  bool fold_case;
} Options;

static const cyaml_strval_t activations[] = {{"silu", SGD_SILU}, {"tanh", SGD_TANH}, {"relu", SGD_RELU}};
static const cyaml_schema_field_t fields[] = {
    SGD_STRING("family", Options, family),
    SGD_STRING("file", Options, file),
    SGD_BOOL("fold_case", Options, fold_case),
    SGD_INTEGER("limit", Options, limit),
    SGD_INTEGER("test", Options, test),
    SGD_INTEGER("context", Options, context),
    SGD_INTEGER("width", Options, width),
    SGD_INTEGER("heads", Options, heads),
    SGD_INTEGER("layers", Options, layers),
    SGD_INTEGER("hidden", Options, hidden),
    CYAML_FIELD_ENUM("activation", CYAML_FLAG_OPTIONAL, Options, activation, activations, 3),
    SGD_NUMBER("l2", Options, l2),
    SGD_INTEGER("seed", Options, seed),
    CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Options, fields);
static const char *defaults =
    "file: /usr/share/common-licenses/GPL-3\nfold_case: false\nlimit: 0\ntest: 0\ncontext: 16\n"
    "width: 8\nheads: 2\nlayers: 1\nhidden: 32\nactivation: silu\nl2: 1e-3\nseed: 1\n";

typedef struct {
  SgdTransformer *net;
  SgdTransformerShape shape;
  SgdText text;
  int seed;
  char *path;
  double *part; /* [P] */
  int *window;  /* [BLOCK][context + 1] */
} Network;

static PetscErrorCode CheckOptions(SgdCase c, const Options *o) {
  const struct {
    const char *key;
    int value, most;
  } sizes[] = {{"landscape.context", o->context, 1024},
               {"landscape.width", o->width, 1024},
               {"landscape.heads", o->heads, o->width},
               {"landscape.layers", o->layers, 64},
               {"landscape.hidden", o->hidden, 1 << 14}};

  PetscFunctionBegin;
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
    SgdCaseCheck(c, sizes[k].value >= 1 && sizes[k].value <= sizes[k].most, sizes[k].key, "expected 1 .. %d, got %d",
                 sizes[k].most, sizes[k].value);
  SgdCaseCheck(c, o->width % o->heads == 0, "landscape.heads", "width %d is not a multiple of %d heads", o->width,
               o->heads);
  SgdCaseCheck(c, o->limit >= 0, "landscape.limit", "must not be negative, got %d", o->limit);
  SgdCaseCheck(c, o->limit < INT_MAX / (o->context + 1), "landscape.limit", "too large: %d", o->limit);
  SgdCaseCheck(c, o->test >= 0 && o->test < INT_MAX / (o->context + 1) - o->limit, "landscape.test",
               "expected 0 or a number of windows, got %d", o->test);
  SgdCaseCheck(c, o->l2 >= 0, "landscape.l2", "must not be negative, got %g", o->l2);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* N windows of T predictions need N T + 1 characters. */
static PetscErrorCode LoadText(SgdLandscape l, SgdCase c, const Options *o, Network *n) {
  char path[PETSC_MAX_PATH_LEN];

  const int wanted = o->limit ? (o->limit + o->test) * o->context + 1 : 0;

  PetscFunctionBegin;
  PetscCall(SgdCaseFile(c, "landscape.file", o->file, path));
  PetscCall(PetscStrallocpy(path, &n->path));
  PetscCall(SgdTextLoad(l->comm, path, (PetscBool)o->fold_case, wanted, &n->text));
  l->test = o->test;
  l->samples = (n->text.length - 1) / o->context - o->test;
  SgdCaseCheck(c, !o->test || l->samples >= PetscMax(1, o->limit), "landscape.test",
               "of %d windows, %d cannot be held out and %d left", (int)(l->samples + l->test), o->test,
               PetscMax(1, o->limit));
  SgdCaseCheck(c, l->samples >= 1, "landscape.file", "%d characters are too few for a window of context %d + 1",
               n->text.length, o->context);
  SgdCaseCheck(c, n->text.vocabulary >= 2, "landscape.file", "all characters are the same: there is nothing to learn");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeCreate_Transformer(SgdLandscape l, SgdCase c) {
  Options *o;
  Network *n;

  PetscFunctionBegin;
  PetscCall(SgdCaseRead(c, "landscape", &schema, defaults, NULL, &o));
  PetscCall(CheckOptions(c, o));
  PetscCall(PetscNew(&n));
  l->data = n;
  PetscCall(LoadText(l, c, o, n));
  n->seed = o->seed;
  n->shape = (SgdTransformerShape){.vocabulary = n->text.vocabulary,
                                   .context = o->context,
                                   .width = o->width,
                                   .heads = o->heads,
                                   .layers = o->layers,
                                   .hidden = o->hidden,
                                   .activation = (SgdActivation)o->activation,
                                   .l2 = o->l2};
  l->dimension = SgdTransformerParameters(&n->shape);
  n->net = SgdTransformerCreate(&n->shape, BLOCK);
  PetscCheck(n->net, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the network's workspace");
  PetscCall(PetscMalloc2(l->dimension, &n->part, BLOCK * (o->context + 1), &n->window));
  SgdBlasOneThread();
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeDestroy_Transformer(SgdLandscape l) {
  Network *n = l->data;

  PetscFunctionBegin;
  SgdTransformerDestroy(n->net);
  PetscCall(SgdTextDestroy(&n->text));
  PetscCall(PetscFree(n->path));
  PetscCall(PetscFree2(n->part, n->window));
  PetscCall(PetscFree(l->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LandscapeView_Transformer(SgdLandscape l) {
  const Network *n = l->data;
  const SgdTransformerShape *s = &n->shape;
  char held[64] = "";

  if (l->test) snprintf(held, sizeof held, ", %d windows after them held out", (int)l->test);
  return SgdSay(l->comm,
                "Landscape: transformer, %d layer%s of width %d, %d head%s, hidden %d %s, %d parameters, mean "
                "cross-entropy + (%g/2)|w|^2\n"
                "  data: %s, %d windows of %d characters, %d different ones%s\n",
                s->layers, s->layers > 1 ? "s" : "", s->width, s->heads, s->heads > 1 ? "s" : "", s->hidden,
                SgdActivationNames[s->activation], (int)l->dimension, s->l2, n->path, (int)l->samples, s->context,
                s->vocabulary, held);
}

typedef struct {
  const Network *n;
  PetscInt seed, next;
} Draw;

static void Normals(Draw *draw, int count, double s, double *w) {
  for (int k = 0; k < count; k++, draw->next++)
    w[draw->next] =
        s == 0 ? 0 : s * SgdRandomNormal((uint64_t)draw->n->seed, (uint64_t)draw->seed, (uint64_t)draw->next);
}

/* Embedding and position of variance 1/2 each, so that x has 1; matrices 1/in, before the activation 2/in (He et al.
   2015); those that write into x shared out over the 2 L of them; biases 0. */
static PetscErrorCode LandscapeStart_Transformer(SgdLandscape l, PetscInt seed, double *w) {
  const Network *n = l->data;
  const SgdTransformerShape *s = &n->shape;
  const int D = s->width, F = s->hidden;
  Draw draw = {.n = n, .seed = seed};

  PetscFunctionBegin;
  Normals(&draw, (s->vocabulary + s->context) * D, sqrt(0.5), w);
  for (int layer = 0; layer < s->layers; layer++) {
    Normals(&draw, 3 * D * D, sqrt(1.0 / D), w);
    Normals(&draw, D * D, sqrt(1.0 / (D * 2.0 * s->layers)), w);
    Normals(&draw, F * D, sqrt(2.0 / D), w);
    Normals(&draw, F, 0, w);
    Normals(&draw, D * F, sqrt(1.0 / (F * 2.0 * s->layers)), w);
    Normals(&draw, D, 0, w);
  }
  Normals(&draw, s->vocabulary * D, sqrt(1.0 / D), w);
  Normals(&draw, s->vocabulary, 0, w);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const int *WindowOf(const Network *n, PetscInt i) {
  return n->text.token + (size_t)i * (size_t)n->shape.context;
}

static void LandscapeGradient_Transformer(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *loss,
                                          double *g) {
  Network *n = l->data;

  SgdTransformerGradient(n->net, w, (int)(last - first), WindowOf(n, first), n->shape.context, loss, g);
}

static void LandscapeHessianApply_Transformer(SgdLandscape l, const double *w, const double *v, PetscInt first,
                                              PetscInt last, double *hv) {
  Network *n = l->data;

  SgdTransformerHessianApply(n->net, w, v, (int)(last - first), WindowOf(n, first), n->shape.context, hv);
}

static void LandscapeSampleDirectional_Transformer(SgdLandscape l, const double *w, PetscInt d, const double *V,
                                                   PetscInt first, PetscInt last, double *loss, double *g, double *c) {
  Network *n = l->data;

  SgdTransformerDirectional(n->net, w, (int)d, V, (int)(last - first), WindowOf(n, first), n->shape.context, loss, g,
                            c);
}

/* Windows of the batch are gathered, BLOCK at a time, and treated as data of their own. */
static void LandscapeBatchGradient_Transformer(SgdLandscape l, const double *w, PetscInt batch, const PetscInt *index,
                                               double *loss, double *g) {
  Network *n = l->data;
  const int length = n->shape.context + 1;
  double total = 0.0, part;

  memset(g, 0, (size_t)l->dimension * sizeof *g);
  for (PetscInt first = 0; first < batch; first += BLOCK) {
    const int count = (int)PetscMin(BLOCK, batch - first);
    for (int i = 0; i < count; i++)
      memcpy(n->window + i * length, WindowOf(n, index[first + i]), (size_t)length * sizeof *n->window);
    SgdTransformerGradient(n->net, w, count, n->window, length, &part, n->part);
    total += part;
    cblas_daxpy((int)l->dimension, 1.0 / (double)batch, n->part, 1, g, 1);
  }
  if (loss) *loss = total / (double)batch;
}

/* Share of characters predicted right. */
static double LandscapeAccuracy_Transformer(SgdLandscape l, const double *w) {
  Network *n = l->data;
  const int T = n->shape.context, N = (int)l->samples;

  return (double)SgdTransformerCorrect(n->net, w, N, n->text.token, T) / ((double)N * T);
}

static double LandscapeTest_Transformer(SgdLandscape l, const double *w, double *accuracy) {
  Network *n = l->data;
  const int T = n->shape.context, N = (int)l->test, *token = WindowOf(n, l->samples);
  double loss;

  SgdTransformerGradient(n->net, w, N, token, T, &loss, NULL);
  *accuracy = (double)SgdTransformerCorrect(n->net, w, N, token, T) / ((double)N * T);
  return loss / N;
}

const SgdLandscapeOps SgdLandscapeTransformer = {.name = "transformer",
                                                 .create = LandscapeCreate_Transformer,
                                                 .destroy = LandscapeDestroy_Transformer,
                                                 .view = LandscapeView_Transformer,
                                                 .start = LandscapeStart_Transformer,
                                                 .gradient = LandscapeGradient_Transformer,
                                                 .hessian_apply = LandscapeHessianApply_Transformer,
                                                 .sample_directional = LandscapeSampleDirectional_Transformer,
                                                 .batch_gradient = LandscapeBatchGradient_Transformer,
                                                 .accuracy = LandscapeAccuracy_Transformer,
                                                 .test = LandscapeTest_Transformer};
