/* The transformer's reverse pass: part of transformer_pass.h, for either number type. Adjoints are dx = dloss/dx. */

/* Reverse of Linear: dW += dy^T x, dx = dy W (+ dx if add) */
static void LinearBack(int R, int in, int out, const Number *x, const Number *W, const Number *dy, Number *dW, int add,
                       Number *dx) {
  GEMM(CblasTrans, CblasNoTrans, out, in, R, dy, out, x, in, 1.0, dW, in);
  GEMM(CblasNoTrans, CblasNoTrans, R, in, out, dy, out, W, in, add, dx, in);
}

static void SumRows(int R, int width, const Number *dy, Number *db) {
  for (int r = 0; r < R; r++)
    for (int k = 0; k < width; k++) db[k] += dy[r * width + k];
}

/* ds_ij = p_ij (do_i.v_j - sum_k p_ik do_i.v_k) scale; dq_i += ds_ij k_j, dk_j += ds_ij q_i, dv_j += p_ij do_i */
static void AttendBack(int T, int D, int width, double scale, const Number *qkv, const Number *p, const Number *dout,
                       Number *dqkv) {
  Number slope[T];

  for (int i = 0; i < T; i++, p += T) {
    const Number *q = qkv + i * 3 * D, *from = dout + i * D;
    Number *dq = dqkv + i * 3 * D, mean = 0;
    for (int j = 0; j <= i; j++) mean += p[j] * (slope[j] = Dot(width, from, qkv + j * 3 * D + 2 * D));
    for (int j = 0; j <= i; j++) {
      const Number ds = scale * p[j] * (slope[j] - mean), *k = qkv + j * 3 * D + D;
      Number *dk = dqkv + j * 3 * D + D, *dv = dk + D;
      for (int c = 0; c < width; c++) dq[c] += ds * k[c], dk[c] += ds * q[c], dv[c] += p[j] * from[c];
    }
  }
}

static void Backward(SgdTransformer *m, Work *work, const Number *w, int n, const int *token, int stride, Number *g) {
  const SgdTransformerShape *s = &m->shape;
  const int T = s->context, D = s->width, F = s->hidden, R = n * T, H = s->heads, width = D / H;
  Number *dx = work->dx, *dy = work->dy;

  LinearBack(R, D, s->vocabulary, work->x, w + m->at.out, work->z, g + m->at.out, 0, dx);
  SumRows(R, s->vocabulary, work->z, g + m->at.out_bias);
  for (int l = s->layers - 1; l >= 0; l--) {
    const size_t start = m->at.layer + (size_t)l * m->at.layer_size;
    const Number *u = w + start;
    Number *gu = g + start;
    Layer *y = &work->layer[l];
    memcpy(dy, dx, (size_t)(R * D) * sizeof *dx);
    LinearBack(R, F, D, y->a, u + m->at.down, dx, gu + m->at.down, 0, work->dhidden);
    SumRows(R, D, dx, gu + m->at.down_bias);
    for (int k = 0; k < R * F; k++) work->dhidden[k] *= y->slope[k];
    LinearBack(R, D, F, y->y, u + m->at.up, work->dhidden, gu + m->at.up, 1, dy);
    SumRows(R, F, work->dhidden, gu + m->at.up_bias);
    LinearBack(R, D, D, y->o, u + m->at.project, dy, gu + m->at.project, 0, work->dout);
    memset(work->dqkv, 0, (size_t)(R * 3 * D) * sizeof *dx);
    for (int h = 0; h < n * H; h++)
      AttendBack(T, D, width, 1 / sqrt(width), y->qkv + h / H * T * 3 * D + h % H * width, y->p + h * T * T,
                 work->dout + h / H * T * D + h % H * width, work->dqkv + h / H * T * 3 * D + h % H * width);
    memcpy(dx, dy, (size_t)(R * D) * sizeof *dx);
    LinearBack(R, D, 3 * D, y->x, u + m->at.query, work->dqkv, gu + m->at.query, 1, dx);
  }
  for (int r = 0; r < R; r++)
    for (int k = 0; k < D; k++) {
      g[m->at.token + (size_t)(token[r / T * stride + r % T] * D + k)] += dx[r * D + k];
      g[m->at.position + (size_t)(r % T * D + k)] += dx[r * D + k];
    }
}
