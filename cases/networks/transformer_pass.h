/* The transformer's forward pass (and, in transformer_reverse.h, the reverse one), written once and compiled for real
   and for dual numbers: Number, NAME, GEMM, Exp, Inverse, Part (the real part) and Activate are the including file's.
   Rows are positions of windows, R = n T of them. */
#include "cases/base/instruction_set.h"
#include <stdlib.h>
#include <string.h>

/* What a layer keeps for the reverse pass. */
typedef struct {
  Number *x, *qkv, *p, *o, *y, *a, *slope; /* [R][D], [R][3 D], [n][H][T][T], [R][D], [R][D], [R][hidden] twice */
} Layer;

typedef struct {
  Layer *layer;
  Number *x, *z;                           /* output of the last layer [R][D]; logits, then probabilities */
  Number *dx, *dy, *dhidden, *dqkv, *dout; /* adjoints */
  Number *memory;
  double *scratch; /* [4 R hidden] */
} Work;

SGD_PER_SET(void *, NAME(SgdTransformerWork), (const SgdTransformerShape *s, int block), (s, block))
void *SGD_HERE(NAME(SgdTransformerWork))(const SgdTransformerShape *s, int block) {
  const size_t R = (size_t)block * (size_t)s->context, D = (size_t)s->width, F = (size_t)s->hidden;
  const size_t attention = R * (size_t)s->heads * (size_t)s->context;
  const size_t each = R * (6 * D + 2 * F) + attention, L = (size_t)s->layers;
  Work *work = calloc(1, sizeof *work);
  Number *next;

  if (!work) return NULL;
  work->layer = calloc(L, sizeof *work->layer);
  work->memory = calloc(L * each + R * (7 * D + (size_t)s->vocabulary + F), sizeof *work->memory);
  work->scratch = calloc(4 * R * F, sizeof *work->scratch);
  if (!work->layer || !work->memory || !work->scratch) {
    NAME(SgdTransformerWorkFree)(work);
    return NULL;
  }
  next = work->memory;
#define TAKE(to, count) (to) = next, next += (count)
  for (size_t l = 0; l < L; l++) {
    Layer *y = &work->layer[l];
    TAKE(y->x, R * D), TAKE(y->qkv, 3 * R * D), TAKE(y->o, R * D), TAKE(y->y, R * D);
    TAKE(y->a, R * F), TAKE(y->slope, R * F), TAKE(y->p, attention);
  }
  TAKE(work->x, R * D), TAKE(work->z, R * (size_t)s->vocabulary), TAKE(work->dx, R * D), TAKE(work->dy, R * D);
  TAKE(work->dhidden, R * F), TAKE(work->dqkv, 3 * R * D), TAKE(work->dout, R * D);
#undef TAKE
  return work;
}

SGD_PER_SET(void, NAME(SgdTransformerWorkFree), (void *memory), (memory))
void SGD_HERE(NAME(SgdTransformerWorkFree))(void *memory) {
  Work *work = memory;

  if (!work) return;
  free(work->layer);
  free(work->memory);
  free(work->scratch);
  free(work);
}

/* y [R][out] = x W^T (+ y if add), W [out][in] */
static void Linear(int R, int in, int out, const Number *x, const Number *W, int add, Number *y) {
  GEMM(CblasNoTrans, CblasTrans, R, out, in, x, in, W, in, add, y, out);
}

static void AddRow(int R, int width, const Number *b, Number *y) {
  for (int r = 0; r < R; r++)
    for (int k = 0; k < width; k++) y[r * width + k] += b[k];
}

/* p [count] = exp(s)/sum, the largest real part taken out; returns the largest and the sum. */
static Number Softmax(int count, Number *s, double *top) {
  Number sum = 0, r;

  *top = Part(s[0]);
  for (int j = 1; j < count; j++) *top = Part(s[j]) > *top ? Part(s[j]) : *top;
  for (int j = 0; j < count; j++) sum += (s[j] = Exp(s[j] - *top));
  r = Inverse(sum);
  for (int j = 0; j < count; j++) s[j] *= r;
  return sum;
}

static Number Dot(int n, const Number *a, const Number *b) {
  Number sum = 0;
  for (int k = 0; k < n; k++) sum += a[k] * b[k];
  return sum;
}

/* One head of one window: qkv [T][3 D] and o [T][D] offset to the head.
   p_ij = softmax_{j <= i}(q_i.k_j scale), o_i = sum_j p_ij v_j */
