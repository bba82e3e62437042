/* Two kernels do all the work; both keep eight vectors of eight numbers in registers and read what multiplies them one
   number at a time:
     Product   y_i = bias + sum_k x_i[k] W[k]        rows i, W [in][pad]
     Outer     G[k] = sum_i x_i[k] delta_i           G [in + 1][pad]; its last row is for the bias, x_i = 1
   A layer forward, the slopes on their way down, and the gradient of the weights are one of the two each. */
#include "cases/networks/mlp_batch.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 8, TILE = 8, WIDEST = 64 };
typedef double Vector __attribute__((vector_size(LANES * sizeof(double)), aligned(sizeof(double))));

/* Logits so far below the largest count as this far below it: probability 1e-261 (the vector exponential is slow where
   its result underflows). Classes of the padding have a logit below every other. */
static const double floor_logit = -600, absent = -1e30;

typedef struct {
  int in, out, pad, offset; /* widths, out padded to whole vectors; where the weights start in w */
  double *Wt;               /* [in][pad] = W^T */
  double *W;                /* [out][pad of the layer below] */
  double *bias;             /* [pad] */
  double *a, *phi1, *delta; /* [block][pad] */
  double *Gt;               /* [in + 1][pad] */
} Layer;

struct SgdMLPBatch {
  int layers, parameters;
  SgdActivation activation;
  double l2;
  Layer *layer; /* [layers + 1]; entry 0 is the input */
  double *work;
  const double **row; /* [block] */
};

int SgdMLPBatchSuits(int layers, const int *width) {
  for (int l = 1; l <= layers; l++)
    if (width[l] > WIDEST) return 0;
  return 1;
}

/* Count (with NULL) or place the arrays of all layers. */
static size_t LayOut(SgdMLPBatch *m, int block, double *next) {
  size_t total = 0;

  for (int l = 1; l <= m->layers; l++) {
    Layer *y = &m->layer[l];
    const size_t pad = (size_t)y->pad, below = (size_t)m->layer[l - 1].pad;
    double **array[] = {&y->Wt, &y->Gt, &y->W, &y->bias, &y->a, &y->phi1, &y->delta};
    const size_t size[] = {(size_t)y->in * pad, (size_t)(y->in + 1) * pad, (size_t)y->out * below, pad,
                           (size_t)block * pad, (size_t)block * pad,       (size_t)block * pad};
    for (int k = 0; k < 7; k++) {
      if (next) *array[k] = next + total;
      total += size[k];
    }
  }
  return total;
}

SgdMLPBatch *SgdMLPBatchCreate(int layers, const int *width, SgdActivation activation, double l2, int block) {
  SgdMLPBatch *m = calloc(1, sizeof *m);

  if (!m) return NULL;
  *m = (SgdMLPBatch){.layers = layers, .activation = activation, .l2 = l2};
  m->layer = calloc((size_t)layers + 1, sizeof *m->layer);
  m->row = malloc((size_t)block * sizeof *m->row);
  for (int l = 1; m->layer && l <= layers; l++) {
    m->layer[l] = (Layer){
        .in = width[l - 1], .out = width[l], .pad = (width[l] + LANES - 1) / LANES * LANES, .offset = m->parameters};
    m->parameters += width[l] * (width[l - 1] + 1);
  }
  if (m->layer) m->work = calloc(LayOut(m, block, NULL), sizeof *m->work);
  if (!m->layer || !m->row || !m->work) {
    SgdMLPBatchDestroy(m);
    return NULL;
  }
  LayOut(m, block, m->work);
  return m;
}

void SgdMLPBatchDestroy(SgdMLPBatch *m) {
  if (!m) return;
  free(m->layer);
  free(m->row);
  free(m->work);
  free(m);
}

/* W^T and W with padded rows; the padding stays zero, that of the last bias keeps absent classes out. */
static void Unpack(SgdMLPBatch *m, const double *w) {
  for (int l = 1; l <= m->layers; l++) {
    const Layer *y = &m->layer[l];
    const double *W = w + y->offset, *bias = W + (size_t)y->out * (size_t)y->in;
    for (int k = 0; k < y->in; k++)
      for (int j = 0; j < y->out; j++) y->Wt[k * y->pad + j] = W[(size_t)j * (size_t)y->in + (size_t)k];
    for (int j = 0; l > 1 && j < y->out; j++)
      memcpy(y->W + j * m->layer[l - 1].pad, W + (size_t)j * (size_t)y->in, (size_t)y->in * sizeof *W);
    for (int j = 0; j < y->pad; j++) y->bias[j] = j < y->out ? bias[j] : (l == m->layers ? absent : 0);
  }
}

/* One vector of columns for `rows` (a constant) samples. */
static inline __attribute__((always_inline)) void ProductTile(int rows, int in, int pad, const double *const *x,
                                                              const double *W, const double *bias, double *y) {
  Vector sum[TILE];

  for (int r = 0; r < rows; r++) sum[r] = bias ? *(const Vector *)bias : (Vector){0};
  for (int k = 0; k < in; k++) {
    const Vector wk = *(const Vector *)(W + (size_t)k * (size_t)pad);
    for (int r = 0; r < rows; r++) sum[r] += x[r][k] * wk;
  }
  for (int r = 0; r < rows; r++) *(Vector *)(y + (size_t)r * (size_t)pad) = sum[r];
}

