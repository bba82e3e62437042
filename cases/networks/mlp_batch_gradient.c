/* Two kernels do all the work; both keep as many sums in registers as there are and read what multiplies them one
   number at a time:
     Product   y_i = bias + sum_k x_i[k] W[k]        rows i, W [in][pad]
     Outer     G[k] = sum_i x_i[k] delta_i           G [in + 1][pad]; its last row is for the bias, x_i = 1
   A layer forward, the slopes on their way down, and the gradient of the weights are one of the two each. */
#include "cases/networks/mlp_batchimpl.h"
#include "cases/base/instruction_set.h"
#include "cases/base/vector.h"
#include <math.h>
#include <string.h>

/* Rows of a tile: its sums fit the registers (32 of eight doubles, 16 of four, 16 of two), beside what they take. */
enum { VECTORS = SGD_MLP_PAD / SGD_LANES, TILE = SGD_LANES == 8 ? 8 : (SGD_LANES == 4 ? 6 : 3) };

/* Logits so far below the largest count as this far below it: probability 1e-261 (the vector exponential is slow where
   its result underflows). Classes of the padding have a logit below every other. */
static const double floor_logit = -600, absent = -1e30;

/* W^T and W with padded rows; the padding stays zero, that of the last bias keeps absent classes out. */
static void Unpack(SgdMLPBatch *m, const double *w) {
  for (int l = 1; l <= m->layers; l++) {
    const SgdMLPBatchLayer *y = &m->layer[l];
    const double *W = w + y->offset, *bias = W + (size_t)y->out * (size_t)y->in;
    for (int k = 0; k < y->in; k++)
      for (int j = 0; j < y->out; j++) y->Wt[k * y->pad + j] = W[(size_t)j * (size_t)y->in + (size_t)k];
    for (int j = 0; l > 1 && j < y->out; j++)
      memcpy(y->W + j * m->layer[l - 1].pad, W + (size_t)j * (size_t)y->in, (size_t)y->in * sizeof *W);
    for (int j = 0; j < y->pad; j++) y->bias[j] = j < y->out ? bias[j] : (l == m->layers ? absent : 0);
  }
}

/* A group of columns, PAD of them, for `rows` (a constant) samples. */
SGD_ALWAYS_INLINE void ProductTile(int rows, int in, int pad, const double *const *x, const double *W,
                                   const double *bias, double *y) {
  SgdVector sum[TILE][VECTORS];

  for (int r = 0; r < rows; r++)
    for (int v = 0; v < VECTORS; v++) sum[r][v] = bias ? ((const SgdLooseVector *)bias)[v] : (SgdVector){0};
  for (int k = 0; k < in; k++) {
    const SgdLooseVector *wk = (const SgdLooseVector *)(W + (size_t)k * (size_t)pad);
    for (int r = 0; r < rows; r++)
      for (int v = 0; v < VECTORS; v++) sum[r][v] += x[r][k] * wk[v];
  }
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < VECTORS; v++) ((SgdLooseVector *)(y + (size_t)r * (size_t)pad))[v] = sum[r][v];
}

static void Product(int n, int in, int pad, const double *const *x, const double *W, const double *bias, double *y) {
  for (int c = 0; c < pad; c += SGD_MLP_PAD) {
    const double *b = bias ? bias + c : NULL;
    int i = 0;
    for (; i + TILE <= n; i += TILE) ProductTile(TILE, in, pad, x + i, W + c, b, y + (size_t)i * (size_t)pad + c);
    for (; i < n; i++) ProductTile(1, in, pad, x + i, W + c, b, y + (size_t)i * (size_t)pad + c);
  }
}

/* A group of columns for `inputs` (a constant) rows of G, from input k on. */
SGD_ALWAYS_INLINE void OuterTile(int inputs, int n, int k, int pad, const double *const *x, const double *delta,
                                 double *G) {
  SgdVector sum[TILE][VECTORS] = {0};

  for (int i = 0; i < n; i++) {
    const SgdLooseVector *d = (const SgdLooseVector *)(delta + (size_t)i * (size_t)pad);
    for (int r = 0; r < inputs; r++)
      for (int v = 0; v < VECTORS; v++) sum[r][v] += x[i][k + r] * d[v];
  }
  for (int r = 0; r < inputs; r++)
    for (int v = 0; v < VECTORS; v++) ((SgdLooseVector *)(G + (size_t)(k + r) * (size_t)pad))[v] = sum[r][v];
}

/* The sum of one vector of columns, in four parts that do not wait for each other. */
static void ColumnSum(int n, int pad, const double *delta, double *sum) {
  SgdVector part[4] = {0};
  int i = 0;

  for (; i + 4 <= n; i += 4)
    for (int r = 0; r < 4; r++) part[r] += *(const SgdLooseVector *)(delta + (size_t)(i + r) * (size_t)pad);
  for (; i < n; i++) part[0] += *(const SgdLooseVector *)(delta + (size_t)i * (size_t)pad);
  *(SgdLooseVector *)sum = (part[0] + part[1]) + (part[2] + part[3]);
}

static void Outer(int n, int in, int pad, const double *const *x, const double *delta, double *G) {
  for (int c = 0; c < pad; c += SGD_MLP_PAD) {
    int k = 0;
    for (; k + TILE <= in; k += TILE) OuterTile(TILE, n, k, pad, x, delta + c, G + c);
    for (; k < in; k++) OuterTile(1, n, k, pad, x, delta + c, G + c);
  }
  for (int c = 0; c < pad; c += SGD_LANES) ColumnSum(n, pad, delta + c, G + (size_t)in * (size_t)pad + (size_t)c);
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
static void Softmax(int n, const SgdMLPBatchLayer *top, const int *label, double *loss) {
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
static void Store(const SgdMLPBatchLayer *y, double *g) {
  double *gW = g + y->offset, *gb = gW + (size_t)y->out * (size_t)y->in;

  for (int j = 0; j < y->out; j++)
    for (int k = 0; k < y->in; k++) gW[(size_t)j * (size_t)y->in + (size_t)k] = y->Gt[k * y->pad + j];
  memcpy(gb, y->Gt + (size_t)y->in * (size_t)y->pad, (size_t)y->out * sizeof *gb);
}

SGD_PER_SET(void, SgdMLPBatchGradient,
            (SgdMLPBatch * m, const double *w, int n, const double *const *row, const int *label, double *loss,
             double *g),
            (m, w, n, row, label, loss, g))
void SGD_HERE(SgdMLPBatchGradient)(SgdMLPBatch *m, const double *w, int n, const double *const *row, const int *label,
                                   double *loss, double *g) {
  double square = 0;

  Unpack(m, w);
  for (int l = 1; l <= m->layers; l++) {
    const SgdMLPBatchLayer *y = &m->layer[l];
    Product(n, y->in, y->pad, Input(m, n, l, row), y->Wt, y->bias, y->a);
    if (l < m->layers) SgdActivationApply(m->activation, n * y->pad, y->a, y->a, y->phi1, NULL);
  }
  if (loss) *loss = 0;
  Softmax(n, &m->layer[m->layers], label, loss);
  for (int l = m->layers; l >= 1; l--) {
    const SgdMLPBatchLayer *y = &m->layer[l], *below = &m->layer[l - 1];
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