static void Attend(int T, int D, int width, double scale, const Number *qkv, Number *p, Number *o) {
  const Number *k = qkv + D, *v = qkv + 2 * D;
  double top;

  for (int i = 0; i < T; i++, p += T) {
    for (int j = 0; j <= i; j++) p[j] = scale * Dot(width, qkv + i * 3 * D, k + j * 3 * D);
    Softmax(i + 1, p, &top);
    for (int c = 0; c < width; c++) o[i * D + c] = 0;
    for (int j = 0; j <= i; j++)
      for (int c = 0; c < width; c++) o[i * D + c] += p[j] * v[j * 3 * D + c];
  }
}

static void Forward(SgdTransformer *m, Work *work, const Number *w, int n, const int *token, int stride) {
  const SgdTransformerShape *s = &m->shape;
  const int T = s->context, D = s->width, F = s->hidden, R = n * T, H = s->heads, width = D / H;
  Number *x = work->layer[0].x;

  for (int r = 0; r < R; r++)
    for (int k = 0; k < D; k++)
      x[r * D + k] = w[m->at.token + (size_t)(token[r / T * stride + r % T] * D + k)] +
                     w[m->at.position + (size_t)(r % T * D + k)];
  for (int l = 0; l < s->layers; l++) {
    const Number *u = w + m->at.layer + (size_t)l * m->at.layer_size;
    Layer *y = &work->layer[l];
    Number *next = l + 1 < s->layers ? work->layer[l + 1].x : work->x;
    Linear(R, D, 3 * D, y->x, u + m->at.query, 0, y->qkv);
    for (int h = 0; h < n * H; h++)
      Attend(T, D, width, 1 / sqrt(width), y->qkv + h / H * T * 3 * D + h % H * width, y->p + h * T * T,
             y->o + h / H * T * D + h % H * width);
    memcpy(y->y, y->x, (size_t)(R * D) * sizeof *x);
    Linear(R, D, D, y->o, u + m->at.project, 1, y->y);
    Linear(R, D, F, y->y, u + m->at.up, 0, y->a);
    AddRow(R, F, u + m->at.up_bias, y->a);
    Activate(s->activation, R * F, y->a, y->a, y->slope, work->scratch);
    memcpy(next, y->y, (size_t)(R * D) * sizeof *x);
    Linear(R, F, D, y->a, u + m->at.down, 1, next);
    AddRow(R, D, u + m->at.down_bias, next);
  }
  Linear(R, D, s->vocabulary, work->x, w + m->at.out, 0, work->z);
  AddRow(R, s->vocabulary, w + m->at.out_bias, work->z);
}

/* loss_i = (1/T) sum over positions of log sum exp(z) - z_target; z becomes dloss/dz = (p - onehot)/T */
static double Loss(const SgdTransformerShape *s, int n, const int *token, int stride, Number *z, double *loss,
                   int *correct) {
  const int T = s->context, V = s->vocabulary;
  double total = 0;

  for (int i = 0; i < n; i++) {
    double sum = 0;
    for (int t = 0; t < T; t++, z += V) {
      const int target = token[i * stride + t + 1];
      const double own = Part(z[target]);
      double top;
      int best = 0;
      for (int c = 1; correct && c < V; c++) best = Part(z[c]) > Part(z[best]) ? c : best;
      if (correct) *correct += best == target;
      const double partition = Part(Softmax(V, z, &top));
      sum += log(partition) - (own - top);
      z[target] -= 1;
      for (int c = 0; c < V; c++) z[c] *= 1.0 / T;
    }
    if (loss) loss[i] = sum / T;
    total += sum / T;
  }
  return total;
}

#include "cases/networks/transformer_reverse.h"

SGD_PER_SET(double, NAME(SgdTransformerPass),
            (SgdTransformer * m, const Number *w, int n, const int *token, int stride, double *loss, Number *g,
             int *correct),
            (m, w, n, token, stride, loss, g, correct))
double SGD_HERE(NAME(SgdTransformerPass))(SgdTransformer *m, const Number *w, int n, const int *token, int stride,
                                          double *loss, Number *g, int *correct) {
  Work *work = NAME(m->work);
  double total;

  Forward(m, work, w, n, token, stride);
  total = Loss(&m->shape, n, token, stride, work->z, loss, correct);
  if (g) Backward(m, work, w, n, token, stride, g);
  return total;
}