static void Product(int n, int in, int pad, const double *const *x, const double *W, const double *bias, double *y) {
  for (int c = 0; c < pad; c += LANES) {
    const double *b = bias ? bias + c : NULL;
    int i = 0;
    for (; i + TILE <= n; i += TILE) ProductTile(TILE, in, pad, x + i, W + c, b, y + (size_t)i * (size_t)pad + c);
    for (; i < n; i++) ProductTile(1, in, pad, x + i, W + c, b, y + (size_t)i * (size_t)pad + c);
  }
}

/* One vector of columns for `inputs` (a constant) rows of G, from input k on. */
static inline __attribute__((always_inline)) void OuterTile(int inputs, int n, int k, int pad, const double *const *x,
                                                            const double *delta, double *G) {
  Vector sum[TILE] = {0};

  for (int i = 0; i < n; i++) {
    const Vector d = *(const Vector *)(delta + (size_t)i * (size_t)pad);
    for (int r = 0; r < inputs; r++) sum[r] += x[i][k + r] * d;
  }
  for (int r = 0; r < inputs; r++) *(Vector *)(G + (size_t)(k + r) * (size_t)pad) = sum[r];
}

/* The sum of one vector of columns, in four parts that do not wait for each other. */
static void ColumnSum(int n, int pad, const double *delta, double *sum) {
  Vector part[4] = {0};
  int i = 0;

  for (; i + 4 <= n; i += 4)
    for (int r = 0; r < 4; r++) part[r] += *(const Vector *)(delta + (size_t)(i + r) * (size_t)pad);
  for (; i < n; i++) part[0] += *(const Vector *)(delta + (size_t)i * (size_t)pad);
  *(Vector *)sum = (part[0] + part[1]) + (part[2] + part[3]);
}

static void Outer(int n, int in, int pad, const double *const *x, const double *delta, double *G) {
  for (int c = 0; c < pad; c += LANES) {
    int k = 0;
    for (; k + TILE <= in; k += TILE) OuterTile(TILE, n, k, pad, x, delta + c, G + c);
    for (; k < in; k++) OuterTile(1, n, k, pad, x, delta + c, G + c);
    ColumnSum(n, pad, delta + c, G + (size_t)in * (size_t)pad + (size_t)c);
  }
}

static const double *const *Rows(SgdMLPBatch *m, int n, int pad, const double *x) {
  for (int i = 0; i < n; i++) m->row[i] = x + (size_t)i * (size_t)pad;
  return m->row;
}

/* The input of layer l as rows. */
static const double *const *Input(SgdMLPBatch *m, int n, int l, const double *const *row) {
  return l == 1 ? row : Rows(m, n, m->layer[l - 1].pad, m->layer[l - 1].a);
}

/* Logits become probabilities less the one of the label; *loss (may be NULL) = sum of log sum_k exp(z_k) - z_y. */
static void Softmax(int n, const Layer *top, const int *label, double *loss) {
  const int pad = top->pad, count = n * pad;
  double *z = top->a, *delta = top->delta;

  for (int i = 0; i < n; i++) {
    double largest = z[i * pad];
    for (int k = 1; k < pad; k++) largest = z[i * pad + k] > largest ? z[i * pad + k] : largest;
    for (int k = 0; k < pad; k++) z[i * pad + k] -= largest;
  }
  for (int k = 0; k < count; k++) delta[k] = exp(z[k] > floor_logit ? z[k] : floor_logit);
  for (int i = 0; i < n; i++) {
    double sum = 0;
    for (int k = 0; k < pad; k++) sum += delta[i * pad + k];
    const double scale = 1 / sum;
    for (int k = 0; k < pad; k++) delta[i * pad + k] *= scale;
    delta[i * pad + label[i]] -= 1;
    if (loss) *loss += log(sum) - z[i * pad + label[i]];
  }
}

/* grad W_l = delta_l^T a_{l-1}, grad b_l = sum of delta_l, written to their places in g */
static void Store(const Layer *y, double *g) {
  double *gW = g + y->offset, *gb = gW + (size_t)y->out * (size_t)y->in;

  for (int j = 0; j < y->out; j++)
    for (int k = 0; k < y->in; k++) gW[(size_t)j * (size_t)y->in + (size_t)k] = y->Gt[k * y->pad + j];
  memcpy(gb, y->Gt + (size_t)y->in * (size_t)y->pad, (size_t)y->out * sizeof *gb);
}

void SgdMLPBatchGradient(SgdMLPBatch *m, const double *w, int n, const double *const *row, const int *label,
                         double *loss, double *g) {
  double square = 0;

  Unpack(m, w);
  for (int l = 1; l <= m->layers; l++) {
    const Layer *y = &m->layer[l];
    Product(n, y->in, y->pad, Input(m, n, l, row), y->Wt, y->bias, y->a);
    if (l < m->layers) SgdActivationApply(m->activation, n * y->pad, y->a, y->a, y->phi1, NULL);
  }
  if (loss) *loss = 0;
  Softmax(n, &m->layer[m->layers], label, loss);
  for (int l = m->layers; l >= 1; l--) {
    const Layer *y = &m->layer[l], *below = &m->layer[l - 1];
    Outer(n, y->in, y->pad, Input(m, n, l, row), y->delta, y->Gt);
    Store(y, g);
    if (l == 1) break;
    Product(n, y->out, below->pad, Rows(m, n, y->pad, y->delta), y->W, NULL, below->delta);
    for (int k = 0; k < n * below->pad; k++) below->delta[k] *= below->phi1[k];
  }
  for (int i = 0; i < m->parameters; i++) {
    g[i] += n * m->l2 * w[i];
    square += w[i] * w[i];
  }
  if (loss) *loss += n * 0.5 * m->l2 * square;
}
